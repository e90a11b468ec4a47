"""What a person has to decide about a visit: both sides, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lianxi.contracts.conflicts import (
    AskAboutVisit,
    ConflictDecided,
    ConflictKind,
    ConflictRaised,
    ConflictState,
    ConflictView,
    DecideConflict,
    EditVisit,
    Fields,
    Verdict,
    VisitSide,
)
from lianxi.contracts.envelope import Event
from lianxi.contracts.inspections import RecordVisit
from lianxi.kernel.errors import Conflict as Contradicted
from lianxi.kernel.errors import RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from services.inspections.domain.correcting import differences, side_of
from services.inspections.domain.edits import Edit, named
from services.inspections.domain.visits import Visit

OWN_FIELDS: Final = ("rental_code", "assistant", "visited_at", "outcome", "entry_basis", "findings", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitConflict:
    """Two sides of a visit, or one that somebody asked about; `is_carried` once a decision has been carried out.

    `edit` is the correction that waits for a visit which has not come.
    """

    id: str
    kind: ConflictKind
    state: ConflictState
    visit_id: str
    village: str | None
    raised_by: str
    raised_at: datetime
    areas: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()
    mine: VisitSide | None = None
    changes: Fields | None = None
    theirs: VisitSide | None = None
    problem: str | None = None
    edit: EditVisit | None = None
    wait_ends_at: datetime | None = None
    verdict: Verdict | None = None
    reason: str = ""
    other: Fields | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    is_carried: bool = True


def conflict_of_edit(visit: Visit, edit: Edit, now: datetime) -> VisitConflict:
    """Put a contested correction before a person, with what stands.

    Clause: none (criterion 6.4).
    """
    return VisitConflict(
        id=f"conflict-{edit.id}",
        kind=ConflictKind.EDIT,
        state=ConflictState.OPEN,
        visit_id=visit.id,
        village=visit.village,
        raised_by=edit.by,
        raised_at=now,
        contested=edit.contested,
        changes=edit.changes,
        theirs=side_of(visit),
    )


def side_sent(command: RecordVisit) -> VisitSide:
    """Show a visit as the side that a device has.

    Clause: none.
    """
    return VisitSide(
        rental_code=command.rental_code,
        assistant=command.assistant,
        outcome=command.outcome,
        entry_basis=command.entry_basis,
        findings=command.findings,
        visited_at=command.visited_at,
        note=command.note,
    )


def conflict_of_other(command: RecordVisit, visit: Visit, conflict_id: str, now: datetime) -> VisitConflict | None:
    """Put a visit before a person whose id means another one already; the same visit again is nothing.

    Clause: none (criterion 6.2).
    """
    mine, theirs = side_sent(command), side_of(first_meaning(visit))
    contested = tuple(each for each in OWN_FIELDS if getattr(mine, each) != getattr(theirs, each))
    if not contested or visit.keeping.is_purged:
        return None
    return VisitConflict(
        id=conflict_id,
        kind=ConflictKind.OTHER_CONTENT,
        state=ConflictState.OPEN,
        visit_id=visit.id,
        village=visit.village,
        raised_by=command.submitted_by,
        raised_at=now,
        contested=contested,
        mine=mine,
        theirs=side_of(visit),
    )


def first_meaning(visit: Visit) -> Visit:
    """Undo every correction of a visit: what was sent first.

    Clause: none (criterion 6.2).
    """
    standing = sorted(
        (each for each in visit.edits if each.revision is not None), key=lambda each: -(each.revision or 0)
    )
    for each in standing:
        before = each.before or Fields()
        visit = replace(visit, **{name: getattr(before, name) for name in named(before)})
    return visit


def conflict_asked(
    request: AskAboutVisit, conflict_id: str, visit: Visit | None, by: str, areas: tuple[str, ...], now: datetime
) -> VisitConflict:
    """Put before a person what a device could not send.

    Clause: none (criterion 6.3).
    Raises:
        RuleBroken: visit.identity_number.
    """
    if holds_identity_number(request.side.note):
        raise RuleBroken("visit.identity_number")
    return VisitConflict(
        id=conflict_id,
        kind=ConflictKind.ASKED,
        state=ConflictState.OPEN,
        visit_id=request.visit_id,
        village=None if visit is None else visit.village,
        raised_by=by,
        raised_at=now,
        areas=areas,
        contested=() if visit is None else named(differences(request.side, side_of(visit))),
        mine=request.side,
        theirs=None if visit is None else side_of(visit),
        problem=request.problem,
    )


def edit_without_visit(
    edit: EditVisit, by: str, areas: tuple[str, ...], now: datetime, until: datetime
) -> VisitConflict:
    """Keep a correction whose visit has not come; nobody is shown it before its time is over.

    Clause: none (criterion 6.5).
    """
    return VisitConflict(
        id=f"conflict-{edit.edit_id}",
        kind=ConflictKind.VISIT_MISSING,
        state=ConflictState.WAITING,
        visit_id=edit.visit_id,
        village=None,
        raised_by=by,
        raised_at=now,
        areas=areas,
        contested=named(edit.changes),
        changes=edit.changes,
        edit=edit,
        wait_ends_at=until,
    )


def shown_at_last(conflict: VisitConflict, now: datetime) -> tuple[VisitConflict, tuple[Event, ...]]:
    """Show a correction to a person whose visit has not come in time.

    Clause: none (criterion 6.5).
    """
    is_over = conflict.wait_ends_at is not None and conflict.wait_ends_at <= now
    if conflict.state is not ConflictState.WAITING or not is_over:
        return conflict, ()
    shown = replace(conflict, state=ConflictState.OPEN)
    return shown, (raised(shown),)


def dissolved(conflict: VisitConflict, village: str | None) -> VisitConflict:
    """Close what nobody has to decide any more: its visit has come.

    Clause: none (criterion 6.5).
    """
    if conflict.state not in (ConflictState.WAITING, ConflictState.OPEN):
        return conflict
    return replace(conflict, state=ConflictState.DISSOLVED, village=village)


def raised(conflict: VisitConflict) -> ConflictRaised:
    """Announce that a person has to decide.

    Clause: none (criterion 6.4).
    """
    return ConflictRaised(
        conflict_id=conflict.id,
        visit_id=conflict.visit_id,
        village=conflict.village,
        kind=conflict.kind,
        contested=conflict.contested,
        raised_at=conflict.raised_at,
    )


def decide(
    conflict: VisitConflict, request: DecideConflict, by: str, now: datetime
) -> tuple[VisitConflict, tuple[Event, ...]]:
    """Decide which side stands.

    Clause: none (criterion 6.4).
    Raises:
        Conflict: conflict.not_open.
        RuleBroken: conflict.reason_missing, conflict.nothing_named, visit.identity_number.
    """
    if conflict.state is not ConflictState.OPEN:
        raise Contradicted("conflict.not_open", state=conflict.state.value)
    other = request.other if request.verdict is Verdict.OTHER else None
    if request.verdict is Verdict.OTHER:
        if not request.reason.strip():
            raise RuleBroken("conflict.reason_missing")
        if other is None or not named(other):
            raise RuleBroken("conflict.nothing_named")
    if holds_identity_number(request.reason) or holds_identity_number((other and other.note) or ""):
        raise RuleBroken("visit.identity_number")
    after = replace(
        conflict,
        state=ConflictState.DECIDED,
        verdict=request.verdict,
        reason=request.reason,
        other=other,
        decided_by=by,
        decided_at=now,
        is_carried=False,
    )
    told = ConflictDecided(
        conflict_id=after.id,
        visit_id=after.visit_id,
        village=after.village,
        verdict=request.verdict,
        decided_at=now,
    )
    return after, (told,)


def to_stand(conflict: VisitConflict, visit: Visit) -> Fields:
    """Say which values a decision puts in place.

    Clause: none (criterion 6.4).
    """
    if conflict.verdict is Verdict.OTHER:
        return conflict.other or Fields()
    if conflict.verdict is Verdict.THEIRS:
        return Fields()
    if conflict.changes is not None:
        return conflict.changes
    return Fields() if conflict.mine is None else _of_mine(conflict, conflict.mine, visit)


def _of_mine(conflict: VisitConflict, mine: VisitSide, visit: Visit) -> Fields:
    """Take of the device's side what was contested: the rest may have been corrected rightly since."""
    differs = differences(mine, side_of(visit))
    if conflict.theirs is None:
        return differs
    return Fields(**{each: getattr(differs, each) for each in named(differs) if each in conflict.contested})


def carried(conflict: VisitConflict) -> VisitConflict:
    """Note that a decision has been carried out.

    Clause: none.
    """
    return replace(conflict, is_carried=True)


def erased(conflict: VisitConflict) -> VisitConflict:
    """Leave of a conflict that there was one, when its visit becomes a count.

    Clause: pipl-47 (domain 5.5).
    """
    return replace(
        conflict,
        mine=None,
        theirs=None,
        changes=None,
        other=None,
        edit=None,
        reason="",
        raised_by="",
        decided_by=None,
        areas=(),
        state=ConflictState.DISSOLVED if conflict.state is not ConflictState.DECIDED else conflict.state,
    )


def as_view(conflict: VisitConflict, version: int) -> ConflictView:
    """Show a conflict to whoever may read visits.

    Clause: none.
    """
    return ConflictView(
        conflict_id=conflict.id,
        version=version,
        kind=conflict.kind,
        state=conflict.state,
        visit_id=conflict.visit_id,
        village=conflict.village,
        contested=conflict.contested,
        mine=conflict.mine,
        changes=conflict.changes,
        theirs=conflict.theirs,
        problem=conflict.problem,
        raised_by=conflict.raised_by,
        raised_at=conflict.raised_at,
        verdict=conflict.verdict,
        reason=conflict.reason,
        other=conflict.other,
        decided_by=conflict.decided_by,
        decided_at=conflict.decided_at,
    )
