"""What meetings decided: owed by a desk until a day, pressed by a ladder as other limits are, done with proof."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.meetings import (
    DecisionDone,
    DecisionEvent,
    DecisionReopened,
    DecisionState,
    DecisionTaken,
    DecisionView,
    ReopenDecision,
    ReportDecisionDone,
    TakeDecision,
)
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.clockwork import RunningClock, start_named
from services.reporting.domain.ladders import climbed, looked_at_next, stopped
from services.reporting.domain.orders import REFERENCE, last_instant
from services.reporting.policy import DECISION_CLOCK, Steps

CLAUSE = "L78.2"
NOUN = "meeting_decision"
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A decision of a meeting. `is_shared` says that all members were there: only then its words stand on agendas.

    Clause: L78.2.
    """

    id: str
    meeting_id: str
    item_id: str | None
    is_shared: bool
    what: str
    owner: str
    agency: str
    taken_at: datetime
    taken_by: str
    due_at: datetime
    state: DecisionState
    is_open: bool
    clock: RunningClock
    next_rung_at: datetime | None
    done_at: datetime | None = None
    done_by: str | None = None
    note: str | None = None
    proof: tuple[str, ...] = ()
    remark: str | None = None
    rounds: int = 1
    policy_version: int = 1


Decision = tuple[Owed, tuple[Event, ...]]


def taken(
    decision_id: str, asked: TakeDecision, steps: Steps, now: datetime, actor: str, *, is_shared: bool
) -> Decision:
    """Take a decision; its clock runs from now to the end of the named day.

    Clause: L78.2; criterion 21.
    Raises:
        RuleBroken: supervision_order.due_in_past.
    """
    due_at = last_instant(asked.due_on, now)
    clock = start_named(DECISION_CLOCK, asked.owner, now, due_at)
    owed = Owed(
        id=decision_id,
        meeting_id=asked.meeting_id,
        item_id=asked.item_id,
        is_shared=is_shared,
        what=asked.what,
        owner=asked.owner,
        agency=asked.owner.partition("/")[0],
        taken_at=now,
        taken_by=actor,
        due_at=due_at,
        state=DecisionState.OPEN,
        is_open=True,
        clock=clock,
        next_rung_at=looked_at_next(clock, steps),
        policy_version=steps.policy_version,
    )
    return owed, (_told(DecisionTaken, owed),)


def pressed(owed: Owed, steps: Steps, now: datetime) -> Decision:
    """Climb the ladder of a decision that is not done.

    Clause: L78.2, L81.2; criteria 3.3, 21.
    """
    clock, said = climbed(named(owed), owed.clock, steps, now)
    return replace(owed, clock=clock, next_rung_at=looked_at_next(clock, steps)), said


def done(owed: Owed, asked: ReportDecisionDone, steps: Steps, caller: Caller, now: datetime) -> Decision:
    """Take the owner's word and proof that a decision is done; after its day too, and then it says that it was late.

    Clause: L78.2; criterion 21.
    Raises:
        NotFound: meeting_decision.not_found.
        Forbidden: meeting_decision.not_yours.
        Conflict: meeting_decision.already_done.
        RuleBroken: meeting_decision.proof_needed, meeting_decision.proof_unreadable.
    """
    if not caller.holds(shown_to(owed, caller).owner):
        raise Forbidden("meeting_decision.not_yours", clause=CLAUSE)
    if not owed.is_open:
        raise Conflict("meeting_decision.already_done", clause=CLAUSE)
    _check_proof(asked.proof)
    clock, said = stopped(named(owed), owed.clock, steps, now)
    after = replace(
        owed,
        state=DecisionState.DONE,
        is_open=False,
        clock=clock,
        next_rung_at=None,
        done_at=now,
        done_by=caller.actor,
        note=asked.note,
        proof=asked.proof,
        remark=None,
    )
    told = DecisionDone(
        decision_id=owed.id,
        meeting_id=owed.meeting_id,
        owner=owed.owner,
        due_at=owed.due_at,
        is_late=now >= owed.due_at,
        done_at=now,
    )
    return after, (*said, told)


def reopened(owed: Owed, asked: ReopenDecision, steps: Steps, now: datetime) -> Decision:
    """Say that a decision is not done; it climbs its ladder anew until another day. What was reported stays readable.

    Clause: L78.2; criterion 21.
    Raises:
        Conflict: meeting_decision.not_done.
        RuleBroken: supervision_order.due_in_past.
    """
    if owed.is_open:
        raise Conflict("meeting_decision.not_done", clause=CLAUSE)
    due_at = last_instant(asked.due_on, now)
    clock = start_named(DECISION_CLOCK, owed.owner, now, due_at)
    after = replace(
        owed,
        state=DecisionState.OPEN,
        is_open=True,
        due_at=due_at,
        clock=clock,
        next_rung_at=looked_at_next(clock, steps),
        remark=asked.remark,
        rounds=owed.rounds + 1,
        policy_version=steps.policy_version,
    )
    return after, (_told(DecisionReopened, after),)


def shown_to(owed: Owed, caller: Caller) -> Owed:
    """Show a decision to its owner, and to whoever sees all.

    Clause: none (domain 5.4).
    Raises:
        NotFound: meeting_decision.not_found.
    """
    if not (caller.sees_all or caller.holds(owed.owner)):
        raise NotFound("meeting_decision.not_found")
    return owed


def named(owed: Owed) -> str:
    """Name a decision as an item.

    Clause: none.
    """
    return f"{NOUN}/{owed.id}"


def as_view(owed: Owed, version: int, now: datetime) -> DecisionView:
    """Write a decision as its owner and the meeting read it.

    Clause: none.
    """
    return DecisionView(
        decision_id=owed.id,
        version=version,
        meeting_id=owed.meeting_id,
        item_id=owed.item_id,
        what=owed.what,
        owner=owed.owner,
        taken_at=owed.taken_at,
        due_at=owed.due_at,
        state=owed.state,
        is_overdue=owed.is_open and now >= owed.due_at,
        done_at=owed.done_at,
        note=owed.note,
        proof=owed.proof,
        remark=owed.remark,
        rounds=owed.rounds,
        rungs=owed.clock.fired,
    )


def _check_proof(proof: tuple[str, ...]) -> None:
    if not proof:
        raise RuleBroken("meeting_decision.proof_needed", clause=CLAUSE)
    if not all(REFERENCE.fullmatch(each) or DIGEST.fullmatch(each) for each in proof):
        raise RuleBroken("meeting_decision.proof_unreadable", clause=CLAUSE)


def _told(kind: type[DecisionEvent], owed: Owed) -> DecisionEvent:
    return kind(decision_id=owed.id, meeting_id=owed.meeting_id, owner=owed.owner, due_at=owed.due_at)
