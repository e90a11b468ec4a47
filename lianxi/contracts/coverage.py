"""The visits of a month: which are planned, which were made, and which windows closed without one (L45.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lianxi.contracts.inspections import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMonthPlan:
    """Ask for the visits that a month's plan wants, by village and dwelling; any day stands for its month."""

    month: date
    village: str | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCoverage:
    """Ask how many windows that close in a month had their visit; any day stands for its month."""

    month: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMissedWindows:
    """Ask for the windows that have closed without a visit since a day."""

    since: date
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One window of one dwelling: the days in which a visit is owed, the day by which the plan wants it."""

    rental_code: str
    village: str
    address: str
    assistant: str | None
    grade: Grade
    opens_on: date
    due_on: date
    closes_on: date
    visited_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """A page of a plan or of missed windows, by village and dwelling."""

    items: tuple[PlanLine, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """How many windows were due, had their visit, closed without one, and are still open, of one kind."""

    name: str
    due: int
    visited: int
    missed: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageView:
    """A month's windows, in all and by village, assistant and grade; dwellings of nobody are under the name `-`."""

    month: date
    as_of: date
    total: CoverageRow
    villages: tuple[CoverageRow, ...]
    assistants: tuple[CoverageRow, ...]
    grades: tuple[CoverageRow, ...]
