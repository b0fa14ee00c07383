"""Measures the programs that `run` has built, and checks them against budgets.json.

    check.py FOLDER RUSTC [--write]

FOLDER holds a program for each "TARGET FEATURES". What is counted is what is loaded: for ELF the
sections with code and constants, and those with initial values of variables; for WebAssembly the
code and the data section, and the file itself.
"""

import json
import struct
import sys
from pathlib import Path

BUDGETS = Path(__file__).with_name("budgets.json")
# Of the budget: what a change may add unnoticed, and what another compiler may.
SLACK = 0.02
SLACK_ELSEWHERE = 0.10


def elf(file):
    """Code and constants, and variables with their initial values."""
    if file[:6] != b"\x7fELF\x01\x01":
        sys.exit("tests/sizes: not a little-endian 32-bit ELF file")
    (offset,) = struct.unpack_from("<I", file, 32)
    size, count = struct.unpack_from("<HH", file, 46)
    sizes = {"text": 0, "data": 0}
    for number in range(count):
        _, kind, flags, _, _, length = struct.unpack_from("<6I", file, offset + number * size)
        write, alloc, nobits = flags & 1, flags & 2, kind == 8
        if alloc and not nobits:
            sizes["data" if write else "text"] += length
    return sizes


def wasm(file):
    """The code section, the data section, and the whole file."""
    if file[:8] != b"\0asm\1\0\0\0":
        sys.exit("tests/sizes: not a WebAssembly module")
    sizes = {"code": 0, "data": 0, "file": len(file)}
    at = 8
    while at < len(file):
        section, at, length, shift = file[at], at + 1, 0, 0
        while True:
            byte, at = file[at], at + 1
            length, shift = length | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                break
        if section in (10, 11):
            sizes["code" if section == 10 else "data"] += length
        at += length
    return sizes


def measure(folder):
    measured = {}
    for program in sorted(Path(folder).iterdir()):
        target, features = program.name.split(" ")
        file = program.read_bytes()
        measured.setdefault(target, {})[features] = (
            wasm(file) if target.startswith("wasm") else elf(file)
        )
    return measured


def check(measured, budgets, slack):
    """Prints a table; returns how many have no budget or exceed it, and if any may be lowered."""
    over = lower = 0
    print("| target | features | what | bytes | budget | |")
    print("|---|---|---|---:|---:|---|")
    for target, sets in measured.items():
        for features, sizes in sets.items():
            for what, size in sizes.items():
                budget = budgets.get(target, {}).get(features, {}).get(what)
                note = ""
                if budget is None:
                    over, note = over + 1, "no budget"
                elif size > budget * (1 + slack):
                    over, note = over + 1, f"OVER by {size - budget}"
                elif size > budget:
                    note = f"{size - budget} more, within {slack:.0%}"
                elif size < budget:
                    lower, note = lower + 1, f"{budget - size} less"
                most = "–" if budget is None else f"{budget:,}"
                print(f"| {target} | {features} | {what} | {size:,} | {most} | {note} |")
    return over, lower


def main():
    folder, rustc, *write = sys.argv[1:]
    measured = measure(folder)
    if write:
        BUDGETS.write_text(json.dumps({"rustc": rustc, "bytes": measured}, indent=2) + "\n")
        print(f"written: {BUDGETS.name}")
    committed = json.loads(BUDGETS.read_text())
    same = committed["rustc"] == rustc
    over, lower = check(measured, committed["bytes"], SLACK if same else SLACK_ELSEWHERE)
    if not same:
        print(
            f"\nThe budgets are those of {committed['rustc']}; this is {rustc}, "
            f"so {SLACK_ELSEWHERE:.0%} are let pass."
        )
    if lower:
        print(f"\n{lower} budgets can be lowered: tests/sizes/run --write")
    if over:
        sys.exit(
            f"\ntests/sizes: {over} over budget. If that is worth it: tests/sizes/run --write, "
            "and say why in the commit"
        )


if __name__ == "__main__":
    main()
