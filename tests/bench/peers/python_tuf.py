"""python-tuf's client as a peer: what peer.rs says of programs, in Python.

Its store is a temporary folder; no target is downloaded.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

# The largest layouts exceed the defaults.
MAX_LENGTH = 1 << 30
CHUNK = 65536


class FolderFetcher(FetcherInterface):
    """Fetches from a folder, by paths in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            file = (self.folder / url).open("rb")
        except FileNotFoundError:
            raise DownloadHTTPError(f"{url} is not there", 404) from None
        with file:
            while chunk := file.read(CHUNK):
                yield chunk


def main() -> None:
    """Answers each line of input."""
    folder, target = Path(sys.argv[1]), sys.argv[2]
    for _ in sys.stdin:
        start = time.perf_counter_ns()
        try:
            digest = verify(folder, target)
        except Exception as error:  # whatever stops it is the answer
            message = " ".join(str(error).split())
            print(f"error {type(error).__name__}: {message}", flush=True)
            continue
        taken = time.perf_counter_ns() - start
        print(f"ok {taken} {peak()} {digest}", flush=True)


def verify(folder: Path, target: str) -> str:
    """The target's SHA-256, from nothing but the root."""
    with tempfile.TemporaryDirectory() as store:
        updater = Updater(
            metadata_dir=store,
            metadata_base_url="metadata/",
            fetcher=FolderFetcher(folder),
            config=UpdaterConfig(snapshot_max_length=MAX_LENGTH, targets_max_length=MAX_LENGTH),
            bootstrap=(folder / "root.json").read_bytes(),
        )
        updater.refresh()
        found = updater.get_targetinfo(target)
        if found is None:
            raise LookupError("no role lists the target")
        return found.hashes["sha256"]


def peak() -> int:
    """The peak resident memory of this process, in KiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise OSError("the kernel does not say VmHWM")


if __name__ == "__main__":
    main()
