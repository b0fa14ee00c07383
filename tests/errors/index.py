"""Keeps the tables of error codes in docs/errors.md equal to the error enums in the source.

    index.py            fails if the tables differ from the source
    index.py --write    writes the tables

The codes of a variant are those that the source maps it to, or its name in kebab case if the source
has no codes; the core's unit tests assert that. A variant without a code holds another error. The
macro `codes` of the client states a variant and its code in one line. The meaning is the first
sentence of the variant's documentation, with the ending that ENUMS gives for enums of nouns.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs/errors.md"
# For each table: its name in docs/errors.md, its file, and its enums. If an enum lists nouns, its
# entry has the words that make sentences of them.
ENUMS = [
    ("core", "core/src/error.rs", {"Error": ""}),
    ("pages", "core/src/pypi/simple.rs", {"PageError": ""}),
    ("client", "client/src/code.rs", {"Code": ""}),
    (
        "attestations",
        "attest/src/error.rs",
        {"Error": "", "Document": " is malformed", "Unsupported": " is not supported"},
    ),
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
    codes = {}
    if body := re.search(r"^codes! \{\n(.*?)^\}", source, re.M | re.S):
        for variant, code in re.findall(r'^    (\w+) = "([a-z0-9-]+)"', body[1], re.M):
            codes[variant] = [code]
    elif body := re.search(rf"^pub(?:\(crate\))? enum {name} \{{\n(.*?)^\}}", source, re.M | re.S):
        arm = rf'\b{name}::(\w+)(?: \{{[^}}\n]*\}}|\([^)\n]*\))?\s*=> [{{\s(]*"([a-z0-9-]+)"'
        for variant, code in re.findall(arm, source):
            codes.setdefault(variant, []).append(code)
    else:
        sys.exit(f"tests/errors: {path} has no enum {name}")
    doc = []
    for line in body[1].splitlines():
        if comment := re.match(r"    ///(?: (.*))?$", line):
            doc.append(comment[1] or "///")
        elif variant := re.match(r"    ([A-Z]\w*)", line):
            if not doc:
                sys.exit(f"tests/errors: {path}: {variant[1]} has no documentation")
            for code in codes.get(variant[1], []) if codes else [kebab_case(variant[1])]:
                yield code, first_sentence(doc)
            doc = []


def table(path, enums):
    rows = []
    for name, ending in enums.items():
        meanings = [
            (code, line.removesuffix(".") + f"{ending}.") for code, line in variants(path, name)
        ]
        if not meanings:
            sys.exit(f"tests/errors: {path}: {name} has no variants")
        rows += [f"| `{code}` | {line} |\n" for code, line in meanings]
    rows.sort()
    return "| code | meaning |\n|---|---|\n" + "".join(rows)


def main():
    text = committed = INDEX.read_text(encoding="utf-8")
    for place, path, enums in ENUMS:
        begin, end = f"<!-- begin {place} -->\n", f"<!-- end {place} -->\n"
        if text.count(begin) != 1 or text.count(end) != 1:
            sys.exit(f"tests/errors: {INDEX.name} needs one place {begin.strip()}")
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = before + begin + "\n" + table(path, enums) + "\n" + end + after
    if sys.argv[1:] == ["--write"]:
        INDEX.write_text(text, encoding="utf-8")
    elif text != committed:
        sys.exit("tests/errors: docs/errors.md is out of date: run tests/errors/index.py --write")


if __name__ == "__main__":
    main()
