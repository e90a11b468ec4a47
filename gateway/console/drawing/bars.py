"""Bars: how much of a whole there is, row by row, with the numbers written beside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import BLUE, QUIET, REST
from gateway.console.drawing.sheet import TEXT, WIDE, Picture, Table, box, fitted, picture, sentence, width_of, words

_ROW: Final = 30
_HIGH: Final = 18
_GAP: Final = 10
_LONGEST_NAME: Final = 130


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its name, how much there is of how much, and both in words."""

    name: str
    done: int
    whole: int
    told: str


def bars(title: str, heads: tuple[str, str], rows: Sequence[Bar]) -> Picture:
    """Draw a bar for every row; the title says every row's numbers."""
    names = min(_LONGEST_NAME, max((width_of(each.name) for each in rows), default=0))
    told = max((width_of(each.told) for each in rows), default=0)
    start, width = names + _GAP, WIDE - names - told - 2 * _GAP
    shapes = [part for at, each in enumerate(rows) for part in _bar(each, at * _ROW, start, width, names)]
    said = sentence(title, [f"{each.name} {each.told}" for each in rows])
    table = Table(heads, tuple((each.name, each.told) for each in rows))
    return picture("bars", said, table, shapes, height=max(1, len(rows)) * _ROW)


def _bar(row: Bar, top: float, start: float, width: float, names: float) -> list[Markup]:
    part = min(1.0, row.done / row.whole) if row.whole else 0.0
    foot = top + (_ROW + TEXT) / 2 - 2
    edge = top + (_ROW - _HIGH) / 2
    return [
        words(0, foot, fitted(row.name, names)),
        box(start, edge, width, _HIGH, REST),
        box(start, edge, width * part, _HIGH, BLUE),
        # The whole has an outline, so that it is there on paper too.
        box(start, edge, width, _HIGH, "none", line=QUIET, bold=0.5),
        words(WIDE, foot, row.told, at="end"),
    ]
