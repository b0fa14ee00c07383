"""The command `picotuf`."""

import signal
import sys

from picotuf import _native


def main() -> None:
    """Runs the command line, which is the same as that of the crate picotuf-cli."""
    # Python only notes a signal and waits for its own code to run, which is when the command ends.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.run(["picotuf", *sys.argv[1:]]))
