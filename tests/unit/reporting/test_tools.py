"""Tools of governance: never without the unit's statement or its expired time, never by who proposed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lianxi.contracts import reporting
from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import (
    DecideTool,
    EndTool,
    GetTool,
    ProposeTool,
    StateOnTool,
    ToolDecided,
    ToolEnded,
    ToolKind,
    ToolProposed,
    ToolState,
    ToolStated,
    ToolView,
)
from lianxi.kernel.clock import FixedClock, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.outbox import Announcer
from services.reporting.documents import ToolDocument
from services.reporting.domain import tools
from services.reporting.domain.tools import Tool
from services.reporting.handlers.tools import ToolDesk
from services.reporting.policy import Demands

OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
GOVERNANCE = Caller(actor="clerk-2", agency="governance", correlation_id="c", rows=("all",))
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c")
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c")
PROPOSAL = ProposeTool(
    target="market",
    kind=ToolKind.YELLOW_CARD,
    trigger="neglect-exposed",
    proof=("tip/tip_1", "stage_report/stage_report_2"),
    statement_due_on=date(2015, 10, 27),
)
HEARD_UNTIL = local_midnight(date(2015, 10, 28))


@pytest.fixture
def file(clock: FixedClock) -> MemoryAggregates[Tool]:
    return MemoryAggregates(Announcer(service="reporting", noun="tool"), clock)


@pytest.fixture
def governing(file: MemoryAggregates[Tool], demands: Demands, clock: FixedClock) -> ToolDesk:
    return ToolDesk(file, demands, clock)


def statement(view: ToolView) -> StateOnTool:
    return StateOnTool(tool_id=view.tool_id, statement="情况说明")


def decision(view: ToolView, issue: bool = True) -> DecideTool:
    return DecideTool(tool_id=view.tool_id, issue=issue, grounds="两次逾期")


def ending(view: ToolView) -> EndTool:
    return EndTool(tool_id=view.tool_id, grounds="已整改")


@pytest.mark.criterion("3.5")
def test_a_card_is_a_record_with_trigger_proof_statement_decision_and_end(
    governing: ToolDesk, file: MemoryAggregates[Tool], clock: FixedClock
) -> None:
    view = governing.propose_tool(PROPOSAL, GOVERNANCE)
    governing.state_on_tool(statement(view), MARKET)
    issued = governing.decide_tool(decision(view), OFFICE)
    clock.advance(timedelta(days=30))
    ended = governing.end_tool(ending(view), GOVERNANCE)

    assert (view.state, issued.state, ended.state) == (ToolState.PROPOSED, ToolState.ISSUED, ToolState.ENDED)
    assert (ended.trigger, ended.proof, ended.statement) == (PROPOSAL.trigger, PROPOSAL.proof, "情况说明")
    assert (ended.proposed_by, ended.decided_by, ended.grounds) == ("clerk-2", "clerk-1", "两次逾期")
    assert (ended.ended_at, ended.end_grounds) == (clock.now(), "已整改")
    assert [each.type for each in file.announced] == [
        ToolProposed.KEY,
        ToolStated.KEY,
        ToolDecided.KEY,
        ToolEnded.KEY,
    ]


@pytest.mark.criterion("3.5")
@pytest.mark.parametrize("issue", [True, False])
def test_no_card_before_the_unit_was_heard_or_let_its_time_pass(
    governing: ToolDesk, clock: FixedClock, issue: bool
) -> None:
    view = governing.propose_tool(PROPOSAL, GOVERNANCE)
    for instant in (clock.now(), HEARD_UNTIL - timedelta(milliseconds=1)):
        clock.instant = instant
        with pytest.raises(RuleBroken, match=r"tool\.statement_pending"):
            governing.decide_tool(decision(view, issue), OFFICE)

    clock.instant = HEARD_UNTIL
    decided = governing.decide_tool(decision(view, issue), OFFICE)
    assert decided.state is (ToolState.ISSUED if issue else ToolState.DROPPED)
    assert decided.statement is None


def test_a_statement_after_its_day_is_taken_until_somebody_decides(governing: ToolDesk, clock: FixedClock) -> None:
    view = governing.propose_tool(PROPOSAL, GOVERNANCE)
    clock.instant = HEARD_UNTIL + timedelta(days=3)
    assert governing.state_on_tool(statement(view), MARKET).state is ToolState.STATED
    governing.decide_tool(decision(view), OFFICE)
    with pytest.raises(Conflict, match=r"tool\.already_decided"):
        governing.state_on_tool(statement(view), MARKET)


@pytest.mark.criterion("3.5")
def test_who_proposes_does_not_decide_and_no_unit_decides_about_itself(governing: ToolDesk, clock: FixedClock) -> None:
    view = governing.propose_tool(PROPOSAL, GOVERNANCE)
    clock.instant = HEARD_UNTIL
    with pytest.raises(Forbidden, match=r"tool\.own_proposal"):
        governing.decide_tool(decision(view), GOVERNANCE)
    for unit in (OFFICE, GOVERNANCE):
        with pytest.raises(Forbidden, match=r"tool\.own_unit"):
            governing.propose_tool(replace(PROPOSAL, target=unit.agency), unit)
    later = date(2015, 11, 20)
    own = governing.propose_tool(replace(PROPOSAL, target="governance", statement_due_on=later), OFFICE)
    governing.state_on_tool(statement(own), GOVERNANCE)
    with pytest.raises(Forbidden, match=r"tool\.own_unit"):
        governing.decide_tool(decision(own), GOVERNANCE)


def test_a_tool_is_seen_by_its_unit_and_by_who_decides_only(governing: ToolDesk) -> None:
    view = governing.propose_tool(replace(PROPOSAL, target="market/desk"), OFFICE)
    asked = GetTool(tool_id=view.tool_id)

    assert view.target == "market"
    assert governing.get_tool(asked, MARKET) == governing.get_tool(asked, GOVERNANCE) == view
    strange: tuple[Callable[[], ToolView], ...] = (
        lambda: governing.get_tool(asked, POLICE),
        lambda: governing.state_on_tool(statement(view), POLICE),
        lambda: governing.decide_tool(decision(view), POLICE),
        lambda: governing.end_tool(ending(view), POLICE),
    )
    for stranger_asks in strange:
        with pytest.raises(NotFound, match=r"tool\.not_found"):
            stranger_asks()
    with pytest.raises(Forbidden, match=r"tool\.office_or_governance"):
        governing.propose_tool(PROPOSAL, POLICE)
    with pytest.raises(Forbidden, match=r"tool\.office_or_governance"):
        governing.decide_tool(decision(view), MARKET)
    with pytest.raises(Forbidden, match=r"tool\.not_yours"):
        governing.state_on_tool(statement(view), GOVERNANCE)
    with pytest.raises(NotFound, match=r"agency\.not_found"):
        governing.propose_tool(replace(PROPOSAL, target="harbour"), OFFICE)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"proof": ()}, "tool.proof_missing"),
        ({"proof": ("张三 13800000000",)}, "tool.proof_unreadable"),
        ({"trigger": "张三"}, "tool.trigger_unreadable"),
        ({"statement_due_on": date(2015, 10, 26)}, "tool.statement_time_too_short"),
    ],
)
def test_what_a_proposal_refuses(governing: ToolDesk, changed: dict[str, object], code: str) -> None:
    with pytest.raises(RuleBroken, match=code.replace(".", r"\.")):
        governing.propose_tool(replace(PROPOSAL, **changed), OFFICE)  # type: ignore[arg-type]


def test_every_tool_of_the_policy_has_a_kind_and_its_days(policy: Policy, demands: Demands) -> None:
    assert set(demands.statement_days) == {kind.value for kind in ToolKind}
    assert set(demands.statement_days.values()) == {tool.reply_within_days for tool in policy.assessment.tools} == {7}


def test_the_same_command_is_one_tool(governing: ToolDesk, file: MemoryAggregates[Tool]) -> None:
    caller = replace(OFFICE, command_id="k1")
    assert governing.propose_tool(PROPOSAL, caller) == governing.propose_tool(PROPOSAL, caller)
    assert len(file.all()) == len(file.announced) == 1


def test_only_an_issued_tool_ends_and_once(governing: ToolDesk) -> None:
    view = governing.propose_tool(PROPOSAL, GOVERNANCE)
    with pytest.raises(Conflict, match=r"tool\.not_issued"):
        governing.end_tool(ending(view), OFFICE)
    governing.state_on_tool(statement(view), MARKET)
    with pytest.raises(Conflict, match=r"tool\.already_stated"):
        governing.state_on_tool(statement(view), MARKET)
    with pytest.raises(Conflict, match=r"tool\.changed"):
        governing.decide_tool(replace(decision(view), expected_version=1), OFFICE)
    governing.decide_tool(decision(view), OFFICE)
    governing.end_tool(ending(view), OFFICE)
    with pytest.raises(Conflict, match=r"tool\.already_ended"):
        governing.end_tool(ending(view), OFFICE)


def test_no_tool_has_a_place_for_a_person() -> None:
    personal = {"person", "name", "phone", "identity", "officer", "text", "content"}
    held = {each.name for each in fields(Tool)}
    announced = {each.name for event in (ToolProposed, ToolStated, ToolDecided, ToolEnded) for each in fields(event)}

    assert personal.isdisjoint(held | announced)
    assert {"statement", "grounds", "proof", "trigger"}.isdisjoint(announced)
    assert reporting.ToolEvent in ToolDecided.__mro__


class ToolMachine(RuleBasedStateMachine):
    """Days pass; the unit may speak or not; two people propose, decide and end, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2015, 10, 20, 1, 0, tzinfo=UTC)
        self.tool, _ = tools.proposed("t", PROPOSAL, 7, self.now, "clerk-2")

    @rule(hours=st.integers(0, 72))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def state(self) -> None:
        before = self.tool.state
        try:
            self.tool, _ = tools.stated(self.tool, "说明", self.now, "officer-1")
        except Conflict:
            assert before is not ToolState.PROPOSED

    @rule(issue=st.booleans(), actor=st.sampled_from(["clerk-1", "clerk-2"]))
    def decide(self, issue: bool, actor: str) -> None:
        before = self.tool
        try:
            self.tool, _ = tools.decided(self.tool, issue, "理由", self.now, actor)
        except (Conflict, Forbidden, RuleBroken):
            return
        assert before.state in tools.UNDECIDED
        assert actor != before.proposed_by

    @rule()
    def end(self) -> None:
        before = self.tool.state
        try:
            self.tool, _ = tools.ended(self.tool, "整改", self.now, "clerk-1")
        except Conflict:
            assert before is not ToolState.ISSUED

    @invariant()
    def nothing_is_decided_unheard(self) -> None:
        if self.tool.decided_at is not None:
            assert self.tool.stated_at is not None or self.tool.decided_at >= self.tool.statement_due_at
            assert self.tool.decided_by != self.tool.proposed_by

    @invariant()
    def the_record_is_complete(self) -> None:
        assert (self.tool.decided_at is None) is (self.tool.state in tools.UNDECIDED)
        assert (self.tool.ended_at is None) is (self.tool.state is not ToolState.ENDED)
        assert as_state(Tool, as_fields(self.tool)) == self.tool
        assert set(as_fields(self.tool)) <= set(ToolDocument._fields)


TestToolMachine = ToolMachine.TestCase
TestToolMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
