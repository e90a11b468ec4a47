"""Stage reports: due, missed, filed, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lianxi.contracts.cases import CaseKind, CaseOpened
from lianxi.contracts.envelope import Caller, Cause, Event, Heard
from lianxi.contracts.reporting import (
    FileStageReport,
    GetStageReportDraft,
    ListStageReports,
    ReportingRungReached,
    ReturnDue,
    ReturnFiled,
    ReturnMissed,
    StageReportState,
)
from lianxi.contracts.tips import ReturnReason, TipReturned
from lianxi.kernel.clock import FixedClock, local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.runtime import metrics
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from services.reporting.documents import StageReportDocument
from services.reporting.domain import returns
from services.reporting.domain.cells import figures_in
from services.reporting.domain.drafts import drafted
from services.reporting.domain.facts import seal
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.stage_reports import ReportingDesk, report_id_of
from services.reporting.policy import OwedReturn, Plan, owed_returns, read_demands, read_plan
from tests.unit.reporting.conftest import SHIPPED

MARKET = Caller(actor="officer-1", agency="market", correlation_id="c")
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c")
OFFICE = Caller(actor="officer-3", agency="office", correlation_id="c", rows=("all",))
SECOND = date(2015, 10, 29)
STEPS = read_demands(PolicyBook(read_policy(SHIPPED))).returns
PARTS: dict[str, Any] = {"practice": "巡查", "results": "立案一宗", "problems": "无", "advice": "无"}


def id_of(plan: Plan, agency: str, due_on: date = SECOND) -> str:
    return next(report_id_of(each) for each in plan.returns if each.agency == agency and each.due_on == due_on)


def written(report_id: str) -> FileStageReport:
    return FileStageReport(report_id=report_id, **PARTS)


def on(day: date) -> datetime:
    return local_midnight(day) + timedelta(hours=9)


def open_case(desk: ReportingDesk, event_id: str, at: datetime) -> None:
    event = CaseOpened(
        case_id=event_id, number="C-1", kind=CaseKind.FACILITATION, owner="market/desk", tip_id=None,
        rental_code=None, opened_at=at,
    )  # fmt: skip
    cause = Cause(actor="a", correlation_id="c", event_id=event_id, subject=f"case/{event_id}", at=at)
    desk.keep_facts([Heard(event, cause)])


def announced(kept: MemoryAggregates[StageReport], key: str) -> list[str]:
    return [f"{each.data['agency']} {each.data['due_on']}" for each in kept.announced if each.type == key]


@pytest.mark.criterion("12.2")
def test_the_office_sees_every_unit_and_date_a_unit_its_own(desk: ReportingDesk, policy: Policy) -> None:
    owed = sum(len(row.owed_by) for row in policy.returns)
    all_of_them = desk.list_stage_reports(ListStageReports(), OFFICE).items
    own = desk.list_stage_reports(ListStageReports(), MARKET).items

    assert len(all_of_them) == owed == 44
    assert [(each.agency, each.due_on) for each in own] == [("market", row.due_on) for row in policy.returns]
    assert desk.list_stage_reports(ListStageReports(agency="market"), OFFICE).items == own
    with pytest.raises(NotFound):
        desk.list_stage_reports(ListStageReports(agency="police"), MARKET)


def test_opening_again_changes_nothing(desk: ReportingDesk, kept: MemoryAggregates[StageReport]) -> None:
    for _ in range(3):
        desk.open_returns()

    assert len(kept.all()) == 44
    assert {kept.get(each.id).version for each in kept.all() if not each.is_before_issue} == {1}


@pytest.mark.criterion("12.2")
def test_a_unit_is_reminded_once_and_missed_once(
    desk: ReportingDesk, kept: MemoryAggregates[StageReport], clock: FixedClock
) -> None:
    for day in range(12):
        clock.instant = on(date(2015, 10, 24) + timedelta(days=day))
        desk.open_returns()
        desk.open_returns()
        if clock.instant == on(date(2015, 10, 25)):
            assert not kept.announced

    assert announced(kept, ReturnDue.KEY).count("market 2015-10-29") == 1
    assert announced(kept, ReturnMissed.KEY).count("market 2015-10-29") == 1
    assert metrics.returns_missing.labels("market")._value.get() == 1
    assert metrics.returns_missing.labels("economy")._value.get() == 0


def rungs(kept: MemoryAggregates[StageReport], report_id: str) -> list[tuple[str, tuple[str, ...], str]]:
    item = f"stage_report/{report_id}"
    found = [
        each.data for each in kept.announced if each.type == ReportingRungReached.KEY and each.data["item"] == item
    ]
    return [(each["rung"], tuple(each["receivers"]), each["mark"]) for each in found]


@pytest.mark.criterion("12.2")
def test_a_report_is_reminded_of_three_times_and_then_climbs_its_ladder(
    desk: ReportingDesk, kept: MemoryAggregates[StageReport], plan: Plan, clock: FixedClock
) -> None:
    seen: dict[str, date] = {}
    market = id_of(plan, "market")
    for hour in range(24 * 18):
        clock.instant = local_midnight(date(2015, 10, 20)) + timedelta(hours=hour)
        desk.open_returns()
        desk.remind()
        desk.remind()
        for rung, _, _ in rungs(kept, market):
            seen.setdefault(rung, local_date(clock.now()))

    assert rungs(kept, market) == [
        ("three-days-before", ("market/desk",), ""),
        ("one-day-before", ("market/desk",), ""),
        ("today", ("market/desk",), ""),
        ("over", ("market/desk", "office/desk"), "yellow"),
        ("far-over", ("office/desk",), "red"),
    ]
    assert seen["three-days-before"] == date(2015, 10, 26)
    assert seen["one-day-before"] == date(2015, 10, 28)
    assert seen["today"] == SECOND
    assert seen["over"] == date(2015, 10, 30)
    assert seen["far-over"] == date(2015, 11, 6)
    assert rungs(kept, id_of(plan, "market", date(2015, 10, 15))) == []


@pytest.mark.criterion("12.2")
def test_a_filed_report_climbs_no_further(
    desk: ReportingDesk, kept: MemoryAggregates[StageReport], plan: Plan, clock: FixedClock
) -> None:
    market = id_of(plan, "market")
    clock.instant = on(date(2015, 10, 26))
    desk.open_returns()
    desk.remind()
    desk.file_stage_report(written(market), MARKET)
    clock.instant = on(date(2015, 11, 30))
    desk.remind()

    assert [rung for rung, _, _ in rungs(kept, market)] == ["three-days-before"]
    assert len(rungs(kept, id_of(plan, "police"))) == 5
    assert kept.get(market).state.next_rung_at is None


def test_the_list_counts_the_dispatches_that_a_unit_gave_back(
    desk: ReportingDesk, plan: Plan, clock: FixedClock
) -> None:
    for index, (unit, day) in enumerate(
        [("market/desk", 15), ("market/desk", 16), ("market/desk", 29), ("police/station", 20)]
    ):
        at = on(date(2015, 10, day))
        event = TipReturned(
            tip_id=f"t-{index}", desk=unit, reason=ReturnReason.NOT_COMPETENT, suggested_desk="office/desk", round=1,
            returned_at=at,
        )  # fmt: skip
        desk.keep_facts(
            [Heard(event, Cause(actor="a", correlation_id="c", event_id=f"e-{index}", subject="tip/t", at=at))]
        )

    def bounces() -> dict[str, int]:
        listed = desk.list_stage_reports(ListStageReports(), OFFICE).items
        return {each.agency: each.bounces for each in listed if each.due_on == SECOND and each.bounces}

    assert bounces() == {"market": 2, "police": 1}
    clock.instant = on(SECOND)
    filed = desk.file_stage_report(written(id_of(plan, "market")), MARKET)
    assert filed.bounces == filed.figures["tips_returned"] == 2
    assert bounces() == {"market": 2, "police": 1}


@pytest.mark.criterion("12.1")
def test_X03_a_date_before_the_issue_alarms_nobody(
    desk: ReportingDesk, kept: MemoryAggregates[StageReport], plan: Plan, clock: FixedClock
) -> None:
    desk.open_returns()
    first = id_of(plan, "market", date(2015, 10, 15))

    assert kept.get(first).state.state is StageReportState.DUE
    assert not kept.announced
    filed = desk.file_stage_report(written(first), MARKET)
    assert filed.state is StageReportState.FILED_LATE


def test_a_draft_counts_what_lies_in_its_period(desk: ReportingDesk, plan: Plan) -> None:
    open_case(desk, "before", local_midnight(date(2015, 10, 16)) - timedelta(milliseconds=1))
    open_case(desk, "first", local_midnight(date(2015, 10, 16)))
    open_case(desk, "last", local_midnight(date(2015, 10, 30)) - timedelta(milliseconds=1))
    open_case(desk, "after", local_midnight(date(2015, 10, 30)))

    draft = desk.get_stage_report_draft(GetStageReportDraft(report_id=id_of(plan, "market")), MARKET)

    assert (draft.period_from, draft.period_to) == (date(2015, 10, 16), SECOND)
    assert draft.figures["cases_opened"] == 2
    assert "立案2宗" in draft.practice
    assert draft.practice.startswith("2015年10月16日至2015年10月29日")
    assert "结案0宗" in draft.results
    assert "未显示逾期事项" in draft.problems
    assert draft.advice


def test_a_draft_names_what_is_late() -> None:
    figures = figures_in([], "market", frozenset()) | {"visits_missed": 3, "notices_to_acknowledge": 5}
    report = returns.opened("r", _owed(), STEPS)

    draft = drafted(report, figures)

    assert draft.problems == "逾期未巡查出租屋3处;未按时签收告知5件。"
    assert draft.advice.startswith("建议")


@pytest.mark.criterion("12.4")
def test_what_is_filed_is_frozen(desk: ReportingDesk, plan: Plan, clock: FixedClock) -> None:
    report_id = id_of(plan, "market")
    open_case(desk, "one", on(SECOND) - timedelta(days=1))
    clock.instant = on(SECOND)
    view = desk.file_stage_report(written(report_id), MARKET)
    open_case(desk, "two", on(SECOND))
    clock.instant = on(date(2016, 11, 12))

    draft = desk.get_stage_report_draft(GetStageReportDraft(report_id=report_id), OFFICE)
    (listed,) = [
        each
        for each in desk.list_stage_reports(ListStageReports(agency="market"), OFFICE).items
        if each.due_on == SECOND
    ]
    assert view.state is StageReportState.FILED
    assert view.figures["cases_opened"] == draft.figures["cases_opened"] == 1
    assert view.figures_sha256 == seal(listed.figures) == listed.figures_sha256
    assert (draft.practice, draft.advice) == (PARTS["practice"], PARTS["advice"])


def test_late_is_filed_and_said_to_be_late(
    desk: ReportingDesk, kept: MemoryAggregates[StageReport], plan: Plan, clock: FixedClock
) -> None:
    clock.instant = on(SECOND + timedelta(days=1))
    desk.open_returns()
    view = desk.file_stage_report(written(id_of(plan, "market")), MARKET)
    desk.open_returns()

    assert view.state is StageReportState.FILED_LATE
    (said,) = [each for each in kept.announced if each.type == ReturnFiled.KEY]
    assert said.data["is_late"] is True
    assert metrics.returns_missing.labels("market")._value.get() == 0


def test_only_the_unit_files_and_only_once(desk: ReportingDesk, plan: Plan) -> None:
    report_id = id_of(plan, "market")
    with pytest.raises(NotFound):
        desk.file_stage_report(written(report_id), POLICE)
    with pytest.raises(NotFound):
        desk.get_stage_report_draft(GetStageReportDraft(report_id=report_id), POLICE)
    with pytest.raises(NotFound):
        desk.get_stage_report_draft(GetStageReportDraft(report_id="stage_report_none"), MARKET)
    with pytest.raises(Forbidden):
        desk.file_stage_report(written(report_id), OFFICE)
    with pytest.raises(Conflict, match=r"stage_report\.changed"):
        desk.file_stage_report(replace(written(report_id), expected_version=7), MARKET)

    desk.file_stage_report(written(report_id), MARKET)

    with pytest.raises(Conflict, match=r"stage_report\.already_filed"):
        desk.file_stage_report(written(report_id), MARKET)


def test_rolled_dates_stay_thursdays_and_keep_their_periods(policy: Policy, rolled_policy: Policy) -> None:
    plain, moved = owed_returns(policy), owed_returns(rolled_policy)

    assert {after.due_on - before.due_on for before, after in zip(plain, moved, strict=True)} == {timedelta(days=364)}
    assert {each.due_on.weekday() for each in moved} == {3}
    assert [each.is_before_issue for each in moved] == [each.is_before_issue for each in plain]
    assert {each.due_on - each.period_from for each in plain if not each.is_before_issue} == {timedelta(days=13)}
    assert {report_id_of(each) for each in plain}.isdisjoint({report_id_of(each) for each in moved})
    assert read_plan(rolled_policy).begins_on == date(2015, 10, 1) + timedelta(days=364)


@pytest.mark.criterion("12.3")
def test_a_number_that_differs_needs_a_remark_and_both_are_shown(
    desk: ReportingDesk, plan: Plan, clock: FixedClock
) -> None:
    open_case(desk, "one", on(date(2015, 10, 20)))
    open_case(desk, "two", on(date(2015, 10, 21)))
    clock.instant = on(SECOND)
    market = id_of(plan, "market")
    draft = desk.get_stage_report_draft(GetStageReportDraft(report_id=market), MARKET)
    assert draft.figures["cases_opened"] == 2
    differing = replace(written(market), figures={"cases_opened": 3, "cases_closed": 0})

    for remarks in ({}, {"cases_opened": "  "}, {"cases_closed": "别的数字的说明"}):
        with pytest.raises(RuleBroken, match=r"stage_report\.remark_missing") as refused:
            desk.file_stage_report(replace(differing, remarks=remarks), MARKET)
        assert refused.value.facts == {"figure": "cases_opened", "stated": 3, "counted": 2}
    with pytest.raises(RuleBroken, match=r"stage_report\.figure_unknown") as unknown:
        desk.file_stage_report(replace(written(market), figures={"made_up": 1}), MARKET)
    assert unknown.value.facts == {"figure": "made_up"}

    reason = {"cases_opened": "另一宗立案于系统启用之前"}
    filed = desk.file_stage_report(replace(differing, remarks=reason), MARKET)
    assert (filed.figures["cases_opened"], filed.stated, filed.remarks) == (2, differing.figures, reason)
    assert filed.figures_sha256 == seal(filed.figures)
    (shown,) = (each for each in desk.list_stage_reports(ListStageReports(), OFFICE).items if each.report_id == market)
    assert (shown.figures["cases_opened"], shown.stated, shown.remarks) == (2, differing.figures, reason)


def test_a_report_reads_back_as_it_was_written() -> None:
    report = returns.opened("r", _owed(), STEPS)
    filed, _ = returns.filed(
        report, written("r"), {"tips_led": 1}, STEPS, datetime(2015, 10, 29, tzinfo=UTC), "officer"
    )

    assert as_state(StageReport, as_fields(filed)) == filed
    assert set(as_fields(filed)) <= set(StageReportDocument._fields)


def _owed(*, is_before_issue: bool = False) -> OwedReturn:
    return OwedReturn(
        code="return-2",
        agency="market",
        due_on=SECOND,
        period_from=date(2015, 10, 16),
        is_before_issue=is_before_issue,
    )


class StageReportMachine(RuleBasedStateMachine):
    """Days pass in any steps, sweeps run or do not, somebody files or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.today = date(2015, 10, 20)
        self.report = returns.opened("r", _owed(), STEPS)
        self.said: list[str] = []
        self.rungs: list[str] = []

    def hear(self, events: Sequence[Event]) -> None:
        self.rungs += [each.rung for each in events if isinstance(each, ReportingRungReached)]
        self.said += [each.KEY for each in events if not isinstance(each, ReportingRungReached)]

    @rule(days=st.integers(0, 6))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule()
    def sweep(self) -> None:
        self.report, events = returns.advanced(self.report, self.today)
        self.hear(events)

    @rule()
    def remind(self) -> None:
        was_filed = self.report.state in returns.SETTLED
        self.report, events = returns.reminded(self.report, STEPS, on(self.today))
        assert not (was_filed and events)
        self.hear(events)

    @rule()
    def file(self) -> None:
        before = self.report
        try:
            self.report, events = returns.filed(
                self.report, written("r"), {"tips_led": 1}, STEPS, on(self.today), "officer"
            )
        except Conflict:
            assert before.state in returns.SETTLED
            return
        assert before.state not in returns.SETTLED
        self.hear(events)
        late = StageReportState.FILED_LATE if self.today > SECOND else StageReportState.FILED
        assert self.report.state is late

    @invariant()
    def every_rung_is_reached_once_and_in_order(self) -> None:
        ladder = [rung.code for rung in STEPS.ladder.rungs]
        assert self.rungs == ladder[: len(self.rungs)]

    @invariant()
    def a_sweep_looks_again_exactly_while_something_is_left(self) -> None:
        is_over = self.report.state in returns.SETTLED or len(self.rungs) == len(STEPS.ladder.rungs)
        assert (self.report.next_rung_at is None) is is_over

    @invariant()
    def everything_is_said_at_most_once_and_in_order(self) -> None:
        order = [ReturnDue.KEY, ReturnMissed.KEY, ReturnFiled.KEY]
        assert [key for key in order if key in self.said] == self.said

    @invariant()
    def the_state_is_what_was_said(self) -> None:
        last = {
            ReturnDue.KEY: {StageReportState.DUE},
            ReturnMissed.KEY: {StageReportState.MISSED},
            ReturnFiled.KEY: returns.SETTLED,
        }
        assert self.report.state in (last[self.said[-1]] if self.said else {StageReportState.NOT_DUE})

    @invariant()
    def figures_are_sealed_exactly_when_filed(self) -> None:
        is_filed = self.report.state in returns.SETTLED
        assert (self.report.figures_sha256 is not None) is is_filed
        assert (self.report.filed_at is not None) is is_filed


TestStageReportMachine = StageReportMachine.TestCase
TestStageReportMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
