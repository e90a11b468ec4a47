"""Plots as plain SVG, written by hand: no script, no font to fetch, text large enough to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

WIDTH: Final = 860
ROW: Final = 30
LABEL: Final = 310
RIGHT: Final = 90
TEXT: Final = 14
SMALL: Final = 12
OURS: Final = "#0b6e4f"
OTHERS: Final = "#6b7280"
BARE: Final = "#b45309"
LINES: Final = (
    "#0b6e4f", "#b45309", "#1d4ed8", "#9d174d", "#4d7c0f", "#6b7280", "#0e7490", "#7c3aed", "#be123c", "#854d0e",
)  # fmt: skip
FONT: Final = "system-ui, 'Noto Sans CJK SC', sans-serif"


@dataclass(frozen=True)
class Bar:
    """One bar; `least` and `most` draw how far repetitions lay apart."""

    label: str
    value: float
    least: float
    most: float
    colour: str = OTHERS


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Draw bars on a logarithmic scale, because what is compared differs by powers of ten."""
    low = floor(log10(min(row.least for row in rows)))
    high = max(low + 1, ceil(log10(max(row.most for row in rows))))
    top, bottom = 56, 40
    height = top + ROW * len(rows) + bottom

    def across(value: float) -> float:
        return LABEL + (log10(value) - low) / (high - low) * (WIDTH - LABEL - RIGHT)

    parts = [_text(16, 28, title, TEXT + 2, weight="600")]
    for power in range(low, high + 1):
        parts.append(_line(across(10**power), top - 8, across(10**power), height - bottom, "#d1d5db"))
        parts.append(_text(across(10**power), height - 16, f"{10.0**power:,g}", SMALL, anchor="middle"))
    parts.append(_text(WIDTH - 8, height - 16, unit, SMALL, anchor="end"))
    for place, row in enumerate(rows):
        y = top + ROW * place
        parts.append(_text(LABEL - 10, y + 18, row.label, TEXT, anchor="end"))
        parts.append(
            f'<rect x="{LABEL}" y="{y + 5}" width="{max(2.0, across(row.value) - LABEL):.1f}" height="{ROW - 12}" '
            f'fill="{row.colour}"/>'
        )
        parts.append(_line(across(row.least), y + ROW / 2 - 1, across(row.most), y + ROW / 2 - 1, "#111827"))
        parts.append(_text(max(across(row.value), across(row.most)) + 6, y + 18, plain(row.value), TEXT))
    return _whole(height, title, parts)


def growth(title: str, across_is: str, up_is: str, lines: Mapping[str, Mapping[int, float]]) -> str:
    """Draw how times grow with sizes, both logarithmic; each line's name stands beside its end."""
    sizes = [size for line in lines.values() for size in line]
    values = [value for line in lines.values() for value in line.values() if value > 0]
    left, right, top, height = 80, WIDTH - 300, 60, 460
    low_x, high_x = log10(min(sizes)), log10(max(sizes))
    low_y, high_y = floor(log10(min(values))), ceil(log10(max(values)))

    def at(size: float, value: float) -> tuple[float, float]:
        x = left + (log10(size) - low_x) / max(1e-9, high_x - low_x) * (right - left)
        y = height - 50 - (log10(value) - low_y) / max(1, high_y - low_y) * (height - 50 - top)
        return x, y

    parts = [_text(16, 28, title, TEXT + 2, weight="600"), _text(right, height - 8, across_is, SMALL, anchor="end")]
    parts.append(_text(16, 48, up_is, SMALL))
    for power in range(low_y, high_y + 1):
        _, y = at(min(sizes), 10.0**power)
        parts.append(_line(left, y, right, y, "#d1d5db"))
        parts.append(_text(left - 8, y + 4, f"{10.0**power:,g}", SMALL, anchor="end"))
    for size in sorted(set(sizes)):
        x, _ = at(size, min(values))
        parts.append(_text(x, height - 30, f"{size:,}", SMALL, anchor="middle"))
    names = _apart({name: at(*max(line.items()))[1] for name, line in lines.items()})
    for place, (name, line) in enumerate(lines.items()):
        colour = LINES[place % len(LINES)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*each) for each in sorted(line.items())))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        x, y = at(*max(line.items()))
        parts.append(
            f'<path d="M{x:.1f},{y:.1f} L{right + 6},{names[name]:.1f}" stroke="{colour}" stroke-dasharray="1 5"/>'
        )
        parts.append(_text(right + 10, names[name] + 4, name, SMALL, colour=colour))
    return _whole(height, title, parts)


def plain(value: float) -> str:
    """Write a value with three digits and no power of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """Move labels down until none lies on another."""
    placed: dict[str, float] = {}
    last = 0.0
    for name, y in sorted(heights.items(), key=lambda each: each[1]):
        last = max(y, last + SMALL + 5)
        placed[name] = last
    return placed


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(
    x: float, y: float, said: str, size: int, *, anchor: str = "start", weight: str = "400", colour: str = "#111827"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(said)}</text>'
    )


def _whole(height: float, title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" font-family="{FONT}">'
        f"\n<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"
