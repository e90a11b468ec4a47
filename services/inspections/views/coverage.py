"""What the inspections desk shows of a month: its plan, its coverage, and the windows that closed without a visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lianxi.contracts.coverage import (
    CoverageRow,
    CoverageView,
    GetCoverage,
    GetMonthPlan,
    ListMissedWindows,
    PlanLine,
    PlanPage,
)
from lianxi.contracts.envelope import Caller
from lianxi.contracts.inspections import Grade
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import RuleBroken
from lianxi.policy.calendar import in_calendar_window
from lianxi.store.connect import reaching_the_store
from lianxi.store.pages import LARGEST_PAGE, decode_cursor, encode_cursor
from services.inspections.documents import RentalDocument
from services.inspections.domain.rentals import Steward, Turn
from services.inspections.domain.windows import Course, Window, closing_between, planned_between, steward_on
from services.inspections.policy import may_read, may_see

MONTH = "P1M"
NOBODY = "-"
FARTHEST = timedelta(days=366)
_READ = 1_000
_WANTED = {
    "_id": 1,
    "village": 1,
    "address": 1,
    "turns": 1,
    "stewards": 1,
    "visit_days": 1,
    "ended_at": 1,
}


@dataclass(frozen=True, slots=True)
class Dwelling:
    """As much of a dwelling as its windows follow from."""

    course: Course
    village: str
    address: str
    stewards: Sequence[Steward]


def dwellings(village: str | None = None) -> Iterator[Dwelling]:
    """Read the register, or one village of it; what has ended belongs to the months in which it stood."""
    match = {} if village is None else {"village": village}
    with reaching_the_store():
        for row in RentalDocument._get_collection().find(match, _WANTED, batch_size=_READ):
            yield _dwelling(row)


@dataclass(frozen=True)
class CoverageViews:
    """Lays out windows and counts them; nothing of it is stored, so no figure can differ from what happened."""

    clock: Clock
    villages: Collection[str]
    read: Callable[[str | None], Iterable[Dwelling]] = dwellings

    def get_month_plan(self, request: GetMonthPlan, caller: Caller) -> PlanPage:
        """Show the visits that a month's plan wants.

        Raises:
            RuleBroken: visit_plan.too_far.
        """
        first, last = self._month(request.month)
        return self._page(
            lambda each: planned_between(each, first, last), caller, request.village, request.cursor, request.limit
        )

    def list_missed_windows(self, request: ListMissedWindows, caller: Caller) -> PlanPage:
        """Show the windows that have closed without a visit since a day: from the first day after each."""
        yesterday = local_date(self.clock.now()) - timedelta(days=1)

        def missed(course: Course) -> Iterable[Window]:
            return (each for each in closing_between(course, request.since, yesterday) if each.visited_on is None)

        return self._page(missed, caller, None, request.cursor, request.limit)

    def get_coverage(self, request: GetCoverage, caller: Caller) -> CoverageView:
        """Count the windows that close in a month.

        Raises:
            RuleBroken: visit_plan.too_far.
        """
        first, last = self._month(request.month)
        today = local_date(self.clock.now())
        tally = Tally(today)
        for each in self._seen_by(caller, None):
            for window in closing_between(each.course, first, last):
                tally.take(each, window)
        return CoverageView(
            month=first,
            as_of=today,
            total=tally.rows("all", ("all",))[0],
            villages=tally.rows("village"),
            assistants=tally.rows("assistant"),
            grades=tally.rows("grade", [each.value for each in Grade]),
        )

    def _month(self, on: date) -> tuple[date, date]:
        """Name a month's first and last day; nobody needs a plan beyond the next year, and it would be long."""
        if on > local_date(self.clock.now()) + FARTHEST:
            raise RuleBroken("visit_plan.too_far", clause="L45.1", days=FARTHEST.days)
        return in_calendar_window(on, MONTH)

    def _page(self, lay: _Lay, caller: Caller, village: str | None, cursor: str | None, limit: int) -> PlanPage:
        """Lay out windows village by village, so that no more is read than the villages on the page hold."""
        after = ("", "", "") if cursor is None else tuple(decode_cursor(cursor, 3))
        at_most = max(1, min(limit, LARGEST_PAGE))
        found: list[PlanLine] = []
        for each in [village] if village is not None else sorted(self.villages):
            if each >= after[0] and len(found) <= at_most:
                lines = [_line(one, window) for one in self._seen_by(caller, each) for window in lay(one.course)]
                found += sorted((line for line in lines if _place(line) > after), key=_place)
        page = found[:at_most]
        following = encode_cursor(*_place(page[-1])) if len(found) > at_most else None
        return PlanPage(items=tuple(page), next_cursor=following)

    def _seen_by(self, caller: Caller, village: str | None) -> Iterator[Dwelling]:
        if not may_read(caller.agency) or (village is not None and not may_see(caller, village)):
            return iter(())
        return (each for each in self.read(village) if may_see(caller, each.village))


_Lay = Callable[[Course], Iterable[Window]]


class Tally:
    """Windows counted by what they have in common."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def take(self, dwelling: Dwelling, window: Window) -> None:
        """Count one window."""
        how = "visited" if window.visited_on else "missed" if window.closes_on < self._today else "open"
        kinds = {
            "all": "all",
            "village": dwelling.village,
            "assistant": steward_on(dwelling.stewards, window.closes_on) or NOBODY,
            "grade": window.grade.value,
        }
        self._counts.update((kind, name, how) for kind, name in kinds.items())

    def rows(self, kind: str, names: Sequence[str] | None = None) -> tuple[CoverageRow, ...]:
        """Tell the counts of one kind, under these names or under every name that came up."""
        met = sorted({name for each, name, _ in self._counts if each == kind})
        return tuple(self._row(kind, name) for name in (met if names is None else names))

    def _row(self, kind: str, name: str) -> CoverageRow:
        visited, missed, still = (self._counts[kind, name, how] for how in ("visited", "missed", "open"))
        return CoverageRow(name=name, due=visited + missed + still, visited=visited, missed=missed, open=still)


def _place(line: PlanLine) -> tuple[str, str, str]:
    return line.village, line.rental_code, line.opens_on.isoformat()


def _line(dwelling: Dwelling, window: Window) -> PlanLine:
    return PlanLine(
        rental_code=dwelling.course.code,
        village=dwelling.village,
        address=dwelling.address,
        assistant=steward_on(dwelling.stewards, window.closes_on),
        grade=window.grade,
        opens_on=window.opens_on,
        due_on=window.planned_on,
        closes_on=window.closes_on,
        visited_on=window.visited_on,
    )


def _dwelling(row: Mapping[str, Any]) -> Dwelling:
    ended_at: datetime | None = row.get("ended_at")
    return Dwelling(
        course=Course(
            code=row["_id"],
            turns=[
                Turn(
                    on=date.fromisoformat(each["on"]),
                    grade=Grade(each["grade"]),
                    cadence=each["cadence"],
                    window_mode=each["window_mode"],
                )
                for each in row.get("turns", ())
            ],
            visit_days=[date.fromisoformat(each) for each in row.get("visit_days", ())],
            ended_on=None if ended_at is None else local_date(ended_at.replace(tzinfo=UTC)),
        ),
        village=row["village"],
        address=row["address"],
        stewards=[
            Steward(on=date.fromisoformat(each["on"]), assistant=each.get("assistant"))
            for each in row.get("stewards", ())
        ],
    )
