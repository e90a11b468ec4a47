"""The appraisal: situations are searched for and proposed; a person decides once the unit was heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts.assessment import (
    DecideDeduction,
    DeductionDecided,
    DeductionProposed,
    DeductionState,
    DeductionView,
    DeductionWithdrawn,
    FindingView,
    GetDeduction,
    RecordFinding,
    StateOnDeduction,
    WithdrawDeduction,
    WithdrawFinding,
)
from lianxi.contracts.cases import CaseOpened
from lianxi.contracts.envelope import Caller
from lianxi.contracts.major_events import MajorState
from lianxi.contracts.reporting import ClauseView, OrderState, StageReportState
from lianxi.contracts.tips import TipDispatched, TipRungReached, TipVerified
from lianxi.kernel.clock import FixedClock, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, PolicyBroken, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.outbox import Announcer
from lianxi.store.unit import Stored
from services.reporting.documents import DeductionDocument, FindingDocument
from services.reporting.domain import situations
from services.reporting.domain.boards import Evidence, board_of
from services.reporting.domain.deductions import DESK, Deduction
from services.reporting.domain.facts import Fact
from services.reporting.domain.findings import Finding
from services.reporting.domain.major_events import MajorEvent
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.orders import as_view as order_view
from services.reporting.domain.returns import StageReport
from services.reporting.domain.returns import as_view as report_view
from services.reporting.domain.situations import Known
from services.reporting.handlers.assessment import AssessmentDesk
from services.reporting.policy.assessment import AssessmentRules, TriggerRule, read_assessment
from tests.unit.reporting.conftest import MORNING, SHIPPED

OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
FINDER = Caller(actor="clerk-9", agency="governance", correlation_id="c", rows=("all",))
GOVERNANCE = Caller(actor="clerk-2", agency="governance", correlation_id="c", rows=("all",))
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c")
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c")
RULES = read_assessment(PolicyBook(read_policy(SHIPPED)))
HEARD_UNTIL = local_midnight(date(2015, 10, 28))
CLOCK = RunningClock(
    clock="c", rule="T", unit="h", owner="police/command-centre", came_in_on=date(2015, 10, 20), started_at=MORNING,
    first_due_at=MORNING, due_at=MORNING,
)  # fmt: skip


def report(state: StageReportState, agency: str = "market") -> StageReport:
    return StageReport(
        id=f"report_{agency}", code="return-2", agency=agency, due_on=date(2015, 10, 29),
        period_from=date(2015, 10, 16), is_before_issue=False, state=state,
        filed_at=MORNING if state is StageReportState.FILED_LATE else None,
    )  # fmt: skip


def order(state: OrderState = OrderState.ISSUED) -> SupervisionOrder:
    return SupervisionOrder(
        id="order_1", number="DB-1", target="market/desk", agency="market", about="tip/tip_9", question="?",
        issued_by="o", issued_at=MORNING, due_at=MORNING, state=state, is_open=True, clock=CLOCK, next_rung_at=None,
    )  # fmt: skip


def major(*, missed: bool, reported: bool) -> MajorEvent:
    return MajorEvent(
        id="major_1", owner="police/command-centre", agency="police", kind=None, about="tip/tip_m",
        state=MajorState.REPORTED if reported else MajorState.KNOWN, known_at=MORNING, due_at=MORNING, clock=CLOCK,
        next_rung_at=None, is_missed=missed, reported_at=MORNING if reported else None,
    )  # fmt: skip


def fact(event: str, subject: str, category: str | None = None, **details: object) -> Fact:
    return Fact(
        event_type=event, at=MORNING, agencies=(), subject=subject, correlation_id="", category=category,
        details=details,
    )  # fmt: skip


def true(category: str, subject: str) -> Fact:
    return fact(TipVerified.KEY, subject, category, outcome="substantiated", desk="police/criminal")


def red(subject: str, owner: str, clock: str = "tip_verification") -> Fact:
    return fact(TipRungReached.KEY, subject, mark="red", owner=owner, clock=clock)


@dataclass
class MemoryRecords:
    """What is searched, as a test lays it out."""

    kept: MemoryAggregates[Deduction]
    found: MemoryAggregates[Finding]
    reports: list[StageReport] = field(default_factory=list)
    orders: list[SupervisionOrder] = field(default_factory=list)
    majors: list[MajorEvent] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def known(self, now: datetime) -> Known:
        return Known(now=now, reports=self.reports, orders=self.orders, majors=self.majors, facts=self.facts)

    def standing_findings(self) -> Sequence[Finding]:
        return [each for each in self.found.all() if each.withdrawn_at is None]

    def deductions(self) -> Sequence[Stored[Deduction]]:
        return [self.kept.get(each.id) for each in self.kept.all()]


@dataclass(frozen=True)
class Town:
    desk: AssessmentDesk
    records: MemoryRecords
    clock: FixedClock

    def searched(self) -> dict[tuple[str, str], DeductionState]:
        for _ in range(2):
            self.desk.search()
        return {(each.trigger, each.unit): each.state for each in self.records.kept.all()}

    def the_one(self, caller: Caller = OFFICE) -> DeductionView:
        (found,) = self.records.kept.all()
        return self.desk.get_deduction(GetDeduction(deduction_id=found.id), caller)

    def find(self, fact_code: str, about: str, unit: str = "market", caller: Caller = FINDER) -> FindingView:
        asked = RecordFinding(fact=fact_code, unit=unit, about=about, proof=("file/ab12",), grounds="见附件")
        return self.desk.record_finding(asked, caller)

    def state(self, view: DeductionView, caller: Caller) -> DeductionView:
        asked = StateOnDeduction(deduction_id=view.deduction_id, statement="材料已于当日送达")
        return self.desk.state_on_deduction(asked, caller)

    def decide(self, view: DeductionView, caller: Caller, *, apply: bool = True) -> DeductionView:
        asked = DecideDeduction(deduction_id=view.deduction_id, apply=apply, grounds="经核实")
        return self.desk.decide_deduction(asked, caller)

    def withdraw(self, view: DeductionView, caller: Caller) -> DeductionView:
        asked = WithdrawDeduction(deduction_id=view.deduction_id, reason="系统时间有误")
        return self.desk.withdraw_deduction(asked, caller)

    def announced(self, key: str) -> int:
        return sum(1 for each in self.records.kept.announced if each.type == key)


def made(clock: FixedClock) -> Town:
    kept: MemoryAggregates[Deduction] = MemoryAggregates(Announcer(service="reporting", noun="deduction"), clock)
    found: MemoryAggregates[Finding] = MemoryAggregates(Announcer(service="reporting", noun="finding"), clock)
    records = MemoryRecords(kept, found)
    return Town(AssessmentDesk(kept, found, records, RULES, clock), records, clock)


@pytest.fixture
def town(clock: FixedClock) -> Town:
    return made(clock)


@pytest.mark.criterion("19.3")
def test_all_eight_situations_are_found_in_the_data_and_none_is_applied(town: Town) -> None:
    town.clock.instant = datetime(2015, 12, 20, 1, 0, tzinfo=UTC)
    town.records.reports = [report(StageReportState.MISSED)]
    town.records.majors = [major(missed=True, reported=False)]
    town.records.facts = [
        true("person_held", "tip/tip_held"),
        true("meeting_venue", "tip/tip_venue"),
        red("tip/tip_lead", "police/economic"),
        fact(TipDispatched.KEY, "tip/tip_lead", "suspected_crime"),
        red("tip/tip_rescue", "police/criminal", clock="rescue"),
    ]
    town.find("serious_effect", "tip/tip_held", "office", GOVERNANCE)
    town.find("rescue_missed", "tip/tip_rescue", "police", GOVERNANCE)
    town.find("concealed", "tip/tip_hidden", "police", GOVERNANCE)

    assert town.searched() == {
        ("not-recognised", "office"): "proposed",
        ("grave-harm", "office"): "proposed",
        ("neglect-exposed", "market"): "proposed",
        ("major-lead", "police"): "proposed",
        ("venue-used", "office"): "proposed",
        ("missed-rescue", "police"): "proposed",
        ("concealment", "police"): "proposed",
        ("not-reported-up", "police"): "proposed",
    }
    assert {trigger for trigger, _ in town.searched()} == set(RULES.triggers)
    assert town.announced(DeductionProposed.KEY) == 8
    for each in town.records.kept.all():
        assert (each.proposed_by, each.decided_by) == (DESK, None)
        assert each.proof


@pytest.mark.criterion("19.3")
def test_what_only_a_person_can_find_is_shown_as_a_lead_and_wanted(town: Town) -> None:
    town.records.facts = [true("person_held", "tip/tip_held"), red("tip/tip_rescue", "police/criminal", clock="rescue")]

    assert town.searched() == {}
    found = {each.trigger: each for each in situations.leads(RULES, town.desk.observations())}
    assert found["grave-harm"].wanting == ("serious_effect",)
    assert found["grave-harm"].proof == ("tip/tip_held",)
    assert found["missed-rescue"].wanting == ("rescue_missed",)
    assert set(found) == {"grave-harm", "missed-rescue"}


@pytest.mark.criterion("19.3")
def test_an_order_unanswered_and_a_limit_run_out_are_proposed_with_their_records(town: Town) -> None:
    town.records.orders = [order()]
    town.records.facts = [red("tip/tip_1", "market/desk"), fact(TipDispatched.KEY, "tip/tip_1", "job_lure")]
    town.desk.search()

    assert {(each.about, each.facts, each.proof) for each in town.records.kept.all()} == {
        ("supervision_order/order_1", ("task_neglected",), ("supervision_order/order_1", "tip/tip_9")),
        ("tip/tip_1", ("complaint_neglected",), ("tip/tip_1",)),
    }


@pytest.mark.criterion("19.3")
def test_nothing_is_applied_before_the_unit_was_heard_or_its_time_is_over(town: Town) -> None:
    town.records.reports = [report(StageReportState.MISSED)]
    town.desk.search()
    view = town.the_one()
    assert view.statement_due_at == HEARD_UNTIL

    with pytest.raises(RuleBroken, match=r"deduction\.statement_pending"):
        town.decide(view, OFFICE)
    town.clock.instant = HEARD_UNTIL - timedelta(seconds=1)
    with pytest.raises(RuleBroken, match=r"deduction\.statement_pending"):
        town.decide(view, OFFICE)
    town.clock.instant = HEARD_UNTIL
    decided = town.decide(view, OFFICE)
    assert (decided.state, decided.decided_by, decided.grounds) == (DeductionState.APPLIED, "clerk-1", "经核实")
    assert town.announced(DeductionDecided.KEY) == 1
    with pytest.raises(Conflict, match=r"deduction\.already_decided"):
        town.decide(view, GOVERNANCE)


@pytest.mark.criterion("19.3")
def test_a_statement_lets_a_person_decide_earlier_and_stays_with_the_decision(town: Town) -> None:
    town.records.reports = [report(StageReportState.MISSED)]
    town.desk.search()
    stated = town.state(town.the_one(), MARKET)
    assert (stated.state, stated.statement) == (DeductionState.STATED, "材料已于当日送达")
    with pytest.raises(Conflict, match=r"deduction\.already_stated"):
        town.state(stated, MARKET)

    dropped = town.decide(stated, GOVERNANCE, apply=False)
    assert (dropped.state, dropped.statement) == (DeductionState.DROPPED, "材料已于当日送达")
    assert town.searched() == {("neglect-exposed", "market"): DeductionState.DROPPED}, "a search undoes no decision"


@pytest.mark.criterion("19.3")
def test_who_found_a_fact_never_decides_on_it_and_no_unit_about_itself(town: Town) -> None:
    town.find("exposed_by_media", "media/report_1")
    view = town.state(town.the_one(), MARKET)
    with pytest.raises(Forbidden, match=r"deduction\.own_finding"):
        town.decide(view, FINDER)
    with pytest.raises(Forbidden, match=r"deduction\.office_or_governance"):
        town.decide(view, MARKET)
    with pytest.raises(NotFound, match=r"deduction\.not_found"):
        town.decide(view, POLICE)
    with pytest.raises(Forbidden, match=r"deduction\.not_yours"):
        town.state(view, GOVERNANCE)
    with pytest.raises(Forbidden, match=r"deduction\.own_unit"):
        town.find("exposed_by_media", "media/report_1", "office", OFFICE)
    assert town.decide(view, OFFICE).state is DeductionState.APPLIED


@pytest.mark.criterion("19.3")
def test_a_withdrawn_proposal_is_kept_with_its_reason(town: Town) -> None:
    town.records.reports = [report(StageReportState.MISSED)]
    town.desk.search()
    taken_back = town.withdraw(town.the_one(), GOVERNANCE)

    assert taken_back.state is DeductionState.WITHDRAWN
    assert [(each.by, each.reason) for each in taken_back.withdrawals] == [("clerk-2", "系统时间有误")]
    assert town.searched() == {("neglect-exposed", "market"): DeductionState.WITHDRAWN}, "and is not proposed again"
    with pytest.raises(Conflict, match=r"deduction\.nothing_to_withdraw"):
        town.withdraw(taken_back, GOVERNANCE)
    assert town.announced(DeductionWithdrawn.KEY) == 1


@pytest.mark.criterion("19.3")
def test_a_proposal_falls_with_the_finding_it_rests_on_and_comes_again_with_a_new_time(town: Town) -> None:
    finding = town.find("exposed_by_media", "media/report_1")
    asked = WithdrawFinding(finding_id=finding.finding_id, reason="报道说的是别的镇")
    assert town.desk.withdraw_finding(asked, GOVERNANCE).reason == "报道说的是别的镇"
    assert town.the_one().state is DeductionState.WITHDRAWN
    with pytest.raises(Conflict, match=r"finding\.already_withdrawn"):
        town.desk.withdraw_finding(asked, GOVERNANCE)

    town.clock.advance(timedelta(days=3))
    town.find("exposed_by_media", "media/report_1")
    again = town.the_one()
    assert (again.state, again.statement_due_at) == (DeductionState.PROPOSED, HEARD_UNTIL + timedelta(days=3))
    assert [each.reason for each in again.withdrawals] == ["grounds_gone"]


@pytest.mark.criterion("19.3")
def test_a_late_report_ends_what_its_absence_began(town: Town) -> None:
    town.records.reports = [report(StageReportState.MISSED)]
    town.desk.search()
    town.records.reports = [report(StageReportState.FILED_LATE)]
    town.desk.search()

    late = town.the_one()
    assert late.state is DeductionState.WITHDRAWN
    assert [(each.by, each.reason) for each in late.withdrawals] == [(DESK, "came_late")]


@pytest.mark.criterion("19.3")
def test_late_truth_about_a_hidden_matter_is_no_concealment(town: Town) -> None:
    town.records.majors = [major(missed=True, reported=True)]
    town.find("concealed", "tip/tip_m", "police")

    assert town.searched() == {("not-reported-up", "police"): DeductionState.PROPOSED}
    silent = replace(RULES.triggers["not-reported-up"])
    assert town.the_one().tenths == silent.late_tenths < silent.tenths


HISTORIES = st.lists(
    st.tuples(st.sampled_from(["report", "major", "limit"]), st.booleans(), st.booleans()), min_size=1, max_size=6
)


@pytest.mark.criterion("19.3")
@settings(max_examples=30, deadline=None)
@given(HISTORIES)
def test_telling_late_never_costs_a_unit_more_than_silence(history: list[tuple[str, bool, bool]]) -> None:
    standing = {}
    for tells_late in (False, True):
        town = made(FixedClock(MORNING))
        for kind, is_late_told, applies_before in history:
            _owe(town, kind, tells=False)
            town.desk.search()
            if applies_before:
                _apply_all(town)
            _owe(town, kind, tells=tells_late and is_late_told)
            town.desk.search()
        _apply_all(town)
        standing[tells_late] = sum(each.tenths for each in town.records.kept.all() if each.state == "applied")

    assert standing[True] <= standing[False]


def _owe(town: Town, kind: str, *, tells: bool) -> None:
    if kind == "report":
        town.records.reports = [report(StageReportState.FILED_LATE if tells else StageReportState.MISSED)]
    elif kind == "major":
        town.records.majors = [major(missed=True, reported=tells)]
    else:
        town.records.facts = [red("tip/tip_1", "market/desk"), *([true("job_lure", "tip/tip_1")] if tells else [])]


def _apply_all(town: Town) -> None:
    town.clock.advance(timedelta(days=9))
    for each in town.records.kept.all():
        if each.state in {DeductionState.PROPOSED, DeductionState.STATED}:
            town.desk.decide_deduction(DecideDeduction(deduction_id=each.id, apply=True, grounds="-"), GOVERNANCE)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fact": "made_up"}, "finding.fact_unknown"),
        ({"proof": ()}, "finding.proof_missing"),
        ({"proof": ("张三 13800000000",)}, "finding.reference_unreadable"),
        ({"about": "张三"}, "finding.reference_unreadable"),
    ],
)
def test_what_a_finding_refuses(town: Town, changed: dict[str, object], code: str) -> None:
    asked = RecordFinding(fact="concealed", unit="market", about="tip/t", proof=("tip/t",), grounds="g")
    with pytest.raises(RuleBroken, match=code.replace(".", r"\.")):
        town.desk.record_finding(replace(asked, **changed), FINDER)  # type: ignore[arg-type]
    with pytest.raises(NotFound, match=r"agency\.not_found"):
        town.desk.record_finding(replace(asked, unit="harbour"), FINDER)


def test_findings_and_deductions_read_back_as_they_were_written(town: Town) -> None:
    town.find("exposed_by_media", "media/report_1")
    town.withdraw(town.the_one(), OFFICE)
    (deduction,), (finding,) = town.records.kept.all(), town.records.found.all()

    assert as_state(Deduction, as_fields(deduction)) == deduction
    assert as_state(Finding, as_fields(finding)) == finding
    assert set(as_fields(deduction)) <= set(DeductionDocument._fields)
    assert set(as_fields(finding)) <= set(FindingDocument._fields)


def test_no_deduction_has_a_place_for_a_person() -> None:
    personal = {"person", "name", "phone", "identity", "officer", "text", "content"}
    announced = {each.name for event in (DeductionProposed, DeductionDecided) for each in fields(event)}

    assert personal.isdisjoint({each.name for kind in (Deduction, Finding) for each in fields(kind)} | announced)
    assert {"statement", "grounds", "proof", "about"}.isdisjoint(announced)


@pytest.mark.criterion("19.1")
def test_what_a_situation_costs_is_data_and_no_search_is_unknown(policy: Policy) -> None:
    assert RULES.of_tenths == 10
    assert {each.statement_days for each in RULES.triggers.values()} == {7}
    assert all(each.late_tenths <= each.tenths for each in RULES.triggers.values())
    assert TriggerRule.cost(replace(RULES.triggers["venue-used"], tenths=1, late_tenths=9), came_late=True) == 1
    strange = replace(policy.assessment.triggers[0].facts[0], found_in=("horoscopes",))
    trigger = replace(policy.assessment.triggers[0], facts=(strange,))
    broken = replace(policy, assessment=replace(policy.assessment, triggers=(trigger,)))
    with pytest.raises(PolicyBroken, match=r"policy\.search_unknown"):
        read_assessment(PolicyBook(broken))


def sentence(clause: str, state: str, proofs: int) -> ClauseView:
    return ClauseView(
        clause=clause, sentence="…", resolved="…", lead=("market",), support=(), feature="f", status="runs",
        kept_by=(CaseOpened.KEY,), proofs=proofs, last_proof_at=None, state=state, next_due_on=None,
    )  # fmt: skip


@pytest.mark.criterion("19.2")
def test_each_score_links_to_its_proof_and_what_is_missing_is_listed(town: Town) -> None:
    town.records.reports = [report(StageReportState.MISSED)]
    town.desk.search()
    town.clock.instant = HEARD_UNTIL
    town.decide(town.the_one(), OFFICE)
    proven, bare = sentence("L28.1", "kept", 2), sentence("L29.1", "waiting", 0)
    late = report(StageReportState.MISSED)
    filed = replace(report(StageReportState.FILED_LATE), id="report_2")
    known = Evidence(
        sentences=[proven, bare, replace(proven, clause="L35.1", lead=("police",))],
        returns=[report_view(late, 1), report_view(filed, 1)],
        orders=[order_view(order(), 1)],
        deductions=town.records.kept.all(),
        latest={CaseOpened.KEY: ("case/case_1", "case/case_2")},
    )
    board = board_of("market", known, RULES)
    items = {each.code: each for each in board.items}

    assert (board.of_tenths, board.taken_tenths, board.standing_tenths, board.proposed_tenths) == (10, 1, 9, 0)
    trigger = items["trigger/neglect-exposed"]
    assert (trigger.state, trigger.tenths) == ("applied", 1)
    assert trigger.proof == (f"deduction/{town.the_one().deduction_id}",)
    assert items["trigger/concealment"].state == "none"
    assert items["sentence/L28.1"].proof == ("case/case_1", "case/case_2")
    assert (items["sentence/L28.1"].missing, items["sentence/L29.1"].missing) == ((), (CaseOpened.KEY,))
    assert "sentence/L35.1" not in items
    assert items["stage_report/report_market"].missing == ("reporting.return.filed.v1",)
    assert items["stage_report/report_2"].proof == ("stage_report/report_2",)
    assert items["supervision_order/order_1"].missing == ("reporting.supervision_order.answered.v1",)
    assert len([each for each in items if each.startswith("trigger/")]) == 8


def test_a_board_never_falls_below_nothing(town: Town) -> None:
    rules: AssessmentRules = replace(RULES, of_tenths=1)
    town.find("concealed", "tip/t")
    town.clock.instant = HEARD_UNTIL
    town.decide(town.the_one(), OFFICE)
    known = Evidence(sentences=[], returns=[], orders=[], deductions=town.records.kept.all(), latest={})

    board = board_of("market", known, rules)
    assert (board.taken_tenths, board.standing_tenths) == (5, 0)
