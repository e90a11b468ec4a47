"""Putting a tip on the fast lane that came in as something else: what a desk finds out later outranks everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lianxi.contracts.alarms import Mark
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.tips import RescueRaised, TipState
from lianxi.kernel.errors import Conflict
from lianxi.policy.policy import Policy
from services.tips.domain.clocks import alarm_raised, is_alarm_sounding
from services.tips.domain.dispatching import dispatch
from services.tips.domain.tip import Decision, Line, Tip, check_readable, check_undecided, told
from services.tips.policy import destination

ALARM_CLAUSE = "L7.1"


def raise_alarm(tip: Tip, mark: Mark, policy: Policy, caller: Caller, now: datetime) -> Decision:
    """Sound the alarm on a tip, by any agency that holds it; it goes to the desk that leads such items.

    The desk that had it keeps a copy. Where nobody new is told, the lead's other limit runs on, and it accepts anew:
    that is the human's word that the alarm waits for. No arbitration and no earlier acceptance stands against it.

    Clause: L7.1 (criteria 17.1, 17.3; domain K-07).
    Raises:
        NotFound: tip.not_found.
        Conflict: tip.already_verified, tip.already_closed, tip.alarm_sounding.
    """
    check_readable(tip, caller)
    check_undecided(tip)
    if is_alarm_sounding(tip):
        raise Conflict("tip.alarm_sounding")
    to = destination(policy, mark.value, tip.kind, "rescue")
    tip = replace(tip, category=to.category, lane="rescue")
    tip = told(tip, Line(at=now, what="alarm.raised", by=caller.agency, clause=ALARM_CLAUSE, reference=mark.value))
    before: tuple[Event, ...] = ()
    if tip.lead == to.lead and set(to.copies) <= set(tip.dispatch.copies):
        tip = replace(tip, state=TipState.DISPATCHED)
    else:
        copies = (*to.copies, tip.lead, *tip.dispatch.copies)
        tip, dispatched = dispatch(tip, to.lead, copies, to.reason, to.clause, caller.agency, now)
        before = (dispatched,)
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
    return tip, (*before, raised, *started)
