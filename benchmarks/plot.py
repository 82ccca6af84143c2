"""Rounds until the first repeat, against members, as SVG written by hand: no library needed."""

from collections.abc import Mapping

WIDE, HIGH, EDGE = 720, 420, 56
COLOURS = {
    "limit": "#8a8f98",
    "voisin": "#1769aa",
    "rustworkx": "#b3541e",
    "networkx": "#6b4fa0",
    "greedy": "#3d7f4f",
    "shuffle": "#a33b52",
}


def draw(figures: Mapping[str, Mapping[str, float | int | None]]) -> str:
    """Lines for each method over the sizes; both axes linear, the same scale in light and dark."""
    sizes = [int(name) for name in figures]
    most = max(sizes)
    x = {size: EDGE + (WIDE - 2 * EDGE) * size / most for size in sizes}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img">',
        "<style>text { font: 13px sans-serif }</style>",
        "<title>Rounds until the first repeat, by members of a stable roster</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#ffffff"/>',
    ]
    for mark in range(0, most + 1, 20):
        along, up = EDGE + (WIDE - 2 * EDGE) * mark / most, _up(mark, most)
        parts.append(f'<line x1="{EDGE}" y1="{up:.1f}" x2="{WIDE - EDGE}" y2="{up:.1f}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{EDGE - 8}" y="{up + 4:.1f}" text-anchor="end">{mark}</text>')
        parts.append(f'<text x="{along:.1f}" y="{HIGH - EDGE + 20}" text-anchor="middle">{mark}</text>')
    parts.append(f'<text x="{WIDE / 2}" y="{HIGH - 12}" text-anchor="middle">members</text>')
    parts.append(f'<text x="{EDGE}" y="24">rounds until someone meets again</text>')
    for row, (name, colour) in enumerate(COLOURS.items()):
        found = [(size, value) for size in sizes if (value := figures[str(size)].get(name)) is not None]
        if not found:
            continue
        points = " ".join(f"{x[size]:.1f},{_up(value, most):.1f}" for size, value in found)
        dash = ' stroke-dasharray="6 5" stroke-width="5"' if name == "limit" else ' stroke-width="2"'
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"{dash}/>')
        parts.append(f'<text x="{EDGE + 24}" y="{60 + 20 * row}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _up(value: float, most: int) -> float:
    return HIGH - EDGE - (HIGH - 2 * EDGE) * value / most
