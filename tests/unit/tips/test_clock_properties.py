"""Whatever happens to a tip and whenever sweepers come: no rung twice, no pause that shortens, one and the same end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lianxi.contracts.clocks import AskClockChange, ChangeState, ClockChange, DecideClockChange
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import (
    AcceptTip,
    DispatchTip,
    ReturnReason,
    ReturnTip,
    TipRungReached,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import Refused
from services.tips.domain.tip import Clock, Tip
from services.tips.policy import ladder_of
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, shipped_policy, submission

MINUTES = st.one_of(st.integers(0, 30), st.integers(1, 12 * 24 * 60))
REASONS = {ClockChange.EXTEND: "head_extends_verification"}
SUGGESTED = ("tenancy/desk", "market/desk", "police/station")


def act(desk: TipDesk, what: str) -> None:
    """Do one thing to the tip, by somebody of the agency that leads; the rules may refuse it."""
    tip = desk.tip()
    agency = tip.lead.partition("/")[0]
    clerk, head = caller(agency), Caller(actor=f"{agency}-head", agency=agency)
    suggested = next(each for each in SUGGESTED if each != tip.lead)
    try:
        match what:
            case "pause" | "resume" | "extend":
                change = ClockChange(what)
                reason = REASONS.get(change, "testing")
                request = AskClockChange(item_id=TIP_ID, clock="T-01", change=change, reason=reason)
                desk.handlers.ask_clock_change(request, clerk)
            case "approve" | "refuse":
                change_id = tip.clock_changes[-1].change_id if tip.clock_changes else "none"
                decision = DecideClockChange(item_id=TIP_ID, change_id=change_id, approve=what == "approve")
                desk.handlers.decide_clock_change(decision, head)
            case "return":
                back = ReturnTip(
                    tip_id=TIP_ID, reason=ReturnReason.NOT_COMPETENT, suggested_desk=suggested, explanation="not ours"
                )
                desk.handlers.return_tip(back, clerk)
            case "dispatch":
                desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead=suggested, reason="r"), caller("office"))
            case "accept":
                desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), clerk)
            case "verify":
                found = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.INCONCLUSIVE)
                desk.handlers.verify_tip(found, clerk)
            case _:
                desk.deliver(tip, len(tip.dispatches), event_id=f"notice-{len(tip.dispatches)}")
    except Refused:
        assert desk.tip() == tip, "a refusal changes nothing"


def told(desk: TipDesk) -> Counter[tuple[str, str, str, datetime]]:
    return Counter((each.clock, each.owner, each.rung, each.reached_at) for each in desk.announced(TipRungReached))


CHANGES = st.sampled_from(["pause", "resume", "extend", "approve", "approve", "refuse"])
MOVES = st.sampled_from(["return", "dispatch", "deliver", "deliver", "accept", "verify"])
CATEGORIES = st.sampled_from(["health_product_lecture", "person_held"])


class AnySweeps(RuleBasedStateMachine):
    """One tip, and sweepers that come when they like."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = TipDesk()
        self.desk.deliver(self.desk.submit(submission(is_anonymous=False, category="person_held")))
        self.before: Tip = self.desk.tip()

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.desk.pass_time(minutes)

    @rule(times=st.integers(1, 3))
    def sweepers_come(self, times: int) -> None:
        for _ in range(times):
            self.desk.handlers.climb_ladders()
        tip = self.desk.tip()
        assert tip.next_rung_at is None or tip.next_rung_at > self.desk.clock.now()

    @rule(what=CHANGES)
    def somebody_changes_a_clock(self, what: str) -> None:
        act(self.desk, what)

    @rule(what=MOVES)
    def somebody_moves_the_tip(self, what: str) -> None:
        act(self.desk, what)

    @invariant()
    def no_rung_is_told_twice_or_out_of_order(self) -> None:
        reached = self.desk.announced(TipRungReached)
        assert len(reached) == sum(len(each.running.fired) for each in self.desk.tip().clocks)
        for each in self.desk.tip().clocks:
            order = [rung.code for rung in ladder_of(shipped_policy(), each.running).rungs]
            assert sorted(each.running.fired, key=order.index) == order[: len(each.running.fired)]

    @invariant()
    def nothing_is_told_before_its_moment(self) -> None:
        for letter in self.desk.tips.announced:
            if letter.type == TipRungReached.KEY:
                assert datetime.fromisoformat(letter.data["reached_at"]) <= letter.time

    @invariant()
    def a_pause_never_shortens_and_never_takes_more_than_its_share(self) -> None:
        for each in self.desk.tip().clocks:
            running = each.running
            assert running.due_at >= running.first_due_at
            assert running.paused_for <= (running.first_due_at - running.started_at) / 2
            assert all(held.asked_by != held.approved_by for held in running.pauses)

    @invariant()
    def what_was_fired_or_stopped_stays_so(self) -> None:
        before, self.before = self.before, self.desk.tip()
        for was, each in zip(before.clocks, _same(before, self.before), strict=True):
            assert set(was.running.fired) <= set(each.running.fired)
            assert was.stopped_at in (None, each.stopped_at)
        done = [each for each in before.clock_changes if each.state is not ChangeState.ASKED]
        assert set(done) <= set(self.before.clock_changes)


def _same(before: Tip, after: Tip) -> list[Clock]:
    known = {(each.dispatch_id, each.clock): each for each in after.clocks}
    return [known[each.dispatch_id, each.clock] for each in before.clocks]


TestAnySweeps = pytest.mark.criterion("3.3")(AnySweeps.TestCase)
TestAnySweeps.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)


@pytest.mark.criterion("3.3")
@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(MINUTES, st.one_of(CHANGES, MOVES)), max_size=10),
    st.lists(st.integers(0, 60 * 24 * 60), max_size=8),
    st.lists(st.integers(0, 60 * 24 * 60), max_size=8),
    CATEGORIES,
)
def test_it_does_not_matter_when_sweepers_come(
    acts: list[tuple[int, str]], some: list[int], others: list[int], category: str
) -> None:
    def lived(sweeps: Sequence[int]) -> TipDesk:
        desk = TipDesk()
        desk.deliver(desk.submit(submission(is_anonymous=False, category=category)))
        start, passed = desk.clock.now(), 0
        plan: list[tuple[int, str]] = [(minute, "sweep") for minute in sweeps]
        for minutes, what in acts:
            passed += minutes
            plan.append((passed, what))
        # The sort keeps the order of acts at one minute; sweeps of that minute come first.
        for minute, what in sorted(plan, key=lambda each: (each[0], each[1] != "sweep")):
            desk.clock.instant = start + timedelta(minutes=minute)
            if what == "sweep":
                desk.handlers.climb_ladders()
            else:
                act(desk, what)
        desk.clock.instant = start + timedelta(days=400)
        desk.handlers.climb_ladders()
        return desk

    one, other = lived(some), lived(others)

    assert told(one) == told(other)
    assert _settled(one.tip()) == _settled(other.tip())


def _settled(tip: Tip) -> tuple[Any, ...]:
    """A tip, with lines of one instant in any order."""
    return replace(tip, timeline=()), Counter(tip.timeline)
