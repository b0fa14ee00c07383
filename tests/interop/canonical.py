"""The reference for the canonical form: securesystemslib's encode_canonical.

Reads JSON documents, one per line, from standard input. Answers each with the hex of
its canonical form in UTF-8 on one line, or with "error" where there is none.
"""

import json
import sys

from securesystemslib.exceptions import FormatError
from securesystemslib.formats import encode_canonical


def canonical(document: bytes) -> str:
    """Hex of the canonical form, or "error"."""
    try:
        return encode_canonical(json.loads(document.decode("utf-8"))).encode("utf-8").hex()
    # ValueError: not JSON, not UTF-8, or a lone surrogate.
    except (FormatError, RecursionError, ValueError):
        return "error"


def main() -> None:
    """Answers line by line, each as soon as it is known."""
    for line in sys.stdin.buffer:
        print(canonical(line.rstrip(b"\n")), flush=True)


if __name__ == "__main__":
    main()
