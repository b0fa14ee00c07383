"""Measures picotuf and its peers, one after the other in every round, and prints Markdown tables.

Usage: python measure.py --repositories DIR --programs DIR --picotuf FILE [--rounds N]
                         [--only LAYOUT]... [--patience SECONDS] [--growth SVG]

Each peer is a process of its own for each layout; what they are asked and answer is in src/peer.rs.
The first answer of each gives its peak memory, and warms it up: its time counts only if there is
no other. A ratio is the median of the ratios within each round, so that a busy moment falls on
both.
"""

import argparse
import json
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

import plot

HERE = Path(__file__).parent
LAYOUTS = [
    "explicit",
    "compact",
    "succinct",
    "flat",
    "small",
    "explicit-1024",
    "succinct-1024",
]
BINS = {64: "explicit-64", 1024: "explicit-1024", 16384: "explicit", 65536: "explicit-65536"}
TARGETS = {number: f"flat-{number}" for number in (2, 20, 200, 2000, 20000, 200000)}
# What all others are compared to.
REFERENCE = "picotuf"
WINDOWS = "picotuf, windows"
GROWTH_PEERS = [REFERENCE, WINDOWS, "python-tuf", "sigstore-tuf"]


def main() -> None:
    """Measures what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--picotuf", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", action="append", choices=LAYOUTS, metavar="LAYOUT")
    parser.add_argument("--patience", type=float, default=30)
    parser.add_argument("--growth", type=Path)
    options = parser.parse_args()
    # So that a bench that is stopped stops its peers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    bench = Bench(options)
    if options.growth:
        bench.measure_growth(options.growth)
    else:
        bench.compare(options.only or LAYOUTS)


@dataclass
class Result:
    """What one peer answered of one layout."""

    times: dict[int, float] = field(default_factory=dict)  # ms by round; round 0 warms up
    peak: int = 0  # KiB
    error: str | None = None

    @property
    def once(self) -> bool:
        """Whether only the warming-up was answered."""
        return self.times.keys() == {0}

    @property
    def counted(self) -> dict[int, float]:
        """The rounds that count."""
        return {at: ms for at, ms in self.times.items() if at > 0} or self.times

    @property
    def median(self) -> float:
        """In milliseconds."""
        return median(self.counted.values())

    def ratio(self, reference: "Result") -> float:
        """How many times the reference's time this is."""
        if self.once:
            return self.median / reference.median
        common = self.counted.keys() & reference.times.keys()
        return median(self.times[at] / reference.times[at] for at in common)


class Bench:
    """Peers, and how long they are waited for."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.repositories = options.repositories
        self.rounds = options.rounds
        self.patience = options.patience
        program = {path.name: str(path) for path in options.programs.glob("peer-*")}
        self.peers = {
            REFERENCE: [program["peer-picotuf"]],
            WINDOWS: [program["peer-picotuf"], "--windows"],
            "picotuf, process": [program["peer-process"], str(options.picotuf)],
            "python-tuf": [sys.executable, str(HERE / "python_tuf.py")],
            "sigstore-tuf": [program["peer-sigstore-tuf"]],
            "tough": [program["peer-tough"]],
            "tuf-js": ["node", str(HERE / "tuf-js" / "peer.mjs")],
        }

    def compare(self, layouts: list[str]) -> None:
        """Prints the table of all peers."""
        print(f"{self.rounds} rounds; {versions()}.")
        print("Median time · peak memory · ratio of times to picotuf's (library, files held).\n")
        print(f"| layout | metadata | {' | '.join(self.peers)} |")
        print(f"|---|---:|{'---:|' * len(self.peers)}", flush=True)
        errors = []
        for layout in layouts:
            results = self.ask(layout, list(self.peers))
            cells = [cell(result, results[REFERENCE]) for result in results.values()]
            size = self.question(layout)["bytes"] / 1e6
            print(f"| {layout} | {size:.2f} MB | {' | '.join(cells)} |", flush=True)
            errors += [(peer, layout, r.error) for peer, r in results.items() if r.error]
        if errors:
            print("\nWhat did not come to an answer:\n")
        for peer, layout, error in errors:
            print(f"- {peer} on {layout}: {error}")

    def measure_growth(self, svg: Path) -> None:
        """Prints how time and memory grow, and plots it."""
        plotted = {}
        for what, layouts in (("bins", BINS), ("targets in one file", TARGETS)):
            print(f"| {what} | metadata | {' | '.join(GROWTH_PEERS)} |")
            print(f"|---:|---:|{'---:|' * len(GROWTH_PEERS)}", flush=True)
            lines = {peer: [] for peer in GROWTH_PEERS}
            for size, layout in layouts.items():
                length = self.question(layout)["bytes"]
                results = self.ask(layout, GROWTH_PEERS)
                cells = []
                for peer, result in results.items():
                    if result.error:
                        cells.append(result.error)
                        continue
                    lines[peer].append((size, result.median, result.peak / 1024))
                    per_byte = result.median * 1e6 / length
                    parts = show_time(result.median), f"{per_byte:.1f} ns/B", show_peak(result)
                    cells.append(" · ".join(parts))
                print(f"| {size:,} | {length / 1e6:.3f} MB | {' | '.join(cells)} |", flush=True)
            plotted[what] = lines
            print()
        svg.write_text(plot.draw(plotted))

    def question(self, layout: str) -> dict:
        """What is looked for in a layout."""
        return json.loads((self.repositories / layout / "question.json").read_bytes())

    def ask(self, layout: str, names: list[str]) -> dict[str, Result]:
        """All rounds of one layout."""
        question = self.question(layout)
        folder = str(self.repositories / layout)
        results = {name: Result() for name in names}
        processes = {}
        try:
            for name in names:
                first, *options = self.peers[name]
                # A script stands behind its interpreter, and takes no options.
                command = [first, *options, folder, question["target"]]
                if first.rpartition("/")[2].startswith("peer-"):
                    command = [first, folder, question["target"], *options]
                processes[name] = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            for at in range(self.rounds + 1):
                for name in names:
                    result = results[name]
                    # As if it took as long again.
                    spent = (sum(result.times.values()) + result.times.get(at - 1, 0)) / 1e3
                    answering = result.error is None and (at == 0 or at - 1 in result.times)
                    if answering and spent < self.patience:
                        self.ask_once(processes[name], result, at, question["sha256"])
        finally:
            for process in processes.values():
                process.kill()
                process.wait()
        return results

    def ask_once(self, process: subprocess.Popen, result: Result, at: int, sha256: str) -> None:
        """One verification by one peer."""
        process.stdin.write("\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], self.patience)[0]:
            result.error = f"no answer after {self.patience:.0f} s"
            return
        kind, _, rest = process.stdout.readline().strip().partition(" ")
        if kind != "ok":
            result.error = rest or f"it ended with code {process.wait()}"
            return
        nanoseconds, peak, digest = rest.split()
        if digest != sha256:
            raise SystemExit(f"{process.args} found {digest}, where {sha256} is signed")
        result.times[at] = int(nanoseconds) / 1e6
        if at == 0:
            result.peak = int(peak)


def cell(result: Result, reference: Result) -> str:
    """One peer, one layout."""
    if result.error:
        return result.error if result.times or result.error.startswith("no answer") else "cannot"
    once = " (once)" if result.once else ""
    ratio = result.ratio(reference)
    digits = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:#.2g}"
    return f"{show_time(result.median)}{once} · {show_peak(result)} · {digits}"


def show_time(ms: float) -> str:
    """Three digits, in a fitting unit."""
    if ms >= 10000:
        return f"{ms / 1e3:.0f} s"
    return f"{ms:.0f} ms" if ms >= 100 else f"{ms:#.3g} ms"


def show_peak(result: Result) -> str:
    """Peak memory in MB of 2^20 bytes."""
    return f"{result.peak / 1024:.1f} MB"


def versions() -> str:
    """Of all peers, and of what runs them."""
    lock = (HERE / "Cargo.lock").read_text().split("[[package]]")
    crates = [
        f"{name} {package.split('version = ')[1].split(chr(34))[1]}"
        for name in ("sigstore-tuf", "tough")
        for package in lock
        if f'name = "{name}"\n' in package
    ]
    npm = json.loads((HERE / "tuf-js" / "package-lock.json").read_bytes())["packages"]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return ", ".join(
        [
            f"python-tuf {version('tuf')} (Python {sys.version.split()[0]})",
            *crates,
            f"tuf-js {npm['node_modules/tuf-js']['version']} (Node {node.strip().lstrip('v')})",
        ]
    )


if __name__ == "__main__":
    main()
