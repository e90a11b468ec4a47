"""Deductions: proposed by what data shows, answered by the unit, decided by another person, withdrawn with a reason.

Nothing is applied by itself. A proposal whose grounds go away, or whose late truth costs nothing, is withdrawn and
kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lianxi.contracts.assessment import (
    DeductionDecided,
    DeductionEvent,
    DeductionProposed,
    DeductionState,
    DeductionStated,
    DeductionView,
    DeductionWithdrawn,
    Withdrawal,
)
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from services.reporting.domain.situations import Situation
from services.reporting.policy.assessment import AssessmentRules

CLAUSE = "L88.2"
DESK = "desk/reporting"
"""Who proposes what a search has found: nobody but the desk itself."""
GROUNDS_GONE = "grounds_gone"
CAME_LATE = "came_late"
OPEN = frozenset({DeductionState.PROPOSED, DeductionState.STATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """One deduction from one unit, for one situation about one item.

    Clause: L88.2.
    """

    id: str
    unit: str
    trigger: str
    about: str
    facts: tuple[str, ...]
    proof: tuple[str, ...]
    came_late: bool
    tenths: int
    state: DeductionState
    proposed_by: str
    proposed_at: datetime
    statement_due_at: datetime
    found_by: tuple[str, ...] = ()
    statement: str | None = None
    stated_at: datetime | None = None
    stated_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    grounds: str | None = None
    withdrawals: tuple[Withdrawal, ...] = ()
    policy_version: int = 1


Decision = tuple[Deduction, Sequence[DeductionEvent]]


def proposed(
    deduction_id: str, found: Situation, rules: AssessmentRules, now: datetime, withdrawals: tuple[Withdrawal, ...] = ()
) -> Decision:
    """Propose what a search has found; the unit has the policy's days to state its case.

    Clause: L88.2; criterion 19.3.
    """
    deduction = Deduction(
        id=deduction_id,
        unit=found.unit,
        trigger=found.trigger,
        about=found.about,
        facts=found.facts,
        proof=found.proof,
        came_late=found.came_late,
        tenths=cost_of(found, rules),
        state=DeductionState.PROPOSED,
        proposed_by=DESK,
        proposed_at=now,
        statement_due_at=local_midnight(
            local_date(now) + timedelta(days=rules.triggers[found.trigger].statement_days + 1)
        ),
        found_by=found.found_by,
        withdrawals=withdrawals,
        policy_version=rules.policy_version,
    )
    said = DeductionProposed(
        deduction_id=deduction_id,
        target=found.unit,
        trigger=found.trigger,
        at=now,
        statement_due_at=deduction.statement_due_at,
    )
    return deduction, (said,)


def cost_of(found: Situation, rules: AssessmentRules) -> int:
    """Say what a situation costs at most.

    Clause: L88.2 (domain 3.4).
    Units: tenths of a point.
    """
    return rules.triggers[found.trigger].cost(came_late=found.came_late)


def searched_again(deduction: Deduction, found: Situation | None, rules: AssessmentRules, now: datetime) -> Decision:
    """Hold a deduction against what a later search shows. What a person has decided, a search never touches.

    An open one whose grounds are gone, or whose late truth costs nothing, is withdrawn; one that the desk itself has
    withdrawn is proposed anew, with a new time for the unit's statement, when its grounds are there again. One that is
    open only ever costs less: what came late is never held harder against a unit than its silence was.

    Clause: L88.2; criterion 19.3 (domain 3.4).
    """
    cost = 0 if found is None else cost_of(found, rules)
    if deduction.state in OPEN:
        if found is None or cost == 0:
            return _withdrawn(deduction, GROUNDS_GONE if found is None else CAME_LATE, now, DESK)
        lighter = min(cost, deduction.tenths)
        after = replace(deduction, tenths=lighter, came_late=found.came_late, found_by=found.found_by)
        if deduction.state is DeductionState.PROPOSED:
            after = replace(after, facts=found.facts, proof=found.proof)
        return after, ()
    if found is not None and cost and _is_the_desks(deduction):
        return proposed(deduction.id, found, rules, now, deduction.withdrawals)
    return deduction, ()


def stated(deduction: Deduction, statement: str, now: datetime, actor: str) -> Decision:
    """Take the unit's statement, once; after its day it is taken too, as long as nobody has decided.

    Clause: L88.2; criterion 19.3.
    Raises:
        Conflict: deduction.already_stated, deduction.already_decided.
    """
    _open(deduction)
    if deduction.state is DeductionState.STATED:
        raise Conflict("deduction.already_stated", clause=CLAUSE)
    after = replace(deduction, state=DeductionState.STATED, statement=statement, stated_at=now, stated_by=actor)
    return after, (DeductionStated(**_told(deduction, now)),)


def decided(deduction: Deduction, apply: bool, grounds: str, now: datetime, actor: str) -> Decision:
    """Apply a deduction, or drop it: never before the unit was heard or let its time pass, never by who found it.

    Clause: L88.2; criterion 19.3.
    Raises:
        Conflict: deduction.already_decided.
        Forbidden: deduction.own_finding.
        RuleBroken: deduction.statement_pending.
    """
    _open(deduction)
    if actor in {deduction.proposed_by, *deduction.found_by}:
        raise Forbidden("deduction.own_finding", clause=CLAUSE)
    if deduction.state is DeductionState.PROPOSED and now < deduction.statement_due_at:
        raise RuleBroken("deduction.statement_pending", clause=CLAUSE, until=deduction.statement_due_at.isoformat())
    state = DeductionState.APPLIED if apply else DeductionState.DROPPED
    after = replace(deduction, state=state, decided_by=actor, decided_at=now, grounds=grounds)
    return after, (DeductionDecided(**_told(deduction, now), applied=apply),)


def withdrawn(deduction: Deduction, reason: str, now: datetime, actor: str) -> Decision:
    """Take a proposal back, or a deduction that was applied; it is kept with the reason, and costs nothing.

    Clause: L88.2; criterion 19.3.
    Raises:
        Conflict: deduction.nothing_to_withdraw.
    """
    if deduction.state not in {*OPEN, DeductionState.APPLIED}:
        raise Conflict("deduction.nothing_to_withdraw", clause=CLAUSE)
    return _withdrawn(deduction, reason, now, actor)


def shown_to(deduction: Deduction, caller: Caller) -> Deduction:
    """Show a deduction to its unit, and to whoever sees all.

    Clause: L88.2 (domain 5.4).
    Raises:
        NotFound: deduction.not_found.
    """
    if not caller.sees_all and caller.agency != deduction.unit:
        raise NotFound("deduction.not_found")
    return deduction


def for_the_unit(deduction: Deduction, caller: Caller) -> None:
    """Let only the unit itself state its case.

    Clause: L88.2.
    Raises:
        NotFound: deduction.not_found.
        Forbidden: deduction.not_yours.
    """
    if shown_to(deduction, caller).unit != caller.agency:
        raise Forbidden("deduction.not_yours", clause=CLAUSE)


def for_a_decider(caller: Caller, unit: str) -> None:
    """Let only the office and the governance office find, decide and withdraw, and never about themselves.

    Clause: L41.1, L88.2.
    Raises:
        Forbidden: deduction.office_or_governance, deduction.own_unit.
    """
    if not caller.sees_all:
        raise Forbidden("deduction.office_or_governance", clause=CLAUSE)
    if caller.agency == unit:
        raise Forbidden("deduction.own_unit", clause=CLAUSE)


def as_view(deduction: Deduction, version: int) -> DeductionView:
    """Write a deduction as it is read.

    Clause: none.
    """
    return DeductionView(
        deduction_id=deduction.id,
        version=version,
        unit=deduction.unit,
        trigger=deduction.trigger,
        about=deduction.about,
        facts=deduction.facts,
        proof=deduction.proof,
        came_late=deduction.came_late,
        tenths=deduction.tenths,
        state=deduction.state,
        proposed_by=deduction.proposed_by,
        proposed_at=deduction.proposed_at,
        statement_due_at=deduction.statement_due_at,
        statement=deduction.statement,
        stated_at=deduction.stated_at,
        decided_by=deduction.decided_by,
        decided_at=deduction.decided_at,
        grounds=deduction.grounds,
        withdrawals=deduction.withdrawals,
    )


def _is_the_desks(deduction: Deduction) -> bool:
    """Say whether it was the desk itself that withdrew it; what a person took back is not proposed again."""
    return deduction.state is DeductionState.WITHDRAWN and deduction.withdrawals[-1].by == DESK


def _withdrawn(deduction: Deduction, reason: str, now: datetime, actor: str) -> Decision:
    kept = (*deduction.withdrawals, Withdrawal(by=actor, at=now, reason=reason))
    after = replace(deduction, state=DeductionState.WITHDRAWN, withdrawals=kept)
    return after, (DeductionWithdrawn(**_told(deduction, now)),)


def _told(deduction: Deduction, now: datetime) -> dict[str, Any]:
    return {"deduction_id": deduction.id, "target": deduction.unit, "trigger": deduction.trigger, "at": now}


def _open(deduction: Deduction) -> None:
    if deduction.state not in OPEN:
        raise Conflict("deduction.already_decided", clause=CLAUSE)
