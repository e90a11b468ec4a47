"""Taking a tip in, giving it to a lead desk, and giving it back: twice at most, then the office decides for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import (
    RescueRaised,
    ReturnReason,
    TipDispatched,
    TipReceived,
    TipReturned,
    TipState,
)
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.kernel.ids import derived_id
from lianxi.policy.policy import Policy
from services.tips.domain.clocks import alarm_given_to, alarm_raised, settled
from services.tips.domain.tip import (
    Decision,
    Dispatch,
    Line,
    Returned,
    Tip,
    check_mine,
    check_undecided,
    readers,
    told,
)
from services.tips.policy import DISPATCH_CLAUSE, OFFICE_DESK, Destination


def receive(tip: Tip, to: Destination, now: datetime, clause: str, policy: Policy) -> Decision:
    """Take a tip in and give it to its desk in the same breath; a rescue's clock runs from here.

    Clause: L32.1, L34.1, L35.1, L81.2; L45.1 for what a patrol saw.
    """
    received = TipReceived(
        tip_id=tip.id,
        number=tip.number,
        kind=tip.kind,
        channel=tip.channel,
        category=tip.category,
        lane=tip.lane,
        village=tip.village,
        rental_code=tip.rental_code,
        is_anonymous=tip.is_anonymous,
        received_at=tip.listed_at,
        visit_id=tip.visit_id,
    )
    tip = told(tip, Line(at=tip.received_at, what="tip.received", by=tip.channel.value, clause=clause))
    tip, dispatched = dispatch(tip, to.lead, to.copies, to.reason, to.clause, "tips", now)
    if tip.lane != "rescue":
        return tip, (received, dispatched)
    raised = RescueRaised(
        tip_id=tip.id,
        number=tip.number,
        category=tip.category,
        lead=tip.lead,
        village=tip.village,
        raised_at=tip.shown(now),
        is_levelled=tip.is_anonymous,
    )
    tip, started = alarm_raised(tip, policy, now)
    return tip, (received, dispatched, raised, *started)


def redispatch(tip: Tip, lead: str, copies: tuple[str, ...], reason: str, caller: Caller, now: datetime) -> Decision:
    """Give a tip to another lead desk: the office may, and the agency that leads.

    After an arbitration an agency may still choose among its own desks; to another agency only the office gives it.

    Clause: L35.1, L81.2 (criterion 1.5).
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_verified, tip.already_closed.
        RuleBroken: dispatch.same_lead, dispatch.arbitrated.
    """
    check_mine(tip, caller, tip.lead, OFFICE_DESK)
    check_undecided(tip)
    if lead == tip.lead:
        raise RuleBroken("dispatch.same_lead", clause=DISPATCH_CLAUSE)
    if tip.is_arbitrated and not (caller.is_office or caller.holds(lead)):
        raise RuleBroken("dispatch.arbitrated", clause=DISPATCH_CLAUSE)
    if tip.is_arbitrated and tip.lead == OFFICE_DESK:
        tip = told(
            tip, Line(at=now, what="arbitration.decided", by=OFFICE_DESK, clause=DISPATCH_CLAUSE, reference=lead)
        )
    tip, event = dispatch(tip, lead, copies, reason, DISPATCH_CLAUSE, caller.agency, now)
    return tip, (event,)


def give_back(
    tip: Tip, reason: ReturnReason, suggested_desk: str, explanation: str, caller: Caller, now: datetime
) -> Decision:
    """Give a dispatched tip back: first to the desk that is suggested, then to the office with both reasons.

    That second time is an arbitration: whom the office names then keeps the tip.

    Clause: L81.2 (criterion 1.5; domain K-09: returns are limited, so that no tip is played like a ball).
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_accepted, tip.already_verified, tip.already_closed.
        RuleBroken: return.office_decides when the office leads; return.arbitrated when it has decided;
            return.same_desk; return.explanation_missing.
    """
    check_mine(tip, caller, tip.lead)
    check_undecided(tip)
    if tip.state is TipState.ACCEPTED:
        raise Conflict("tip.already_accepted")
    if tip.lead == OFFICE_DESK:
        raise RuleBroken("return.office_decides", clause=DISPATCH_CLAUSE)
    if tip.is_arbitrated:
        raise RuleBroken("return.arbitrated", clause=DISPATCH_CLAUSE)
    if suggested_desk == tip.lead:
        raise RuleBroken("return.same_desk", clause=DISPATCH_CLAUSE)
    if not explanation.strip():
        raise RuleBroken("return.explanation_missing", clause=DISPATCH_CLAUSE)
    given = Returned(
        desk=tip.lead,
        reason=reason,
        suggested_desk=suggested_desk,
        round=tip.dispatch.round,
        returned_at=now,
        explanation=explanation.strip(),
    )
    tip = told(
        replace(tip, returns=(*tip.returns, given)),
        Line(at=now, what="tip.returned", by=given.desk, clause=DISPATCH_CLAUSE, reference=reason.value),
    )
    why = "; ".join(f"{each.desk}: {each.reason.value}: {each.explanation}" for each in tip.returns)
    if tip.is_arbitrated:
        tip = told(tip, Line(at=now, what="arbitration.opened", by=given.desk, clause=DISPATCH_CLAUSE, reference=why))
    lead = OFFICE_DESK if tip.is_arbitrated else suggested_desk
    tip, dispatched = dispatch(tip, lead, tip.dispatch.copies, why, DISPATCH_CLAUSE, given.desk, now)
    return tip, (_returned(tip, given), dispatched)


def _returned(tip: Tip, given: Returned) -> TipReturned:
    return TipReturned(
        tip_id=tip.id,
        desk=given.desk,
        reason=given.reason,
        suggested_desk=given.suggested_desk,
        round=given.round,
        returned_at=tip.shown(given.returned_at),
    )


def dispatch(
    tip: Tip, lead: str, copies: tuple[str, ...], reason: str, clause: str, by: str, now: datetime
) -> tuple[Tip, TipDispatched]:
    """Give a tip to a lead desk in a new round; the one before is settled, an alarm goes with it.

    Clause: L81.2.
    """
    number = len(tip.dispatches) + 1
    given = Dispatch(
        dispatch_id=derived_id("dispatch", tip.id, number),
        round=number,
        lead=lead,
        copies=tuple(desk for desk in dict.fromkeys(copies) if desk != lead),
        clause=clause,
        reason=reason,
        dispatched_at=now,
    )
    tip = alarm_given_to(settled(tip, now), lead)
    tip = replace(
        tip,
        state=TipState.DISPATCHED,
        officer=None,
        dispatches=(*tip.dispatches, given),
        agencies=readers(tip.submitter, lead, *given.copies),
    )
    event = TipDispatched(
        tip_id=tip.id,
        number=tip.number,
        category=tip.category,
        lane=tip.lane,
        dispatch_id=given.dispatch_id,
        round=number,
        lead=lead,
        copies=given.copies,
        clause=clause,
        dispatched_at=tip.shown(now),
        is_anonymous=tip.is_anonymous,
    )
    return told(tip, Line(at=now, what="tip.dispatched", by=by, clause=clause, reference=given.dispatch_id)), event
