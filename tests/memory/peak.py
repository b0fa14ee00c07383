"""Measures the peak resident memory of the command line on a repository with 16,384 bins.

Usage: python peak.py PEAK PICOTUF REPOSITORY

From files, over HTTP, and a local file against what is stored. Exits with 1 where it is above the
bound.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PEAK_MAX = 12_000_000  # bytes


def main() -> None:
    """Runs all three."""
    peak, picotuf, repository = (Path(path).resolve() for path in sys.argv[1:])
    expected = json.loads((repository / "expect.json").read_bytes())
    # The last one is in the bin with 1,000 targets.
    name = expected["targets"][-1]
    common = ["--quiet", "--at", expected["time"], "--target-name", name]
    command = [
        sys.executable,
        "-u",
        "-m",
        "http.server",
        "--bind",
        "127.0.0.1",
        "--directory",
        str(repository),
        "0",
    ]
    wrong = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server,
    ):
        try:
            port = server.stdout.readline().split(" port ")[1].split()[0]
            for how, place in (("files", repository), ("HTTP", f"http://127.0.0.1:{port}")):
                trusted = f"{folder}/{how}"
                init = [
                    picotuf,
                    "init",
                    "--quiet",
                    "--metadata-dir",
                    trusted,
                    "--metadata-url",
                    f"{place}/metadata",
                ]
                subprocess.run(
                    [*init, "--target-base-url", f"{place}/targets", repository / "root.json"],
                    check=True,
                )
                download = [
                    picotuf,
                    "download",
                    "--metadata-dir",
                    trusted,
                    "--target-dir",
                    f"{trusted}-targets",
                ]
                wrong += measure(f"download, {how}", [peak, *download, *common])
            verify = [
                picotuf,
                "verify",
                repository / "targets" / name,
                "--metadata-dir",
                trusted,
                "--offline",
            ]
            wrong += measure("verify, offline", [peak, *verify, *common])
        finally:
            server.kill()
    sys.exit(wrong > 0)


def measure(what: str, command: list) -> bool:
    """Runs a command that must succeed, prints its peak, and says whether that is too much."""
    used = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    print(
        f"{what:16} {used:10} bytes, bound {PEAK_MAX}{'  TOO MUCH' if used > PEAK_MAX else ''}",
        flush=True,
    )
    return used > PEAK_MAX


if __name__ == "__main__":
    main()
