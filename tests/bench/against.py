"""Measures two builds of the command line on the same work, in turn.

Usage: python against.py CACHE SERVER BASELINE PICOTUF [--rounds N] [ROW...]

Every round runs each row with both builds. The table has the medians of the time, the time of all
processors, and the peak memory, and the median of the ratios within each round.
"""

import argparse
import importlib.util
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
NOW = "2026-11-22T00:00:00Z"


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem + path.parent.name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


network = module(HERE / "network" / "measure.py")
audit = module(HERE / "audit" / "make.py")


def made(folder, *options):
    """A repository of audit/make.py."""
    if not folder.is_dir():
        new = folder.with_suffix(".new")
        subprocess.run(["rm", "-rf", new], check=True)
        subprocess.run([sys.executable, HERE / "audit" / "make.py", new, *options], check=True)
        new.rename(folder)
    return folder


# Runs a command and prints what it took. A process of its own, because the kernel counts the memory
# of the process that starts another as the other's: this one is small.
LAUNCHER = """
import json, os, sys, time
start = time.monotonic()
process = os.fork()
if process == 0:
    os.dup2(2, 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(process, 0)
seconds = time.monotonic() - start
code = os.waitstatus_to_exitcode(status)
print(json.dumps([code, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


class Measured:
    """One run of a command: seconds, seconds of all processors, and peak memory in MB."""

    def __init__(self, command):
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
        done = subprocess.run(launcher, capture_output=True, check=True)
        code, self.seconds, self.processor, self.memory = json.loads(done.stdout)
        assert code == 0, (command, code, done.stderr[-2000:])


def base(binary, folder, repository, where):
    options = ["--metadata-dir", f"{folder}/trusted", "--root", repository / "root.json"]
    urls = ["--metadata-url", f"{where}/metadata", "--target-base-url", f"{where}/targets"]
    return [binary, "--quiet", "--at", NOW, *options, *urls]


def check_row(binary, folder, cache, server):
    """`check` of 300 pins in 16,384 succinct bins, with a latency of 30 ms"""
    repository = cache / "network"
    if not repository.is_dir():
        network.make(repository)
    lock = pathlib.Path(folder) / "pylock.toml"
    lock.write_text(network.lock(*network.pins(repository, 300)))
    with network.Server(server, repository, 30) as running:
        command = base(binary, folder, repository, running.url)
        return Measured([*command, "check", lock, "--layout", "pep480"])


def download_row(binary, folder, cache, server):
    """`download` of 100 targets in 16,384 succinct bins, with a latency of 30 ms"""
    repository = made(cache / "small", "--targets", "20000", "--files", "2000")
    names = [word for number in range(100) for word in ("--target-name", audit.target(number)[0])]
    with network.Server(server, repository, 30) as running:
        command = base(binary, folder, repository, running.url)
        return Measured([*command, "--target-dir", folder, "download", *names])


def audit_row(binary, folder, cache, server):
    """`mirror --check` of 16,384 bins with 1,000,000 targets"""
    repository = made(cache / "large")
    command = base(binary, folder, repository, repository)
    return Measured([*command, "mirror", "--check", repository])


def audit_small_row(binary, folder, cache, server):
    """the same with 20,000 targets and 2,000 files"""
    repository = made(cache / "small", "--targets", "20000", "--files", "2000")
    command = base(binary, folder, repository, repository)
    return Measured([*command, "mirror", "--check", repository])


def audit_large_row(binary, folder, cache, server):
    """the same with 5,000,000 targets"""
    repository = made(cache / "five", "--targets", "5000000")
    command = base(binary, folder, repository, repository)
    return Measured([*command, "mirror", "--check", repository])


def mirror_row(binary, folder, cache, server):
    """`mirror --to` from a folder, of 16,384 bins with 1,000,000 targets"""
    repository = made(cache / "large")
    command = base(binary, folder, repository, repository)
    return Measured([*command, "mirror", "--to", f"{folder}/mirror"])


def mirror_memory_row(binary, folder, cache, server):
    """the same into a folder in memory (tmpfs)"""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        repository = made(cache / "large")
        command = base(binary, memory, repository, repository)
        return Measured([*command, "mirror", "--to", f"{memory}/mirror"])


def mirror_files_row(binary, folder, cache, server):
    """`mirror --to --targets` of 64 bins with 1,000 files, with a latency of 30 ms"""
    options = ["--bins", "64", "--targets", "1000", "--files", "1000"]
    repository = made(cache / "files", *options)
    with network.Server(server, repository, 30) as running:
        command = base(binary, folder, repository, running.url)
        return Measured([*command, "mirror", "--to", f"{folder}/mirror", "--targets"])


def explicit_row(binary, folder, cache, server):
    """`download` of one target in 16,384 explicit bins, from the loopback interface"""
    repository = made(cache / "explicit", "--explicit", "--targets", "1000", "--files", "1")
    name = audit.target(0)[0]
    with network.Server(server, repository, 0) as running:
        command = base(binary, folder, repository, running.url)
        return Measured([*command, "--target-dir", folder, "download", "--target-name", name])


ROWS = {
    "check": check_row,
    "download": download_row,
    "audit": audit_row,
    "audit-small": audit_small_row,
    "audit-large": audit_large_row,
    "mirror": mirror_row,
    "mirror-memory": mirror_memory_row,
    "mirror-files": mirror_files_row,
    "explicit": explicit_row,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=pathlib.Path)
    parser.add_argument("server")
    parser.add_argument("baseline")
    parser.add_argument("picotuf")
    parser.add_argument("rows", nargs="*", help=", ".join(ROWS))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_intermixed_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    cache = arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    binaries = [str(pathlib.Path(one).resolve()) for one in (arguments.baseline, arguments.picotuf)]
    print("| work | baseline | today | times faster | processor time |")
    print("|---|---:|---:|---:|---:|", flush=True)
    for name in arguments.rows or ROWS:
        row = ROWS[name]
        runs = []
        for _ in range(arguments.rounds):
            pair = []
            for binary in binaries:
                with tempfile.TemporaryDirectory(dir=cache) as folder:
                    pair.append(row(binary, folder, cache, arguments.server))
            runs.append(pair)
        cells = [row.__doc__]
        for pick in (0, 1):
            seconds = statistics.median(pair[pick].seconds for pair in runs)
            memory = max(pair[pick].memory for pair in runs)
            cells.append(f"{seconds:.{2 if seconds >= 1 else 3}f} s · {memory:.0f} MB")
        for measure in ("seconds", "processor"):
            ratios = [getattr(old, measure) / getattr(new, measure) for old, new in runs]
            cells.append(f"{statistics.median(ratios):.1f}")
        print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
