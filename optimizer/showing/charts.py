"""Charts as SVG text. Text takes the colour of the page, so that they are read on light and dark ones."""

import math
from collections.abc import Sequence
from html import escape

WIDTH = 720
LABEL_WIDTH = 330
ROW_HEIGHT = 24
HEIGHT = 260
MARGIN = 24
LEAST_APART = 100.0
DECADES = 20
FIRST, OTHER = "#2563eb", "#94a3b8"
FONT = 'font-family="sans-serif" font-size="12" fill="currentColor"'


def bars(rows: Sequence[tuple[str, float, str]], title: str) -> str:
    """Return horizontal bars of (label, value, value in words); the first is the one that is meant."""
    most = max(value for _, value, _ in rows)
    room = WIDTH - LABEL_WIDTH - 90
    parts = []
    for number, (label, value, words) in enumerate(rows):
        top, length = number * ROW_HEIGHT + 4, max(1.0, room * value / most)
        parts.append(_text(LABEL_WIDTH - 8, top + 13, _short(label), end=True))
        colour = OTHER if number else FIRST
        parts.append(f'<rect x="{LABEL_WIDTH}" y="{top}" width="{length:.1f}" height="17" rx="2" fill="{colour}"/>')
        parts.append(_text(LABEL_WIDTH + length + 6, top + 13, words))
    return _svg("".join(parts), len(rows) * ROW_HEIGHT + 6, title)


def steps(points: Sequence[tuple[float, float]], across: str, up: str, title: str) -> str:
    """Return a staircase of (x, y), both rising, with a dot at each step; y is a logarithm where it spans decades."""
    height_of = math.log if points[-1][1] > DECADES * points[0][1] else float
    least, most = height_of(points[0][1]), height_of(points[-1][1])
    right, bottom, tall = WIDTH - MARGIN, HEIGHT - 34, HEIGHT - 80

    def place(x: float, y: float) -> tuple[float, float]:
        share = (height_of(y) - least) / (most - least) if most > least else 0.5
        return MARGIN + (right - MARGIN) * x / (points[-1][0] * 1.02), bottom - 12 - (tall - 12) * share

    path, dots, free = f"M {MARGIN} {place(*points[0])[1]:.1f}", "", math.inf
    for x, y in points:
        path += f" V {place(x, y)[1]:.1f} H {place(x, y)[0]:.1f}"
    for x, y in reversed(points):
        at, top = place(x, y)
        dots += f'<circle cx="{at:.1f}" cy="{top:.1f}" r="3.5" fill="{FIRST}"/>'
        if MARGIN + LEAST_APART * 0.8 < at <= free:  # a label that would cover the next one is left out
            dots, free = dots + _text(at, top - 8, f"{x:.3g} · ${y:.4g}", end=True), at - LEAST_APART
    axes = f"M {MARGIN} 20 V {bottom} H {right}"
    body = (
        f'<path d="{axes}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        f'<path d="{path}" fill="none" stroke="{FIRST}" stroke-width="2"/>{dots}'
        f"{_text(right, bottom + 20, across, end=True)}{_text(MARGIN, 12, up)}"
    )
    return _svg(body, HEIGHT, title)


def _text(x: float, y: float, words: str, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor} {FONT}>{escape(words)}</text>'


def _svg(body: str, height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{body}</svg>'
    )


def _short(label: str, longest: int = 46) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1]}…"
