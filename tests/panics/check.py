"""Compares the places in linked programs from which they can panic with list.json.

A panic is handed a core::panic::Location: file, line and column. The linker keeps
those that the program refers to, and so what is left in its data says from where
it can panic. usage: check.py FOLDER [--write]
"""

import json
import re
import struct
import sys
from collections import Counter
from pathlib import Path

LIST = Path("list.json")
# Of a path, what is the same on every machine: a crate's name without its version, and the file in
# it.
STABLE = [
    (re.compile(r".*/registry/src/[^/]+/([A-Za-z0-9_-]+?)-[0-9][^/]*/(.*)"), r"\1/\2"),
    (re.compile(r".*/library/(.*)"), r"library/\1"),
    (re.compile(r".*(?:^|/)core/src/(.*)"), r"picotuf/src/\1"),
]


def sections(program: bytes) -> list[tuple[int, bytes]]:
    """Address and content of what a 32-bit little-endian ELF file has in memory."""
    if program[:6] != b"\x7fELF\x01\x01":
        raise SystemExit("tests/panics: not a 32-bit little-endian ELF file")
    (start,) = struct.unpack_from("<I", program, 32)
    size, count = struct.unpack_from("<HH", program, 46)
    found = []
    for at in range(start, start + size * count, size):
        _, kind, _, address, offset, length = struct.unpack_from("<6I", program, at)
        if kind == 1 and address:
            found.append((address, program[offset : offset + length]))
    return found


def places(program: bytes) -> set[tuple[str, int, int]]:
    """File, line and column of every Location."""
    memory = sections(program)
    found = set()
    for _, content in memory:
        for at in range(0, len(content) - 15, 4):
            pointer, length, line, column = struct.unpack_from("<4I", content, at)
            if not (4 <= length <= 300 and 1 <= line <= 50_000 and 1 <= column <= 400):
                continue
            for address, other in memory:
                text = (
                    other[pointer - address : pointer - address + length]
                    if pointer >= address
                    else b""
                )
                if (
                    len(text) == length
                    and text.endswith(b".rs")
                    and text.isascii()
                    and text.decode().isprintable()
                ):
                    found.add((stable(text.decode()), line, column))
    return found


def stable(path: str) -> str:
    for pattern, replacement in STABLE:
        if pattern.fullmatch(path):
            return pattern.sub(replacement, path)
    return path


def main() -> None:
    folder, write = Path(sys.argv[1]), "--write" in sys.argv[2:]
    listed = json.loads(LIST.read_text()) if LIST.exists() else {}
    most, lines, wrong = Counter(), {}, []
    for program in sorted(folder.iterdir()):
        found = places(program.read_bytes())
        counts = Counter(file for file, _, _ in found)
        print(f"{program.name}: {len(found)} places: {dict(sorted(counts.items()))}")
        for file, count in counts.items():
            most[file] = max(most[file], count)
            lines.setdefault(file, set()).update(line for name, line, _ in found if name == file)
    if write:
        reasons = {file: listed.get(file, {}).get("why", "") for file in most}
        table = {file: {"places": most[file], "why": reasons[file]} for file in sorted(most)}
        LIST.write_text(json.dumps(table, indent=1) + "\n")
        return
    for file, count in sorted(most.items()):
        at = f"{file}, lines {sorted(lines[file])}"
        if file.startswith("picotuf/"):
            wrong.append(f"the core itself can panic: {at}")
        elif count > listed.get(file, {}).get("places", 0):
            wrong.append(f"more places than listed: {at}")
        elif not listed[file]["why"]:
            wrong.append(f"no reason is given: {at}")
    for file, entry in listed.items():
        if most[file] < entry["places"]:
            wrong.append(
                f"{file}: {most[file]} places now, {entry['places']} listed: "
                "run tests/panics/run --write"
            )
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
