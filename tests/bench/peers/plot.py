"""Draws time and memory against size, as SVG text."""

import math
from html import escape

# Colours that readers who see no red or green can tell apart (Okabe and Ito).
COLOURS = ["#d55e00", "#e69f00", "#0072b2", "#009e73"]
WIDTH, HEIGHT = 340, 240
LEFT, TOP, GAP = 70, 70, 90

# By peer: its points (size, milliseconds, MB).
Lines = dict[str, list[tuple[float, float, float]]]


def draw(series: dict[str, Lines]) -> str:
    """A chart of time and, below it, one of memory for each series; all axes are logarithmic."""
    peers = list(next(iter(series.values())))
    width = len(series) * (WIDTH + GAP) + LEFT - GAP + 40
    height = TOP + 2 * (HEIGHT + GAP) - 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        text(LEFT, 22, "One target verified from nothing but the root", size=15),
    ]
    for at, peer in enumerate(peers):
        x = LEFT + at * 170
        parts.append(f'<path d="M{x} 42h22" stroke="{COLOURS[at]}" stroke-width="2.5"/>')
        parts.append(text(x + 28, 46, peer))
    for column, (what, lines) in enumerate(series.items()):
        for row, (unit, index) in enumerate((("ms", 1), ("peak MB", 2))):
            points = [[(point[0], point[index]) for point in lines[peer]] for peer in peers]
            left, top = LEFT + column * (WIDTH + GAP), TOP + row * (HEIGHT + GAP)
            parts.append(chart(left, top, points, f"{unit}, by {what}"))
    return "\n".join([*parts, "</svg>", ""])


def chart(left: float, top: float, lines: list[list[tuple[float, float]]], title: str) -> str:
    """One chart, its upper left corner at left, top."""
    every = [point for line in lines for point in line]
    sizes = sorted({size for size, _ in every})
    x = scale(min(sizes), max(sizes), left, left + WIDTH)
    lowest = 10 ** math.floor(math.log10(min(value for _, value in every)))
    highest = 10 ** math.ceil(math.log10(max(value for _, value in every)))
    y = scale(lowest, highest, top + HEIGHT, top + 20)
    parts = [text(left, top + 8, title, size=13)]
    value = lowest
    while value <= highest:
        parts.append(f'<path d="M{left} {y(value):.1f}h{WIDTH}" stroke="#ddd"/>')
        parts.append(text(left - 8, y(value) + 4, f"{value:,g}", anchor="end"))
        value *= 10
    for size in sizes:
        parts.append(f'<path d="M{x(size):.1f} {top + HEIGHT}v5" stroke="#222"/>')
        parts.append(text(x(size), top + HEIGHT + 20, f"{size:,}", anchor="middle"))
    parts.append(f'<path d="M{left} {top + HEIGHT}h{WIDTH}" stroke="#222"/>')
    for colour, line in zip(COLOURS, lines):
        way = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in line)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [
            f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>'
            for size, value in line
        ]
    return "\n".join(parts)


def scale(low: float, high: float, start: float, end: float):
    """From values to places, logarithmically."""
    span = math.log(high / low)
    return lambda value: start + math.log(value / low) / span * (end - start)


def text(x: float, y: float, content: str, *, anchor: str = "start", size: int = 12) -> str:
    """A line of text."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {place}>{escape(content)}</text>"
