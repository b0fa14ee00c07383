"""Measures `picotuf.ngclient` beside python-tuf in one run: the first look-up of one target.

usage: measure.py REPOSITORY [ROUNDS]

A look-up starts with an empty folder and the trusted root, and ends with the entry of the target in
verified metadata. Both clients have the same fetcher, which reads the files of the repository. Each
round is a process of its own for each client, which imports everything before the clock starts. The
time on the processor does not depend on what else the machine does. The memory is the kernel's
`VmHWM` at the end, and what the look-up added to it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLIENTS = {"picotuf": "picotuf.ngclient", "python-tuf": "tuf.ngclient"}


class Files:
    """A fetcher of files in a folder, for both clients."""

    def __init__(self, folder, exception):
        self.folder = folder
        self.exception = exception

    def download_bytes(self, url, max_length):
        path = self.folder / url.removeprefix("https://example.org/")
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise self.exception(url, 404) from None


def peak():
    """Returns the peak memory of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


def look_up(name, repository):
    """Prints the time, the memory and the answer of one look-up."""
    if name == "picotuf":
        from picotuf.ngclient import DownloadHTTPError, Updater, UpdaterConfig
    else:
        from tuf.api.exceptions import DownloadHTTPError
        from tuf.ngclient import Updater, UpdaterConfig
    expected = json.loads((repository / "expect.json").read_bytes())
    config = UpdaterConfig(targets_max_length=10_000_000)
    fetcher = Files(repository, DownloadHTTPError)
    root = (repository / "root.json").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        before, start, began = peak(), time.perf_counter(), time.process_time()
        updater = Updater(
            folder, "https://example.org/metadata/", fetcher=fetcher, config=config, bootstrap=root
        )
        info = updater.get_targetinfo(expected["targets"][0])
        seconds, busy = time.perf_counter() - start, time.process_time() - began
    most = peak()
    print(json.dumps([sorted(info.hashes.items()), seconds, busy, most, most - before]))


def main():
    """Runs the rounds and prints the medians."""
    repository, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    found = {name: [] for name in CLIENTS}
    for _ in range(rounds + 1):
        for name, runs in found.items():
            command = [sys.executable, __file__, "--one", name, str(repository)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            runs.append(json.loads(done.stdout))
    answers = {json.dumps(run[0]) for runs in found.values() for run in runs}
    assert len(answers) == 1, answers
    medians = {}
    for name, runs in found.items():
        # The first round does not count.
        seconds, busy, most, added = medians[name] = [
            statistics.median(run[column] for run in runs[1:]) for column in range(1, 5)
        ]
        times = f"{seconds * 1e3:.1f} ms, of the processor {busy * 1e3:.1f} ms"
        print(f"{name}: {times}, peak {most / 1e6:.1f} MB, added {added / 1e6:.1f} MB")
    ours, theirs = medians.values()
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    print("python-tuf : picotuf = {:.1f}, {:.1f}, {:.1f}, {:.1f}".format(*ratios))


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        look_up(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
