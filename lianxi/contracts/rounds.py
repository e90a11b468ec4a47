"""An assistant's round: the dwellings to visit on a day and soon after, with how the last visit ended.

What is carried about on a telephone: no tips, no cases, nobody's name (criterion 6.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from lianxi.contracts.inspections import DayPart, Grade, VisitOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRound:
    """Ask for the round of one assistant: what is due by `ahead_days` after a day, and what was visited on that day."""

    on: date
    assistant: str
    ahead_days: int = 7
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One dwelling of a round.

    `last_visit_on` is of the last visit that counted, by whomever; the last outcome is of the assistant's own last
    visit. `propose` is another time of day, where twice nobody was in.
    """

    rental_code: str
    village: str
    address: str
    grade: Grade
    due_on: date
    is_overdue: bool
    brought_forward: bool
    last_visit_on: date | None
    last_outcome: VisitOutcome | None
    last_visited_at: datetime | None
    propose: DayPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """A round in walking order; `due_today` and `due_tomorrow` are counted before the list is cut to its limit."""

    on: date
    items: tuple[Stop, ...]
    due_today: int
    due_tomorrow: int
    is_cut: bool = False
