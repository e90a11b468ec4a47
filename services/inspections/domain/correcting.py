"""Corrections of a visit: what one had not seen of the others decides whether it stands or a person is asked.

A correction touches fields. What was corrected since its maker looked is compared field by field: other fields merge,
the same field with the same value agrees, the same field with another value contradicts. A contradiction changes
nothing: it lies beside what stands until somebody decides, and the decision is a correction itself. So the list of
corrections that stand, each with what it replaced, is the whole history of every value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from lianxi.contracts.conflicts import EditState, Fields, VisitSide
from lianxi.contracts.inspections import SUSPICIONS, Finding, SuspicionRaised
from services.inspections.domain.edits import Edit, named
from services.inspections.domain.visits import Visit


def found(visit: Visit, edit_id: str) -> Edit | None:
    """Find a correction of a visit.

    Clause: none.
    """
    return next((each for each in visit.edits if each.id == edit_id), None)


def corrected(visit: Visit, edit: Edit, now: datetime) -> Visit:
    """Take in a correction, and those that waited for it; one that is there already changes nothing.

    Clause: none (criteria 6.4, 6.5).
    """
    if found(visit, edit.id) is not None:
        return visit
    taken = _noted(replace(visit, edits=(*visit.edits, edit)))
    return settled(taken if _is_ready(taken, edit, now) else _put(taken, replace(edit, was_early=True)), now)


def settled(visit: Visit, now: datetime) -> Visit:
    """Work on every correction whose basis is known, or that has waited long enough.

    Clause: none (criterion 6.5).
    """
    while True:
        ready = next((each for each in visit.edits if _is_ready(visit, each, now)), None)
        if ready is None:
            return visit
        visit = _worked_on(visit, ready)


def decided(visit: Visit, edit: Edit, contested_id: str, now: datetime) -> Visit:
    """Let a decision stand over whatever there is, and close the correction that it was about.

    Clause: none (criterion 6.4).
    """
    closed = tuple(
        replace(each, state=EditState.SETTLED)
        if each.id == contested_id and each.state is EditState.CONTESTED
        else each
        for each in visit.edits
    )
    visit = _noted(replace(visit, edits=closed))
    if found(visit, edit.id) is not None or not named(edit.changes):
        return visit
    return settled(_standing(replace(visit, edits=(*closed, edit)), edit, is_merged=False), now)


def suspected(before: Visit, after: Visit, now: datetime) -> tuple[SuspicionRaised, ...]:
    """Announce what a correction has observed that the police must know and did not: at once, as a visit does.

    Clause: L45.1.
    """
    new = (SUSPICIONS & set(after.findings)) - set(before.findings)
    if not new:
        return ()
    findings = tuple(each for each in Finding if each in new)
    return (
        SuspicionRaised(
            visit_id=after.id, rental_code=after.rental_code, village=after.village, findings=findings, raised_at=now
        ),
    )


def side_of(visit: Visit) -> VisitSide:
    """Show a visit as the side that the system has.

    Clause: none.
    """
    return VisitSide(
        rental_code=visit.rental_code,
        assistant=visit.assistant,
        outcome=visit.outcome,
        entry_basis=visit.entry_basis,
        findings=visit.findings,
        visited_at=visit.visited_at,
        note=visit.note,
    )


def differences(mine: VisitSide, theirs: VisitSide) -> Fields:
    """Say what of one side would have to be corrected to make it the other.

    Clause: none (criterion 6.2).
    """
    names = ("outcome", "entry_basis", "findings", "note")
    told: dict[str, Any] = {each: getattr(mine, each) for each in names if getattr(mine, each) != getattr(theirs, each)}
    return Fields(**told)


def _is_ready(visit: Visit, edit: Edit, now: datetime) -> bool:
    if edit.state is not EditState.WAITING:
        return False
    known = {each.id for each in visit.edits if each.state is not EditState.WAITING}
    return edit.wait_ends_at <= now or (edit.base <= visit.revision and known.issuperset(edit.after))


def _worked_on(visit: Visit, edit: Edit) -> Visit:
    unseen = {name for each in _unseen(visit, edit) for name in named(each.changes)}
    touched = [name for name in named(edit.changes) if name in unseen]
    contested = tuple(name for name in touched if getattr(edit.changes, name) != getattr(visit, name))
    if contested:
        return _put(visit, replace(edit, state=EditState.CONTESTED, contested=contested))
    return _standing(visit, edit, is_merged=bool(unseen))


def _unseen(visit: Visit, edit: Edit) -> Iterator[Edit]:
    """List what stands and was not known to a correction; whoever claims to know what is not yet knows nothing."""
    base = edit.base if edit.base <= visit.revision else 0
    standing = (each for each in visit.edits if each.state is EditState.APPLIED)
    return (each for each in standing if (each.revision or 0) > base and each.id not in edit.after)


def _standing(visit: Visit, edit: Edit, *, is_merged: bool) -> Visit:
    names = named(edit.changes)
    before: dict[str, Any] = {name: getattr(visit, name) for name in names}
    changed: dict[str, Any] = {name: getattr(edit.changes, name) for name in names}
    revision = visit.revision + 1
    stands = replace(
        edit, state=EditState.APPLIED, revision=revision, before=Fields(**before), is_merged=is_merged, contested=()
    )
    return _put(replace(visit, revision=revision, **changed), stands)


def _put(visit: Visit, edit: Edit) -> Visit:
    return _noted(replace(visit, edits=tuple(edit if each.id == edit.id else each for each in visit.edits)))


def _noted(visit: Visit) -> Visit:
    """Note since when a correction waits or is contested: the sweep looks there."""
    open_ones = [each.received_at for each in visit.edits if each.state in (EditState.WAITING, EditState.CONTESTED)]
    return replace(visit, unsettled_at=min(open_ones, default=None))
