"""A year's calendar of what is owed period by period: each row a duty, each stretch done, missed, running or ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import BLUE, BLUES, QUIET, RED, REST, RULE, WHITE
from gateway.console.drawing.sheet import WIDE, Picture, Table, box, fitted, picture, sentence, stroke, words

_NAMES: Final = 132
_AXIS: Final = WIDE - _NAMES - 2
_HEAD: Final = 20
_ROW: Final = 24
_KEY: Final = 28
_SMALL: Final = 12
_DAY: Final = timedelta(days=1)
STATES: Final = ("done", "missed", "running", "ahead")
_LOOKS: Final[Mapping[str, tuple[str, str, float]]] = {
    "done": (BLUE, BLUE, 1.0),
    "missed": (RED, RED, 0.4),
    "running": (WHITE, BLUE, 1.0),
    "ahead": (REST, RULE, 0.4),
}
"""Ground, line and height of each state: they differ in height too, so that no colour has to be told from another."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period, and where it stands."""

    first: date
    last: date
    state: str


@dataclass(frozen=True, slots=True)
class Owing:
    """A duty with its periods, in order."""

    name: str
    periods: Sequence[Stretch]


@dataclass(frozen=True, slots=True)
class PeriodWords:
    """What the calendar's parts are called: heads of its table, its states, its months."""

    title: str
    head: str
    states: Mapping[str, str]
    months: Mapping[int, str]


def period_grid(said: PeriodWords, year: int, rows: Sequence[Owing], today: date) -> Picture:
    """Draw a year, a row for each duty; neighbouring periods of a day that stand alike are one stroke of colour."""
    bottom = _HEAD + len(rows) * _ROW
    shapes = [*_months(said, year, bottom)]
    for at, row in enumerate(rows):
        shapes += _row(row, year, _HEAD + at * _ROW)
    if today.year == year:
        shapes.append(stroke([(_x(today, year), _HEAD - 4), (_x(today, year), bottom)], RED, bold=1.5, dashes="3 2"))
    shapes += _key(said, bottom + _KEY - 8)
    table = Table((said.head, *(said.states[each] for each in STATES)), tuple(_told(row) for row in rows))
    missed = [f"{row.name} {said.states['missed']} {_count(row, 'missed')}" for row in rows if _count(row, "missed")]
    title = sentence(said.title, missed)
    return picture("periods", title, table, shapes, height=bottom + _KEY)


def _x(on: date, year: int) -> float:
    begins, ends = date(year, 1, 1), date(year + 1, 1, 1)
    inside = min(max(on, begins), ends)
    return _NAMES + (inside - begins).days / (ends - begins).days * _AXIS


def _months(said: PeriodWords, year: int, bottom: float) -> Iterator[Markup]:
    for month in range(1, 13):
        x = _x(date(year, month, 1), year)
        yield stroke([(x, _HEAD - 2), (x, bottom)], BLUES[2], bold=0.5)
        if month % 3 == 1:
            yield words(x + 2, _HEAD - 7, fitted(said.months[month], 60, _SMALL), size=_SMALL, ink=QUIET)


def _row(row: Owing, year: int, top: float) -> Iterator[Markup]:
    yield words(0, top + 16, fitted(row.name, _NAMES - 6, _SMALL), size=_SMALL)
    for stretch in _merged(row.periods):
        left, right = _x(stretch.first, year), _x(stretch.last + _DAY, year)
        ground, line, share = _LOOKS[stretch.state]
        height = (_ROW - 7) * share
        if right > left:
            yield box(left, top + _ROW - 4 - height, right - left, height, ground, line=line, bold=0.5)


def _merged(periods: Sequence[Stretch]) -> Iterator[Stretch]:
    """Put days that stand alike together; longer periods stay apart, so that each can be counted."""
    for (state, is_day), group in groupby(periods, key=lambda each: (each.state, each.first == each.last)):
        found = list(group)
        if is_day:
            yield Stretch(found[0].first, found[-1].last, state)
        else:
            yield from found


def _key(said: PeriodWords, foot: float) -> Iterator[Markup]:
    step = WIDE / len(STATES)
    for at, state in enumerate(STATES):
        ground, line, share = _LOOKS[state]
        height = 13 * share
        yield box(at * step + 1, foot + 2 - height, 12, height, ground, line=line, bold=1)
        yield words(at * step + 18, foot, fitted(said.states[state], step - 22, _SMALL), size=_SMALL, ink=QUIET)


def _count(row: Owing, state: str) -> int:
    return sum(each.state == state for each in row.periods)


def _told(row: Owing) -> tuple[str, ...]:
    return (row.name, *(str(_count(row, each)) for each in STATES))
