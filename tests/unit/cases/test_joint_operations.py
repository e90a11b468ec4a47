"""Joint operations: who plans, who commands, who comes, and who may know of it when."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts.cases import CaseKind, OpenCase
from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.joint_operations import (
    ActivateJointOperation,
    CancelJointOperation,
    CorrectResults,
    FollowUp,
    ForceAsked,
    GetJointOperation,
    JointOperationState,
    JointOperationView,
    LogEntryKind,
    PlaceKind,
    PlanJointOperation,
    PromiseForce,
    ReportArrival,
    Results,
    ReviseJointOperation,
    StandDown,
    TargetPlace,
)
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates
from services.cases.domain.cases import Case
from services.cases.domain.joint_operations import JointOperation
from services.cases.handlers.joint_operations import JointOperationDesk
from services.cases.store import JOINT_OPERATIONS
from services.notifications.policy import addressees
from tests.unit.cases.desk import NOW, POLICY_FILES, CasesInMemory, shipped_rules

COMMAND, MARKET, TENANCY = "police/public-security", "market/desk", "tenancy/desk"
ADDRESS, PLAN = "岚田路九号三楼三零二", "两组从南门进,一组守后巷"
RESULTS = Results(dens_closed=1, persons_rescued=2, persons_dispersed=17, persons_aided=5)


def of(agency: str, *desks: str) -> Caller:
    return Caller(
        actor=f"{agency}-officer", agency=agency, roles=("desk",), desks=desks, rows=("involved",), correlation_id="c"
    )


OFFICE, POLICE, MARKETS, TENANCIES = of("office"), of("police", COMMAND), of("market"), of("tenancy")


def village() -> str:
    return min(shipped_rules().villages)


def plan(**other: Any) -> dict[str, Any]:
    place = TargetPlace(
        kind=PlaceKind.VENUE, village=village(), address=ADDRESS, legal_ground="《禁止传销条例》第十四条"
    )
    return {
        "title": "秋季第一次联勤",
        "plan": PLAN,
        "places": (place,),
        "forces": (
            ForceAsked(desk=COMMAND, heads=10),
            ForceAsked(desk=MARKET, heads=4),
            ForceAsked(desk=TENANCY, heads=3),
        ),
        "commander": COMMAND,
        "starts_at": NOW + timedelta(hours=12),
        "ends_at": NOW + timedelta(hours=16),
    } | other


class Joint:
    def __init__(self, cases: MemoryAggregates[Case] | None = None) -> None:
        self.clock = FixedClock(NOW)
        self.operations: MemoryAggregates[JointOperation] = MemoryAggregates(JOINT_OPERATIONS, self.clock)
        kept = CasesInMemory().cases if cases is None else cases
        self.desk = JointOperationDesk(self.operations, kept, shipped_rules(), self.clock)

    def planned(self, by: Caller = OFFICE, **other: Any) -> str:
        return self.desk.plan_joint_operation(PlanJointOperation(**plan(**other)), by).operation_id

    def read(self, item: str, by: Caller) -> JointOperationView:
        return self.desk.get_joint_operation(GetJointOperation(operation_id=item), by)

    def promise(self, item: str, desk: str, heads: int, by: Caller, reason: str = "") -> JointOperationView:
        asked = PromiseForce(operation_id=item, desk=desk, heads=heads, reason=reason)
        return self.desk.promise_force(asked, by)

    def activate(self, item: str, by: Caller = POLICE) -> JointOperationView:
        asked = ActivateJointOperation(operation_id=item, officer="police:officer-7")
        return self.desk.activate_joint_operation(asked, by)

    def arrive(self, item: str, desk: str, heads: int, by: Caller) -> JointOperationView:
        return self.desk.report_arrival(ReportArrival(operation_id=item, desk=desk, heads=heads), by)

    def stand_down(self, item: str, by: Caller = POLICE) -> JointOperationView:
        return self.desk.stand_down(StandDown(operation_id=item, results=RESULTS), by)

    def cancel(self, item: str, by: Caller = OFFICE) -> JointOperationView:
        return self.desk.cancel_joint_operation(CancelJointOperation(operation_id=item, reason="下雨"), by)

    def announced(self) -> list[Event]:
        return [open_event(each) for each in self.operations.announced]


@pytest.fixture
def joint() -> Joint:
    return Joint()


@pytest.mark.criterion("11.2")
def test_an_operation_is_planned_promised_commanded_and_ended_with_counts_and_a_log(joint: Joint) -> None:
    item = joint.planned()
    joint.promise(item, COMMAND, 10, POLICE)
    joint.promise(item, MARKET, 2, MARKETS, "两人请假")
    started = joint.activate(item)
    joint.clock.advance(timedelta(minutes=20))
    joint.arrive(item, COMMAND, 11, POLICE)
    joint.arrive(item, MARKET, 2, MARKETS)
    joint.clock.advance(timedelta(minutes=5))
    joint.arrive(item, MARKET, 3, MARKETS)
    ended = joint.stand_down(item)

    assert (started.officer, started.activated_at, ended.state) == (
        "police:officer-7",
        NOW,
        JointOperationState.STOOD_DOWN,
    )
    counted = [(each.desk, each.asked, each.promised, each.arrived) for each in ended.forces]
    assert counted == [(COMMAND, 10, 10, 11), (MARKET, 4, 2, 3), (TENANCY, 3, None, 0)]
    assert ended.forces[1].arrived_at == NOW + timedelta(minutes=20)
    assert ended.results is not None
    assert (ended.results.dens_closed, ended.results.persons_rescued, ended.results.persons_dispersed) == (1, 2, 17)
    assert ended.results.persons_aided == 5
    assert [(each.what, each.by) for each in ended.log] == [
        (LogEntryKind.PLANNED, OFFICE.actor),
        (LogEntryKind.ACTIVATED, POLICE.actor),
        (LogEntryKind.STOOD_DOWN, POLICE.actor),
    ]
    corrected = joint.desk.correct_results(
        CorrectResults(operation_id=item, results=replace(RESULTS, persons_rescued=3), reason="又找到一人"), POLICE
    )
    assert corrected.results is not None
    assert [each.persons_rescued for each in (*corrected.corrections, corrected.results)] == [2, 3]


@pytest.mark.criterion("11.2")
def test_an_outsider_of_each_agency_finds_nothing_until_it_stands_down_and_no_address_after(joint: Joint) -> None:
    item = joint.planned()
    policy = read_policy(POLICY_FILES)
    part = {"office": "office/desk", "police": COMMAND, "market": MARKET, "tenancy": TENANCY}
    outsiders = [
        of(agency.code, *(desk.code for desk in agency.desks if desk.code != part.get(agency.code)))
        for agency in policy.agencies.values()
        if agency.code not in part or len(agency.desks) > 1
    ]
    assert {each.agency for each in outsiders} >= set(policy.agencies) - {"office", "market", "tenancy"}
    everybody = [*outsiders, *(replace(each, desks=()) for each in outsiders if each.agency not in part)]

    def nobody_knows() -> None:
        for each in everybody:
            with pytest.raises(NotFound, match=r"joint_operation\.not_found"):
                joint.read(item, each)
            with pytest.raises(NotFound, match=r"joint_operation\.not_found"):
                joint.promise(item, MARKET, 1, each)

    nobody_knows()
    joint.activate(item)
    nobody_knows()
    joint.stand_down(item)

    for each in everybody:
        seen = joint.read(item, each)
        assert seen.results is not None
        assert ADDRESS not in repr(seen)
        assert PLAN not in repr(seen)
        with pytest.raises(Forbidden, match=r"joint_operation\.not_your_part"):
            joint.promise(item, MARKET, 1, each)
    for part_of_it in (OFFICE, POLICE, MARKETS, TENANCIES, of("police")):
        assert joint.read(item, part_of_it).places[0].address == ADDRESS


def test_what_was_called_off_stays_hidden(joint: Joint) -> None:
    item = joint.planned()
    with pytest.raises(Forbidden):
        joint.cancel(item, POLICE)
    joint.cancel(item)

    assert joint.read(item, MARKETS).state is JointOperationState.CANCELLED
    with pytest.raises(NotFound):
        joint.read(item, of("finance"))
    with pytest.raises(Conflict, match=r"joint_operation\.wrong_state"):
        joint.activate(item)


def test_no_event_tells_where_when_or_how_and_only_participants_get_notices(joint: Joint) -> None:
    item = joint.planned()
    joint.promise(item, MARKET, 4, MARKETS)
    joint.activate(item)
    joint.arrive(item, MARKET, 4, POLICE)
    joint.stand_down(item)

    told = json.dumps([each.data for each in joint.operations.announced], default=str, ensure_ascii=False)
    starts = plan()["starts_at"].isoformat()
    assert not [secret for secret in (ADDRESS, PLAN, village(), starts, "officer") if secret in told]
    policy = read_policy(POLICY_FILES)
    noticed = {each.desk for each in chain.from_iterable(addressees(policy, event) for event in joint.announced())}
    assert noticed == {"office/desk", COMMAND, MARKET, TENANCY}


def test_the_office_asks_and_only_the_police_command(joint: Joint) -> None:
    with pytest.raises(Forbidden, match=r"joint_operation\.not_your_part"):
        joint.planned(MARKETS)
    for wrong, code in (
        ({"commander": MARKET}, "commander_not_police"),
        ({"commander": "police/station"}, "commander_not_asked"),
        ({"places": ()}, "no_place"),
        ({"ends_at": NOW}, "over_before_it_starts"),
        ({"plan": "11010519491231002X"}, "identity_number"),
        ({"title": "  "}, "text_missing"),
        ({"forces": (ForceAsked(desk=COMMAND, heads=1), ForceAsked(desk=COMMAND, heads=2))}, "asked_twice"),
    ):
        with pytest.raises(RuleBroken, match=rf"joint_operation\.{code}"):
            joint.planned(**wrong)
    with pytest.raises(RuleBroken, match=r"desk\.unknown"):
        joint.planned(forces=(ForceAsked(desk=COMMAND, heads=1), ForceAsked(desk="nobody/desk", heads=1)))
    item = joint.planned()
    for somebody in (OFFICE, MARKETS):
        with pytest.raises(Forbidden):
            joint.activate(item, somebody)
    with pytest.raises(RuleBroken, match=r"joint_operation\.reason_missing"):
        joint.promise(item, MARKET, 0, MARKETS)
    with pytest.raises(Forbidden):
        joint.promise(item, TENANCY, 3, MARKETS)


def test_a_plan_that_changes_keeps_the_promises_of_whoever_is_asked_for_the_same(joint: Joint) -> None:
    item = joint.planned()
    joint.promise(item, COMMAND, 10, POLICE)
    joint.promise(item, MARKET, 4, MARKETS)
    anew = plan(forces=(ForceAsked(desk=COMMAND, heads=10), ForceAsked(desk=MARKET, heads=6)))

    seen = joint.desk.revise_joint_operation(ReviseJointOperation(operation_id=item, **anew), OFFICE)

    assert [(each.desk, each.promised) for each in seen.forces] == [(COMMAND, 10), (MARKET, None)]
    with pytest.raises(NotFound):
        joint.read(item, TENANCIES)


def test_a_case_that_follows_is_one_of_the_agency_that_names_it() -> None:
    town = CasesInMemory()
    joint = Joint(town.cases)
    case = town.desk.open_case(
        OpenCase(owner=MARKET, kind=CaseKind.HEADCOUNT_REWARD, basis="x", suspected_crime=False), MARKETS
    )
    item = joint.planned()
    asked = FollowUp(operation_id=item, case_id=case.case_id)
    with pytest.raises(Conflict):
        joint.desk.follow_up(asked, MARKETS)
    joint.activate(item)
    with pytest.raises(NotFound, match=r"case\.not_found"):
        joint.desk.follow_up(asked, TENANCIES)
    joint.desk.follow_up(asked, MARKETS)
    assert joint.desk.follow_up(asked, MARKETS).follow_ups == (case.case_id,)


STEPS = ("promise", "activate", "arrive", "stand_down", "cancel", "correct")
WHO = (OFFICE, POLICE, MARKETS, TENANCIES, of("finance"), of("police", "police/station"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(WHO)), max_size=12))
def test_whatever_anybody_tries_it_starts_before_it_ends_and_only_its_commander_moves_it(
    tries: list[tuple[str, Caller]],
) -> None:
    joint = Joint()
    item = joint.planned()
    moves = {
        "promise": lambda by: joint.promise(item, MARKET, 4, by),
        "activate": lambda by: joint.activate(item, by),
        "arrive": lambda by: joint.arrive(item, MARKET, 2, by),
        "stand_down": lambda by: joint.stand_down(item, by),
        "cancel": lambda by: joint.cancel(item, by),
        "correct": lambda by: joint.desk.correct_results(
            CorrectResults(operation_id=item, results=RESULTS, reason="x"), by
        ),
    }
    for step, by in tries:
        before = joint.operations.get(item).state
        try:
            moves[step](by)
        except Refused:
            assert joint.operations.get(item).state == before
        after = joint.operations.get(item).state
        if after.state is not before.state:
            assert by is (OFFICE if step == "cancel" else POLICE)
            assert after.log[-1].by == by.actor
        assert (after.activated_at is None) is (
            after.state in {JointOperationState.PLANNED, JointOperationState.CANCELLED}
        )
        assert (after.stood_down_at is None) is (after.state is not JointOperationState.STOOD_DOWN)
        assert bool(after.outcomes) is (after.state is JointOperationState.STOOD_DOWN)
        assert after.log[: len(before.log)] == before.log
        assert all(each.arrived is None for each in after.forces) or after.activated_at is not None
