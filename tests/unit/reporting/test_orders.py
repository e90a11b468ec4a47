"""Supervision orders: issued by the office, climbing their ladder until answered, reviewed round after round."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.reporting import (
    AnswerOrder,
    FileStageReport,
    GetOrder,
    IssueOrder,
    IssueOrdersToLate,
    OrderAccepted,
    OrderAnswered,
    OrderIssued,
    OrderPage,
    OrderRejected,
    OrderState,
    OrderView,
    ReportingRungReached,
    ReviewOrder,
)
from lianxi.kernel.clock import FixedClock, local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from lianxi.kernel.ids import is_number
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.outbox import Announcer
from services.reporting.documents import SupervisionOrderDocument
from services.reporting.domain import orders
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.orders import OrderDesk
from services.reporting.handlers.stage_reports import ReportingDesk
from services.reporting.policy import Demands, read_demands, read_plan
from tests.unit.reporting.conftest import SHIPPED, MemoryFacts, MemoryShelf

OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c")
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c")
SECOND = date(2015, 10, 29)
DEMANDS = read_demands(PolicyBook(read_policy(SHIPPED)))
STEPS = DEMANDS.orders
LADDER = [rung.code for rung in STEPS.ladder.rungs]


@dataclass(frozen=True)
class MemoryFinder:
    kept: MemoryAggregates[SupervisionOrder]

    def to_press(self, now: datetime) -> Sequence[str]:
        return [each.id for each in self.kept.all() if each.next_rung_at is not None and each.next_rung_at <= now]


@pytest.fixture
def book(clock: FixedClock) -> MemoryAggregates[SupervisionOrder]:
    return MemoryAggregates(Announcer(service="reporting", noun="supervision_order"), clock)


def order_desk(
    book: MemoryAggregates[SupervisionOrder], reports: ReportingDesk, demands: Demands, clock: FixedClock
) -> OrderDesk:
    return OrderDesk(book, MemoryFinder(book), reports.late_on, demands, clock, random.Random(7).getrandbits)


@pytest.fixture
def pressing(
    book: MemoryAggregates[SupervisionOrder], desk: ReportingDesk, demands: Demands, clock: FixedClock
) -> OrderDesk:
    return order_desk(book, desk, demands, clock)


def asked(target: str = "market/desk", due_on: date = date(2015, 10, 30)) -> IssueOrder:
    return IssueOrder(target=target, about="tip/tip_1", question="为何未核查", due_on=due_on)


def key(caller: Caller, command_id: str) -> Caller:
    return replace(caller, command_id=command_id)


def told(book: MemoryAggregates[SupervisionOrder], kind: type[Event]) -> list[dict[str, object]]:
    return [dict(each.data) for each in book.announced if each.type == kind.KEY]


def accept(view: OrderView) -> ReviewOrder:
    return ReviewOrder(order_id=view.order_id, accept=True)


def reject(view: OrderView, new_due_on: date | None = date(2015, 11, 20), remark: str = "没有附证据") -> ReviewOrder:
    return ReviewOrder(order_id=view.order_id, accept=False, remark=remark, new_due_on=new_due_on)


@pytest.mark.criterion("3.4")
def test_an_order_has_a_number_a_target_a_question_and_the_end_of_a_day(
    pressing: OrderDesk, book: MemoryAggregates[SupervisionOrder]
) -> None:
    view = pressing.issue_order(asked(), OFFICE)

    assert view.number.startswith("DY-DB-2015-")
    assert is_number(view.number)
    assert (view.target, view.about, view.question) == ("market/desk", "tip/tip_1", "为何未核查")
    assert view.due_at == local_midnight(date(2015, 10, 31))
    assert (view.state, view.rounds, view.rungs) == (OrderState.ISSUED, 1, ())
    (said,) = told(book, OrderIssued)
    assert (said["number"], said["target"], said["about"]) == (view.number, "market/desk", "tip/tip_1")
    assert "question" not in said


def test_an_order_to_an_agency_goes_to_its_desk(pressing: OrderDesk) -> None:
    assert pressing.issue_order(asked("police"), OFFICE).target == DEMANDS.first_desks["police"]
    with pytest.raises(Refused, match=r"desk\.unknown"):
        pressing.issue_order(asked("harbour/desk"), OFFICE)


def test_the_same_command_is_one_order(pressing: OrderDesk, book: MemoryAggregates[SupervisionOrder]) -> None:
    first = pressing.issue_order(asked(), key(OFFICE, "k1"))
    again = pressing.issue_order(asked(), key(OFFICE, "k1"))
    other = pressing.issue_order(asked(), key(OFFICE, "k2"))

    assert first == again != other
    assert len(told(book, OrderIssued)) == len(book.all()) == 2


@pytest.mark.criterion("3.4")
def test_only_the_office_issues_and_reviews_and_only_the_target_answers(pressing: OrderDesk) -> None:
    with pytest.raises(Forbidden, match=r"supervision_order\.office_only"):
        pressing.issue_order(asked(), MARKET)
    with pytest.raises(Forbidden, match=r"supervision_order\.office_only"):
        pressing.issue_orders_to_late(
            IssueOrdersToLate(report_due_on=SECOND, question="为何迟报", due_on=SECOND), MARKET
        )
    view = pressing.issue_order(asked(), OFFICE)
    answer = AnswerOrder(order_id=view.order_id, answer="已核查")
    with pytest.raises(Forbidden, match=r"supervision_order\.not_yours"):
        pressing.answer_order(answer, OFFICE)
    strange: tuple[Callable[[], OrderView], ...] = (
        lambda: pressing.answer_order(answer, POLICE),
        lambda: pressing.get_order(GetOrder(order_id=view.order_id), POLICE),
        lambda: pressing.review_order(accept(view), POLICE),
    )
    for stranger_asks in strange:
        with pytest.raises(NotFound, match=r"supervision_order\.not_found"):
            stranger_asks()
    pressing.answer_order(answer, MARKET)
    with pytest.raises(Forbidden, match=r"supervision_order\.office_only"):
        pressing.review_order(accept(view), MARKET)


@pytest.mark.criterion("3.4")
def test_an_unanswered_order_climbs_and_an_answer_stops_it(
    pressing: OrderDesk, book: MemoryAggregates[SupervisionOrder], clock: FixedClock
) -> None:
    view = pressing.issue_order(asked(), OFFICE)
    for _ in range(24 * 11):
        clock.advance(timedelta(hours=1))
        pressing.press()
        pressing.press()
        if clock.now() >= view.due_at + timedelta(hours=1):
            break

    rungs = told(book, ReportingRungReached)
    assert [each["rung"] for each in rungs] == LADDER[:3]
    assert rungs[-1]["receivers"] == ["market/desk", "office/desk"]
    assert (rungs[-1]["mark"], rungs[-1]["acknowledge"], rungs[-1]["owner"]) == ("yellow", True, "market/desk")
    assert rungs[-1]["item"] == f"supervision_order/{view.order_id}"

    answered = pressing.answer_order(AnswerOrder(order_id=view.order_id, answer="已核查"), MARKET)
    clock.advance(timedelta(days=90))
    pressing.press()
    assert answered.state is OrderState.ANSWERED
    assert len(told(book, ReportingRungReached)) == 3
    assert book.get(view.order_id).state.next_rung_at is None


@pytest.mark.criterion("3.4")
def test_an_answer_that_is_not_accepted_gets_a_new_day_and_a_ladder_of_its_own(
    pressing: OrderDesk, book: MemoryAggregates[SupervisionOrder], clock: FixedClock
) -> None:
    view = pressing.issue_order(asked(), OFFICE)
    clock.advance(timedelta(days=12))
    pressing.press()
    pressing.answer_order(AnswerOrder(order_id=view.order_id, answer="快了"), MARKET)
    second = pressing.review_order(reject(view), OFFICE)

    assert (second.state, second.rounds, second.rungs) == (OrderState.ISSUED, 2, ())
    assert second.due_at == local_midnight(date(2015, 11, 21))
    assert (second.answer, second.remark) == ("快了", "没有附证据")
    before = len(told(book, ReportingRungReached))
    clock.instant = second.due_at
    pressing.press()
    assert [each["rung"] for each in told(book, ReportingRungReached)][before:] == LADDER[:3]

    pressing.answer_order(AnswerOrder(order_id=view.order_id, answer="已核查,附记录"), MARKET)
    done = pressing.review_order(accept(view), OFFICE)
    assert (done.state, done.rounds) == (OrderState.ACCEPTED, 2)
    kept = book.get(view.order_id).state
    assert not kept.is_open
    assert [(each.answer, each.remark) for each in kept.earlier] == [("快了", "没有附证据")]
    assert [len(told(book, kind)) for kind in (OrderAnswered, OrderRejected, OrderAccepted)] == [2, 1, 1]


def test_what_an_order_refuses(pressing: OrderDesk, clock: FixedClock) -> None:
    with pytest.raises(RuleBroken, match=r"supervision_order\.due_in_past"):
        pressing.issue_order(asked(due_on=date(2015, 10, 19)), OFFICE)
    with pytest.raises(RuleBroken, match=r"supervision_order\.about_unreadable"):
        pressing.issue_order(replace(asked(), about="张三 13800000000"), OFFICE)
    view = pressing.issue_order(asked(), OFFICE)
    answer = AnswerOrder(order_id=view.order_id, answer="已核查")
    with pytest.raises(Conflict, match=r"supervision_order\.not_answered"):
        pressing.review_order(accept(view), OFFICE)
    with pytest.raises(Conflict, match=r"supervision_order\.changed"):
        pressing.answer_order(replace(answer, expected_version=9), MARKET)
    pressing.answer_order(answer, MARKET)
    with pytest.raises(Conflict, match=r"supervision_order\.already_answered"):
        pressing.answer_order(answer, MARKET)
    with pytest.raises(RuleBroken, match=r"supervision_order\.new_date_needed"):
        pressing.review_order(reject(view, None), OFFICE)
    with pytest.raises(RuleBroken, match=r"supervision_order\.remark_needed"):
        pressing.review_order(reject(view, remark=""), OFFICE)
    with pytest.raises(RuleBroken, match=r"supervision_order\.due_in_past"):
        pressing.review_order(reject(view, date(2015, 10, 1)), OFFICE)
    pressing.review_order(accept(view), OFFICE)
    late: tuple[Callable[[], OrderView], ...] = (
        lambda: pressing.review_order(accept(view), OFFICE),
        lambda: pressing.answer_order(answer, MARKET),
    )
    for too_late in late:
        with pytest.raises(Conflict, match=r"supervision_order\.already_accepted"):
            too_late()


def thirteen_late(
    policy: Policy, facts: MemoryFacts, book: MemoryAggregates[SupervisionOrder], clock: FixedClock
) -> tuple[OrderDesk, ReportingDesk]:
    """A town whose thirteen agencies all owe the second report, on the day after it, with none filed."""
    owing = tuple(replace(row, owed_by=tuple(policy.agencies)) for row in policy.returns)
    town = replace(policy, returns=owing)
    kept: MemoryAggregates[StageReport] = MemoryAggregates(Announcer(service="reporting", noun="stage_report"), clock)
    demands = read_demands(PolicyBook(town))
    reports = ReportingDesk(kept, MemoryShelf(kept), facts, facts, read_plan(town), demands, clock)
    clock.instant = local_midnight(SECOND + timedelta(days=1)) + timedelta(hours=9)
    return order_desk(book, reports, demands, clock), reports


TO_LATE = IssueOrdersToLate(report_due_on=SECOND, question="为何逾期未报", due_on=date(2015, 11, 3))


def file_as(reports: ReportingDesk, unit: str) -> None:
    report_id = reports.late_on(SECOND)[unit]
    written = FileStageReport(report_id=report_id, practice="做", results="果", problems="无", advice="无")
    reports.file_stage_report(written, Caller(actor=f"{unit}-1", agency=unit, correlation_id="c"))


@pytest.mark.criterion("3.4")
def test_thirteen_late_units_get_thirteen_orders_in_one_action_and_the_same_again(
    policy: Policy, facts: MemoryFacts, book: MemoryAggregates[SupervisionOrder], clock: FixedClock
) -> None:
    pressing, reports = thirteen_late(policy, facts, book, clock)
    page = pressing.issue_orders_to_late(TO_LATE, key(OFFICE, "k1"))
    file_as(reports, "market")
    again = pressing.issue_orders_to_late(TO_LATE, key(OFFICE, "k1"))

    def ids(orders_of: OrderPage) -> list[str]:
        return [each.order_id for each in orders_of.items]

    assert len(page.items) == 13
    assert {each.target.partition("/")[0] for each in page.items} == set(policy.agencies)
    assert len({each.number for each in page.items}) == 13
    assert all(each.about.startswith("stage_report/") for each in page.items)
    assert ids(again) == ids(page)
    assert len(book.all()) == len(told(book, OrderIssued)) == 13


@pytest.mark.criterion("3.4")
def test_a_unit_that_has_filed_gets_no_order(
    policy: Policy, facts: MemoryFacts, book: MemoryAggregates[SupervisionOrder], clock: FixedClock
) -> None:
    pressing, reports = thirteen_late(policy, facts, book, clock)
    file_as(reports, "market")

    page = pressing.issue_orders_to_late(TO_LATE, key(OFFICE, "k1"))

    assert {each.target.partition("/")[0] for each in page.items} == set(policy.agencies) - {"market"}


def test_nobody_is_late_before_the_day_is_over_nor_before_the_issue(
    policy: Policy, facts: MemoryFacts, book: MemoryAggregates[SupervisionOrder], clock: FixedClock
) -> None:
    pressing, reports = thirteen_late(policy, facts, book, clock)
    assert reports.late_on(date(2015, 10, 15)) == {}
    clock.instant = local_midnight(SECOND) + timedelta(hours=23)
    assert pressing.issue_orders_to_late(TO_LATE, OFFICE).items == ()


def test_an_order_reads_back_as_it_was_written() -> None:
    now = datetime(2015, 10, 20, 1, 0, tzinfo=UTC)
    order, _ = orders.issued("o", "DY-DB-2015-0000-0000", asked(), STEPS, now, "clerk-1")
    order, _ = orders.answered(order, "一", STEPS, now, "officer-1")
    view = orders.as_view(order, 1)
    order, _ = orders.reviewed(order, reject(view), STEPS, now, "clerk-1")

    assert as_state(SupervisionOrder, as_fields(order)) == order
    assert set(as_fields(order)) <= set(SupervisionOrderDocument._fields)


class OrderMachine(RuleBasedStateMachine):
    """Hours pass, sweeps come twice or not at all, the target answers when it likes, the office judges as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2015, 10, 20, 1, 0, tzinfo=UTC)
        self.order, _ = orders.issued("o", "DY-DB-2015-0000-0000", asked(), STEPS, self.now, "clerk-1")
        self.rungs: list[list[str]] = [[]]
        self.verdicts = 0

    def hear(self, events: Sequence[Event]) -> None:
        for each in events:
            if isinstance(each, ReportingRungReached):
                self.rungs[-1].append(each.rung)
                assert each.reached_at <= self.now

    @rule(hours=st.integers(0, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(times=st.integers(1, 3))
    def sweep(self, times: int) -> None:
        for _ in range(times):
            waits = self.order.next_rung_at
            self.order, events = orders.pressed(self.order, STEPS, self.now)
            assert bool(events) is (waits is not None and waits <= self.now)
            self.hear(events)

    @rule()
    def answer(self) -> None:
        before = self.order
        try:
            self.order, events = orders.answered(self.order, "答", STEPS, self.now, "officer-1")
        except Conflict:
            assert before.state is not OrderState.ISSUED
            return
        assert before.state is OrderState.ISSUED
        self.hear(events)

    @precondition(lambda self: self.order.state is OrderState.ANSWERED)
    @rule(days=st.integers(-3, 20))
    def reject_the_answer(self, days: int) -> None:
        verdict = ReviewOrder(
            order_id="o", accept=False, remark="不行", new_due_on=local_date(self.now) + timedelta(days=days)
        )
        try:
            self.order, events = orders.reviewed(self.order, verdict, STEPS, self.now, "clerk-1")
        except RuleBroken:
            assert days < 0
            return
        assert days >= 0
        self.hear(events)
        self.rungs.append([])

    @rule()
    def accept_the_answer(self) -> None:
        before = self.order
        try:
            self.order, events = orders.reviewed(
                self.order, ReviewOrder(order_id="o", accept=True), STEPS, self.now, "clerk-1"
            )
        except Conflict:
            assert before.state is not OrderState.ANSWERED
            return
        self.hear(events)
        self.verdicts += 1

    @invariant()
    def every_round_climbs_from_the_first_rung_and_each_once(self) -> None:
        assert all(rungs == LADDER[: len(rungs)] for rungs in self.rungs)
        assert sorted(self.rungs[-1]) == list(self.order.clock.fired)
        assert len(self.rungs) == len(self.order.earlier) + 1

    @invariant()
    def only_what_waits_for_its_target_is_swept(self) -> None:
        is_climbing = self.order.state is OrderState.ISSUED and len(self.rungs[-1]) < len(LADDER)
        assert (self.order.next_rung_at is not None) is is_climbing

    @invariant()
    def it_is_accepted_once_and_for_good(self) -> None:
        assert self.verdicts == (self.order.state is OrderState.ACCEPTED)
        assert self.order.is_open is (self.order.state is not OrderState.ACCEPTED)


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
