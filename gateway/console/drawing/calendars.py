"""A strip of half-months: which days are worked, which are not, today, and on which days something falls due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import BLUE, BLUES, DARK, QUIET, RED, REST, WHITE
from gateway.console.drawing.sheet import WIDE, Picture, Table, box, fitted, picture, sentence, words

_DAYS: Final = 16
_NAMES: Final = 40
_CELL: Final = (WIDE - _NAMES - 2) / _DAYS
_ROW: Final = 30
_SMALL: Final = 12
_KEY: Final = 30
_HALF: Final = 15


@dataclass(frozen=True, slots=True)
class Day:
    """One day: worked or not, and what falls due on it, if anything."""

    on: date
    is_worked: bool
    due: str = ""


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """What the strip's parts are called."""

    title: str
    heads: tuple[str, str, str]
    today: str
    worked: str
    rest: str
    due: str
    months: Mapping[int, str]


def calendar_strip(said: CalendarWords, days: Sequence[Day], today: date) -> Picture:
    """Draw days in rows of half a month; what is due is blue and bold, rest is grey, today is framed."""
    rows = [list(half) for _, half in groupby(days, key=_half)]
    shapes = [part for at, row in enumerate(rows) for part in _row(said, row, at * _ROW, today)]
    shapes += _key(said, len(rows) * _ROW + _KEY - 10)
    dues = [f"{each.on.isoformat()} {each.due}" for each in days if each.due]
    title = sentence(said.title, [f"{said.today} {today.isoformat()}", *dues])
    table = Table(said.heads, tuple(_told(said, each, today) for each in days if each.due or each.on == today))
    return picture("calendar", title, table, shapes, height=len(rows) * _ROW + _KEY)


def _half(day: Day) -> tuple[int, int, bool]:
    return day.on.year, day.on.month, day.on.day > _HALF


def _row(said: CalendarWords, days: Sequence[Day], top: float, today: date) -> list[Markup]:
    month = fitted(said.months[days[0].on.month], _NAMES - 4, _SMALL)
    shapes = [words(0, top + 19, month, size=_SMALL, ink=QUIET)] if days[0].on.day <= _HALF or top == 0 else []
    for each in days:
        place = each.on.day - 1 - (_HALF if each.on.day > _HALF else 0)
        shapes += _cell(each, _NAMES + place * _CELL, top, is_today=each.on == today)
    return shapes


def _cell(day: Day, x: float, top: float, *, is_today: bool) -> list[Markup]:
    ground = BLUE if day.due else (WHITE if day.is_worked else REST)
    ink = WHITE if day.due else (DARK if day.is_worked else QUIET)
    framed = [box(x + 2, top + 3, _CELL - 3, _ROW - 7, "none", line=RED, bold=2.5)] if is_today else []
    return [
        box(x + 1, top + 2, _CELL - 1, _ROW - 5, ground, line=BLUES[2], bold=0.5),
        words(x + _CELL / 2 + 0.5, top + 19, str(day.on.day), size=_SMALL, ink=ink, at="middle", bold=bool(day.due)),
        *framed,
    ]


def _key(said: CalendarWords, foot: float) -> list[Markup]:
    parts = (
        (said.due, BLUE, "none"),
        (said.rest, REST, BLUES[2]),
        (said.worked, WHITE, BLUES[2]),
        (said.today, WHITE, RED),
    )
    step = WIDE / len(parts)
    return [
        part
        for at, (name, ground, line) in enumerate(parts)
        for part in (
            box(at * step + 1, foot - 11, 12, 12, ground, line=line, bold=1.5),
            words(at * step + 18, foot, fitted(name, step - 22, _SMALL), size=_SMALL, ink=QUIET),
        )
    ]


def _told(said: CalendarWords, day: Day, today: date) -> tuple[str, str, str]:
    kind = said.worked if day.is_worked else said.rest
    return (
        day.on.isoformat(),
        kind,
        " · ".join(each for each in (said.today if day.on == today else "", day.due) if each),
    )
