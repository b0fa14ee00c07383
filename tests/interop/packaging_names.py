"""packaging, as the judge of names of projects and files and of versions.

Reads questions as JSON, one per line: ["name", text, answer], ["version", text, answer], ["order",
[text, text], [order, is pre-release] or null], ["pin", [pinned version, version in a wheel's name],
answer] or ["file", text, [project, version] or null]. Answers each with "same", or says what
packaging makes of it.
"""

import json
import sys

from packaging.specifiers import Specifier
from packaging.utils import (
    InvalidName,
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version


def name(text: str) -> object:
    """The normalized name, or None."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        return None


def version(text: str) -> bool:
    """Whether it is a version."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def order(texts: list[str]) -> object:
    """-1, 0 or 1, and whether the first is a pre-release; None where one is no version."""
    try:
        one, other = map(Version, texts)
    except InvalidVersion:
        return None
    return [(one > other) - (one < other), one.is_prerelease]


def pin(texts: list[str]) -> bool:
    """Whether `==` accepts a wheel with that version, which pip read with dashes until 25.2."""
    pinned, found = texts
    for text in (found, found.replace("_", "-")):
        if version(text):
            return Specifier(f"=={pinned}").contains(text, prereleases=True)
    return False


def file(text: str) -> object:
    """Project and version; None also where what stands in front is no name."""
    try:
        if text.endswith(".whl"):
            _, found, _, _ = parse_wheel_filename(text)
            front = text.split("-")[0]
        else:
            _, found = parse_sdist_filename(text)
            front = text.rpartition("-")[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    project = name(front)
    return None if project is None else [project, found]


def judge(kind: str, text: object, answer: object) -> str:
    """A line for one question."""
    expected = {"name": name, "version": version, "order": order, "pin": pin, "file": file}[kind](
        text
    )
    if kind == "file" and isinstance(answer, list) and version(answer[1]):
        answer = [answer[0], Version(answer[1])]
    return "same" if expected == answer else f"packaging says {expected}"


def main() -> None:
    """Answers line by line."""
    for line in sys.stdin:
        print(judge(*json.loads(line)))


if __name__ == "__main__":
    main()
