"""Serves the packages of tests/lock_files on a loopback index, until its standard input ends.

The first line on its standard output is JSON: the index's address, and for each file its project,
sha256 and length. Each line on its standard input names a project of which the index has other
files from then on, with their own hashes; it is answered by a line.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "lock_files"))

from index import Index, serve, sha256  # noqa: E402
from packages import INDEX, Package  # noqa: E402


class Exchanged(Package):
    """Files of the same names and lengths, and another content."""

    def metadata(self) -> str:
        """The same but for a digit."""
        return super().metadata().replace(">=3.8", ">=3.7")


def main() -> None:
    """Answers line by line."""
    index = Index(INDEX, [])
    files = {
        name: {"project": package.normalized, "sha256": sha256(content), "length": len(content)}
        for package in INDEX
        for name, content in package.files().items()
    }
    exchanged = set()
    with serve(index) as address:
        print(json.dumps({"address": address, "files": files}), flush=True)
        for line in sys.stdin:
            exchanged.add(line.strip())
            packages = [
                Exchanged(**vars(one)) if one.normalized in exchanged else one for one in INDEX
            ]
            index.__init__(packages, [])
            print("done", flush=True)


if __name__ == "__main__":
    main()
