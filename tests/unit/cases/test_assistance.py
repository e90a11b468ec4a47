"""One desk asks another for one thing: it is accepted, refused or answered, its clock climbs, the case stays put."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway import bodies
from lianxi.contracts.cases import (
    AcceptAssistance,
    AnswerAssistance,
    AssistanceAnswered,
    AssistanceRequested,
    AssistanceState,
    AssistanceView,
    CaseOutcome,
    CaseRungReached,
    CloseCase,
    CloseReason,
    GetAssistance,
    GetCase,
)
from lianxi.contracts.codec import as_plain
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from services.cases.domain.assistance import Assistance
from tests.unit.cases.desk import MARKET, NOW, POLICE, POLICE_CALLER, CasesInMemory, asking, caller

S = AssistanceState
DUE = datetime(2026, 12, 14, 16, tzinfo=UTC)
"""15 working days after Monday, 23 November 2026, over at local midnight."""
SECOND = timedelta(seconds=1)
RUNGS = ("half", "four-fifths", "over", "far-over")
ANSWERS = (
    "13800138000",
    "138-0013-8000",
    "138 0013 8000",
    "440106199001011234",
    "6222 0000 1111 2222 333",
    "张三",
    "Zhang San, 13800138000",
    "ZHANGSAN-1",
    "the subscriber is known to us",
    "粤公协〔2026〕12号",
    "GA-2026-0117\n13800138000",
    "",
    "GA",
)


def told(town: CasesInMemory) -> list[str]:
    return [each.rung for each in town.announced() if isinstance(each, CaseRungReached)]


@pytest.mark.criterion("11.1")
def test_l37_1_a_request_has_fifteen_working_days_from_the_moment_it_is_there(town: CasesInMemory) -> None:
    asked = town.request_help()

    assert (asked.asked_at, asked.due_at, asked.state) == (NOW, DUE, S.ASKED)
    events = [each for each in town.announced() if isinstance(each, AssistanceRequested)]
    assert [(each.sender, each.receiver, each.due_at) for each in events] == [("market/desk", POLICE, DUE)]


@pytest.mark.criterion("11.1")
def test_a_request_is_accepted_and_answered_under_a_reference(town: CasesInMemory) -> None:
    asked = town.request_help()
    accepted = town.accept_help(asked.assistance_id)
    town.wait(timedelta(days=2))
    answered = town.answer_help(asked.assistance_id)

    assert (accepted.state, accepted.settled_at) == (S.ACCEPTED, None)
    assert (answered.state, answered.reference) == (S.ANSWERED, "GA-2026-0117")
    assert (answered.settled_at, answered.is_late) == (NOW + timedelta(days=2), False)


@pytest.mark.criterion("11.1")
def test_refusing_needs_a_reason_and_may_come_after_accepting(town: CasesInMemory) -> None:
    asked = town.request_help()
    town.accept_help(asked.assistance_id)
    with pytest.raises(RuleBroken, match=r"assistance\.reason_missing"):
        town.refuse_help(asked.assistance_id, reason=" ")
    refused = town.refuse_help(asked.assistance_id)

    assert (refused.state, refused.reason, refused.is_late) == (S.REFUSED, "no officers are free", False)


@pytest.mark.criterion("11.1")
@pytest.mark.parametrize("step", [CasesInMemory.refuse_help, CasesInMemory.answer_help])
def test_what_comes_one_second_late_is_told_and_stays_visible(
    step: Callable[[CasesInMemory, str], AssistanceView],
) -> None:
    for seconds, is_late in ((-1, False), (1, True)):
        town = CasesInMemory()
        asked = town.request_help()
        town.wait_until(DUE + seconds * SECOND)
        settled = step(town, asked.assistance_id)

        assert settled.is_late is is_late
        assert ("over" in settled.rungs) is is_late
        town.wait(timedelta(days=90))
        town.sweep()
        assert town.helping.get_assistance(GetAssistance(assistance_id=asked.assistance_id), MARKET) == settled


@pytest.mark.criterion("11.1")
def test_its_clock_climbs_the_ladder_of_requests_and_each_rung_is_told_once(town: CasesInMemory) -> None:
    asked = town.request_help()
    whole = DUE - NOW
    for place, percent in enumerate((50, 80, 100, 150)):
        town.wait_until(NOW + whole * percent / 100 - SECOND)
        town.sweep()
        assert told(town) == list(RUNGS[:place])
        town.wait(2 * SECOND)
        for _ in range(3):
            town.sweep()
        assert told(town) == list(RUNGS[: place + 1])

    events = [each for each in town.announced() if isinstance(each, CaseRungReached)]
    assert {each.ladder for each in events} == {"assistance"}
    assert {each.item for each in events} == {asked.assistance_id}
    assert [each.receivers for each in events] == [
        (POLICE,),
        (POLICE, "police/command-centre"),
        (POLICE, "office/desk"),
        ("office/desk",),
    ]
    assert town.assistance.get(asked.assistance_id).state.next_rung_at is None


@pytest.mark.criterion("3.3")
def test_two_sweepers_that_saw_the_same_request_tell_its_rung_once(town: CasesInMemory) -> None:
    asked = town.request_help()
    town.wait_until(DUE)

    class Stale:
        def due_referrals(self, _now: datetime) -> list[str]:
            return []

        def due_assistance(self, _now: datetime) -> list[str]:
            return [asked.assistance_id]

        def breached_clocks(self, _now: datetime) -> dict[str, int]:
            return {}

    second = replace(town.clocks, due=Stale(), clock=FixedClock(DUE + 60 * SECOND))
    town.sweep()
    before = town.assistance.get(asked.assistance_id)
    second.climb_ladders()

    assert town.assistance.get(asked.assistance_id) == before
    assert told(town) == ["half", "four-fifths", "over"]


def test_an_answer_that_comes_without_a_word_before_is_an_answer(town: CasesInMemory) -> None:
    assert town.answer_help(town.request_help().assistance_id).state is S.ANSWERED


@pytest.mark.criterion("11.1")
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_reference_cannot_hold_an_answer(town: CasesInMemory, answer: str) -> None:
    asked = town.request_help()
    with pytest.raises(RuleBroken, match=r"assistance\.reference_not_a_number"):
        town.answer_help(asked.assistance_id, reference=answer)

    assert answer not in json.dumps(as_plain(town.assistance.get(asked.assistance_id).state)) or len(answer) < 3


@pytest.mark.parametrize("reference", ["GA-2026-0117", "GA(2026)12", "2026/117", " JJ_2026.8 ", "1"])
def test_file_numbers_are_taken(town: CasesInMemory, reference: str) -> None:
    assert town.answer_help(town.request_help().assistance_id, reference).reference == reference.strip()


@pytest.mark.criterion("11.1")
def test_no_field_of_an_answer_holds_more_than_that_it_came_and_its_reference(town: CasesInMemory) -> None:
    asked = town.assistance.get(town.request_help().assistance_id).state
    answered = town.assistance.get(town.answer_help(asked.id).assistance_id).state
    changed = {
        field.name for field in fields(Assistance) if getattr(asked, field.name) != getattr(answered, field.name)
    }

    assert changed == {"state", "reference", "limit", "next_rung_at"}
    assert {field.name for field in fields(AnswerAssistance)} == {"assistance_id", "reference", "expected_version"}
    assert set(bodies.HelpGiven.model_fields) == {"reference"}
    assert bodies.HelpGiven.model_config["extra"] == "forbid"
    event = next(each for each in town.announced() if isinstance(each, AssistanceAnswered))
    assert set(as_plain(event)) == {"assistance_id", "case_id", "sender", "receiver", "at"}


def test_an_urgent_request_is_marked_and_runs_like_any_other(town: CasesInMemory) -> None:
    asked = town.request_help(is_urgent=True)

    assert (asked.is_urgent, asked.due_at) == (True, DUE)
    assert {each.lane for each in town.assistance.announced} == {"normal"}


def test_a_request_goes_to_a_desk_of_another_agency(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"assistance\.same_agency"):
        town.request_help(receiver="market/desk")
    for unknown in ("police/attic", "carrier/mobile"):
        with pytest.raises(RuleBroken, match=r"desk\.unknown"):
            town.request_help(receiver=unknown)


def test_what_and_on_which_ground_are_needed(town: CasesInMemory) -> None:
    case_id = town.open().case_id
    with pytest.raises(RuleBroken, match=r"assistance\.what_missing"):
        town.helping.request_assistance(replace(asking(case_id), what=" "), MARKET)
    with pytest.raises(RuleBroken, match=r"assistance\.ground_missing"):
        town.helping.request_assistance(replace(asking(case_id), legal_ground=" "), MARKET)


def test_only_the_owner_of_an_open_case_asks(town: CasesInMemory) -> None:
    case = town.open()
    with pytest.raises(NotFound, match=r"case\.not_found"):
        town.helping.request_assistance(asking(case.case_id), POLICE_CALLER)
    closing = CloseCase(
        case_id=case.case_id, outcome=CaseOutcome.NO_PENALTY, reason=CloseReason.MINOR_AND_CORRECTED, grounds="facts"
    )
    town.desk.close_case(closing, MARKET)
    with pytest.raises(Conflict, match=r"case\.already_closed"):
        town.helping.request_assistance(asking(case.case_id), MARKET)


def test_a_request_sent_twice_is_made_once(town: CasesInMemory) -> None:
    case_id = town.open().case_id
    twice = [town.helping.request_assistance(asking(case_id), caller("market", "key-1")) for _ in range(2)]

    assert twice[0] == twice[1]
    assert len(town.assistance.all()) == 1


@pytest.mark.parametrize("agency", ["office", "tenancy", "governance"])
def test_a_request_exists_for_its_two_sides_alone(town: CasesInMemory, agency: str) -> None:
    asked = town.request_help()
    for see in (MARKET, POLICE_CALLER):
        assert town.helping.get_assistance(GetAssistance(assistance_id=asked.assistance_id), see) == asked
    with pytest.raises(NotFound, match=r"assistance\.not_found"):
        town.helping.get_assistance(GetAssistance(assistance_id=asked.assistance_id), caller(agency))
    with pytest.raises(NotFound, match=r"assistance\.not_found"):
        town.accept_help(asked.assistance_id, by=caller(agency))


def test_who_asked_cannot_answer_for_the_other(town: CasesInMemory) -> None:
    asked = town.request_help()
    with pytest.raises(Forbidden, match=r"assistance\.not_your_part"):
        town.accept_help(asked.assistance_id, by=MARKET)


def test_a_step_taken_on_an_old_version_is_refused(town: CasesInMemory) -> None:
    asked = town.request_help()
    town.accept_help(asked.assistance_id)
    with pytest.raises(Conflict, match=r"assistance\.changed"):
        town.helping.answer_assistance(
            AnswerAssistance(assistance_id=asked.assistance_id, reference="1", expected_version=asked.version),
            POLICE_CALLER,
        )


def test_no_event_of_a_request_tells_what_was_asked_or_why_not(town: CasesInMemory) -> None:
    town.refuse_help(town.request_help().assistance_id)
    town.answer_help(town.request_help().assistance_id)
    said = json.dumps([as_plain(each) for each in town.announced()])

    for word in ("Five officers", "Regulation art. 13", "no officers", "GA-2026"):
        assert word not in said


STEPS: dict[str, Callable[[CasesInMemory, str], AssistanceView]] = {
    "accept": CasesInMemory.accept_help,
    "refuse": CasesInMemory.refuse_help,
    "answer": CasesInMemory.answer_help,
}
NEXT = {
    S.ASKED: {"accept": S.ACCEPTED, "refuse": S.REFUSED, "answer": S.ANSWERED},
    S.ACCEPTED: {"refuse": S.REFUSED, "answer": S.ANSWERED},
    S.REFUSED: {},
    S.ANSWERED: {},
}


class AssistanceMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.town = CasesInMemory()
        self.id = self.town.request_help().assistance_id
        self.case = self.town.desk.get_case(GetCase(case_id=self.stored().case_id), MARKET)

    def stored(self) -> Assistance:
        return self.town.assistance.get(self.id).state

    @rule(step=st.sampled_from(sorted(STEPS)))
    def try_a_step(self, step: str) -> None:
        before = self.stored()
        allowed = NEXT[before.state]
        try:
            STEPS[step](self.town, self.id)
        except Conflict:
            assert step not in allowed
            assert self.stored() == before
        else:
            assert self.stored().state is allowed[step]

    @rule(agency=st.sampled_from(["market", "office", "tenancy"]))
    def try_as_somebody_else(self, agency: str) -> None:
        by: Caller = caller(agency)
        before: Any = self.stored()
        with pytest.raises((Forbidden, NotFound)):
            self.town.helping.accept_assistance(AcceptAssistance(assistance_id=self.id), by)
        assert self.stored() == before

    @rule(seconds=st.one_of(st.integers(0, 9 * 86_400), st.sampled_from([1, 86_399, 86_400])))
    def wait(self, seconds: int) -> None:
        self.town.wait(timedelta(seconds=seconds))

    @rule()
    def sweep(self) -> None:
        self.town.sweep()
        next_look = self.stored().next_rung_at
        assert next_look is None or next_look > self.town.clock.now()

    @invariant()
    def the_owner_stays_the_owner(self) -> None:
        assert self.town.desk.get_case(GetCase(case_id=self.case.case_id), MARKET) == self.case

    @invariant()
    def each_rung_is_told_once(self) -> None:
        assert sorted(told(self.town)) == sorted(self.stored().limit.running.fired)

    @invariant()
    def it_is_late_if_and_only_if_nothing_was_said_in_time(self) -> None:
        limit = self.stored().limit
        if limit.met_at is not None:
            assert (limit.breached_at is not None) == (limit.met_at >= limit.due_at)
        assert limit.breached_at is None or limit.breached_at >= limit.due_at
        assert (limit.started_at, limit.due_at, limit.owner) == (NOW, DUE, POLICE)

    @invariant()
    def nothing_runs_once_it_is_settled(self) -> None:
        is_settled = self.stored().state in {S.REFUSED, S.ANSWERED}
        assert (self.stored().limit.met_at is not None) == is_settled
        assert not is_settled or self.stored().next_rung_at is None
        assert (self.stored().reason is not None) == (self.stored().state is S.REFUSED)
        assert (self.stored().reference is not None) == (self.stored().state is S.ANSWERED)


TestAssistanceMachine = AssistanceMachine.TestCase
TestAssistanceMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
