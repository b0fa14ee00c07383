"""Counts instructions of the bench `scale`, and checks them against figures.json.

    count.py PROGRAM TOOLCHAIN [--write]

Of each verification there are two figures: all instructions, and *reading*: those in the program's
own code that are not of a hash function or a signature scheme, so that these, which are most of the
first, do not hide a change there.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FIGURES = Path(__file__).with_name("figures.json")
LAYOUTS = ["explicit", "compact", "succinct", "flat"]
READINGS = {"held": [], "windows": ["--windows"]}
TOLERANCE = 0.03
CRYPTOGRAPHY = (
    "blake2",
    "block_buffer",
    "digest",
    "ed25519_compact",
    "p256",
    "p384",
    "rsa",
    "sha2",
)
# The C library picks a memcpy and a memcmp by the processor: here those that all have.
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(
    f"-{name}"
    for name in (
        "AVX2",
        "AVX512VL",
        "AVX_Fast_Unaligned_Load",
        "BMI2",
        "ERMS",
        "FSRM",
        "MOVBE",
        "SSE4_1",
        "SSE4_2",
        "SSSE3",
    )
)


def callgrind(program, layout, options):
    """What one verification executes: by function, as pairs of its file and its name."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        # Keys of the environment are on the stack, and so shift it: nothing but this is given.
        run = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out}",
                "--toggle-collect=*verify_once*",
                "--compress-strings=no",
                "--compress-pos=no",
                program,
                "--only",
                layout,
                "--rounds",
                "1",
                *options,
            ],
            env={"GLIBC_TUNABLES": TUNABLES, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
        if run.returncode != 0:
            sys.exit(f"tests/bench/counts: valgrind failed on {layout}:\n{run.stderr}")
        return parse(out.read_text())


def parse(text):
    """Returns instructions by object and function from callgrind's format, callees excluded."""
    counts, thing, function, skip = {}, None, None, False
    for line in text.splitlines():
        if line.startswith("ob="):
            thing = line[3:]
        elif line.startswith("fn="):
            function = line[3:]
        elif line.startswith("calls="):
            skip = True
        elif line[:1].isdigit():
            if not skip:
                counts[thing, function] = counts.get((thing, function), 0) + int(line.split()[1])
            skip = False
    return counts


def figures(program, layout, options):
    counts = callgrind(program, layout, options)
    reading = sum(
        count
        for (thing, function), count in counts.items()
        if thing == program and not function.lstrip("<&").startswith(CRYPTOGRAPHY)
    )
    if not 0 < reading < sum(counts.values()):
        sys.exit(
            f"tests/bench/counts: nothing was counted on {layout}: is verify_once still the "
            "function to count?"
        )
    return {"all": sum(counts.values()), "reading": reading}


def main():
    program, toolchain, *write = sys.argv[1:]
    wanted = [(layout, reading) for layout in LAYOUTS for reading in READINGS]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        counted = list(threads.map(lambda run: figures(program, run[0], READINGS[run[1]]), wanted))
    committed = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    if write:
        committed[toolchain] = {layout: {} for layout in LAYOUTS}
        for (layout, reading), figure in zip(wanted, counted):
            committed[toolchain][layout][reading] = figure
        FIGURES.write_text(json.dumps(committed, indent=2, sort_keys=True) + "\n")
        print(f"written: {FIGURES.name}")
    known = committed.get(toolchain)
    failed = 0
    print(f"Instructions of one verification, in millions; {toolchain}.\n")
    print("| layout | files | all | figure | | reading | figure | |")
    print("|---|---|" + "---:|" * 6)
    for (layout, reading), figure in zip(wanted, counted):
        cells = []
        for what, count in figure.items():
            expected = known[layout][reading][what] if known else None
            change = count / expected - 1 if expected else 0
            failed += abs(change) > TOLERANCE
            cells += [
                f"{count / 1e6:.2f}",
                f"{expected / 1e6:.2f}" if expected else "–",
                f"{change:+.2%}" if expected else "",
            ]
        print(f"| {layout} | {reading} | {' | '.join(cells)} |")
    if not known:
        print(
            "\nThere are no figures of this toolchain, so nothing was checked. To add them: "
            "tests/bench/counts/run --write"
        )
    if failed:
        sys.exit(
            f"\ntests/bench/counts: {failed} are more than {TOLERANCE:.0%} from the figures, "
            "up or down. "
            "If that is meant: tests/bench/counts/run --write, and say why in the commit"
        )


if __name__ == "__main__":
    main()
