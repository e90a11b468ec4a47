"""Publicity: activities as they were recorded, the periods in which they were owed, and those that had none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.publicity import (
    ActivityRecorded,
    ActivityView,
    ActivityWithdrawn,
    DutyYear,
    GapView,
    PeriodState,
    PeriodView,
    PublicityMissed,
    PublicityYear,
    RecordActivity,
)
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from lianxi.policy.periods import Period
from services.reporting.policy.publicity import Duty

NOUN = "publicity"
GAP_NOUN = "publicity_gap"
OFFICE = "office"
RECORDED_WITHIN = timedelta(days=1)
"""How long after its period an activity may be recorded before the gap is announced: the next day, the town's own."""
LOOKED_BACK = timedelta(days=7)
"""How far back gaps are still announced; older ones stand in the register all the same."""
_TELEPHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An activity of publicity. Heads are counted; there is no field for anybody's name.

    Clause: L44.1, L58.1, L62.2, L65.1.
    """

    id: str
    duty: str
    agency: str
    party: str | None
    what: str
    place: str
    village: str | None
    held_on: date
    reach: int
    material: str
    photos: tuple[str, ...]
    is_warning: bool
    approval: str | None
    recorded_at: datetime
    recorded_by: str
    is_withdrawn: bool = False
    withdrawn_at: datetime | None = None
    withdrawn_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A period of a duty that was over without any activity when it was looked at; recording late does not undo that.

    Clause: L62.2, L65.1.
    """

    id: str
    duty: str
    agency: str
    party: str | None
    first_on: date
    last_on: date
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """As much of an activity as periods are counted from.

    Clause: L62.2.
    """

    duty: str
    party: str | None
    held_on: date
    reach: int


Decision = tuple[Activity, tuple[Event, ...]]


def recorded(activity_id: str, asked: RecordActivity, duty: Duty, caller: Caller, now: datetime) -> Decision:
    """Record an activity as the unit whose duty it is, or as the office; what is the office's own is open to all.

    Clause: L44.1, L58.1, L62.2, L65.1, L73.1 (approval: domain 5.2); criterion 22.
    Raises:
        Forbidden: publicity.not_yours.
        RuleBroken: publicity.not_yet_held, publicity.party_unknown, publicity.approval_needed,
            publicity.names_a_person.
    """
    if not (caller.is_office or duty.unit in {caller.agency, OFFICE}):
        raise Forbidden("publicity.not_yours", clause=duty.clause)
    if asked.held_on > local_date(now):
        raise RuleBroken("publicity.not_yet_held", clause=duty.clause)
    if asked.is_warning and not (asked.approval or "").strip():
        raise RuleBroken("publicity.approval_needed", clause=duty.clause)
    if any(_names_somebody(text) for text in (asked.what, asked.place, asked.material)):
        raise RuleBroken("publicity.names_a_person", clause="pipl-47")
    activity = Activity(
        id=activity_id,
        duty=duty.code,
        agency=caller.agency if duty.unit == OFFICE else duty.unit,
        party=_party(asked.party, duty),
        what=asked.what,
        place=asked.place,
        village=asked.village,
        held_on=asked.held_on,
        reach=asked.reach,
        material=asked.material,
        photos=asked.photos,
        is_warning=asked.is_warning,
        approval=asked.approval,
        recorded_at=now,
        recorded_by=caller.actor,
    )
    told = ActivityRecorded(
        activity_id=activity.id,
        category=activity.duty,
        agency=activity.agency,
        carried_by=activity.party,
        held_on=activity.held_on,
        reach=activity.reach,
    )
    return activity, (told,)


def _party(asked: str | None, duty: Duty) -> str | None:
    """One that owes alone need not be named; of several, each owes by itself, so that one has to be."""
    party = duty.owed_by[0] if asked is None and len(duty.owed_by) == 1 else asked
    if party not in duty.owed_by:
        raise RuleBroken("publicity.party_unknown", clause=duty.clause, parties=list(duty.parties))
    return party


def _names_somebody(text: str) -> bool:
    return holds_identity_number(text) or _TELEPHONE.search(text) is not None


def withdrawn(activity: Activity, reason: str, caller: Caller, now: datetime) -> Decision:
    """Take an activity back; it counts no more, and stays readable with the reason.

    Clause: none (domain 5.4).
    Raises:
        NotFound: publicity.not_found.
        Conflict: publicity.withdrawn.
    """
    shown_to(activity, caller)
    if activity.is_withdrawn:
        raise Conflict("publicity.withdrawn")
    told = ActivityWithdrawn(
        activity_id=activity.id,
        category=activity.duty,
        agency=activity.agency,
        carried_by=activity.party,
        held_on=activity.held_on,
    )
    return replace(activity, is_withdrawn=True, withdrawn_at=now, withdrawn_because=reason), (told,)


def span_of(duties: Iterable[Duty], year: int) -> Period:
    """Name the first and last day of which activities may count in a year: a period may reach over its ends.

    Clause: L62.2.
    """
    touching = [each for duty in duties for each in duty.periods if year in {each[0].year, each[1].year}]
    days = [date(year, 1, 1), date(year, 12, 31), *(day for each in touching for day in each)]
    return min(days), max(days)


def year_of(duties: Iterable[Duty], held: Iterable[Held], year: int, today: date) -> PublicityYear:
    """Lay out a year: every duty with its periods, and which of them had nothing.

    Clause: L62.2, L65.1; criterion 22.
    """
    by_duty: defaultdict[tuple[str, str | None], list[Held]] = defaultdict(list)
    for each in held:
        by_duty[each.duty, each.party].append(each)
    found = [
        _duty_year(duty, party, by_duty[duty.code, party], year, today) for duty in duties for party in duty.owed_by
    ]
    rows = tuple(row for row in found if row.periods or row.activities)
    return PublicityYear(year=year, duties=rows, gaps=tuple(gap for row in rows for gap in gaps_of(row)))


def _duty_year(duty: Duty, party: str | None, held: Sequence[Held], year: int, today: date) -> DutyYear:
    periods = [each for each in duty.periods if year in {each[0].year, each[1].year}]
    this_year = [each for each in held if each.held_on.year == year]
    return DutyYear(
        duty=duty.code,
        clause=duty.clause,
        name_zh=duty.name_zh,
        name_en=duty.name_en,
        unit=duty.unit,
        party=party,
        cadence=duty.cadence,
        periods=tuple(_period(period, held, today) for period in periods),
        activities=len(this_year),
        reach=sum(each.reach for each in this_year),
    )


def _period(period: Period, held: Sequence[Held], today: date) -> PeriodView:
    first, last = period
    count = sum(first <= each.held_on <= last for each in held)
    if count:
        state = PeriodState.DONE
    elif last < today:
        state = PeriodState.MISSED
    else:
        state = PeriodState.AHEAD if today < first else PeriodState.RUNNING
    return PeriodView(first_on=first, last_on=last, state=state, activities=count)


def gaps_of(row: DutyYear) -> Iterator[GapView]:
    """Name the stretches of a duty's periods that are over without any activity.

    Clause: L62.2, L65.1; criterion 22.
    """
    stretch: list[PeriodView] = []
    for period in (*row.periods, None):
        if period is not None and period.state is PeriodState.MISSED:
            stretch.append(period)
        elif stretch:
            yield GapView(
                duty=row.duty,
                clause=row.clause,
                unit=row.unit,
                party=row.party,
                first_on=stretch[0].first_on,
                last_on=stretch[-1].last_on,
                periods=len(stretch),
            )
            stretch = []


def newly_over(row: DutyYear, issued_on: date, today: date) -> tuple[PeriodView, ...]:
    """Name the periods whose gap is to be announced now; what ended before the plan was issued is none (X-03).

    Clause: L62.2, L65.1.
    """
    since = max(issued_on, today - LOOKED_BACK)
    return tuple(
        each
        for each in row.periods
        if each.state is PeriodState.MISSED and since <= each.last_on < today - RECORDED_WITHIN
    )


def found_gap(gap_id: str, row: DutyYear, period: PeriodView, owner: str, now: datetime) -> tuple[Gap, PublicityMissed]:
    """Keep that a period had nothing, and tell whose duty it was.

    Clause: L62.2, L65.1; criterion 22.
    """
    gap = Gap(
        id=gap_id,
        duty=row.duty,
        agency=row.unit,
        party=row.party,
        first_on=period.first_on,
        last_on=period.last_on,
        found_at=now,
    )
    told = PublicityMissed(
        category=gap.duty,
        owner=owner,
        agency=gap.agency,
        carried_by=gap.party,
        first_on=gap.first_on,
        last_on=gap.last_on,
    )
    return gap, told


def shown_to(activity: Activity, caller: Caller) -> Activity:
    """Show an activity to its unit, and to whoever sees all.

    Clause: none (domain 5.4).
    Raises:
        NotFound: publicity.not_found.
    """
    if not (caller.sees_all or caller.agency == activity.agency):
        raise NotFound("publicity.not_found")
    return activity


def as_view(activity: Activity, version: int) -> ActivityView:
    """Write an activity as its unit and the office read it.

    Clause: none.
    """
    return ActivityView(
        activity_id=activity.id,
        version=version,
        duty=activity.duty,
        agency=activity.agency,
        party=activity.party,
        what=activity.what,
        place=activity.place,
        village=activity.village,
        held_on=activity.held_on,
        reach=activity.reach,
        material=activity.material,
        photos=activity.photos,
        is_warning=activity.is_warning,
        approval=activity.approval,
        recorded_at=activity.recorded_at,
        withdrawn_at=activity.withdrawn_at,
        withdrawn_because=activity.withdrawn_because,
    )
