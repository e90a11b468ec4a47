"""The clocks of a tip: started by delivery, climbed rung by rung, stopped by the act that they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lianxi.contracts.clocks import ChangeState
from lianxi.contracts.tips import TipClockStarted, TipKind, TipRungReached
from lianxi.policy import clockwork
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import Rung
from services.tips.domain.tip import AskedChange, Clock, Decision, Line, Tip, told
from services.tips.policy import (
    ALARM_CLOCK,
    TELLING_CLOCK,
    alarm_started,
    clock_started,
    ladder_of,
    receivers,
    telling_started,
)

NOBODY = "tips"
"""Who decides what nobody decided: the desk itself, when a request falls away with its clock."""

ON_THEIR_OWN = frozenset({ALARM_CLOCK, TELLING_CLOCK})
"""Clocks that outlast the dispatch under which they run: each ends by an act of its own."""


def start_clock(tip: Tip, policy: Policy, dispatch_id: str, delivered_at: datetime) -> Decision:
    """Start the clock of a dispatch from the moment its notice lay in the lead's tray, opened or not.

    A notice that is heard of late, when its dispatch is settled, leaves its line and a clock that stands; one heard of
    again changes nothing.

    Clause: L32.1, L81.2 (criteria 2.9, 3.2; domain T-01, T-03).
    Raises:
        PolicyBroken: policy.clock_missing.
    """
    found = next((each for each in tip.dispatches if each.dispatch_id == dispatch_id), None)
    if found is None or found.delivered_at is not None:
        return tip, ()
    running = clock_started(policy, tip.kind, found.lead, delivered_at, tip.received_at)
    if found.settled_at is not None:
        running = clockwork.stop(running, found.settled_at)
    delivered = replace(found, delivered_at=delivered_at)
    tip = replace(tip, dispatches=tuple(delivered if each is found else each for each in tip.dispatches))
    tip = _with(tip, Clock(dispatch_id=dispatch_id, running=running))
    return tip, () if running.stopped_at is not None else (_started(tip, running),)


def alarm_raised(tip: Tip, policy: Policy, now: datetime) -> Decision:
    """Start the clock of an alarm in the write that raises it: a rescue waits for no notice.

    Clause: L7.1 (criterion 17.1; domain K-07).
    """
    running = alarm_started(policy, tip.lead, now)
    if running is None:
        return tip, ()
    tip = _with(tip, Clock(dispatch_id=tip.dispatch.dispatch_id, running=running))
    return tip, (_started(tip, running),)


def _with(tip: Tip, clock: Clock) -> Tip:
    order = {each.dispatch_id: each.round for each in tip.dispatches}
    tip = replace(tip, clocks=tuple(sorted((*tip.clocks, clock), key=lambda each: order[each.dispatch_id])))
    return told(tip, Line(at=clock.started_at, what="clock.started", by=clock.desk, reference=clock.clock))


def _started(tip: Tip, clock: RunningClock) -> TipClockStarted:
    return TipClockStarted(
        tip_id=tip.id,
        clock=clock.clock,
        desk=clock.owner,
        started_at=tip.shown(clock.started_at),
        due_at=tip.shown_end(clock),
    )


def settled(tip: Tip, now: datetime) -> Tip:
    """Stop the clock of the dispatch that holds now, whether it runs already or its notice is still on its way.

    A request to change it that nobody has decided falls away with it.

    Clause: none (criterion 3.2).
    """
    if not tip.dispatches or tip.dispatch.settled_at is not None:
        return tip
    settled = replace(tip.dispatch, settled_at=now)
    clocks = tuple(
        replace(each, running=clockwork.stop(each.running, now))
        if each.dispatch_id == settled.dispatch_id and each.clock not in ON_THEIR_OWN
        else each
        for each in tip.clocks
    )
    changes = tuple(
        _fallen(each, now) if each.dispatch_id == settled.dispatch_id else each for each in tip.clock_changes
    )
    return replace(tip, dispatches=(*tip.dispatches[:-1], settled), clocks=clocks, clock_changes=changes)


def _fallen(asked: AskedChange, now: datetime) -> AskedChange:
    if asked.state is not ChangeState.ASKED:
        return asked
    return replace(asked, state=ChangeState.REFUSED, decided_by=NOBODY, decided_at=now)


def is_alarm_sounding(tip: Tip) -> bool:
    """Say whether a person is said to be held and no human has taken the rescue on.

    Clause: L7.1 (domain K-07).
    """
    return any(each.clock == ALARM_CLOCK and each.stopped_at is None for each in tip.clocks)


def alarm_answered(tip: Tip, now: datetime) -> Tip:
    """Stop the clock of an alarm: a human has taken the rescue on.

    Clause: L7.1 (domain K-07).
    """
    return _stopped(tip, ALARM_CLOCK, now)


def is_to_be_told(tip: Tip) -> bool:
    """Say whether an informant who gave a name waits to be told what was decided.

    Clause: L32.1 (domain T-02).
    """
    return any(each.clock == TELLING_CLOCK and each.stopped_at is None for each in tip.clocks)


def decided(tip: Tip, policy: Policy, now: datetime) -> Decision:
    """Start the clock for telling the informant what was decided on a report, if there is anybody to tell by name.

    Clause: L32.1 (domain T-02).
    """
    if tip.is_anonymous or tip.identity is None or tip.kind is not TipKind.TIP:
        return tip, ()
    running = telling_started(policy, tip.lead, now, tip.received_at)
    if running is None:
        return tip, ()
    tip = _with(tip, Clock(dispatch_id=tip.dispatch.dispatch_id, running=running))
    return tip, (_started(tip, running),)


def informant_told(tip: Tip, now: datetime) -> Tip:
    """Stop the clock for telling the informant.

    Clause: L32.1 (domain T-02).
    """
    return _stopped(tip, TELLING_CLOCK, now)


def _stopped(tip: Tip, clock: str, now: datetime) -> Tip:
    return replace(
        tip,
        clocks=tuple(
            replace(each, running=clockwork.stop(each.running, now)) if each.clock == clock else each
            for each in tip.clocks
        ),
    )


def alarm_given_to(tip: Tip, lead: str) -> Tip:
    """Let an alarm that nobody has answered run on when its tip goes to another desk: now it is that desk's.

    Clause: L7.1 (domain K-07).
    """
    return replace(
        tip,
        clocks=tuple(
            replace(each, running=replace(each.running, owner=lead))
            if each.clock == ALARM_CLOCK and each.stopped_at is None
            else each
            for each in tip.clocks
        ),
    )


def climb(tip: Tip, policy: Policy, now: datetime) -> Decision:
    """Fire every rung that the tip's clocks have reached, in the order of their moments, each once and for good.

    Clause: L81.2 (criterion 3.3).
    """
    reached: list[tuple[datetime, RunningClock, Rung]] = []
    clocks: list[Clock] = []
    for each in tip.clocks:
        rungs = clockwork.rungs_due(each.running, ladder_of(policy, each.running), now)
        reached += [(clockwork.rung_at(each.running, rung), each.running, rung) for rung in rungs]
        clocks.append(replace(each, running=clockwork.fire(each.running, rungs)) if rungs else each)
    reached.sort(key=lambda found: found[0])
    events = tuple(_rung_reached(tip, policy, *found) for found in reached)
    tip = replace(tip, clocks=tuple(clocks))
    for moment, clock, rung in reached:
        line = Line(at=moment, what="clock.rung_reached", by=clock.owner, reference=f"{clock.clock}/{rung.code}")
        tip = told(tip, line)
    return tip, events


def _rung_reached(tip: Tip, policy: Policy, moment: datetime, clock: RunningClock, rung: Rung) -> TipRungReached:
    return TipRungReached(
        item=tip.id,
        clock=clock.clock,
        ladder=ladder_of(policy, clock).code,
        rung=rung.code,
        mark=rung.mark,
        owner=clock.owner,
        receivers=receivers(policy, clock.owner, rung),
        acknowledge=rung.acknowledge,
        due_at=tip.shown_end(clock),
        reached_at=tip.shown(moment),
    )


def watched(tip: Tip, policy: Policy) -> Tip:
    """Note when a sweep has to look at a tip next: at the earliest rung that any of its clocks has before it.

    Clause: L81.2 (criterion 3.3).
    """
    moments = [clockwork.next_rung_at(each.running, ladder_of(policy, each.running)) for each in tip.clocks]
    return replace(tip, next_rung_at=min((moment for moment in moments if moment is not None), default=None))


def on_time(tip: Tip, policy: Policy, now: datetime, decide: Callable[[Tip], Decision]) -> Decision:
    """Decide on a tip after its clocks have fired what is due, and note when a sweep has to look at it next.

    So no decision takes a rung back or moves it to another desk, and it does not matter when sweepers come.

    Clause: L81.2 (criterion 3.3).
    """
    tip, reached = climb(tip, policy, now)
    tip, events = decide(tip)
    return watched(tip, policy), (*reached, *events)
