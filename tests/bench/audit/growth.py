"""Measures audits of mirrors by their number of targets, and plots them.

Usage: python growth.py CACHE PICOTUF SVG [--rounds N]

Prints a table with the medians, and writes the plot.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile

BENCH = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(BENCH), str(BENCH / "peers")]

import against
import plot

# By line: folder in the cache, bins, and targets. The folders `large` and `five` are also those of
# rows of against.py.
SERIES = {
    "16,384 bins": [
        ("bins-10k", 16_384, 10_000),
        ("bins-100k", 16_384, 100_000),
        ("large", 16_384, 1_000_000),
        ("five", 16_384, 5_000_000),
    ],
    "49 to 305 targets in each bin": [
        ("audit-10k", 128, 10_000),
        ("audit-100k", 2_048, 100_000),
        ("large", 16_384, 1_000_000),
        ("five", 16_384, 5_000_000),
    ],
}


def measured(cache, binary, folder, bins, targets):
    options = ["--bins", str(bins), "--targets", str(targets)]
    repository = against.made(cache / folder, *options)
    with tempfile.TemporaryDirectory(dir=cache) as trusted:
        command = against.base(binary, trusted, repository, repository)
        return against.Measured([*command, "mirror", "--check", repository])


def draw(lines):
    left, top = plot.LEFT, plot.TOP
    width, height = left + 2 * plot.WIDTH + plot.GAP + 40, top + plot.HEIGHT + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        plot.text(left, 22, "Audit of a mirror, by the number of targets", size=15),
    ]
    for at, line in enumerate(lines):
        x = left + at * 170
        parts.append(f'<path d="M{x} 42h22" stroke="{plot.COLOURS[at]}" stroke-width="2.5"/>')
        parts.append(plot.text(x + 28, 46, line))
    for column, (title, index) in enumerate((("µs per target", 1), ("peak MB", 2))):
        points = [[(point[0], point[index]) for point in line] for line in lines.values()]
        parts.append(plot.chart(left + column * (plot.WIDTH + plot.GAP), top, points, title))
    return "\n".join([*parts, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=pathlib.Path)
    parser.add_argument("picotuf")
    parser.add_argument("svg", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    cache = arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    binary = str(pathlib.Path(arguments.picotuf).resolve())
    print("| bins | targets | time | time per target | peak memory |")
    print("|---:|---:|---:|---:|---:|", flush=True)
    results = {}
    lines = {}
    for line, repositories in SERIES.items():
        for folder, bins, targets in repositories:
            if folder not in results:
                rounds = range(arguments.rounds)
                runs = [measured(cache, binary, folder, bins, targets) for _ in rounds]
                seconds = statistics.median(run.seconds for run in runs)
                results[folder] = (seconds, max(run.memory for run in runs))
                per_target = seconds / targets * 1e6
                cells = [f"{bins:,}", f"{targets:,}", f"{seconds:.2f} s", f"{per_target:.1f} µs"]
                cells.append(f"{results[folder][1]:.0f} MB")
                print("|", " | ".join(cells), "|", flush=True)
            seconds, memory = results[folder]
            lines.setdefault(line, []).append((targets, seconds / targets * 1e6, memory))
    arguments.svg.write_text(draw(lines))


if __name__ == "__main__":
    main()
