"""python-tuf as the judge: what its client says of repositories on disk.

Reads one JSON object per line from standard input:

  dir           the repository: root.json (trust anchor), metadata/, targets/
  target        path of a target to look up and download, or null to refresh only
  time          the time of the check, YYYY-MM-DDTHH:MM:SSZ
  metadata_dir  optional: what a client stored earlier. A copy of it is used; where it
                has a root.json, that one is the trust anchor.

and answers each with one JSON object on one line:

  verdict       "ok", "absent" (no trusted role lists the target) or "refused"
  error         null, or class and message of the exception that refused, and of those
                that caused it

Role names are percent-encoded in file names, as python-tuf asks for them in URLs;
target paths are file names as they are.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from support import parse_time
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

CHUNK = 65536


class LocalFetcher(FetcherInterface):
    """Fetches by a function from a path to bytes, or to None for "not there" (404)."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self.read = read

    def _fetch(self, url: str) -> Iterator[bytes]:
        content = self.read(url)
        if content is None:
            raise DownloadHTTPError(f"{url} is not there", 404)
        return (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))


def read_folder(folder: Path) -> Callable[[str], bytes | None]:
    """Reads files below folder, and nothing above it."""

    def read(path: str) -> bytes | None:
        if ".." in path.split("/"):
            return None
        try:
            return (folder / path).read_bytes()
        except OSError:
            return None

    return read


def run_client(
    read: Callable[[str], bytes | None], target: str | None, time: datetime, metadata_dir: Path
) -> dict[str, str | None]:
    """The verdict of python-tuf's client, which uses metadata_dir as its store.

    FileNotFoundError when there is no trust anchor: that is no verdict on a repository.
    """
    bootstrap = None
    if not (metadata_dir / "root.json").exists():
        bootstrap = read("root.json")
        if bootstrap is None:
            raise FileNotFoundError("the repository has no root.json to start from")
    with tempfile.TemporaryDirectory() as target_dir:
        try:
            updater = Updater(
                metadata_dir=str(metadata_dir),
                metadata_base_url="metadata/",
                target_dir=target_dir,
                target_base_url="targets/",
                fetcher=LocalFetcher(read),
                bootstrap=bootstrap,
            )
            # Its clock: read once, at construction, and of no influence until the refresh.
            updater._trusted_set.reference_time = time
            updater.refresh()
            if target is None:
                return {"verdict": "ok", "error": None}
            found = updater.get_targetinfo(target)
            if found is None:
                return {"verdict": "absent", "error": None}
            updater.download_target(found)
            return {"verdict": "ok", "error": None}
        except Exception as error:  # whatever stops the client is its refusal
            return {"verdict": "refused", "error": " <- ".join(_causes(error))}


def _causes(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        # A lone surrogate in what it quotes has no form in UTF-8.
        yield f"{type(error).__name__}: {error}".encode(errors="backslashreplace").decode()
        error = error.__cause__


def judge(question: dict) -> dict[str, str | None]:
    """Answers one line of input."""
    with tempfile.TemporaryDirectory() as store:
        stored = question.get("metadata_dir")
        if stored is not None:
            shutil.copytree(stored, store, symlinks=True, dirs_exist_ok=True)
        return run_client(
            read_folder(Path(question["dir"])),
            question.get("target"),
            parse_time(question["time"]),
            Path(store),
        )


def main() -> None:
    """Answers line by line, each as soon as it is known."""
    for line in sys.stdin.buffer:
        if line.strip():
            print(json.dumps(judge(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
