"""What the office's overview says, worked out from what desks answer: periods, units, cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from gateway.console.drawing.lights import State
from lianxi.contracts.reporting import StageReportState
from lianxi.kernel.clock import local_date

NEAR: Final = timedelta(days=2)
REPORT_NEAR: Final = timedelta(days=3)
FILED: Final = frozenset({StageReportState.FILED, StageReportState.FILED_LATE})
REPORT_LIGHTS: Final[Mapping[str, State]] = {
    StageReportState.FILED: "good",
    StageReportState.FILED_LATE: "near",
    StageReportState.DUE: "near",
    StageReportState.MISSED: "late",
    StageReportState.NOT_DUE: "off",
}


@dataclass(frozen=True, slots=True)
class Period:
    """One date on which units report, with every unit's report."""

    number: int
    due_on: date
    reports: Mapping[str, Mapping[str, Any]]

    @property
    def filed(self) -> int:
        """How many have come."""
        return sum(1 for each in self.reports.values() if each["state"] in FILED)

    @property
    def missing(self) -> tuple[str, ...]:
        """Which units' have not."""
        return tuple(unit for unit, each in self.reports.items() if each["state"] not in FILED)

    @property
    def late(self) -> tuple[str, ...]:
        """Which units' day has passed without one."""
        return tuple(unit for unit, each in self.reports.items() if each["state"] == StageReportState.MISSED)


def periods_of(items: Iterable[Mapping[str, Any]]) -> tuple[Period, ...]:
    """Lay stage reports by their dates."""
    found: dict[date, dict[str, Mapping[str, Any]]] = {}
    for each in items:
        found.setdefault(date.fromisoformat(each["due_on"]), {})[each["agency"]] = each
    return tuple(Period(number, due_on, found[due_on]) for number, due_on in enumerate(sorted(found), 1))


def next_of(periods: Iterable[Period], today: date) -> Period | None:
    """Find the next date on which units report."""
    return next((each for each in periods if each.due_on >= today), None)


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that a unit may be asked about: to which desk, about which item, late since when."""

    desk: str
    about: str
    kind: str
    since: datetime | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: what it has in hand, what is late, what falls due next, and its light."""

    code: str
    in_hand: int
    late_tips: int
    late_reports: int
    next_due_at: datetime | None
    late_since: datetime | None
    light: State
    matters: tuple[Matter, ...]

    @property
    def late(self) -> int:
        """Everything that is late."""
        return self.late_tips + self.late_reports


def units_of(
    agencies: Mapping[str, str], desks: Sequence[Mapping[str, Any]], periods: Sequence[Period], now: datetime
) -> tuple[Unit, ...]:
    """Work out every unit's light; `agencies` gives each unit's first desk."""
    return tuple(_unit(code, desk, desks, periods, now) for code, desk in agencies.items())


def _unit(
    code: str, first_desk: str, desks: Sequence[Mapping[str, Any]], periods: Sequence[Period], now: datetime
) -> Unit:
    own = [each for each in desks if each["desk"].partition("/")[0] == code]
    reports = [each.reports[code] for each in periods if code in each.late]
    dues = [datetime.fromisoformat(each["next_due_at"]) for each in own if each["next_due_at"]]
    since = [datetime.fromisoformat(each["late_since"]) for each in own if each["late_since"]]
    late_tips = sum(each["late"] for each in own)
    is_near = any(due <= now + NEAR for due in dues) or _report_near(code, periods, local_date(now))
    return Unit(
        code=code,
        in_hand=sum(each["open"] for each in own),
        late_tips=late_tips,
        late_reports=len(reports),
        next_due_at=min(dues, default=None),
        late_since=min(since, default=None),
        light="late" if late_tips or reports else ("near" if is_near else "good"),
        matters=(*_late_tips(own), *_late_reports(first_desk, reports)),
    )


def _report_near(code: str, periods: Sequence[Period], today: date) -> bool:
    return any(code in each.missing and today <= each.due_on <= today + REPORT_NEAR for each in periods)


def _late_tips(desks: Sequence[Mapping[str, Any]]) -> list[Matter]:
    return [
        Matter(each["desk"], f"tip/{each['longest_late']}", "tip", datetime.fromisoformat(each["late_since"]))
        for each in desks
        if each["longest_late"]
    ]


def _late_reports(desk: str, reports: Sequence[Mapping[str, Any]]) -> list[Matter]:
    return [
        Matter(desk, f"stage_report/{each['report_id']}", "report", due_on=date.fromisoformat(each["due_on"]))
        for each in reports
    ]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Dwellings of one grade: how many there are, and how many were visited in time."""

    rentals: int
    on_time: int

    @property
    def rate(self) -> int | None:
        """The part that was visited in time; none when there is nothing to visit. Units: per cent, rounded down."""
        return None if not self.rentals else self.on_time * 100 // self.rentals


def coverage_of(items: Iterable[Mapping[str, Any]], grade: str) -> Coverage:
    """Add villages up."""
    rows = [each for each in items if each["grade"] == grade]
    return Coverage(sum(each["rentals"] for each in rows), sum(each["on_time"] for each in rows))


def half_months(today: date, rows: int) -> list[date]:
    """List the days of some half-months, from the one that today lies in."""
    days: list[date] = []
    day = today.replace(day=1 if today.day <= 15 else 16)
    while True:
        if day.day in (1, 16):
            rows -= 1
        if rows < 0:
            return days
        days.append(day)
        day += timedelta(days=1)
