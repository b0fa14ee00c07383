#!/usr/bin/env python3
"""Prints what a WebAssembly module is made of: the bytes of its functions by where they come from.

    cargo build -p picotuf-wasm --locked --profile=wasm --target=wasm32-unknown-unknown \\
        --no-default-features --features=attest,small
    tests/sizes/parts.py TARGET_FOLDER/wasm32-unknown-unknown/wasm/picotuf_wasm.wasm

The module needs its names, so it is the one that Cargo writes, before wasm-bindgen and wasm-opt.
"""

import collections
import pathlib
import re
import sys

# The first pattern that is found in the name of a function says where it comes from.
PARTS = {
    "P-256 and P-384": r"primeorder|crypto_bigint|p256|p384|ecdsa|elliptic|verifies_with|of_spki",
    "Ed25519": r"25519",
    "picotuf-attest and its JavaScript layer": r"picotuf_attest|attestations_call|picotuf_wasm",
    "picotuf": r"picotuf",
    "hash functions": r"sha2|digest",
    "sorting, text, Base64, memory": r"core5slice|3fmt|core3str|alloc|base64|talc",
}
IMPORT, CODE, CUSTOM = 2, 10, 0


class Bytes:
    """The bytes of a module, as they are read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def part(self) -> bytes:
        length = self.number()
        self.at += length
        return self.data[self.at - length : self.at]


def imported_functions(section: Bytes) -> int:
    functions = 0
    for _ in range(section.number()):
        section.part()
        section.part()
        kind = section.byte()
        if kind == 0:
            functions += 1
            section.number()
        elif kind == 3:
            section.at += 2
        else:
            if kind == 1:
                section.byte()
            has_maximum = section.number() & 1
            section.number()
            if has_maximum:
                section.number()
    return functions


def function_names(section: Bytes) -> dict[int, str]:
    names = {}
    while section.at < len(section.data):
        kind, content = section.byte(), Bytes(section.part())
        if kind == 1:
            for _ in range(content.number()):
                index = content.number()
                names[index] = content.part().decode()
    return names


def main() -> None:
    module = Bytes(pathlib.Path(sys.argv[1]).read_bytes())
    module.at = 8
    imported, lengths, names = 0, [], {}
    while module.at < len(module.data):
        kind, section = module.byte(), Bytes(module.part())
        if kind == IMPORT:
            imported = imported_functions(section)
        elif kind == CODE:
            lengths = [len(section.part()) for _ in range(section.number())]
        elif kind == CUSTOM and section.part() == b"name":
            names = function_names(section)
    parts: collections.Counter[str] = collections.Counter()
    for index, length in enumerate(lengths):
        name = names.get(index + imported, "")
        found = (part for part, pattern in PARTS.items() if re.search(pattern, name))
        parts[next(found, "the rest")] += length
    for part, length in parts.most_common():
        print(f"{length:8} {length / sum(lengths):4.0%}  {part}")


main()
