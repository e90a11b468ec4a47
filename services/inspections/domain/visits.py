"""A visit: what an assistant recorded, kept as it was recorded even when something about it is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lianxi.contracts.envelope import Event
from lianxi.contracts.inspections import (
    SUSPICIONS,
    EntryBasis,
    Finding,
    Grade,
    RecordVisit,
    SuspicionRaised,
    VisitOutcome,
    VisitRecorded,
    VisitView,
)
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.policy.retention import EARLIEST, NOT_COUNTED, VISIT, Keeping, Purge, purged
from services.inspections.domain.edits import Edit
from services.inspections.domain.rentals import COUNTING, ENDING, DueOn, Rental
from services.inspections.domain.rentals import visited as rental_visited

CLOCKS_MAY_DIFFER_BY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit, under the id that the phone made. `needs_attention` says why a person has to look at it.

    `next_visit_due_on` is what the plan said when the visit was taken in; the rental itself holds what it says now.
    `unsettled_at` is when the first correction came that still waits or is contested.
    """

    id: str
    rental_code: str
    village: str | None
    assistant: str
    outcome: VisitOutcome
    entry_basis: EntryBasis
    findings: tuple[Finding, ...]
    visited_at: datetime
    received_at: datetime
    submitted_by: str
    counts: bool
    on_time: bool
    grade: Grade | None
    needs_attention: str | None
    next_visit_due_on: date | None
    note: str = ""
    keeping: Keeping = NOT_COUNTED
    revision: int = 1
    edits: tuple[Edit, ...] = ()
    unsettled_at: datetime | None = None
    tip_ids: tuple[str, ...] = ()


def record(command: RecordVisit, rental: Rental | None, now: datetime, due_on: DueOn) -> Visit:
    """Make a visit of what was sent in, with the rental as it is known now; nothing is ever refused here.

    Clause: L45.1 (DESIGN 12.20).
    """
    wrong = attention(command, rental, now)
    counts = command.outcome in COUNTING and not moves_nothing(wrong)
    after = rental
    if rental is not None and not moves_nothing(wrong):
        after, _ = rental_visited(rental, command.outcome, command.visited_at, due_on)
    return Visit(
        id=command.visit_id,
        rental_code=command.rental_code,
        village=None if rental is None else rental.village,
        assistant=command.assistant,
        outcome=command.outcome,
        entry_basis=command.entry_basis,
        findings=command.findings,
        visited_at=command.visited_at,
        received_at=command.received_at,
        submitted_by=command.submitted_by,
        counts=counts,
        on_time=counts and rental is not None and local_date(command.visited_at) <= rental.next_visit_due_on,
        grade=None if rental is None else rental.grade,
        needs_attention=wrong,
        next_visit_due_on=after.next_visit_due_on if after is not None and after.is_standing else None,
        note=command.note,
        keeping=Keeping(rule=VISIT, since=_counted_from(command.visited_at, now)),
    )


def counted_anew(visit: Visit) -> Visit:
    """Let a visit count that a correction has made one that counts; one that has counted goes on to.

    Clause: L45.1 (criterion 6.4).
    """
    counts = visit.outcome in COUNTING and not moves_nothing(visit.needs_attention)
    return replace(visit, counts=True) if counts and not visit.counts else visit


def become_tip(visit: Visit, tip_id: str) -> Visit:
    """Note which tip a visit's findings have become.

    Clause: L45.1 (criterion 5.6).
    """
    if visit.keeping.is_purged or tip_id in visit.tip_ids:
        return visit
    return replace(visit, tip_ids=(*visit.tip_ids, tip_id))


def aggregated(visit: Visit, purge: Purge) -> Visit:
    """Leave of a visit what is counted: its village, the grade, the month, and how it ended.

    Clause: pipl-47 (domain 5.5).
    """
    month = local_midnight(local_date(visit.visited_at).replace(day=1))
    return replace(
        visit,
        rental_code="",
        assistant="",
        findings=(),
        visited_at=month,
        received_at=month,
        submitted_by="",
        needs_attention=None,
        next_visit_due_on=None,
        note="",
        edits=(),
        unsettled_at=None,
        tip_ids=(),
        keeping=purged(visit.keeping, purge),
    )


def _counted_from(visited_at: datetime, now: datetime) -> datetime:
    """Say when a visit was, by the phone's clock where that can be: one that is wrong must not keep it for ever."""
    return max(min(visited_at, now), local_midnight(EARLIEST + timedelta(days=1)))


def attention(command: RecordVisit, rental: Rental | None, now: datetime) -> str | None:
    """Say why a person has to look at a visit, if one has to.

    Clause: none (DESIGN 12.20).
    """
    if rental is None:
        return "rental.unknown"
    if command.visited_at > now + CLOCKS_MAY_DIFFER_BY:
        return "visit.in_future"
    if command.areas and rental.village not in command.areas:
        return "visit.foreign_area"
    if rental.ended_at is not None and command.visited_at > rental.ended_at and command.outcome not in ENDING:
        return "rental.ended"
    if Finding.NOTHING_UNUSUAL in command.findings and SUSPICIONS & set(command.findings):
        return "visit.findings_contradict"
    return None


def moves_nothing(wrong: str | None) -> bool:
    """Say whether what is wrong with a visit keeps it from the rental's plan: a wrong clock, or no such rental.

    Clause: L45.1.
    """
    return wrong in {"rental.unknown", "visit.in_future"}


def announce(visit: Visit) -> tuple[Event, ...]:
    """Announce a visit, and a suspicion if it observed one: that goes to the police at once, whatever else is wrong.

    Clause: L45.1.
    """
    recorded = VisitRecorded(
        visit_id=visit.id,
        rental_code=visit.rental_code,
        village=visit.village,
        grade=visit.grade,
        outcome=visit.outcome,
        counts=visit.counts,
        on_time=visit.on_time,
        visited_at=visit.visited_at,
        next_visit_due_on=visit.next_visit_due_on,
    )
    suspected = tuple(each for each in Finding if each in SUSPICIONS and each in visit.findings)
    if not suspected:
        return (recorded,)
    raised = SuspicionRaised(
        visit_id=visit.id,
        rental_code=visit.rental_code,
        village=visit.village,
        findings=suspected,
        raised_at=visit.received_at,
    )
    return recorded, raised


def as_view(visit: Visit) -> VisitView:
    """Show a visit to the agencies that patrol.

    Clause: none.
    """
    return VisitView(
        visit_id=visit.id,
        rental_code=visit.rental_code,
        village=visit.village,
        assistant=visit.assistant,
        outcome=visit.outcome,
        entry_basis=visit.entry_basis,
        findings=visit.findings,
        visited_at=visit.visited_at,
        received_at=visit.received_at,
        counts=visit.counts,
        needs_attention=visit.needs_attention,
        next_visit_due_on=visit.next_visit_due_on,
        note=visit.note,
        revision=visit.revision,
        tip_ids=visit.tip_ids,
    )
