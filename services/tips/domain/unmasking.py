"""Reading an informant's own words: a reason, a quarter of an hour, and a report to the office each week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.unmasking import AgencyUnmaskings, TipUnmasked, UnmaskingsReported
from lianxi.kernel.errors import RuleBroken

LASTS = timedelta(minutes=15)
WEEK = timedelta(days=7)
REASON_CLAUSE = "pipl-51"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasking:
    """One grant to read the words of one tip."""

    id: str
    tip_id: str
    reason: str
    asked_by: str
    agency: str
    asked_at: datetime
    ends_at: datetime
    read_at: tuple[datetime, ...] = ()

    def runs(self, now: datetime) -> bool:
        """Say whether it holds at an instant."""
        return self.asked_at <= now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """The unmaskings of a week, told once; its id is the week's first day."""

    id: str
    week_from: date
    reported_at: datetime
    unmaskings: int


def unmask(
    unmasking_id: str, tip_id: str, reason: str, caller: Caller, now: datetime
) -> tuple[Unmasking, tuple[Event, ...]]:
    """Grant a quarter of an hour for a reason.

    Clause: pipl-51 (criterion 8.3).
    Raises:
        RuleBroken: unmasking.reason_missing.
    """
    if not reason.strip():
        raise RuleBroken("unmasking.reason_missing", clause=REASON_CLAUSE)
    granted = Unmasking(
        id=unmasking_id,
        tip_id=tip_id,
        reason=reason.strip(),
        asked_by=caller.actor,
        agency=caller.agency,
        asked_at=now,
        ends_at=now + LASTS,
    )
    told = TipUnmasked(
        unmasking_id=unmasking_id, tip_id=tip_id, agency=caller.agency, asked_at=now, ends_at=granted.ends_at
    )
    return granted, (told,)


def read(unmasking: Unmasking, now: datetime) -> tuple[Unmasking, tuple[Event, ...]]:
    """Note that the words were read.

    Clause: pipl-51.
    """
    return replace(unmasking, read_at=(*unmasking.read_at, now)), ()


def report(
    report_id: str, week_from: date, agencies: Sequence[str], now: datetime
) -> tuple[WeeklyReport, tuple[Event, ...]]:
    """Tell the office how often each agency has unmasked tips in a week.

    Clause: pipl-51 (criterion 8.3).
    """
    counts = Counter(agencies)
    told = UnmaskingsReported(
        report_id=report_id,
        week_from=week_from,
        week_to=week_from + WEEK - timedelta(days=1),
        unmaskings=len(agencies),
        agencies=tuple(AgencyUnmaskings(agency=each, unmaskings=counts[each]) for each in sorted(counts)),
        reported_at=now,
    )
    return WeeklyReport(id=report_id, week_from=week_from, reported_at=now, unmaskings=len(agencies)), (told,)


def week_before(today: date) -> date:
    """Name the first day of the last whole week, a Monday.

    Clause: none.
    """
    return today - timedelta(days=today.weekday()) - WEEK
