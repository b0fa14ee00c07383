"""Lock files that the tools themselves write, from the index while it has signed files alone."""

import sys
from dataclasses import dataclass
from pathlib import Path

import documents
from tools import Machine


@dataclass(frozen=True)
class Seed:
    """A lock file, as it was written."""

    format: str
    # Who wrote it, and what it asks for: one of `KINDS`.
    name: str
    kind: str
    # The lock file first, under its name; then what it includes.
    files: dict[str, str]
    # The installers that have to take it as it is.
    readers: tuple[str, ...] = ()

    @property
    def main(self) -> str:
        """The name of the lock file."""
        return next(iter(self.files))


def make(machine: Machine, kind: str) -> list[Seed]:
    """All seeds of a kind."""
    machine.world.hostile = machine.world.exchanged = machine.world.unhashed = False
    return requirements(machine, kind) + pylocks(machine, kind) + locks(machine, kind)


def requirements(machine: Machine, kind: str) -> list[Seed]:
    """requirements.txt, by pip-compile and uv."""
    folder = machine.project("none", kind)
    readers = ("pip", "pip --require-hashes", "uv pip sync", "uv 0.12 pip install")
    seeds = []
    compile_ = ["--quiet", "--generate-hashes", "--no-header", "-o", "out.txt", "requirements.in"]
    machine.must(folder, "uv", "uv", "pip", "compile", "--universal", *compile_)
    text = take(folder, "out.txt")
    seeds.append(Seed("requirements", "uv", kind, {"requirements.txt": text}, readers))
    index = ["--emit-index-url", "--strip-extras", "--no-emit-trusted-host"]
    machine.must(folder, "pip", "pip-compile", *index, *compile_)
    text = take(folder, "out.txt")
    files = {"requirements.txt": text}
    seeds.append(Seed("requirements", "pip-compile", kind, files, readers))
    # The same in three files, hashes in each.
    lines = documents.Requirements.parse(text).lines
    options = [line for line in lines if line.startswith("-")]
    pins = [line for line in lines if "==" in line]
    half = len(pins) // 2
    files = {
        "requirements.txt": "\n".join(
            [*options, "-c constraints.txt", "-r base.txt", *pins[half:]]
        ),
        "constraints.txt": "\n".join(line.split(";")[0].split()[0] for line in pins),
        "base.txt": "\n".join(pins[:half]),
    }
    files = {name: text + "\n" for name, text in files.items()}
    seeds.append(Seed("requirements", "included", kind, files, readers))
    return seeds


def pylocks(machine: Machine, kind: str) -> list[Seed]:
    """pylock.toml, by pip, uv, pdm and pipenv."""
    seeds = []

    def add(name: str, text: str, *readers: str) -> None:
        seeds.append(Seed("pylock", name, kind, {"pylock.toml": text}, readers))

    everybody = ("pip", "uv pip sync", "uv 0.12 pip sync")
    folder = machine.project("none", kind)
    machine.must(
        folder, "pip", "pip", "lock", "--quiet", "-r", "requirements.in", "-o", "pylock.toml"
    )
    add("pip", take(folder, "pylock.toml"), *everybody)
    compile_ = ["--quiet", "--universal", "--format", "pylock.toml", "-o", "pylock.toml"]
    machine.must(folder, "uv", "uv", "pip", "compile", *compile_, "requirements.in")
    add("uv", take(folder, "pylock.toml"), *everybody)
    folder = machine.project("pdm-pylock", kind)
    machine.must(folder, "pdm", "pdm", "lock", "--quiet", "-G:all")
    add("pdm", take(folder, "pylock.toml"), "pdm sync", *everybody)
    folder = machine.project("pipenv-pylock", kind)
    machine.must(folder, "pipenv", "pipenv", "lock", "--quiet")
    add("pipenv", take(folder, "pylock.toml"), "pipenv sync")
    return seeds


def locks(machine: Machine, kind: str) -> list[Seed]:
    """The formats of one tool each."""
    seeds = []
    folder = machine.project("uv", kind)
    machine.must(folder, "uv", "uv", "lock", "--quiet")
    text = take(folder, "uv.lock")
    seeds.append(Seed("uv", "uv", kind, {"uv.lock": text}, ("uv sync", "uv 0.12 sync")))
    machine.must(folder, "uv-zstd", "uv", "lock", "--quiet")
    text = take(folder, "uv.lock")
    seeds.append(Seed("uv", "uv 0.12", kind, {"uv.lock": text}, ("uv sync", "uv 0.12 sync")))
    folder = machine.project("poetry", kind)
    machine.must(folder, "poetry", "poetry", "lock", "--quiet")
    text = take(folder, "poetry.lock")
    seeds.append(Seed("poetry", "2", kind, {"poetry.lock": text}, ("poetry sync",)))
    seeds.append(Seed("poetry", "1", kind, {"poetry.lock": poetry_1(text)}, ("poetry sync",)))
    folder = machine.project("pipenv", kind)
    machine.must(folder, "pipenv", "pipenv", "lock", "--quiet")
    files = {"Pipfile.lock": take(folder, "Pipfile.lock")}
    seeds.append(Seed("pipenv", "pipenv", kind, files, ("pipenv sync", "pipenv install --deploy")))
    folder = machine.project("pdm", kind)
    machine.must(folder, "pdm", "pdm", "lock", "--quiet", "-G:all")
    files = {"pdm.lock": take(folder, "pdm.lock")}
    seeds.append(Seed("pdm", "pdm", kind, files, ("pdm sync",)))
    machine.must(folder, "pdm", "pdm", "lock", "--quiet", "-G:all", "--strategy", "static_urls")
    files = {"pdm.lock": take(folder, "pdm.lock")}
    seeds.append(Seed("pdm", "static urls", kind, files, ("pdm sync",)))
    return seeds


def poetry_1(text: str) -> str:
    """A poetry.lock 2.x as Poetry 1.x would have it: all files in one table."""
    document = documents.Toml.parse(text)
    document.root["metadata"]["lock-version"] = "1.1"
    files = document.root["metadata"].setdefault("files", {})
    for package in document.root["package"]:
        files[package["name"]] = package.pop("files")
        package["category"] = "main"
        package.pop("groups", None)
    return document.text()


def take(folder: Path, name: str) -> str:
    """Reads a file and removes it; whoever installs finds its own alone."""
    path = folder / name
    if not path.exists():
        sys.exit(f"{path} was not written")
    text = path.read_text()
    path.unlink()
    return text.replace(str(folder), "@PROJECT@")
