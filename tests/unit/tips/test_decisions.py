"""Any desk may try anything at any time: a tip keeps exactly one lead, and its clocks only run forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lianxi.contracts.cases import CaseClosed, CaseKind, CaseOpened, CaseOutcome
from lianxi.contracts.tips import (
    AcceptTip,
    CloseTip,
    DispatchTip,
    PostMessage,
    ReopenTip,
    ReturnReason,
    ReturnTip,
    TipClockStarted,
    TipClosed,
    TipDispatched,
    TipKind,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import PolicyBroken, Refused
from services.tips.domain.tip import Tip, readers
from services.tips.policy import OFFICE_DESK
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, heard, sealed, shipped_policy, submission

DESKS = st.sampled_from([
    "police/station", "police/criminal", "market/desk", "tenancy/desk", "food-drug/desk", OFFICE_DESK,
])  # fmt: skip
AGENCIES = st.sampled_from(["police", "market", "tenancy", "food-drug", "office", "finance"])


def case_opened(case_id: str, at: Any) -> CaseOpened:
    return CaseOpened(
        case_id=case_id, number="n", kind=CaseKind.ENTRY_FEE, owner="market/desk", tip_id=TIP_ID, rental_code=None,
        opened_at=at,
    )  # fmt: skip


def case_closed(case_id: str, at: Any, outcome: CaseOutcome = CaseOutcome.PENALTY_DECIDED) -> CaseClosed:
    return CaseClosed(
        case_id=case_id, number="n", owner="market/desk", tip_id=TIP_ID, outcome=outcome, closed_at=at
    )  # fmt: skip


class AnyOrder(RuleBasedStateMachine):
    """One tip, many hands."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = TipDesk()
        self.before: Tip = self.desk.submit(submission(category="health_product_lecture"))
        self.returns = 0

    @property
    def tip(self) -> Tip:
        return self.desk.tip()

    def attempt(self, act: Any) -> None:
        try:
            act()
        except Refused:
            assert self.desk.tip() == self.before, "a refusal changes nothing"

    @rule(minutes=st.integers(1, 3000))
    def time_passes(self, minutes: int) -> None:
        self.desk.pass_time(minutes)

    @rule(number=st.integers(1, 6), again=st.integers(1, 2))
    def a_notice_is_delivered(self, number: int, again: int) -> None:
        if number <= len(self.tip.dispatches):
            self.desk.deliver(self.tip, number, event_id=f"n{number}-{again}")

    @rule(lead=DESKS, copies=st.lists(DESKS, max_size=2), agency=AGENCIES)
    def somebody_dispatches(self, lead: str, copies: list[str], agency: str) -> None:
        request = DispatchTip(tip_id=TIP_ID, lead=lead, reason="r", copies=tuple(copies))
        self.attempt(lambda: self.desk.handlers.dispatch_tip(request, caller(agency)))

    @rule(agency=AGENCIES)
    def somebody_accepts(self, agency: str) -> None:
        self.attempt(lambda: self.desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller(agency)))

    @rule(suggested=DESKS, agency=AGENCIES, reason=st.sampled_from(ReturnReason))
    def somebody_returns(self, suggested: str, agency: str, reason: ReturnReason) -> None:
        request = ReturnTip(tip_id=TIP_ID, reason=reason, suggested_desk=suggested, explanation="not ours")
        self.attempt(lambda: self.desk.handlers.return_tip(request, caller(agency)))
        if len(self.tip.returns) > len(self.before.returns):
            self.returns += 1
            assert self.tip.lead == (suggested if self.returns == 1 else OFFICE_DESK)

    @rule(outcome=st.sampled_from(VerificationOutcome), owner=st.none() | DESKS, agency=AGENCIES)
    def somebody_verifies(self, outcome: VerificationOutcome, owner: str | None, agency: str) -> None:
        request = VerifyTip(tip_id=TIP_ID, outcome=outcome, next_owner=owner)
        self.attempt(lambda: self.desk.handlers.verify_tip(request, caller(agency)))

    @rule(agency=AGENCIES)
    def somebody_closes(self, agency: str) -> None:
        request = CloseTip(tip_id=TIP_ID, outcome="谢谢")
        self.attempt(lambda: self.desk.handlers.close_tip(request, caller(agency)))

    @rule(agency=AGENCIES)
    def somebody_writes(self, agency: str) -> None:
        request = PostMessage(tip_id=TIP_ID, content=sealed("请补充"))
        self.attempt(lambda: self.desk.handlers.post_message(request, caller(agency)))

    @rule()
    def its_informant_wants_it_taken_up_again(self) -> None:
        request = ReopenTip(receipt_verifier="verifier-1", content=sealed("还在讲课"))
        self.before = replace(self.before, unread_since=None)  # whoever uses a code has read what was written
        self.attempt(lambda: self.desk.handlers.reopen_tip(request, caller("public")))

    @precondition(lambda self: self.tip.state is TipState.VERIFIED)
    @rule(is_closed=st.booleans())
    def a_case_is_heard_of(self, is_closed: bool) -> None:
        at = self.desk.clock.now()
        event = case_closed("case_1", at) if is_closed else case_opened("case_1", at)
        self.desk.handlers.follow_case(event, heard(f"case-{is_closed}"))

    @invariant()
    def there_is_exactly_one_lead(self) -> None:
        tip = self.tip
        assert [each.round for each in tip.dispatches] == list(range(1, len(tip.dispatches) + 1))
        assert tip.lead == tip.dispatches[-1].lead
        assert tip.lead in shipped_policy().desks
        assert all(each.lead not in each.copies for each in tip.dispatches)
        assert tip.agencies == readers(tip.lead, *tip.dispatch.copies, tip.next_owner)
        assert all(each.settled_at is not None for each in tip.dispatches[:-1])

    @invariant()
    def clocks_only_run_forward(self) -> None:
        tip = self.tip
        running = [each for each in tip.clocks if each.stopped_at is None]
        assert all(each.dispatch_id == tip.dispatch.dispatch_id for each in running)
        assert len(tip.clocks) == sum(each.delivered_at is not None for each in tip.dispatches)
        assert all(each.started_at < each.due_at for each in tip.clocks)
        assert all(each.stopped_at is None or each.stopped_at >= each.started_at for each in tip.clocks)
        stopped = {each.dispatch_id: each.stopped_at for each in self.before.clocks if each.stopped_at is not None}
        assert all(stopped.get(each.dispatch_id, each.stopped_at) == each.stopped_at for each in tip.clocks)
        assert not (running and tip.state in {TipState.VERIFIED, TipState.CLOSED})

    @invariant()
    def nothing_that_has_been_is_undone(self) -> None:
        before, self.before = self.before, self.tip
        is_reopened = len(self.before.reopenings) > len(before.reopenings)
        assert before.state is not TipState.CLOSED or self.before.state is TipState.CLOSED or is_reopened
        assert set(before.reopenings) <= set(self.before.reopenings)
        assert len(self.before.reopenings) <= 1
        assert len(self.before.dispatches) >= len(before.dispatches)
        assert set(before.timeline) <= set(self.before.timeline)
        assert len(self.desk.announced(TipDispatched)) == len(self.before.dispatches)
        closings = len(self.before.reopenings) + (self.before.state is TipState.CLOSED)
        assert len(self.desk.announced(TipClosed)) == closings

    @invariant()
    def times_are_levelled(self) -> None:
        for each in self.desk.tips.announced:
            assert (each.time.minute, each.time.second) == (0, 0)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)


@pytest.mark.criterion("4.2")
@settings(deadline=None)
@given(st.permutations([1, 1, 1, 2, 2, 2, 3, 3, 3]), st.integers(0, 9), st.integers(0, 9))
def test_notices_heard_thrice_in_any_order_come_to_the_same(order: list[int], first: int, second: int) -> None:
    def run(deliveries: list[int], redispatched_after: tuple[int, int]) -> Tip:
        desk = TipDesk()
        tip = desk.submit(submission())
        start = desk.clock.now()
        leads = iter(((60, "tenancy/desk"), (120, "market/desk")))

        def redispatch() -> None:
            minute, lead = next(leads)
            desk.clock.instant = start + timedelta(minutes=minute)
            desk.handlers.dispatch_tip(DispatchTip(tip_id=tip.id, lead=lead, reason="r"), caller("office"))

        waiting: list[int] = []
        for place in range(len(deliveries) + 1):
            for _ in range(redispatched_after.count(place)):
                redispatch()
            waiting += deliveries[place : place + 1]
            for number in [each for each in waiting if each <= len(desk.tip().dispatches)]:
                waiting.remove(number)
                delivered_at = start + timedelta(minutes=60 * number - 55)
                desk.deliver(desk.tip(), number, delivered_at=delivered_at)
        return desk.tip()

    in_order = run([1, 2, 3], (1, 2))

    assert run(order, (min(first, second), max(first, second))) == in_order


def settled_by(events: list[Any]) -> Tip:
    desk = TipDesk()
    desk.submit(submission())
    start = desk.clock.now()
    desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="market/desk", reason="r"), caller("office"))
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("market"))
    request = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.SUBSTANTIATED, next_owner="market/desk")
    desk.handlers.verify_tip(request, caller("market"))
    for what in events:
        event = (
            case_opened("case_1", start + timedelta(hours=1))
            if what == "opened"
            else case_closed("case_1", start + timedelta(hours=2))
        )
        desk.handlers.follow_case(event, heard(what))
    assert len(desk.announced(TipClosed)) == 1
    return desk.tip()


@pytest.mark.criterion("4.2")
@given(st.permutations(["opened"] * 3 + ["closed"] * 3))
def test_a_case_heard_of_thrice_in_any_order_closes_its_tip_once(order: list[str]) -> None:
    tip = settled_by(order)

    assert tip == settled_by(["opened", "closed"])
    assert (tip.state, tip.case_id, tip.outcome) == (TipState.CLOSED, "case_1", "case.penalty_decided")


@pytest.mark.criterion("3.2")
@pytest.mark.parametrize(("kind", "clock"), [(TipKind.TIP, "T-01"), (TipKind.COMPLAINT, "T-03")])
def test_the_clock_starts_when_the_notice_lies_on_the_desk_opened_or_not(kind: TipKind, clock: str) -> None:
    desk = TipDesk()
    tip = desk.submit(submission(kind=kind, is_anonymous=False))
    desk.pass_time(3 * 24 * 60)
    assert desk.tip().clocks == ()

    delivered_at = desk.clock.now()
    desk.deliver(tip)

    (started,) = desk.tip().clocks
    due_at = shipped_policy().deadline(clock, delivered_at)
    assert (started.clock, started.desk, started.started_at) == (clock, tip.lead, delivered_at)
    assert (started.due_at, started.stopped_at) == (due_at, None)
    (announced,) = desk.announced(TipClockStarted)
    assert (announced.started_at, announced.due_at) == (delivered_at, due_at)


def test_only_the_lead_s_notice_of_a_dispatch_starts_a_clock() -> None:
    desk = TipDesk()
    tip = desk.submit(submission())

    desk.deliver(tip, event_id="a", role="copies", desk="tenancy/desk")
    desk.deliver(tip, event_id="b", event_type="tips.tip.verified.v1")
    desk.deliver(tip, event_id="c", reference="dispatch_of_nothing")

    assert desk.tip().clocks == ()
    assert desk.announced(TipClockStarted) == []


def test_accepting_meets_a_complaint_s_limit_and_verifying_a_report_s() -> None:
    for kind, is_met in ((TipKind.COMPLAINT, True), (TipKind.TIP, False)):
        desk = TipDesk()
        desk.deliver(desk.submit(submission(kind=kind)))
        desk.pass_time()
        desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
        assert (desk.tip().clocks[0].stopped_at is not None) is is_met

        request = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.INCONCLUSIVE)
        desk.handlers.verify_tip(request, caller("police"))
        assert desk.tip().clocks[0].stopped_at is not None


def test_a_limit_keeps_the_row_in_force_on_the_day_the_tip_came_in() -> None:
    desk = TipDesk()
    long_ago = desk.clock.now().replace(year=2015, month=11, day=2)
    tip = desk.submit(submission(received_at=long_ago))
    desk.deliver(tip)

    due_at = shipped_policy().deadline("T-01", desk.clock.now(), came_in_on=long_ago.date())
    assert desk.tip().clocks[0].due_at == due_at
    assert due_at < shipped_policy().deadline("T-01", desk.clock.now())


def test_a_limit_that_nobody_entered_stops_the_letter_for_a_person_to_see() -> None:
    desk = TipDesk()
    tip = desk.submit(submission(received_at=desk.clock.now().replace(year=1999)))

    with pytest.raises(PolicyBroken, match=r"policy\.clock_missing"):
        desk.deliver(tip)
    assert desk.tip().clocks == ()
