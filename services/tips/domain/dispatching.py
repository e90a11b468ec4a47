"""Taking a tip in, giving it to a lead desk, giving it back, and the clock that runs from the notice's delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import (
    RescueRaised,
    ReturnReason,
    TipClockStarted,
    TipDispatched,
    TipReceived,
    TipReturned,
    TipState,
)
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.kernel.ids import derived_id
from services.tips.domain.tip import (
    Clock,
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
from services.tips.policy import CLOCK_OF, DISPATCH_CLAUSE, OFFICE_DESK, Destination


def receive(tip: Tip, to: Destination, now: datetime, clause: str) -> Decision:
    """Take a tip in and give it to its desk in the same breath.

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
    )
    tip = told(tip, Line(at=tip.received_at, what="tip.received", by=tip.channel.value, clause=clause))
    tip, dispatched = _dispatch(tip, to.lead, to.copies, to.reason, to.clause, "tips", now)
    if tip.lane != "rescue":
        return tip, (received, dispatched)
    raised = RescueRaised(
        tip_id=tip.id,
        number=tip.number,
        category=tip.category,
        lead=tip.lead,
        village=tip.village,
        raised_at=tip.shown(now),
    )
    return tip, (received, dispatched, raised)


def redispatch(tip: Tip, lead: str, copies: tuple[str, ...], reason: str, caller: Caller, now: datetime) -> Decision:
    """Give a tip to another lead desk: the office may, and the agency that leads.

    Clause: L35.1, L81.2.
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_verified, tip.already_closed.
        RuleBroken: dispatch.same_lead.
    """
    check_mine(tip, caller, tip.lead, OFFICE_DESK)
    check_undecided(tip)
    if lead == tip.lead:
        raise RuleBroken("dispatch.same_lead", clause=DISPATCH_CLAUSE)
    tip, event = _dispatch(tip, lead, copies, reason, DISPATCH_CLAUSE, caller.agency, now)
    return tip, (event,)


def give_back(tip: Tip, reason: ReturnReason, suggested_desk: str, caller: Caller, now: datetime) -> Decision:
    """Give a dispatched tip back: first to the desk that is suggested, from then on to the office with all reasons.

    Clause: L81.2 (domain K-09: returns are limited, so that no tip is played like a ball).
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_accepted, tip.already_verified, tip.already_closed.
        RuleBroken: return.office_decides when the office leads; return.same_desk.
    """
    check_mine(tip, caller, tip.lead)
    check_undecided(tip)
    if tip.state is TipState.ACCEPTED:
        raise Conflict("tip.already_accepted")
    if tip.lead == OFFICE_DESK:
        raise RuleBroken("return.office_decides", clause=DISPATCH_CLAUSE)
    if suggested_desk == tip.lead:
        raise RuleBroken("return.same_desk", clause=DISPATCH_CLAUSE)
    given = Returned(
        desk=tip.lead, reason=reason, suggested_desk=suggested_desk, round=tip.dispatch.round, returned_at=now
    )
    event = TipReturned(
        tip_id=tip.id,
        desk=given.desk,
        reason=reason,
        suggested_desk=suggested_desk,
        round=given.round,
        returned_at=tip.shown(now),
    )
    line = Line(at=now, what="tip.returned", by=tip.lead, clause=DISPATCH_CLAUSE, reference=reason.value)
    tip = told(replace(tip, returns=(*tip.returns, given)), line)
    lead = suggested_desk if len(tip.returns) == 1 else OFFICE_DESK
    why = "; ".join(f"{each.desk}: {each.reason.value}" for each in tip.returns)
    tip, dispatched = _dispatch(tip, lead, tip.dispatch.copies, why, DISPATCH_CLAUSE, given.desk, now)
    return tip, (event, dispatched)


def _dispatch(
    tip: Tip, lead: str, copies: tuple[str, ...], reason: str, clause: str, by: str, now: datetime
) -> tuple[Tip, TipDispatched]:
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
    tip = settled(tip, now)
    tip = replace(
        tip,
        state=TipState.DISPATCHED,
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


def start_clock(tip: Tip, dispatch_id: str, delivered_at: datetime, due_at: datetime) -> Decision:
    """Start the clock of a dispatch from the moment its notice lay in the lead's tray, opened or not.

    A notice that is heard of late, when its dispatch is settled, leaves its line and a clock that stands; one heard of
    again changes nothing.

    Clause: L32.1, L81.2 (criterion 3.2; domain T-01, T-03).
    """
    found = next((each for each in tip.dispatches if each.dispatch_id == dispatch_id), None)
    if found is None or found.delivered_at is not None:
        return tip, ()
    stopped_at = None if found.settled_at is None else max(found.settled_at, delivered_at)
    clock = Clock(
        clock=CLOCK_OF[tip.kind],
        desk=found.lead,
        dispatch_id=dispatch_id,
        started_at=delivered_at,
        due_at=due_at,
        stopped_at=stopped_at,
    )
    delivered = replace(found, delivered_at=delivered_at)
    order = {each.dispatch_id: each.round for each in tip.dispatches}
    tip = replace(
        tip,
        dispatches=tuple(delivered if each is found else each for each in tip.dispatches),
        clocks=tuple(sorted((*tip.clocks, clock), key=lambda each: order[each.dispatch_id])),
    )
    tip = told(tip, Line(at=delivered_at, what="clock.started", by=found.lead, reference=clock.clock))
    if stopped_at is not None:
        return tip, ()
    started = TipClockStarted(
        tip_id=tip.id, clock=clock.clock, desk=clock.desk, started_at=tip.shown(delivered_at), due_at=due_at
    )
    return tip, (started,)


def settled(tip: Tip, now: datetime) -> Tip:
    """Stop the clock of the dispatch that holds now, whether it runs already or its notice is still on its way.

    Clause: none (criterion 3.2).
    """
    if not tip.dispatches or tip.dispatch.settled_at is not None:
        return tip
    settled = replace(tip.dispatch, settled_at=now)
    clocks = tuple(
        replace(each, stopped_at=max(now, each.started_at))
        if each.dispatch_id == settled.dispatch_id and each.stopped_at is None
        else each
        for each in tip.clocks
    )
    return replace(tip, dispatches=(*tip.dispatches[:-1], settled), clocks=clocks)
