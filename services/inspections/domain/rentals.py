"""A rental: a dwelling on the register, its grade, and the day by which it is visited next.

The day follows from two things that only grow, the date from which the cadence runs (`planned_from`) and the instant
of the last visit that counts (`last_visit_at`), and from calls for an earlier visit, each of which the first counting
visit after it answers. So visits and tips may arrive in any order and more than once: the day comes out the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from lianxi.contracts.envelope import Event
from lianxi.contracts.inspections import (
    DayPart,
    Grade,
    GradeRental,
    PlannedVisit,
    RegisterRental,
    RentalGraded,
    RentalKind,
    RentalRegistered,
    RentalView,
    VisitAdvanced,
    VisitMissed,
    VisitOutcome,
)
from lianxi.kernel.clock import SHANGHAI, local_date, local_midnight
from lianxi.kernel.errors import NotFound, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from services.inspections.domain.imported import Imported


class DueOn(Protocol):
    """Answers by which day a dwelling of a grade is visited, counted from a date and from its last visit."""

    def __call__(self, grade: Grade, from_on: date, last_visit_on: date | None = None, /) -> date:
        """Name the last day that is still on time."""
        ...


MOST_ROOMS = 10_000
MOST_CALLS = 50
MOST_DAYS = 60
MOST_TRIES = 20
TRIES_BEFORE_ANOTHER_TIME = 2
NOON, SIX = 12, 18
OVERDUE = "overdue"
"""Why a call stands that no tip made: the dwelling was overdue when it was graded anew."""

COUNTING = frozenset({VisitOutcome.DONE, VisitOutcome.VACANT})
ENDING = frozenset({VisitOutcome.DEMOLISHED, VisitOutcome.MERGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for an earlier visit: why, since when, and by which day. A counting visit from `since` on answers it."""

    because: str
    since: datetime
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """From which day a dwelling is visited by which rule: its grade, and how often and counted how that was then."""

    on: date
    grade: Grade
    cadence: str
    window_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steward:
    """From which day which assistant has a dwelling."""

    on: date
    assistant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rental:
    """One dwelling; its id is its opaque code. It says nothing about who lives there.

    `watched_due_on` is the day that a sweep still has to watch: absent once the miss is announced or the rental ended.
    `visit_days` are the latest days of visits that count, `tries` the visits since the last of them at which nobody
    was in. `owner` and `agent` are whom to ask about the dwelling.
    `withdrawn_at` is there once the import that put it on the register was undone: nobody knows of it any more.
    """

    id: str
    village: str
    address: str
    rooms: int
    is_registered: bool
    assistant: str | None
    registered_at: datetime
    grade: Grade = Grade.ORDINARY
    grade_reason: str = ""
    grade_approved_by: str | None = None
    grade_expires_on: date | None = None
    planned_from: date
    calls: tuple[Call, ...] = ()
    last_visit_at: datetime | None = None
    next_visit_due_on: date
    watched_due_on: date | None = None
    missed_announced_for: date | None = None
    is_standing: bool = True
    ended_at: datetime | None = None
    ended_because: VisitOutcome | None = None
    address_code: str = ""
    kind: RentalKind = RentalKind.OTHER
    owner: str = ""
    agent: str = ""
    turns: tuple[Turn, ...] = ()
    stewards: tuple[Steward, ...] = ()
    visit_days: tuple[date, ...] = ()
    tries: tuple[datetime, ...] = ()
    imported: Imported | None = None
    withdrawn_at: datetime | None = None


def register(command: RegisterRental, now: datetime, due_on: DueOn) -> tuple[Rental, tuple[Event, ...]]:
    """Put a rental on the register; until somebody grades it, it is an ordinary dwelling.

    Clause: L46.1, L45.1.
    Raises:
        RuleBroken: as `check_register`.
    """
    check_register(command)
    today = local_date(now)
    rental = _planned(
        Rental(
            id=command.rental_code,
            village=command.village,
            address=command.address.strip(),
            rooms=command.rooms,
            is_registered=command.is_registered,
            assistant=command.assistant,
            registered_at=now,
            planned_from=today,
            next_visit_due_on=today,
            address_code=command.address_code.strip(),
            kind=command.kind,
            owner=command.owner.strip(),
            agent=command.agent.strip(),
        ),
        due_on,
    )
    announced = RentalRegistered(
        rental_code=rental.id,
        village=rental.village,
        grade=rental.grade,
        next_visit_due_on=rental.next_visit_due_on,
        registered_at=now,
    )
    return rental, (announced,)


def correct(rental: Rental, command: RegisterRental, now: datetime, due_on: DueOn) -> tuple[Rental, tuple[Event, ...]]:
    """Correct what the register says of a rental; its grade and its plan stay. One that was withdrawn begins anew.

    Clause: L46.1.
    Raises:
        RuleBroken: as `check_register`.
    """
    if rental.withdrawn_at is not None:
        return register(command, now, due_on)
    check_register(command)
    corrected = replace(
        rental,
        village=command.village,
        address=command.address.strip(),
        rooms=command.rooms,
        is_registered=command.is_registered,
        assistant=command.assistant,
        address_code=command.address_code.strip(),
        kind=command.kind,
        owner=command.owner.strip(),
        agent=command.agent.strip(),
    )
    return corrected, ()


def check_register(command: RegisterRental) -> None:
    """Refuse what the register must not hold: above all anybody's identity number.

    Clause: L46.1 (criterion 5.7).
    Raises:
        RuleBroken: rental.identity_number, rental.address_missing, rental.rooms_impossible.
    """
    for text in (command.address, command.assistant or "", command.address_code, command.owner, command.agent):
        _check_text(text)
    if not command.address.strip():
        raise RuleBroken("rental.address_missing", clause="L46.1")
    if not 0 <= command.rooms <= MOST_ROOMS:
        raise RuleBroken("rental.rooms_impossible", clause="L46.1", most=MOST_ROOMS)


def grade(
    rental: Rental, command: GradeRental, grader: str, now: datetime, due_on: DueOn
) -> tuple[Rental, tuple[Event, ...]]:
    """Grade a dwelling and plan its visits anew from today; what is overdue already stays due.

    Clause: L45.1 — a grade needs a reason, an approver who is somebody else, and an end (domain K-15, 5.7(13)).
    Raises:
        RuleBroken: rental.grade_reason_missing, rental.approver_is_grader, rental.grade_expiry_past,
            rental.identity_number, rental.ended.
    """
    today = local_date(now)
    _check_grading(rental, command, grader, today)
    calls = rental.calls
    if rental.next_visit_due_on < today:
        # Without this call, a new grade would be a way to make a missed visit vanish.
        since = local_midnight(rental.planned_from + timedelta(days=1))
        calls = (*calls, Call(because=OVERDUE, since=since, due_on=rental.next_visit_due_on))
    graded = replace(
        rental,
        grade=command.grade,
        grade_reason=command.reason.strip(),
        grade_approved_by=command.approved_by.strip(),
        grade_expires_on=command.expires_on,
        planned_from=max(rental.planned_from, today),
        calls=calls,
    )
    announced = RentalGraded(
        rental_code=rental.id,
        village=rental.village,
        grade=command.grade,
        previous=rental.grade,
        expires_on=command.expires_on,
        graded_at=now,
    )
    return _planned(graded, due_on), (announced,)


def bring_forward(
    rental: Rental, because: str, since: datetime, days: int, due_on: DueOn
) -> tuple[Rental, tuple[Event, ...]]:
    """Bring the next visit forward because a tip names the place; a visit since then has answered the tip already.

    The time of an anonymous tip is levelled down to its hour, so a visit later within that hour answers it too.

    Clause: L75.1.
    Units: days from the date on which the tip was received.
    """
    if not rental.is_standing or any(each.because == because for each in rental.calls):
        return rental, ()
    call = Call(because=because, since=since, due_on=local_date(since) + timedelta(days=days))
    called = _planned(replace(rental, calls=(*rental.calls, call)), due_on)
    if called.next_visit_due_on == rental.next_visit_due_on:
        return called, ()
    announced = VisitAdvanced(
        rental_code=rental.id,
        village=rental.village,
        due_on=called.next_visit_due_on,
        previous_due_on=rental.next_visit_due_on,
        because=because,
    )
    return called, (announced,)


def visited(
    rental: Rental, outcome: VisitOutcome, visited_at: datetime, due_on: DueOn
) -> tuple[Rental, tuple[Event, ...]]:
    """Take a visit into account. A refusal or an empty house moves no day, least of all the grade.

    That nobody was in is remembered until a visit counts, so that another time of day can be proposed.

    Clause: L45.1 (domain K-14, 5.7(14), criterion 5.3).
    """
    if outcome is VisitOutcome.NOBODY_IN:
        return _tried(rental, (*rental.tries, visited_at)), ()
    if outcome in ENDING:
        first = visited_at if rental.ended_at is None else min(rental.ended_at, visited_at)
        because = outcome if first == visited_at else rental.ended_because
        return _planned(replace(rental, is_standing=False, ended_at=first, ended_because=because), due_on), ()
    if outcome not in COUNTING:
        return rental, ()
    last = visited_at if rental.last_visit_at is None else max(rental.last_visit_at, visited_at)
    on = local_date(visited_at)
    days = tuple(sorted({*rental.visit_days, on}))[-MOST_DAYS:]
    seen = replace(rental, last_visit_at=last, planned_from=max(rental.planned_from, on), visit_days=days)
    return _planned(_tried(seen, rental.tries), due_on), ()


def another_time(tries: Sequence[datetime]) -> DayPart | None:
    """Propose another time of day once nobody was in twice: the one least tried, the evening first.

    Clause: L45.1 (criterion 5.3).
    """
    if len(tries) < TRIES_BEFORE_ANOTHER_TIME:
        return None
    tried = [_part_of(each) for each in tries]
    others = [each for each in (DayPart.EVENING, DayPart.MORNING, DayPart.AFTERNOON) if each is not tried[-1]]
    return min(others, key=tried.count)


def _part_of(at: datetime) -> DayPart:
    hour = at.astimezone(SHANGHAI).hour
    return DayPart.MORNING if hour < NOON else DayPart.AFTERNOON if hour < SIX else DayPart.EVENING


def _tried(rental: Rental, tries: Sequence[datetime]) -> Rental:
    """Keep the tries since the last visit that counted."""
    last = rental.last_visit_at
    since = sorted({each for each in tries if last is None or each > last})
    return replace(rental, tries=tuple(since[-MOST_TRIES:]))


def miss(rental: Rental, today: date) -> tuple[Rental, tuple[Event, ...]]:
    """Announce that a dwelling's day has passed without a visit that counts: once for each due day.

    Clause: L45.1.
    """
    due_on = rental.watched_due_on
    if due_on is None or due_on >= today:
        return rental, ()
    announced = VisitMissed(rental_code=rental.id, village=rental.village, grade=rental.grade, due_on=due_on)
    return replace(rental, watched_due_on=None, missed_announced_for=due_on), (announced,)


def is_overdue(rental: Rental, today: date) -> bool:
    """Say whether a dwelling's day has passed.

    Clause: L45.1.
    """
    return rental.is_standing and rental.next_visit_due_on < today


def brought_forward_because(rental: Rental) -> str | None:
    """Name the tip that the present due day follows from, if it follows from one.

    Clause: L75.1.
    """
    called = [each for each in rental.calls if each.due_on == rental.next_visit_due_on and each.because != OVERDUE]
    return called[0].because if called else None


def handed_over(rental: Rental, leaver: str, successor: str) -> Rental:
    """Give a dwelling from the assistant who visits it to another.

    Clause: L45.1 (criterion 23).
    """
    return replace(rental, assistant=successor) if rental.assistant == leaver else rental


def as_view(rental: Rental, version: int) -> RentalView:
    """Show a rental to the agencies that patrol.

    Clause: none.
    """
    return RentalView(
        rental_code=rental.id,
        version=version,
        village=rental.village,
        address=rental.address,
        rooms=rental.rooms,
        is_registered=rental.is_registered,
        assistant=rental.assistant,
        grade=rental.grade,
        grade_reason=rental.grade_reason,
        grade_expires_on=rental.grade_expires_on,
        last_visit_on=None if rental.last_visit_at is None else local_date(rental.last_visit_at),
        next_visit_due_on=rental.next_visit_due_on,
        brought_forward_because=brought_forward_because(rental),
        address_code=rental.address_code,
        kind=rental.kind,
        owner=rental.owner,
        agent=rental.agent,
        grade_approved_by=rental.grade_approved_by,
        tries=len(rental.tries),
        propose=another_time(rental.tries),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """As much of a dwelling that stands as a visit plan shows: a list is made of hundreds."""

    id: str
    village: str
    address: str
    grade: Grade
    assistant: str | None
    next_visit_due_on: date
    calls: tuple[tuple[str, date], ...] = ()
    tries: tuple[datetime, ...] = ()


def as_planned(line: Line, today: date) -> PlannedVisit:
    """Show a dwelling as a line of the visit plan.

    Clause: L45.1, L75.1.
    """
    return PlannedVisit(
        rental_code=line.id,
        village=line.village,
        address=line.address,
        grade=line.grade,
        due_on=line.next_visit_due_on,
        is_overdue=line.next_visit_due_on < today,
        brought_forward=any(due_on == line.next_visit_due_on and why != OVERDUE for why, due_on in line.calls),
        assistant=line.assistant,
        propose=another_time(line.tries),
    )


def _planned(rental: Rental, due_on: DueOn) -> Rental:
    """Work the due day out anew; calls that a visit has answered are dropped."""
    last = rental.last_visit_at
    waiting = sorted(
        (each for each in rental.calls if last is None or last < each.since),
        key=lambda each: (each.due_on, each.since, each.because),
    )
    last_on = None if last is None else local_date(last)
    due = min([due_on(rental.grade, rental.planned_from, last_on), *(each.due_on for each in waiting)])
    # Days are announced in their own order: one that lies before an announced one adds nothing to know.
    is_watched = rental.is_standing and (rental.missed_announced_for is None or due > rental.missed_announced_for)
    return replace(
        rental,
        calls=tuple(waiting[:MOST_CALLS]),
        next_visit_due_on=due,
        watched_due_on=due if is_watched else None,
    )


def _check_text(text: str) -> None:
    if holds_identity_number(text):
        raise RuleBroken("rental.identity_number", clause="L46.1")


def _check_grading(rental: Rental, command: GradeRental, grader: str, today: date) -> None:
    if rental.withdrawn_at is not None:
        raise NotFound("rental.not_found")
    if not rental.is_standing:
        raise RuleBroken("rental.ended", clause="L45.1")
    if not command.reason.strip():
        raise RuleBroken("rental.grade_reason_missing", clause="L45.1")
    _check_text(command.reason)
    if command.approved_by.strip() in {"", grader}:
        raise RuleBroken("rental.approver_is_grader", clause="L45.1")
    if command.expires_on <= today:
        raise RuleBroken("rental.grade_expiry_past", clause="L45.1", today=today.isoformat())
