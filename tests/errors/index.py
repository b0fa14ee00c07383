"""Keeps the tables of error codes in docs/errors.md equal to the error enums in the source.

    index.py            fails if the tables differ from the source
    index.py --write    writes the tables

A code is the one that the enum's `code` gives a variant, or the variant's name in kebab case where
no code stands in the source; the core's unit tests assert that. A variant without a code of its own
holds another error. The meaning is the first sentence of the variant's documentation.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs/errors.md"
# For each table: its name in docs/errors.md, and the file and the name of the enum.
ENUMS = [
    ("core", "core/src/error.rs", "Error"),
    ("pages", "core/src/pypi/simple.rs", "PageError"),
    ("attestations", "attest/src/error.rs", "Error"),
]


def kebab_case(name):
    """Returns `DuplicateMember` as `duplicate-member`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def first_sentence(lines):
    """Returns the first sentence of a doc comment, with the names of links alone."""
    text = " ".join(lines).split(" /// ")[0]
    text = re.sub(r"\[(`[^`]+`)\](\([^)]*\))?", r"\1", text)
    return re.split(r"(?<=\.) (?=[A-Z`])", text)[0]


def variants(path, name):
    """Yields the code and the meaning of each variant of the enum that has a code of its own."""
    source = (ROOT / path).read_text(encoding="utf-8")
    body = re.search(rf"^pub(?:\(crate\))? enum {name} \{{\n(.*?)^\}}", source, re.M | re.S)
    if not body:
        sys.exit(f"tests/errors: {path} has no enum {name}")
    codes = dict(re.findall(rf'\b{name}::(\w+)[^=\n]*=> "([a-z0-9-]+)"', source))
    doc = []
    for line in body[1].splitlines():
        if comment := re.match(r"    ///(?: (.*))?$", line):
            doc.append(comment[1] or "///")
        elif variant := re.match(r"    ([A-Z]\w*)", line):
            if not doc:
                sys.exit(f"tests/errors: {path}: {variant[1]} has no documentation")
            code = codes.get(variant[1]) if codes else kebab_case(variant[1])
            if code:
                yield code, first_sentence(doc)
            doc = []


def table(path, name):
    rows = [f"| `{code}` | {line} |\n" for code, line in sorted(variants(path, name))]
    if not rows:
        sys.exit(f"tests/errors: {path}: {name} has no variants")
    return "| code | meaning |\n|---|---|\n" + "".join(rows)


def main():
    text = committed = INDEX.read_text(encoding="utf-8")
    for place, path, name in ENUMS:
        begin, end = f"<!-- begin {place} -->\n", f"<!-- end {place} -->\n"
        if text.count(begin) != 1 or text.count(end) != 1:
            sys.exit(f"tests/errors: {INDEX.name} needs one place {begin.strip()}")
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = before + begin + "\n" + table(path, name) + "\n" + end + after
    if sys.argv[1:] == ["--write"]:
        INDEX.write_text(text, encoding="utf-8")
    elif text != committed:
        sys.exit("tests/errors: docs/errors.md is out of date: run tests/errors/index.py --write")


if __name__ == "__main__":
    main()
