"""What every picture is made of: a sheet, shapes, texts that stay in their place, and the table beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import DARK

WIDE: Final = 400
"""How wide pictures are drawn, so that their text stays readable on a telephone. Units: as CSS pixels."""
TEXT: Final = 14
"""The size of their text."""
_NARROW: Final = 0.62
_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Table:
    """A picture's twin: the same numbers in rows, the first cell of each being its head."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, what it says in one sentence, and its table."""

    svg: Markup
    title: str
    table: Table

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not self.table.rows


def picture(
    kind: str, title: str, table: Table, shapes: Sequence[Markup], *, height: float, wide: int = WIDE
) -> Picture:
    """Put shapes on a sheet, under a title that everybody can read."""
    sheet = Markup(
        '<svg class="drawing drawing-{}" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" font-family="inherit"><title>{}</title>{}</svg>'
    )
    whole = _number(height)
    return Picture(sheet.format(kind, wide, whole, wide, whole, title, Markup("").join(shapes)), title, table)


def sentence(title: str, parts: Iterable[str]) -> str:
    """Put a title and what it says in one line, with the marks of the title's own language."""
    colon, semicolon = ("：", "；") if any(_is_wide(each) for each in title) else (": ", "; ")
    told = semicolon.join(parts)
    return f"{title}{colon}{told}" if told else title


def box(x: float, y: float, width: float, height: float, fill: str, *, line: str = "none", bold: float = 1) -> Markup:
    """Draw a rectangle."""
    told = (_number(x), _number(y), _number(max(0, width)), _number(max(0, height)), fill, line, _number(bold))
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}" stroke-width="{}"/>').format(*told)


def dot(x: float, y: float, radius: float, fill: str, *, line: str = "none", bold: float = 2) -> Markup:
    """Draw a filled circle."""
    told = (_number(x), _number(y), _number(radius), fill, line, _number(bold))
    return Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" stroke-width="{}"/>').format(*told)


def stroke(points: Sequence[tuple[float, float]], colour: str, *, bold: float = 2, dashes: str = "none") -> Markup:
    """Draw a line through points."""
    through = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    drawn = Markup(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-dasharray="{}" '
        'stroke-linejoin="round"/>'
    )
    return drawn.format(through, colour, _number(bold), dashes)


def shape(points: Sequence[tuple[float, float]], fill: str) -> Markup:
    """Draw a filled shape with corners."""
    return Markup('<polygon points="{}" fill="{}"/>').format(
        " ".join(f"{_number(x)},{_number(y)}" for x, y in points), fill
    )


def words(
    x: float, y: float, said: str, *, size: float = TEXT, ink: str = DARK, at: str = "start", bold: bool = False
) -> Markup:
    """Write one line; `y` is where letters stand, `at` says whether `x` is its start, middle or end."""
    weight = Markup(' font-weight="700"') if bold else Markup("")
    line = Markup('<text x="{}" y="{}" font-size="{}" fill="{}" text-anchor="{}"{}>{}</text>')
    return line.format(_number(x), _number(y), _number(size), ink, at, weight, said)


def width_of(said: str, size: float = TEXT) -> float:
    """Estimate how wide a line gets: Chinese letters are as wide as they are high, others narrower."""
    return sum(size if _is_wide(each) else size * _NARROW for each in said)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WFA"


def fitted(said: str, width: float, size: float = TEXT) -> str:
    """Shorten a line until it fits; the whole of it stands in the table and the title."""
    if width_of(said, size) <= width:
        return said
    kept = said
    while kept and width_of(kept + _CUT, size) > width:
        kept = kept[:-1]
    return kept.rstrip() + _CUT


def folded(said: str, width: float, size: float = TEXT, *, lines: int = 2) -> list[str]:
    """Break a line into at most so many, at spaces where there are any; what is left over is cut."""
    rest, found = said, list[str]()
    while rest and len(found) < lines - 1 and width_of(rest, size) > width:
        at = _break(rest, width, size)
        found.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*found, fitted(rest, width, size)]


def _break(said: str, width: float, size: float) -> int:
    fits = next((at for at in range(1, len(said)) if width_of(said[: at + 1], size) > width), len(said))
    space = said.rfind(" ", 1, fits + 1)
    return space if space > 0 else fits


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
