"""The stretches of days in each of which a dwelling is owed one visit, worked out from what is known of it.

Nothing of a plan is stored. What is stored are facts that only gather: from which day which grade held and by which
rule (`Turn`), who had the dwelling from when (`Steward`), and the days of visits that count. The windows follow from
them, so a plan made twice is the same plan, a visit that a telephone sends days later falls where it belongs, and a
grade that changes on a day moves nothing before that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import zip_longest
from zlib import crc32

from lianxi.contracts.inspections import Grade
from lianxi.kernel.clock import local_date
from lianxi.policy import model
from lianxi.policy.calendar import add_period, first_calendar_window, in_calendar_window
from services.inspections.domain.rentals import Rental, Steward, Turn

MOST_TURNS = 24
ROLLING = "rolling"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the windows of one dwelling follow from; `visit_days` in order."""

    code: str
    turns: Sequence[Turn]
    visit_days: Sequence[date]
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days in which one visit is owed, the day by which the plan wants it, and the day of the visit."""

    opens_on: date
    closes_on: date
    planned_on: date
    grade: Grade
    visited_on: date | None


def noted(rental: Rental, on: date, rule: model.Grade) -> Rental:
    """Note by which rule a dwelling is visited and who has it, if either is new; what was stays for what was.

    Clause: L45.1 (criterion 5.2).
    """
    turn = Turn(on=on, grade=Grade(rule.code), cadence=rule.cadence, window_mode=rule.window_mode)
    last = rental.turns[-1] if rental.turns else None
    if last is None or replace(turn, on=last.on) != last:
        rental = replace(rental, turns=(*_before(rental.turns, on), turn)[-MOST_TURNS:])
    return entrusted(rental, on)


def entrusted(rental: Rental, on: date) -> Rental:
    """Note who has a dwelling from a day on, if that is somebody else than before.

    Clause: L45.1 (criterion 5.4).
    """
    if rental.stewards and rental.stewards[-1].assistant == rental.assistant:
        return rental
    steward = Steward(on=on, assistant=rental.assistant)
    earlier = tuple(each for each in rental.stewards if each.on < on)
    return replace(rental, stewards=(*earlier, steward)[-MOST_TURNS:])


def course_of(rental: Rental) -> Course:
    """Say what the windows of a dwelling follow from.

    Clause: L45.1.
    """
    ended_on = None if rental.ended_at is None else local_date(rental.ended_at)
    return Course(code=rental.id, turns=rental.turns, visit_days=rental.visit_days, ended_on=ended_on)


def windows_of(course: Course, until_on: date) -> Iterator[Window]:
    """Lay out a dwelling's windows, in order, as far as those that open by a day.

    A window that a new grade cuts short is owed no longer, nor is one in which the dwelling has ceased to be.

    Clause: L45.1 (criteria 5.1, 5.2).
    """
    horizon = until_on if course.ended_on is None else min(until_on, course.ended_on)
    for turn, following in zip_longest(course.turns, course.turns[1:]):
        cut_on = None if following is None else following.on
        for each in _under(turn, course, horizon, cut_on):
            if each.visited_on is not None or course.ended_on is None or each.closes_on < course.ended_on:
                yield each


def planned_between(course: Course, first: date, last: date) -> list[Window]:
    """List the windows whose visit the plan wants between two days; one that was made before is wanted no longer.

    Clause: L45.1 (criterion 5.2).
    """
    wanted = (each for each in windows_of(course, last) if first <= each.planned_on <= last)
    return [each for each in wanted if each.visited_on is None or each.visited_on >= first]


def closing_between(course: Course, first: date, last: date) -> list[Window]:
    """List the windows that close between two days: what was due then.

    Clause: L45.1 (criterion 5.4).
    """
    return [each for each in windows_of(course, last) if first <= each.closes_on <= last]


def steward_on(stewards: Sequence[Steward], on: date) -> str | None:
    """Name who had a dwelling on a day.

    Clause: L45.1 (criterion 5.4).
    """
    had = [each for each in stewards if each.on <= on] or list(stewards[:1])
    return had[-1].assistant if had else None


def _before(turns: Sequence[Turn], on: date) -> tuple[Turn, ...]:
    return tuple(each for each in turns if each.on < on)


def _under(turn: Turn, course: Course, horizon: date, cut_on: date | None) -> Iterator[Window]:
    """Lay out the windows under one rule: from its day, to the day on which another took its place."""
    last_on = horizon if cut_on is None else min(horizon, cut_on - _DAY)
    days = [each for each in course.visit_days if turn.on <= each and (cut_on is None or each < cut_on)]
    laid = _rolling(turn, last_on, days) if turn.window_mode == ROLLING else _calendar(turn, last_on, days, course.code)
    for each in laid:
        if cut_on is None or each.closes_on < cut_on or each.visited_on is not None:
            yield each


def _rolling(turn: Turn, last_on: date, days: Sequence[date]) -> Iterator[Window]:
    """Begin each window after the visit that answered the one before, or after its last day.

    A second visit before the last window would have closed answers nothing: the next window begins after it instead.
    """
    anchor, opens, ended = turn.on, turn.on, turn.on - _DAY
    left = list(days)
    while opens <= last_on:
        while left and left[0] <= ended:
            anchor = left.pop(0)
            opens = anchor + _DAY
        closes = add_period(anchor, turn.cadence)
        answer = left.pop(0) if left and left[0] <= closes else None
        if opens <= last_on:
            yield Window(opens_on=opens, closes_on=closes, planned_on=closes, grade=turn.grade, visited_on=answer)
        anchor, ended = answer or closes, closes
        opens = anchor + _DAY


def _calendar(turn: Turn, last_on: date, days: Sequence[date], code: str) -> Iterator[Window]:
    """Take the windows as the calendar has them; a dwelling's own day in each spreads the work over all of its days."""
    opens, closes = first_calendar_window(turn.on, turn.cadence)
    while opens <= last_on:
        planned_on = opens + timedelta(days=crc32(code.encode()) % ((closes - opens).days + 1))
        answer = next((each for each in days if opens <= each <= closes), None)
        yield Window(opens_on=opens, closes_on=closes, planned_on=planned_on, grade=turn.grade, visited_on=answer)
        opens, closes = in_calendar_window(closes + _DAY, turn.cadence)
