"""Trends over time: a line with every value written at its point, and a small one without words for a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import BLUE, QUIET, REST, WHITE
from gateway.console.drawing.sheet import (
    TEXT,
    WIDE,
    Picture,
    Table,
    box,
    dot,
    fitted,
    picture,
    sentence,
    stroke,
    width_of,
    words,
)

Point = tuple[str, int]
_HEIGHT: Final = 150
_TOP: Final = 30
_FLOOR: Final = 116
_SMALL: Final = 12
_SPARK_WIDE: Final = 120
_SPARK_HIGH: Final = 28
_MARGIN: Final = 4


def trend(title: str, heads: tuple[str, str], points: Sequence[Point]) -> Picture:
    """Draw a line through the values of some weeks, at most about ten."""
    step = WIDE / max(1, len(points))
    most = max((value for _, value in points), default=0)
    places = [((at + 0.5) * step, _height(value, most, _TOP, _FLOOR)) for at, (_, value) in enumerate(points)]
    shapes: list[Markup] = [stroke([(0, _FLOOR), (WIDE, _FLOOR)], REST, bold=1)]
    if len(places) > 1:
        shapes.append(stroke(places, BLUE))
    for (x, y), (name, value) in zip(places, points, strict=True):
        shapes += _point(x, y, name, value, step)
    return picture("trend", _said(title, points), _table(heads, points), shapes, height=_HEIGHT)


def _point(x: float, y: float, name: str, value: int, step: float) -> list[Markup]:
    wide = width_of(str(value))
    return [
        dot(x, y, 3.5, BLUE),
        # The line may pass behind the number of its neighbour.
        box(x - wide / 2, y - 9 - TEXT * 0.8, wide, TEXT, WHITE),
        words(x, y - 9, str(value), at="middle", bold=True),
        words(x, _FLOOR + TEXT + 6, fitted(name, step - 2, _SMALL), size=_SMALL, ink=QUIET, at="middle"),
    ]


def sparkline(title: str, heads: tuple[str, str], points: Sequence[Point]) -> Picture:
    """Draw a small line without words; its title says the last, the least and the most, its table all."""
    values = [value for _, value in points]
    step = (_SPARK_WIDE - 2 * _MARGIN) / max(1, len(values) - 1)
    most = max(values, default=0)
    places = [
        (_MARGIN + at * step, _height(value, most, _MARGIN, _SPARK_HIGH - _MARGIN)) for at, value in enumerate(values)
    ]
    shapes = [stroke(places, BLUE)] if len(places) > 1 else []
    shapes += [dot(*places[-1], 3, BLUE)] if places else []
    told = sentence(title, [f"{values[-1]} ({min(values)}–{most})"] if values else [])
    return picture("spark", told, _table(heads, points), shapes, height=_SPARK_HIGH, wide=_SPARK_WIDE)


def _height(value: int, most: int, top: float, floor: float) -> float:
    return floor if most <= 0 else floor - (floor - top) * value / most


def _said(title: str, points: Sequence[Point]) -> str:
    return sentence(title, [f"{name} {value}" for name, value in points])


def _table(heads: tuple[str, str], points: Sequence[Point]) -> Table:
    return Table(heads, tuple((name, str(value)) for name, value in points))
