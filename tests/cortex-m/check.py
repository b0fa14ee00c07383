"""Runs the firmware in QEMU on each case and compares what it says with the command line's --json.

Usage: python check.py FIRMWARE PICOTUF REPOSITORIES [--p256 | --ml-dsa]

Exits with 1 where the two differ, where a verdict is not the case's, or where the firmware takes
more memory than the bounds below say.
"""

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cases import Case, make_cases, make_ml_dsa_cases

TIMEOUT = 60  # seconds
BOARD, BOARD_WITH_ML_DSA = "lm3s6965evb", "mps2-an385"  # of QEMU's
FLASH, RAM = 262_144, 65_536  # bytes, of the chip
RAM_WITH_ML_DSA = 224 * 1024  # of the other chip: as in mps2-an385.x
# What the command line says besides has to do with its files, or is advice.
SKIPPED = {"file", "url", "hint", "expected", "found"}


@dataclass
class Bounds:
    """What a build may take, in bytes: a little more than it does."""

    flash: int
    statics: int
    stack: int


ED25519 = Bounds(flash=88_500, statics=48_900, stack=10_000)
WITH_P256 = Bounds(flash=141_000, statics=52_500, stack=11_800)
WITH_ML_DSA = Bounds(flash=118_000, statics=167_500, stack=60_000)


def main() -> None:
    """Tries all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("firmware", type=Path)
    parser.add_argument("picotuf", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--p256", action="store_true", help="try P-256 keys too")
    parser.add_argument("--ml-dsa", action="store_true", help="try ML-DSA keys, and those alone")
    arguments = parser.parse_args()
    bounds, board, ram = WITH_P256 if arguments.p256 else ED25519, BOARD, RAM
    if arguments.ml_dsa:
        bounds, board, ram = WITH_ML_DSA, BOARD_WITH_ML_DSA, RAM_WITH_ML_DSA
    flash, statics = sizes(arguments.firmware)
    stack, wrongs = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        repositories, out = arguments.repositories.resolve(), Path(folder)
        if arguments.ml_dsa:
            cases = make_ml_dsa_cases(repositories, out)
        else:
            cases = make_cases(repositories, out, p256=arguments.p256)
        for case in cases:
            start = time.monotonic()
            device, memory, wrong = run_device(arguments.firmware.resolve(), case, board)
            seconds = time.monotonic() - start
            if device is not None:
                wrong += differences(run_native(arguments.picotuf.resolve(), case), device)
                code = (device.get("error") or {}).get("code")
                if code != case.code:
                    wrong.append(f"the verdict should be {case.code}, and is {code}")
                if case.bytes_read_max and memory["bytes_read"] > case.bytes_read_max:
                    wrong.append(f"{memory['bytes_read']} bytes were read")
                stack = max(stack, memory["stack"])
                if "heap" in memory:
                    least = statics - memory["arena"] + memory["heap"] + memory["stack"]
                    print(f"  stack {memory['stack']}, heap {memory['heap']}, in all {least} bytes")
            print(
                f"{case.name:20} {case.code or 'ok':18} {seconds:6.1f} s ",
                "; ".join(wrong) or "same",
                flush=True,
            )
            wrongs += bool(wrong)
    print(f"{'':14} {'bytes':>8} {'bound':>8} {'chip':>8}")
    for what, used, bound, chip in (
        ("flash", flash, bounds.flash, FLASH),
        ("statics", statics, bounds.statics, ram),
        ("deepest stack", stack, bounds.stack, ram - statics),
    ):
        print(f"{what:14} {used:8} {bound:8} {chip:8}{'  TOO MUCH' if used > bound else ''}")
        wrongs += used > bound
    sys.exit(wrongs > 0)


def run_device(firmware: Path, case: Case, board: str) -> tuple[dict | None, dict, list[str]]:
    """Returns the device's report in the command line's form, its memory, and what is wrong."""
    words = ["picotuf", case.folder.name, case.time, case.target]
    # QEMU takes a doubled comma for one.
    options = ",".join(f"arg={word.replace(',', ',,')}" for word in words)
    command = [
        "qemu-system-arm",
        "-machine",
        board,
        "-cpu",
        "cortex-m3",
        "-nographic",
        "-monitor",
        "none",
    ]
    command += ["-serial", "null", "-semihosting-config", f"enable=on,target=native,{options}"]
    command += ["-kernel", str(firmware)]
    try:
        done = subprocess.run(
            command,
            cwd=case.folder.parent,
            capture_output=True,
            timeout=TIMEOUT,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return None, {}, [f"no verdict within {TIMEOUT} s"]
    try:
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        *said, verdict, memory = lines
        memory = memory["memory"]
    except (ValueError, KeyError):
        return None, {}, [f"no verdict, exit code {done.returncode}: {done.stdout[-300:]!r}"]
    # As in the command line's report, a role that is verified again takes its last place.
    roles: dict[str, dict] = {}
    for role in said:
        # As the command line has it: what was fetched and is read once more was fetched all the
        # same.
        before = roles.pop(role["role"], None)
        if before and before["version"] == role["version"]:
            role["fetched"] |= before["fetched"]
        roles[role["role"]] = role
    wrong = [] if memory["free"] > 0 else ["the stack ran into the statics"]
    if (done.returncode == 0) != verdict["ok"]:
        wrong.append(f"exit code {done.returncode}")
    return {**verdict, "roles": list(roles.values())}, memory, wrong


def run_native(picotuf: Path, case: Case) -> dict:
    """The command line's report, from a copy of the same trusted files."""
    trusted = case.folder / f"native-{os.urandom(4).hex()}"
    shutil.copytree(case.folder / "stored", trusted)
    metadata, targets = case.folder / "metadata", case.folder / "targets"
    command = [
        str(picotuf),
        "download",
        "--json",
        "--metadata-dir",
        str(trusted),
        "--at",
        case.time,
    ]
    command += ["--metadata-url", str(metadata), "--target-base-url", str(targets)]
    command += ["--target-dir", str(trusted / "downloads"), "--target-name", case.target]
    done = subprocess.run(command, capture_output=True, check=False)
    return json.loads(done.stdout)


def differences(native: dict, device: dict) -> list[str]:
    """Returns the differing members of roles, targets and errors, without SKIPPED ones."""
    found = []
    for member in ("ok", "roles", "targets", "error"):
        a, b = (shown(report.get(member)) for report in (native, device))
        if a != b:
            found.append(f"{member}: native {a}, device {b}")
    return found


def shown(value: object) -> object:
    """Without the members that are skipped."""
    if isinstance(value, dict):
        return {name: shown(part) for name, part in value.items() if name not in SKIPPED}
    return [shown(part) for part in value] if isinstance(value, list) else value


def sizes(firmware: Path) -> tuple[int, int]:
    """Returns the bytes in flash and in RAM of a 32-bit ELF file; initial values are in both."""
    content = firmware.read_bytes()
    (table,) = struct.unpack_from("<I", content, 32)
    width, count = struct.unpack_from("<HH", content, 46)
    flash = ram = 0
    for number in range(count):
        _, kind, flags, address, _, size = struct.unpack_from(
            "<6I", content, table + number * width
        )
        if not flags & 2:  # SHF_ALLOC
            continue
        in_ram = address >= 0x2000_0000
        ram += size if in_ram else 0
        flash += size if not in_ram or kind != 8 else 0  # SHT_NOBITS
    return flash, ram


if __name__ == "__main__":
    main()
