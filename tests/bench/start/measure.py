"""Measures sizes and times of command lines that verify with TUF, for `run` beside this file.

See README.md in the folder above.

Times are those of a process from its start to its exit. In every round each program is run once,
one after the other.
"""

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TARGET = "readme.txt"


class Program:
    """A command line: its size with all that it needs, and its command for each column."""

    def __init__(self, name, size, start, show=None, init=None, download=None, target=TARGET):
        self.name, self.size, self.init, self.target = name, size, init, target
        self.commands = {"start": start, "show": show, "download": download}
        self.times = {column: [] for column in self.commands}


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing about it."""

    def log_message(self, *_):
        pass


def run(command, folder):
    """Runs a program, which must succeed, with `folder` as its home; returns the seconds."""
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    log = folder / "log"
    actions = [
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    before = os.getcwd()
    os.chdir(folder)
    start = time.perf_counter()
    _, status = os.waitpid(
        os.posix_spawnp(command[0], command, environment, file_actions=actions), 0
    )
    taken = time.perf_counter() - start
    os.chdir(before)
    if status != 0:
        sys.exit(f"tests/bench/start: {' '.join(map(str, command))}\n{log.read_text()}")
    return taken


def measure(programs, rounds, scratch, expected):
    """Fills in the times. The first round is not counted."""
    homes = {}
    for number, program in enumerate(programs):
        home = homes[program] = scratch / str(number)
        (home / "downloads").mkdir(parents=True)
        for command in program.init or []:
            run(command, home)
    for number in range(rounds + 1):
        for column in ("start", "show", "download"):
            for program in programs:
                command = program.commands[column]
                if command is None:
                    continue
                if column == "download":
                    # Nothing but the trusted root is there.
                    home = scratch / "fresh"
                    shutil.copytree(homes[program], home)
                    taken = run(command, home)
                    if (home / "downloads" / program.target).read_bytes() != expected:
                        sys.exit(f"tests/bench/start: {program.name} has not downloaded the target")
                    shutil.rmtree(home)
                else:
                    # What `show` shows has been refreshed once.
                    home = scratch / f"shown-{programs.index(program)}"
                    if not home.exists():
                        shutil.copytree(homes[program], home)
                        if column == "show" or program.commands["show"]:
                            run(program.commands["download"], home)
                    taken = run(command, home)
                if number > 0:
                    program.times[column].append(taken)


def distribution_bytes(name, extras, seen):
    """Returns the bytes of a Python distribution with its extras and requirements."""
    name = re.sub(r"[-_.]+", "-", name).lower()
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        # One for another system, or another Python.
        return 0
    total = 0
    if name not in seen:
        files = (Path(file.locate()) for file in distribution.files or [])
        total = sum(file.stat().st_size for file in files if file.is_file())
    # Its requirements may be other ones with other extras.
    if name in seen and extras <= seen[name]:
        return total
    seen[name] = seen.get(name, set()) | extras
    for requirement in distribution.requires or []:
        required, _, marker = requirement.partition(";")
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]*)", marker)
        if extra is None or extra[1] in extras:
            other, its = re.match(r"([\w.-]+)\s*(?:\[([^]]*)\])?", required).groups()
            total += distribution_bytes(other, set(re.findall(r"[\w.-]+", its or "")), seen)
    return total


def folder_bytes(folder):
    return sum(
        file.stat().st_size
        for file in Path(folder).rglob("*")
        if file.is_file() and not file.is_symlink()
    )


def find(options, url):
    """The programs that are here."""
    programs = [Program("`true`, which does nothing", None, ["true"])]
    root = str(options.repository.resolve() / "root.json")
    for name, path in (
        ("picotuf, `--profile small`", options.small),
        ("picotuf, `--release`", options.release),
    ):
        base = [path, "--metadata-dir", "metadata"]
        programs.append(
            Program(
                name,
                path.stat().st_size,
                [path, "--version"],
                [*base, "show"],
                [
                    [
                        *base,
                        "init",
                        root,
                        "--metadata-url",
                        f"{url}/metadata",
                        "--target-base-url",
                        f"{url}/targets",
                    ]
                ],
                [*base, "download", "--target-name", TARGET, "--target-dir", "downloads"],
            )
        )
    python, client = sys.executable, str(options.client)
    version = importlib.metadata.version("tuf")
    programs.append(
        Program(
            f"python-tuf {version}, `examples/client/client`",
            distribution_bytes("tuf", set(), {}),
            [python, client, "--help"],
            None,
            [[python, client, "--url", url, "tofu"]],
            [python, client, "--url", url, "download", TARGET],
        )
    )
    sigstore = Path(python).parent / "sigstore"
    version = importlib.metadata.version("sigstore")
    programs.append(
        Program(
            f"sigstore {version} (Python)",
            distribution_bytes("sigstore", set(), {}),
            [sigstore, "--version"],
        )
    )
    modules = options.node_folder / "node_modules"
    version = re.search(r'"version": "([^"]*)"', (modules / "tuf-js/package.json").read_text())[1]
    load = f"require({str(modules / 'tuf-js')!r})"
    programs.append(
        Program(
            f"tuf-js {version}, loaded by `node`", folder_bytes(modules), ["node", "--eval", load]
        )
    )
    tuftool = shutil.which("tuftool")
    if tuftool:
        programs.append(
            Program(
                "tuftool",
                Path(tuftool).resolve().stat().st_size,
                [tuftool, "--version"],
                None,
                None,
                [
                    tuftool,
                    "download",
                    "--root",
                    root,
                    "--metadata-url",
                    f"{url}/metadata",
                    "--targets-url",
                    f"{url}/targets",
                    "--target-name",
                    TARGET,
                    "downloads/out",
                ],
                f"out/{TARGET}",
            )
        )
    else:
        print("tests/bench/start: tuftool is left out: it is not installed", file=sys.stderr)
    return programs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=31)
    for name in ("small", "release", "client", "node-folder", "repository"):
        parser.add_argument(f"--{name}", type=lambda path: Path(path).resolve(), required=True)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("at least one round")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=options.repository))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    programs = find(options, f"http://127.0.0.1:{server.server_port}")
    with tempfile.TemporaryDirectory() as scratch:
        measure(
            programs,
            options.rounds,
            Path(scratch),
            (options.repository / "targets" / TARGET).read_bytes(),
        )
    reference = next(program for program in programs if "small" in program.name)
    print(
        f"Medians of {options.rounds} rounds · ratio to picotuf, `--profile small`; "
        f"Python {platform.python_version()}.\n"
    )
    print("| command line | size | start | `show` | `download` |")
    print("|---|---:|---:|---:|---:|")
    for program in programs:
        cells = [program.name, "–" if program.size is None else f"{program.size / 1e6:.2f} MB"]
        for column, times in program.times.items():
            if times:
                ratio = statistics.median(a / b for a, b in zip(times, reference.times[column]))
                cells.append(
                    f"{statistics.median(times) * 1e3:.2f} ms · {ratio:.{0 if ratio >= 10 else 2}f}"
                )
            else:
                cells.append("–")
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
