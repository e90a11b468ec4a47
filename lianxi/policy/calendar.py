"""Working days, half months and the adding of time limits, in the town's own calendar.

A limit in days ends at 24:00 local time of its last day: `add` gives the next local midnight, and whatever is done
before that instant is in time. The day on which a limit starts does not count. Minutes and hours run through nights
and holidays. A limit in calendar days is not put off when it ends on a holiday: the strict reading.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import PolicyBroken

Unit = Literal["min", "h", "cd", "wd"]
SATURDAY = 5
MONTHS_IN_YEAR = 12
HALF_MONTH_ENDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """One year's public holidays and make-up workdays.

    `is_published` is false while the State Council has not yet announced the year: then the statutory holidays stand,
    and days moved to make longer holidays are not known.
    """

    year: int
    is_published: bool
    holidays: frozenset[date]
    make_up_workdays: frozenset[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChange:
    """A day on which this town works, or does not, against the country's calendar: a storm, a local day off."""

    on: date
    is_working: bool
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """All years that the town has working-day data for, and its own changes to them, which win."""

    years: Mapping[int, CalendarYear]
    changes: Mapping[date, bool] = field(default_factory=dict)

    @property
    def horizon(self) -> date | None:
        """The last day up to which working days are known for certain; none when the years have none announced.

        A limit that ends after it may still move, when the year's make-up workdays are announced.
        """
        known = [year for year in sorted(self.years) if self.years[year].is_published]
        return date(known[-1], MONTHS_IN_YEAR, 31) if known else None

    def covers(self, on: date) -> bool:
        """Say whether a date's year has been announced and entered.

        Clause: none.
        """
        known = self.years.get(on.year)
        return known is not None and known.is_published

    def is_working_day(self, on: date) -> bool:
        """Say whether offices work on a date: weekdays but holidays, and make-up weekends.

        A year without data counts every Monday to Friday: a limit then errs on the early side, and nobody's tip is
        refused because a calendar was not entered in time.

        Clause: none.
        """
        if on in self.changes:
            return self.changes[on]
        known = self.years.get(on.year)
        if known is None:
            return on.weekday() < SATURDAY
        return on in known.make_up_workdays or (on.weekday() < SATURDAY and on not in known.holidays)

    def working_day_after(self, on: date, amount: int) -> date:
        """Count working days forward; the first date itself does not count.

        Clause: none.
        Units: working days.
        """
        while amount > 0:
            on += timedelta(days=1)
            amount -= self.is_working_day(on)
        return on


def add(start: datetime, amount: int, unit: Unit, calendar: WorkCalendar) -> datetime:
    """Work out the instant at which a limit ends.

    Clause: none (Administrative Penalties Law art. 85: a limit in days leaves out the day it starts on).
    Units: `min`, `h` of the clock; `cd` calendar days and `wd` working days of the town, ending at 24:00 local.
        Answers aware UTC.
    Raises:
        PolicyBroken: policy.unit_unknown.
    """
    match unit:
        case "min":
            return (start + timedelta(minutes=amount)).astimezone(UTC)
        case "h":
            return (start + timedelta(hours=amount)).astimezone(UTC)
        case "cd":
            last = local_date(start) + timedelta(days=amount)
        case "wd":
            last = calendar.working_day_after(local_date(start), amount)
        case _:
            raise PolicyBroken("policy.unit_unknown", unit=unit)
    return local_midnight(last + timedelta(days=1))


def add_months(on: date, months: int) -> date:
    """Go forward by calendar months; a day that the month lacks becomes its last day.

    Clause: L45.1.
    """
    place = on.year * MONTHS_IN_YEAR + on.month - 1 + months
    year, month = divmod(place, MONTHS_IN_YEAR)
    last = gregorian.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(on.day, last))


def add_period(on: date, period: str) -> date:
    """Go forward by a period as policy files write it: `P2M`, `P1M`, `P15D`, `P2W`.

    Clause: L45.1.
    Raises:
        PolicyBroken: policy.period_unreadable.
    """
    amount = period[1:-1]
    if not (period.startswith("P") and amount.isascii() and amount.isdigit() and int(amount) and period[-1] in "DWM"):
        raise PolicyBroken("policy.period_unreadable", period=period)
    match period[-1]:
        case "M":
            return add_months(on, int(amount))
        case "W":
            return on + timedelta(weeks=int(amount))
        case _:
            return on + timedelta(days=int(amount))


def half_month(on: date) -> tuple[date, date]:
    """Name the first and last day of the calendar half month of a date: the 1st to 15th, or the 16th to the end.

    Clause: L45.1 (X-24: the plan does not say which; a calendar window uses this, the rolling window fifteen days).
    """
    if on.day <= HALF_MONTH_ENDS:
        return on.replace(day=1), on.replace(day=HALF_MONTH_ENDS)
    return on.replace(day=HALF_MONTH_ENDS + 1), on.replace(day=gregorian.monthrange(on.year, on.month)[1])


def in_calendar_window(on: date, period: str) -> tuple[date, date]:
    """Name the first and last day of the calendar window of a date: its half month, its month, its two months.

    `P15D` is the half month, `P1M` the month, `P2M` the pair January–February and so on: criterion 5.1's window mode
    *calendar*.

    Clause: L45.1 (X-24).
    Raises:
        PolicyBroken: policy.period_unreadable, for a period that has no calendar window.
    """
    if period == "P15D":
        return half_month(on)
    months = int(period[1:-1]) if period.startswith("P") and period.endswith("M") and period[1:-1].isdigit() else 0
    if not months or MONTHS_IN_YEAR % months:
        raise PolicyBroken("policy.period_unreadable", period=period)
    first = date(on.year, (on.month - 1) // months * months + 1, 1)
    return first, add_months(first, months) - timedelta(days=1)


def first_calendar_window(on: date, period: str) -> tuple[date, date]:
    """Name the first calendar window that is owed from a day on: what is left of that day's own, if half of it is.

    Clause: L45.1 (X-24).
    Raises:
        PolicyBroken: policy.period_unreadable, for a period that has no calendar window.
    """
    opens, closes = in_calendar_window(on, period)
    if 2 * (closes - on) >= closes - opens:
        return on, closes
    return in_calendar_window(closes + timedelta(days=1), period)


def occurrences(first: date, last: date, period: str) -> tuple[date, ...]:
    """List the days on which something falls that comes back after a period: daily, every fortnight, monthly.

    Clause: L90.1, L62.2, L65.1.
    Raises:
        PolicyBroken: policy.period_unreadable.
    """
    found = []
    on = first
    while on <= last:
        found.append(on)
        on = (
            add_months(first, len(found) * int(period[1:-1]))
            if period.endswith("M") and period[1:-1].isdigit() and int(period[1:-1])
            else add_period(on, period)
        )
    return tuple(found)
