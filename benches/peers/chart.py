"""A chart of rows against time and memory, both axes with a logarithmic scale, as SVG."""

import math
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 64, 48, 24, 96
# Distinguishable for people of any colour vision (Okabe and Ito 2008).
COLOURS = ("#0072b2", "#d55e00")


def draw(path: Path, rows: Sequence[int], series: dict[str, Sequence[float]]) -> None:
    """Writes a line for each series, named at its end."""
    values = [value for line in series.values() for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(rows[0]), math.log10(rows[-1])

    def x(count: float) -> float:
        return LEFT + (math.log10(count) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - math.log10(value)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="13" role="img" aria-label="Rows tagged against processor time and peak memory">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for count in rows:
        out.append(f'<text x="{x(count):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{count:,}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">rows</text>')
    label = float("-inf")
    ends = {}
    for name, line in sorted(series.items(), key=lambda item: -item[1][-1]):
        # The names of lines that end close together stand below each other.
        label = ends[name] = max(y(line[-1]) + 4, label + 15)
    for colour, (name, line) in zip(COLOURS, series.items(), strict=True):
        points = " ".join(f"{x(count):.1f},{y(value):.1f}" for count, value in zip(rows, line, strict=True))
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for point in points.split():
            across, down = point.split(",")
            out.append(f'<circle cx="{across}" cy="{down}" r="3.5" fill="{colour}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{ends[name]:.1f}" fill="{colour}">{name}</text>')
    path.write_text("\n".join([*out, "</svg>"]) + "\n", encoding="utf-8")
