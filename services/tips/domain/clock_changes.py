"""Letting a clock stand still, run on, or have more time: one asks, for a listed reason, and another person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from lianxi.contracts.clocks import ChangeState, ClockChange, ClockChanged
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import TipClockExtended, TipClockPaused, TipClockResumed
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.kernel.ids import derived_id
from lianxi.policy import clockwork
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.policy import Policy
from services.tips.domain.tip import AskedChange, Clock, Decision, Line, Tip, check_mine, check_readable, told
from services.tips.policy import DISPATCH_CLAUSE, approver_of, may_approve

SOMEBODY = "somebody else"
"""Stands for the approver while it is only asked whether a change could be granted at all."""

DONE: Mapping[ClockChange, tuple[type[ClockChanged], str]] = {
    ClockChange.PAUSE: (TipClockPaused, "clock.paused"),
    ClockChange.RESUME: (TipClockResumed, "clock.resumed"),
    ClockChange.EXTEND: (TipClockExtended, "clock.extended"),
}


def ask(
    tip: Tip, policy: Policy, clock: str, change: ClockChange, reason: str, caller: Caller, now: datetime
) -> Decision:
    """Ask to pause, resume or extend a running clock, by the agency whose time it is; nothing changes by asking.

    What could not be granted now is refused at once, so that nobody waits for a yes that cannot come.

    Clause: L32.1, L81.2 (criterion 3.2; domain K-09).
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: clock.not_running, clock.change_waiting, and what the clock itself refuses.
        RuleBroken: clock.reason_unlisted, clock.pause_share_used, clock.extended_before.
    """
    check_readable(tip, caller)
    found = next((each for each in reversed(tip.clocks) if each.clock == clock and each.stopped_at is None), None)
    if found is None:
        raise Conflict("clock.not_running", clock=clock)
    check_mine(tip, caller, found.desk)
    if any(each.state is ChangeState.ASKED and _is_of(each, found) for each in tip.clock_changes):
        raise Conflict("clock.change_waiting", clock=clock)
    asked = AskedChange(
        change_id=derived_id("change", tip.id, len(tip.clock_changes) + 1),
        dispatch_id=found.dispatch_id,
        clock=clock,
        change=change,
        reason=reason,
        asked_by=caller.actor,
        asked_at=now,
    )
    _granted(policy, found.running, asked, SOMEBODY, now)
    tip = replace(tip, clock_changes=(*tip.clock_changes, asked))
    return _told(tip, "clock.change_asked", found.desk, asked, now), ()


def decide(tip: Tip, policy: Policy, change_id: str, approve: bool, caller: Caller, now: datetime) -> Decision:
    """Say yes or no to a change of a clock: another person than the one who asked, of those whom the policy names.

    Rungs that the clock has reached by now have been fired before (`clocks.on_time`): no pause takes them back.

    Clause: L32.1, L81.2 (criterion 3.2; A-06).
    Raises:
        NotFound: tip.not_found, clock_change.not_found.
        Forbidden: clock.own_approval, clock.not_your_approval.
        Conflict: clock.change_decided, and what the clock itself refuses.
        RuleBroken: clock.reason_unlisted, clock.pause_share_used, clock.extended_before.
    """
    check_readable(tip, caller)
    asked = next((each for each in tip.clock_changes if each.change_id == change_id), None)
    if asked is None:
        raise NotFound("clock_change.not_found")
    if asked.state is not ChangeState.ASKED:
        raise Conflict("clock.change_decided", state=asked.state.value)
    _check_approver(policy, _clock_of(tip, asked).running, asked, caller)
    if not approve:
        tip = _decided(tip, asked, ChangeState.REFUSED, caller, now)
        return _told(tip, "clock.change_refused", caller.agency, asked, now), ()
    before = _clock_of(tip, asked)
    after = replace(before, running=_granted(policy, before.running, asked, caller.actor, now))
    tip = replace(tip, clocks=tuple(after if each is before else each for each in tip.clocks))
    tip = _decided(tip, asked, ChangeState.APPROVED, caller, now)
    announced, what = DONE[asked.change]
    event = announced(
        item=tip.id,
        clock=asked.clock,
        change=asked.change,
        reason=asked.reason,
        owner=after.desk,
        due_at=tip.shown_end(after.running),
        changed_at=tip.shown(now),
    )
    return _told(tip, what, caller.agency, asked, now), (event,)


def _is_of(asked: AskedChange, clock: Clock) -> bool:
    return (asked.dispatch_id, asked.clock) == (clock.dispatch_id, clock.clock)


def _clock_of(tip: Tip, asked: AskedChange) -> Clock:
    return next(each for each in tip.clocks if _is_of(asked, each))


def _check_approver(policy: Policy, clock: RunningClock, asked: AskedChange, caller: Caller) -> None:
    if caller.actor == asked.asked_by:
        raise Forbidden("clock.own_approval", clause=DISPATCH_CLAUSE)
    approver = approver_of(policy, clock, asked.change, asked.reason)
    if not may_approve(approver, clock.owner, caller):
        raise Forbidden("clock.not_your_approval", clause=DISPATCH_CLAUSE, approver=approver)


def _granted(policy: Policy, clock: RunningClock, asked: AskedChange, approved_by: str, at: datetime) -> RunningClock:
    approver_of(policy, clock, asked.change, asked.reason)
    if asked.change is ClockChange.PAUSE:
        return clockwork.pause(policy, clock, asked.reason, asked.asked_by, approved_by, at)
    if asked.change is ClockChange.EXTEND:
        return clockwork.extend(policy, clock, asked.reason, asked.asked_by, approved_by, at)
    resumed = clockwork.resume(policy, clock, at)
    if resumed.pauses[-1].reason != asked.reason:
        raise RuleBroken("clock.reason_unlisted", clause=DISPATCH_CLAUSE, reason=asked.reason, clock=clock.clock)
    return resumed


def _decided(tip: Tip, asked: AskedChange, state: ChangeState, caller: Caller, now: datetime) -> Tip:
    decided = replace(asked, state=state, decided_by=caller.actor, decided_at=now)
    return replace(tip, clock_changes=tuple(decided if each is asked else each for each in tip.clock_changes))


def _told(tip: Tip, what: str, by: str, asked: AskedChange, now: datetime) -> Tip:
    reference = f"{asked.clock}/{asked.change.value}/{asked.reason}"
    return told(tip, Line(at=now, what=what, by=by, clause=DISPATCH_CLAUSE, reference=reference))
