"""Checks that no line of code or prose has more than 100 columns.

    check.py [FILE ...]

Without FILE, checks all files under version control that have one of EXTENSIONS. These lines may be
longer: rows of Markdown tables, in doc comments too; code blocks in Markdown; lines that hold a
long run of data without a blank, such as a URL, a hash or a path; and data in raw strings of Rust
(r#"..."#), where a line break would change the data.
"""

import re
import subprocess
import sys
import unicodedata
from pathlib import Path

COLUMNS = 100
EXTENSIONS = ["rs", "py", "md"]
# A run of this many characters without a blank is data.
UNBROKEN = 60

ROOT = Path(__file__).resolve().parents[2]


def width(line):
    """Returns the number of columns that a terminal gives to the line."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    return len(line) + wide


def prose(text):
    """Yields the number and text of each line of Markdown outside code blocks and tables."""
    fence = None
    blank = True
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r" *(```+|~~~+)", line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = None
        elif mark:
            fence = mark[1]
        elif not (line.lstrip().startswith("|") or (blank and line.startswith("    "))):
            yield number, line
        # An indented code block begins after a blank line, and goes on to the next other line.
        blank = not line.strip() or (blank and line.startswith("    "))


def outside_raw_strings(text):
    """Yields the number and text of each line of Rust that has no part of a string r#"..."#."""
    within = set()
    for string in re.finditer(r'\br(#+)".*?"\1', text, re.S):
        first = text.count("\n", 0, string.start()) + 1
        within.update(range(first, first + string[0].count("\n") + 1))
    for number, line in enumerate(text.split("\n"), 1):
        if number not in within:
            yield number, line


def too_long(file):
    """Yields the number and width of each line of the file that has too many columns."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        lines = prose(text)
    elif file.suffix == ".rs":
        lines = outside_raw_strings(text)
    else:
        lines = enumerate(text.split("\n"), 1)
    may_be_longer = re.compile(rf"\s*//[/!] \||.*\S{{{UNBROKEN},}}")
    for number, line in lines:
        if width(line) > COLUMNS and not may_be_longer.match(line):
            yield number, width(line)


def main():
    files = [Path(name) for name in sys.argv[1:]]
    if not files:
        command = ["git", "ls-files", "-z", *(f"*.{extension}" for extension in EXTENSIONS)]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        files = [ROOT / name for name in listed.stdout.split("\0") if name]
    if not files:
        sys.exit("tests/columns: no file to check")
    wrong = [(file, *line) for file in files if file.is_file() for line in too_long(file)]
    for file, number, columns in wrong:
        name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        print(f"{name}:{number}: {columns} columns, at most {COLUMNS}", file=sys.stderr)
    if wrong:
        sys.exit(f"tests/columns: {len(wrong)} lines are too long")


if __name__ == "__main__":
    main()
