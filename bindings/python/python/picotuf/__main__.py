"""Runs the command line: `python -m picotuf`."""

from picotuf._command import main

main()
