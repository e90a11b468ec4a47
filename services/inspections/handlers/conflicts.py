"""What the inspections desk does with corrections of visits, and with what a person has to decide about them.

A visit and its conflict are two aggregates. The visit is written first, because it holds what must not be lost; the
conflict follows under an id that derives from it, and the sweep makes it if a crash came between. A decision is written
first and carried out after; the sweep carries it out if a crash came between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from lianxi.contracts.codec import as_plain
from lianxi.contracts.conflicts import (
    AskAboutVisit,
    ConflictKind,
    ConflictView,
    DecideConflict,
    EditState,
    EditTaken,
    EditVisit,
    GetConflict,
    Verdict,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.inspections import RecordVisit
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from lianxi.store.unit import Aggregates
from services.inspections.domain import conflicts as rules
from services.inspections.domain import correcting
from services.inspections.domain.conflicts import VisitConflict
from services.inspections.domain.edits import Edit, edit_of, is_same, named
from services.inspections.domain.visits import Visit
from services.inspections.policy import bound_areas, may_keep, may_read, may_see

DIGEST_LETTERS = 16


class Sent(Protocol):
    """A visit as it was sent in, with what caused it."""

    @property
    def command(self) -> RecordVisit:
        """The visit."""
        ...

    @property
    def cause(self) -> Cause:
        """What caused it."""
        ...


class Docket(Protocol):
    """Who knows which conflicts and unsettled visits there are."""

    def of_visit(self, visit_id: str) -> Sequence[VisitConflict]:
        """List the conflicts of a visit."""
        ...

    def waiting(self) -> Sequence[VisitConflict]:
        """List corrections whose visit has not come, and decisions that have not been carried out."""
        ...

    def unsettled(self) -> Sequence[str]:
        """Name the visits of which a correction waits or is contested."""
        ...


class Recording(Protocol):
    """Who keeps visits and moves the plan of their dwellings."""

    def record_visits(self, sent: Sequence[Sent]) -> None:
        """Keep visits."""
        ...

    def count_anew(self, visit: Visit, cause: Cause) -> None:
        """Take into account what a correction made of a visit."""
        ...


@dataclass(frozen=True)
class SentVisit:
    """A visit that a decision lets in."""

    command: RecordVisit
    cause: Cause


@dataclass(frozen=True)
class ConflictDesk:
    """What is done with corrections and conflicts."""

    visits: Aggregates[Visit]
    conflicts: Aggregates[VisitConflict]
    docket: Docket
    recording: Recording
    clock: Clock
    waits: timedelta

    # --- corrections

    def edit_visit(self, request: EditVisit, caller: Caller) -> EditTaken:
        """Take in a correction; one whose visit or basis has not come waits.

        Emits: SuspicionRaised, ConflictRaised.
        Raises:
            NotFound: visit.not_found.
            RuleBroken: visit.identity_number, edit.empty.
            Conflict: edit.other_content.
        """
        if not may_read(caller.agency):
            raise NotFound("visit.not_found")
        if holds_identity_number(request.changes.note or ""):
            raise RuleBroken("visit.identity_number")
        if not named(request.changes):
            raise RuleBroken("edit.empty")
        known = self.visits.find(request.visit_id)
        if known is None:
            return self._wait_for_visit(request, caller)
        if known.state.keeping.is_purged or not may_see(caller, known.state.village):
            raise NotFound("visit.not_found")
        edit = edit_of(request, caller.actor, self.clock.now(), self.waits)
        before = correcting.found(known.state, edit.id)
        if before is not None and not is_same(before, edit):
            raise Conflict("edit.other_content", edit_id=edit.id)
        return _taken(self._corrected(request.visit_id, edit, caller.cause()), edit.id)

    def take_corrections_of(self, visits: Sequence[Sent]) -> None:
        """Let corrections in that were here before their visit, and show what came under an id for the second time."""
        for each in visits:
            known = self.visits.find(each.command.visit_id)
            if known is None:
                continue
            self._show_other(each.command, known.state, each.cause)
            self._let_in(known.state, each.cause)

    def look_after(self) -> None:
        """Go on with what waits: corrections whose time is over, conflicts and decisions that a crash cut off."""
        now = self.clock.now()
        cause = Cause(actor="desk:inspections", correlation_id="conflicts")
        for each in self.docket.waiting():
            if each.verdict is not None:
                self._carry_out(each, cause)
                continue
            known = self.visits.find(each.visit_id)
            if known is not None:
                self._let_in(known.state, cause)
            else:
                self.conflicts.change(each.id, lambda found: rules.shown_at_last(found, now), cause)
        for visit_id in self.docket.unsettled():
            visit = self.visits.change(visit_id, lambda found: (correcting.settled(found, now), ()), cause).state
            self._show_contested(visit, cause)

    # --- what a person decides

    def ask_about_visit(self, request: AskAboutVisit, caller: Caller) -> ConflictView:
        """Put before the supervisor what a device could not send; asked twice, it is one question.

        Emits: ConflictRaised.
        Raises:
            NotFound: visit.not_found.
            RuleBroken: visit.identity_number.
        """
        if not may_read(caller.agency):
            raise NotFound("visit.not_found")
        known = self.visits.find(request.visit_id)
        visit = None if known is None or not may_see(caller, known.state.village) else known.state
        conflict_id = _id_of(request.visit_id, request.side)
        asked = rules.conflict_asked(request, conflict_id, visit, caller.actor, bound_areas(caller), self.clock.now())
        self.conflicts.add(asked, (rules.raised(asked),), caller.cause())
        return self._shown(conflict_id)

    def get_conflict(self, request: GetConflict, caller: Caller) -> ConflictView:
        """Show one conflict to whoever may see its visit, and to whoever raised it.

        Raises:
            NotFound: conflict.not_found.
        """
        found = self.conflicts.get(request.conflict_id)
        is_own = found.state.raised_by == caller.actor
        if not may_read(caller.agency) or not (is_own or may_see(caller, found.state.village)):
            raise NotFound("conflict.not_found")
        return rules.as_view(found.state, found.version)

    def decide_conflict(self, request: DecideConflict, caller: Caller) -> ConflictView:
        """Decide which side stands, and let it stand.

        Emits: ConflictDecided, SuspicionRaised.
        Raises:
            NotFound: conflict.not_found.
            Forbidden: rental.not_your_register.
            Conflict: conflict.not_open.
            RuleBroken: conflict.reason_missing, conflict.nothing_named, visit.identity_number.
        """
        if not may_read(caller.agency):
            raise NotFound("conflict.not_found")
        if not may_keep(caller.agency):
            raise Forbidden("rental.not_your_register")
        now = self.clock.now()
        decided = self.conflicts.change(
            request.conflict_id,
            lambda found: rules.decide(found, request, caller.actor, now),
            caller.cause(),
            expected_version=request.expected_version,
        ).state
        self._carry_out(decided, _plain(caller.cause()))
        return self._shown(request.conflict_id)

    def forget_those_of(self, visit: Visit) -> None:
        """Forget both sides of a visit's conflicts, before the visit itself becomes a count."""
        cause = Cause(actor="desk:inspections", correlation_id=f"purge/{visit.id}")
        for each in self.docket.of_visit(visit.id):
            self.conflicts.change(each.id, lambda found: (rules.erased(found), ()), cause, noted="purged")

    # --- inside

    def _wait_for_visit(self, request: EditVisit, caller: Caller) -> EditTaken:
        now = self.clock.now()
        waits = rules.edit_without_visit(request, caller.actor, bound_areas(caller), now, now + self.waits)
        if not self.conflicts.add(waits, (), caller.cause()):
            kept = self.conflicts.get(waits.id).state.edit
            if kept is None or replace(kept, received_at=request.received_at) != request:
                raise Conflict("edit.other_content", edit_id=request.edit_id)
        return EditTaken(
            edit_id=request.edit_id,
            visit_id=request.visit_id,
            state=EditState.WAITING,
            revision=None,
            is_merged=False,
            was_early=True,
            conflict_id=None,
        )

    def _corrected(self, visit_id: str, edit: Edit, cause: Cause) -> Visit:
        now = self.clock.now()

        def decide(found: Visit) -> tuple[Visit, Sequence[object]]:
            after = correcting.corrected(found, edit, now)
            return after, correcting.suspected(found, after, now)

        visit = self.visits.change(visit_id, decide, cause).state  # type: ignore[arg-type]
        self.recording.count_anew(visit, _plain(cause))
        self._show_contested(visit, _plain(cause))
        return visit

    def _let_in(self, visit: Visit, cause: Cause) -> None:
        """Take in the corrections that were here before their visit."""
        for each in self.docket.of_visit(visit.id):
            if each.kind is not ConflictKind.VISIT_MISSING or each.edit is None or each.verdict is not None:
                continue
            edit = edit_of(each.edit, each.raised_by, self.clock.now(), self.waits)
            self._corrected(visit.id, replace(edit, was_early=True), _plain(cause))
            self.conflicts.change(
                each.id, lambda found: (rules.dissolved(found, visit.village), ()), _plain(cause), noted="dissolved"
            )

    def _show_contested(self, visit: Visit, cause: Cause) -> None:
        for each in visit.edits:
            if each.state is EditState.CONTESTED:
                conflict = rules.conflict_of_edit(visit, each, self.clock.now())
                self.conflicts.add(conflict, (rules.raised(conflict),), cause)

    def _show_other(self, command: RecordVisit, visit: Visit, cause: Cause) -> None:
        """Show a person what came under an id that means something else already; both are kept."""
        conflict_id = _id_of(visit.id, rules.side_sent(command))
        other = rules.conflict_of_other(command, visit, conflict_id, self.clock.now())
        if other is not None:
            self.conflicts.add(other, (rules.raised(other),), _plain(cause))

    def _carry_out(self, conflict: VisitConflict, cause: Cause) -> None:
        known = self.visits.find(conflict.visit_id)
        if known is None and conflict.mine is not None and conflict.verdict is Verdict.MINE:
            self._let_visit_in(conflict, conflict.visit_id, cause)
        elif known is not None and _is_another(conflict) and conflict.verdict is Verdict.MINE:
            # Two visits under one id: the second gets one of its own.
            self._let_visit_in(conflict, f"{conflict.visit_id[:40]}-{conflict.id[-DIGEST_LETTERS:]}", cause)
        elif known is not None:
            self._correct_as_decided(conflict, known.state, cause)
        self.conflicts.change(conflict.id, lambda found: (rules.carried(found), ()), _plain(cause), noted="carried_out")

    def _let_visit_in(self, conflict: VisitConflict, visit_id: str, cause: Cause) -> None:
        side = conflict.mine
        if side is None:
            return
        command = RecordVisit(
            visit_id=visit_id,
            rental_code=side.rental_code,
            assistant=side.assistant,
            outcome=side.outcome,
            entry_basis=side.entry_basis,
            findings=side.findings,
            visited_at=side.visited_at,
            submitted_by=conflict.raised_by,
            received_at=conflict.raised_at,
            note=side.note,
            areas=conflict.areas,
        )
        self.recording.record_visits([SentVisit(command, _plain(cause))])

    def _correct_as_decided(self, conflict: VisitConflict, visit: Visit, cause: Cause) -> None:
        now = self.clock.now()
        contested_id = conflict.id.removeprefix("conflict-")

        def decide(found: Visit) -> tuple[Visit, Sequence[object]]:
            edit = Edit(
                id=f"decided-{conflict.id}"[:80],
                base=found.revision,
                after=(),
                changes=rules.to_stand(conflict, found),
                by=conflict.decided_by or "",
                made_at=conflict.decided_at or now,
                received_at=now,
                wait_ends_at=now,
            )
            after = correcting.decided(found, edit, contested_id, now)
            return after, correcting.suspected(found, after, now)

        after = self.visits.change(visit.id, decide, _plain(cause)).state  # type: ignore[arg-type]
        self.recording.count_anew(after, _plain(cause))

    def _shown(self, conflict_id: str) -> ConflictView:
        found = self.conflicts.get(conflict_id)
        return rules.as_view(found.state, found.version)


def _taken(visit: Visit, edit_id: str) -> EditTaken:
    found = correcting.found(visit, edit_id)
    if found is None:
        raise NotFound("visit.not_found")
    is_open = found.state in (EditState.CONTESTED, EditState.SETTLED)
    return EditTaken(
        edit_id=edit_id,
        visit_id=visit.id,
        state=found.state,
        revision=found.revision,
        is_merged=found.is_merged,
        was_early=found.was_early,
        conflict_id=f"conflict-{edit_id}" if is_open else None,
    )


def _is_another(conflict: VisitConflict) -> bool:
    mine, theirs = conflict.mine, conflict.theirs
    return mine is not None and theirs is not None and mine.rental_code != theirs.rental_code


def _id_of(visit_id: str, side: object) -> str:
    """Name a second meaning of a visit's id by what it says, so that the same comes to the same."""
    said = json.dumps(as_plain(side), sort_keys=True)
    return f"conflict-{visit_id[:40]}-{hashlib.sha256(said.encode()).hexdigest()[:DIGEST_LETTERS]}"


def _plain(cause: Cause) -> Cause:
    """Say what caused a second write, which is none of its command's own."""
    return Cause(actor=cause.actor, correlation_id=cause.correlation_id, traceparent=cause.traceparent)
