"""Writes lock files with the real tools, from a loopback index.

Usage: python make.py OUT

Runs pip, pip-compile, uv, poetry and pipenv of the environment that runs this, all of them offline
but for the index. Each writes to OUT/TOOL; OUT/packages.json says what the index has: its address,
and for each file its project, version, sha256 and length.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from index import Index, serve, sha256
from packages import BY_GIT, BY_PATH, BY_PATH_WHEEL, BY_URL, EDITABLE, INDEX, MEMBER

REQUIREMENTS = [
    "plain==1.0",
    "Dotted.Name",
    "CapitalCase",
    "with-extras[more]",
    "sdist-only",
    "yanked",
    'marked; sys_platform == "win32"',
]


def main() -> None:
    """Runs all tools, two at a time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    index = Index(INDEX, [BY_URL])
    with serve(index) as address:
        files = {
            name: {
                "project": package.name,
                "version": package.version,
                "sha256": sha256(content),
                "size": len(content),
            }
            for package in INDEX
            for name, content in package.files().items()
        }
        with ThreadPoolExecutor(2) as workers:
            # The slow ones first.
            tasks = [workers.submit(tool, out / name, address) for name, tool in TOOLS.items()]
            for task in tasks:
                task.result()
    # Last: who finds it finds all.
    made = {"address": address, "git": shutil.which("git") is not None, "files": files}
    (out / "packages.json").write_text(json.dumps(made, indent=1))


class Tool:
    """A folder with the sources outside the index, and an environment without this machine's."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.index = f"{address}/simple/"
        folder.mkdir()
        for package in (BY_PATH, EDITABLE, MEMBER):
            package.write_tree(folder / package.name)
        wheel = next(iter(BY_PATH_WHEEL.files()))
        (folder / wheel).write_bytes(BY_PATH_WHEEL.files()[wheel])
        self.wheel = f"./{wheel}"
        self.url = f"{address}/files/{next(iter(BY_URL.files()))}"
        home = folder / "home"
        home.mkdir()
        self.environment = {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "NO_PROXY": "*",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "UV_CACHE_DIR": str(home / "uv"),
            "UV_DEFAULT_INDEX": self.index,
            "UV_NO_CONFIG": "1",
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "POETRY_CACHE_DIR": str(home / "poetry"),
            "POETRY_VIRTUALENVS_CREATE": "false",
            "POETRY_NO_INTERACTION": "1",
            "PIPENV_NOSPIN": "1",
            "PIPENV_PYTHON": sys.executable,
            "PIPENV_YES": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.git = None
        if shutil.which("git"):
            repository = folder / "repository"
            BY_GIT.write_tree(repository)
            author = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
            for command in (
                ["init", "--quiet", "-b", "main"],
                ["add", "."],
                [*author, "commit", "--quiet", "-m", "one"],
            ):
                self.run("git", "-C", str(repository), *command)
            self.git = repository.as_uri()

    def run(self, *command: str) -> None:
        """Runs a command, which must succeed."""
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(
                f"lock files: {' '.join(command)} ended with {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        if command[0] != "git":
            print(f"{' '.join(command[:3])}: {time.monotonic() - began:.1f} s", flush=True)

    def write(self, name: str, *lines: str) -> None:
        """Writes a file of lines."""
        (self.folder / name).write_text("\n".join(lines) + "\n")

    def elsewhere(self) -> list[str]:
        """Requirements that no index has."""
        requirements = [f"by-url @ {self.url}", "./by-path", self.wheel, "-e ./editable-one"]
        return requirements + ([f"by-git @ git+{self.git}"] if self.git else [])

    def finish(self, *kept: str) -> None:
        """Leaves nothing but these."""
        for path in self.folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def pip(folder: Path, address: str) -> None:
    """pip lock."""
    tool = Tool(folder, address)
    tool.write("requirements.in", *REQUIREMENTS, *tool.elsewhere())
    tool.run(
        "pip",
        "lock",
        "--quiet",
        "--index-url",
        tool.index,
        "-r",
        "requirements.in",
        "-o",
        "pylock.toml",
    )
    tool.finish("pylock.toml")


def pip_compile(folder: Path, address: str) -> None:
    """pip-compile."""
    tool = Tool(folder, address)
    tool.write("requirements.in", *REQUIREMENTS, *tool.elsewhere())
    compile_ = [
        "pip-compile",
        "--quiet",
        "--generate-hashes",
        "--index-url",
        tool.index,
        "--cache-dir",
        "home/cache",
    ]
    tool.run(*compile_, "--strip-extras", "-o", "requirements.txt", "requirements.in")
    tool.finish("requirements.txt")


def uv(folder: Path, address: str) -> None:
    """uv: its lock file, its exports, and its pip-compile, also of what the index alone has."""
    tool = Tool(folder, address)
    tool.write("index.in", *REQUIREMENTS)
    for name in ("index-requirements.txt", "pylock.index.toml"):
        tool.run(
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--generate-hashes",
            "--universal",
            "-o",
            name,
            "index.in",
        )
    tool.write("requirements.in", *REQUIREMENTS, *tool.elsewhere())
    compile_ = ["uv", "pip", "compile", "--quiet", "--generate-hashes"]
    tool.run(*compile_, "--universal", "-o", "requirements.txt", "requirements.in")
    names = ["by-url", "by-path", "by-path-wheel", "editable-one", "member"] + (
        ["by-git"] if tool.git else []
    )
    tool.write(
        "pyproject.toml",
        '[project]\nname = "application"\nversion = "0.1"\nrequires-python = ">=3.10"',
        f"dependencies = {json.dumps(REQUIREMENTS + names)}",
        '[tool.uv.workspace]\nmembers = ["member"]',
        "[tool.uv.sources]",
        f'by-url = {{ url = "{tool.url}" }}',
        'by-path = { path = "./by-path" }',
        f'by-path-wheel = {{ path = "{tool.wheel}" }}',
        'editable-one = { path = "./editable-one", editable = true }',
        "member = { workspace = true }",
        f'by-git = {{ git = "{tool.git}" }}' if tool.git else "",
    )
    tool.run("uv", "lock", "--quiet")
    export = ["uv", "export", "--quiet", "--frozen"]
    tool.run(*export, "--format", "requirements-txt", "-o", "exported-requirements.txt")
    tool.run(*export, "--format", "pylock.toml", "-o", "pylock.toml")
    tool.finish(
        "requirements.txt",
        "index-requirements.txt",
        "pylock.index.toml",
        "uv.lock",
        "exported-requirements.txt",
        "pylock.toml",
    )


def poetry(folder: Path, address: str) -> None:
    """poetry lock."""
    tool = Tool(folder, address)
    tool.write(
        "pyproject.toml",
        '[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "loopback"',
        f'url = "{tool.index}"\npriority = "primary"',
        "[tool.poetry.dependencies]",
        'python = ">=3.10"\nplain = "1.0"\n"Dotted.Name" = "*"\nCapitalCase = "*"',
        'sdist-only = "*"\nyanked = "*"',
        'with-extras = { version = "*", extras = ["more"] }',
        'marked = { version = "*", markers = "sys_platform == \'win32\'" }',
        f'by-url = {{ url = "{tool.url}" }}\nby-path = {{ path = "./by-path" }}',
        f'by-path-wheel = {{ path = "{tool.wheel}" }}',
        'editable-one = { path = "./editable-one", develop = true }',
        f'by-git = {{ git = "{tool.git}" }}' if tool.git else "",
    )
    tool.run("poetry", "lock", "--quiet")
    tool.finish("poetry.lock")


def pipenv(folder: Path, address: str) -> None:
    """pipenv lock."""
    tool = Tool(folder, address)
    tool.write(
        "Pipfile",
        f'[[source]]\nname = "loopback"\nurl = "{tool.index}"\nverify_ssl = false',
        '[packages]\nplain = "==1.0"\n"Dotted.Name" = "*"\nCapitalCase = "*"',
        'with-extras = { version = "*", extras = ["more"] }',
        f'by-path = {{ path = "./by-path" }}\nby-url = {{ file = "{tool.url}" }}',
        'editable-one = { path = "./editable-one", editable = true }',
        f'by-git = {{ git = "{tool.git}", ref = "main" }}' if tool.git else "",
        '[dev-packages]\nsdist-only = "*"\nyanked = "*"',
        '[windows]\nmarked = { version = "*", markers = "sys_platform == \'win32\'" }',
    )
    tool.run("pipenv", "lock", "--quiet")
    tool.finish("Pipfile.lock")


TOOLS = {"pipenv": pipenv, "poetry": poetry, "pip-compile": pip_compile, "pip": pip, "uv": uv}

if __name__ == "__main__":
    main()
