"""The installers: each in an environment of its own, each with the folder of a project."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from index import serve
from world import GOOD, LOCAL, MARK, World, environment

# What a project asks for, by the kind of what the index has of it.
KINDS = {
    "wheels": ["alpha==1.0", "beta.dotted", "gamma[more]", 'delta; sys_platform == "linux"'],
    "mixed": [
        "plain==1.0",
        "CapitalCase",
        "with-extras[more]",
        "builds",
        'marked; sys_platform == "win32"',
    ],
    "sdists": ["sdist-only", "built", "alpha"],
    # With wheels, none of them for this system: in named lock files only.
    "foreign": ["foreign", "alpha"],
}
TIMEOUT = 90


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    output: str


class Machine:
    """A home, an index of its own, and the installers' environments. One thread uses it."""

    def __init__(self, folder: Path, environments: Path, world: World, address: str) -> None:
        self.folder = folder
        self.environments = environments
        self.world = world
        self.ran = folder / "ran"
        # Of each project, what is there before an installer runs.
        self.kept: dict[Path, set[str]] = {}
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.variables = environment(self.home, address, self.ran)

    def run(self, folder: Path, tool: str, *arguments: str) -> Ended:
        """Runs a program of a tool's environment in a folder, and ends what takes too long."""
        program = self.environments / tool / "bin" / arguments[0]
        command = [str(program), *arguments[1:]]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Ended(-1, "took too long")
        return Ended(process.returncode, output.decode(errors="replace"))

    def must(self, folder: Path, tool: str, *arguments: str) -> None:
        """Runs a program that has to succeed."""
        ended = self.run(folder, tool, *arguments)
        if ended.code != 0:
            sys.exit(f"{' '.join(arguments)} ended with {ended.code}:\n{ended.output}")

    def project(self, name: str, kind: str) -> Path:
        """The folder of a project: made once, with an empty environment."""
        folder = self.folder / f"{name}-{kind}"
        if folder.exists():
            return folder
        folder.mkdir()
        LOCAL.write_tree(folder / LOCAL.name)
        (folder / "unsigned").mkdir()
        for file, content in self.world.evil.files.items():
            if not file.endswith(".metadata"):
                (folder / "unsigned" / file).write_bytes(content)
        if shutil.which("git"):
            repository = folder / "repository"
            LOCAL.write_tree(repository)
            author = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
            for git in (
                ["init", "--quiet", "-b", "main"],
                ["add", "."],
                [*author, "commit", "--quiet", "-m", "one", "--date=2020-02-02T00:00:00Z"],
            ):
                date = {"GIT_COMMITTER_DATE": "2020-02-02T00:00:00Z"}
                subprocess.run(["git", *git], cwd=repository, env=self.variables | date, check=True)
        PROJECTS[name](folder, KINDS[kind])
        self.must(folder, "uv", "uv", "venv", "--quiet", "--python", sys.executable, ".venv")
        self.kept[folder] = {path.name for path in folder.iterdir()}
        return folder

    def forget(self, folder: Path) -> None:
        """Removes what a run has left, in the project and at home."""
        for path in folder.iterdir():
            if path.name not in self.kept[folder]:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.rmtree(self.home)
        self.home.mkdir()
        self.ran.unlink(missing_ok=True)


@contextmanager
def machine(folder: Path, environments: Path) -> Iterator[Machine]:
    """A machine whose index runs as long as it is wanted."""
    world = World()
    with serve(world) as address:
        yield Machine(folder, environments, world, address)


def no_project(folder: Path, requirements: list[str]) -> None:
    """What needs nothing but the lock file."""
    lines = "\n".join(requirements)
    (folder / "requirements.in").write_text(lines + "\n")


def of_uv(folder: Path, requirements: list[str]) -> None:
    """A project of uv's, with an extra and a group."""
    *most, last = requirements
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "application"\nversion = "0.1"\nrequires-python = ">=3.10"\n'
        f"dependencies = {json.dumps(most)}\n"
        f"[project.optional-dependencies]\nmore = {json.dumps([last])}\n"
        f"[dependency-groups]\ndev = {json.dumps(most[:1])}\n"
    )


def of_pdm(folder: Path, requirements: list[str]) -> None:
    """A project of pdm's."""
    of_uv(folder, requirements)
    with (folder / "pyproject.toml").open("a") as file:
        file.write(
            "[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\n"
            f'name = "pypi"\nurl = "{GOOD}/simple/"\nverify_ssl = false\n'
        )


def of_pdm_pylock(folder: Path, requirements: list[str]) -> None:
    """The same, with the standard's format."""
    of_pdm(folder, requirements)
    (folder / "pdm.toml").write_text('[lock]\nformat = "pylock"\n')


def of_poetry(folder: Path, requirements: list[str]) -> None:
    """A project of Poetry's."""
    of_uv(folder, requirements)
    with (folder / "pyproject.toml").open("a") as file:
        file.write(
            "[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\n"
            f'name = "loopback"\nurl = "{GOOD}/simple/"\npriority = "primary"\n'
        )


def of_pipenv(folder: Path, requirements: list[str]) -> None:
    """A project of pipenv's."""
    lines = ["[[source]]", 'name = "loopback"', f'url = "{GOOD}/simple/"', "verify_ssl = false"]
    lines.append("[packages]")
    for requirement in requirements:
        lines.append(in_pipfile(requirement))
    lines.append('[dev-packages]\n"beta.dotted" = "*"')
    (folder / "Pipfile").write_text("\n".join(lines) + "\n")


def in_pipfile(requirement: str) -> str:
    """A requirement as a member of a Pipfile."""
    head, _, marker = requirement.partition("; ")
    name, _, version = head.partition("==")
    name, _, extras = name.partition("[")
    members = {"version": f"=={version}" if version else "*"}
    text = ", ".join(f"{key} = {json.dumps(value)}" for key, value in members.items())
    if extras:
        text += f", extras = {json.dumps(extras.rstrip(']').split(','))}"
    if marker:
        text += f", markers = {json.dumps(marker)}"
    return f'"{name}" = {{ {text} }}'


def of_pipenv_pylock(folder: Path, requirements: list[str]) -> None:
    """The same, with the standard's format."""
    of_pipenv(folder, requirements)
    with (folder / "Pipfile").open("a") as file:
        file.write("[pipenv]\nuse_pylock = true\n")


PROJECTS: dict[str, Callable[[Path, list[str]], None]] = {
    "none": no_project,
    "uv": of_uv,
    "pdm": of_pdm,
    "pdm-pylock": of_pdm_pylock,
    "poetry": of_poetry,
    "pipenv": of_pipenv,
    "pipenv-pylock": of_pipenv_pylock,
}


@dataclass(frozen=True)
class Installer:
    """A way to install what a lock file says."""

    name: str
    tool: str
    project: str
    file: str
    command: tuple[str, ...]
    # Whether files are fetched from the addresses in the lock file.
    by_address: bool = False
    # It is tried on one of so many mutations, the slow ones not on all; on none where it is 0.
    every: int = 1
    site: str = ".venv"


@dataclass
class Installed:
    """What an installer did."""

    installer: str
    code: int
    output: str
    fetched: int = 0
    # Unsigned files that were fetched, unsigned code that was run or lies there to be run.
    unsigned: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)


PIP = ("pip", "install", "--quiet", "--target", "site", "-r")
UV_PIP = ("uv", "pip", "--no-progress")
UV_SYNC = ("uv", "sync", "--quiet", "--frozen", "--all-extras", "--all-groups")
INSTALLERS: dict[str, list[Installer]] = {
    "requirements": [
        Installer(
            "pip", "pip", "none", "requirements.txt", (*PIP, "requirements.txt"), site="site"
        ),
        Installer(
            "pip --require-hashes",
            "pip",
            "none",
            "requirements.txt",
            (*PIP, "requirements.txt", "--require-hashes"),
            site="site",
            every=3,
        ),
        Installer(
            "uv pip sync", "uv", "none", "requirements.txt", (*UV_PIP, "sync", "requirements.txt")
        ),
        Installer(
            "uv 0.12 pip install",
            "uv-zstd",
            "none",
            "requirements.txt",
            (*UV_PIP, "install", "--require-hashes", "-r", "requirements.txt"),
        ),
        Installer(
            "uv pip install, no hashes required",
            "uv",
            "none",
            "requirements.txt",
            (*UV_PIP, "install", "-r", "requirements.txt"),
            every=0,
        ),
    ],
    "pylock": [
        Installer(
            "pip", "pip", "none", "pylock.toml", (*PIP, "pylock.toml"), site="site", by_address=True
        ),
        Installer(
            "uv pip sync",
            "uv",
            "none",
            "pylock.toml",
            (*UV_PIP, "sync", "pylock.toml"),
            by_address=True,
        ),
        Installer(
            "uv 0.12 pip sync",
            "uv-zstd",
            "none",
            "pylock.toml",
            (*UV_PIP, "sync", "--preview", "pylock.toml"),
            by_address=True,
        ),
        Installer(
            "pdm sync",
            "pdm",
            "pdm-pylock",
            "pylock.toml",
            ("pdm", "sync", "--quiet", "--no-self", "-G:all"),
            by_address=True,
        ),
        Installer(
            "pipenv sync",
            "pipenv",
            "pipenv-pylock",
            "pylock.toml",
            ("pipenv", "sync", "--dev"),
            every=2,
        ),
    ],
    "uv": [
        Installer("uv sync", "uv", "uv", "uv.lock", UV_SYNC, by_address=True),
        Installer("uv 0.12 sync", "uv-zstd", "uv", "uv.lock", UV_SYNC, by_address=True),
    ],
    "poetry": [
        Installer(
            "poetry sync",
            "poetry",
            "poetry",
            "poetry.lock",
            ("poetry", "sync", "--quiet", "--no-root", "--all-extras", "--all-groups"),
        ),
    ],
    "pipenv": [
        Installer("pipenv sync", "pipenv", "pipenv", "Pipfile.lock", ("pipenv", "sync", "--dev")),
        Installer(
            "pipenv install --deploy",
            "pipenv",
            "pipenv",
            "Pipfile.lock",
            ("pipenv", "install", "--deploy", "--ignore-pipfile"),
            every=4,
        ),
    ],
    "pdm": [
        Installer(
            "pdm sync", "pdm", "pdm", "pdm.lock", ("pdm", "sync", "--quiet", "--no-self", "-G:all")
        ),
    ],
}


def install(
    machine: Machine,
    installer: Installer,
    kind: str,
    files: dict[str, str],
    *,
    exchanged: bool = False,
    unhashed: bool = False,
) -> Installed:
    """Runs an installer on a lock file, in an environment that has nothing else."""
    folder = machine.project(installer.project, kind)
    site = folder / installer.site
    empty(site)
    machine.forget(folder)
    for name, text in files.items():
        text = text.replace("@PROJECT@", str(folder))
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    machine.world.hostile = True
    machine.world.exchanged = exchanged
    machine.world.unhashed = unhashed
    machine.world.log.clear()
    ended = machine.run(folder, installer.tool, *installer.command)
    log = list(machine.world.log)
    unsigned = sorted(
        {
            fetched.address
            for fetched in log
            # Where pages say no hashes, Poetry fetches all files of a version to learn theirs.
            if not fetched.signed and not (unhashed and machine.world.rivals(fetched.address))
        }
    )
    said = machine.ran.read_text().splitlines() if machine.ran.exists() else []
    ran = sorted({"/".join(line.split("/")[-2:]) for line in said})
    for path in site.rglob("*.py"):
        if path.stat().st_size < 4096 and MARK in path.read_text(errors="replace"):
            unsigned.append(f"installed: {path.name}")
    return Installed(installer.name, ended.code, ended.output, len(log), unsigned, ran)


def empty(site: Path) -> None:
    """Takes everything out of an environment."""
    if site.name != ".venv":
        shutil.rmtree(site, ignore_errors=True)
        return
    for packages in site.glob("lib/python*/site-packages"):
        for path in packages.iterdir():
            if not path.name.startswith("_virtualenv"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
