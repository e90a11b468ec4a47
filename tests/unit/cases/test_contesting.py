"""What becomes of a referral that the police do not take up: passed on, contested, suggested to others, taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from lianxi.contracts.cases import (
    CaseOutcome,
    ClockBreached,
    CloseCase,
    CloseReason,
    ForwardReferral,
    ReconsiderationDecided,
    ReferralAccepted,
    ReferralDecided,
    ReferralForwarded,
    ReferralState,
    ReferralView,
    RequestReconsideration,
)
from lianxi.contracts.codec import as_plain
from lianxi.kernel.errors import Conflict, Forbidden, RuleBroken
from tests.unit.cases.desk import MARKET, NOW, POLICE_CALLER, CasesInMemory, clock_of

S = ReferralState
Step = Callable[[CasesInMemory, str], ReferralView]


def last(town: CasesInMemory, kind: type[object]) -> object:
    return [each for each in town.announced() if isinstance(each, kind)][-1]


def declined(town: CasesInMemory) -> str:
    return town.decline(town.accepted().referral_id).referral_id


def breached(town: CasesInMemory) -> list[str]:
    return [each.clock for each in town.announced() if isinstance(each, ClockBreached)]


@pytest.mark.criterion("1.2")
def test_police_who_are_not_competent_sign_all_the_same_and_pass_it_on(town: CasesInMemory) -> None:
    signed = town.accept(town.sent().referral_id, is_competent=False)
    told = last(town, ReferralAccepted)
    forwarded = town.forward(signed.referral_id)

    assert signed.state is S.NOT_COMPETENT
    assert signed.receipt is not None
    assert isinstance(told, ReferralAccepted)
    assert (told.is_competent, told.due_at) == (False, NOW + timedelta(hours=24))
    assert [each.clock for each in signed.clocks] == ["T-31", "T-32", "T-34", "T-33"]
    assert (forwarded.state, forwarded.forwarded_to) == (S.FORWARDED, "city/police")
    assert clock_of(forwarded, "T-33").met_at == NOW
    assert breached(town) == []


def test_passing_on_tells_the_sender_where_to_and_keeps_the_reason(town: CasesInMemory) -> None:
    forwarded = town.forward(town.accept(town.sent().referral_id, is_competent=False).referral_id)
    told = last(town, ReferralForwarded)

    assert isinstance(told, ReferralForwarded)
    assert (told.sender, told.receiver, told.passed_to) == ("market/desk", "police/economic", "city/police")
    assert [(each.step, each.by, each.reason) for each in forwarded.statements] == [
        (S.FORWARDED, "police/economic", "the den lies in the city")
    ]


@pytest.mark.parametrize("to", ["police/criminal", "police/economic", "market/desk", "city/market", "procuratorate"])
def test_it_is_passed_on_to_police_outside_the_town_only(town: CasesInMemory, to: str) -> None:
    referral_id = town.accept(town.sent().referral_id, is_competent=False).referral_id
    with pytest.raises(RuleBroken, match=r"referral\.receiver_not_competent") as refused:
        town.forward(referral_id, to)

    assert refused.value.facts["allowed"] == ["city/police"]


def test_passing_on_needs_a_reason(town: CasesInMemory) -> None:
    referral_id = town.accept(town.sent().referral_id, is_competent=False).referral_id
    with pytest.raises(RuleBroken, match=r"referral\.reason_missing"):
        town.forward(referral_id, reason="  ")


def test_police_who_find_out_in_time_that_they_are_not_competent_pass_it_on_in_time(town: CasesInMemory) -> None:
    referral = town.accepted()
    town.wait(timedelta(hours=24) - timedelta(seconds=1))
    forwarded = town.forward(referral.referral_id)

    clock = clock_of(forwarded, "T-33")
    assert (clock.started_at, clock.breached_at) == (NOW, None)
    assert all(each.met_at is not None for each in forwarded.clocks)
    assert breached(town) == []


def test_police_who_find_out_late_that_they_are_not_competent_are_marked(town: CasesInMemory) -> None:
    referral = town.accepted()
    town.wait(timedelta(hours=24))
    town.forward(referral.referral_id)
    for _ in range(2):
        town.sweep()

    assert breached(town) == ["T-33"]


def test_passing_on_while_papers_are_awaited_ends_that_wait(town: CasesInMemory) -> None:
    referral_id = town.accepted().referral_id
    town.ask(referral_id)
    forwarded = town.forward(referral_id)

    assert forwarded.missing_papers == ()
    assert clock_of(forwarded, "T-34s").met_at == NOW


def test_a_refusal_is_contested_upheld_and_put_to_the_procuratorate(town: CasesInMemory) -> None:
    referral_id = declined(town)
    decided = last(town, ReferralDecided)
    states = [each(town, referral_id).state for each in (CasesInMemory.contest, CasesInMemory.reconsider)]
    told = last(town, ReconsiderationDecided)
    supervised = town.suggest(referral_id)

    assert isinstance(decided, ReferralDecided)
    assert isinstance(told, ReconsiderationDecided)
    assert (decided.filed, told.filed) == (False, False)
    assert decided.due_at == clock_of(supervised, "T-36").due_at
    assert told.due_at == clock_of(supervised, "T-36p").due_at
    assert [*states, supervised.state] == [S.RECONSIDERING, S.UPHELD, S.SUPERVISED]
    assert supervised.reason == "28 took part"
    assert [each.reason for each in supervised.statements] == [
        "below the threshold",
        "31 took part",
        "28 took part",
        "three were not counted",
    ]
    assert [each.clock for each in supervised.clocks][-3:] == ["T-36", "T-36d", "T-36p"]
    assert all(each.met_at == NOW and each.breached_at is None for each in supervised.clocks)


def test_the_police_may_file_after_all_and_then_items_are_due(town: CasesInMemory) -> None:
    referral_id = town.contest(declined(town)).referral_id
    filed = town.reconsider(referral_id, filed=True)

    assert filed.state is S.FILED
    assert [each.clock for each in filed.clocks if each.met_at is None] == ["T-37"]
    assert town.complete(referral_id).state is S.HANDED_OVER


def test_the_procuratorate_may_be_asked_at_once(town: CasesInMemory) -> None:
    supervised = town.suggest(declined(town))

    assert supervised.state is S.SUPERVISED
    assert clock_of(supervised, "T-36").met_at == NOW


def test_a_refusal_may_be_left_at_that_and_then_nothing_runs_out(town: CasesInMemory) -> None:
    taken = [
        town.take_back(declined(town)),
        town.take_back(town.reconsider(town.contest(declined(town)).referral_id).referral_id),
    ]
    town.wait(timedelta(days=9))
    town.sweep()

    assert [each.state for each in taken] == [S.TAKEN_BACK] * 2
    assert breached(town) == []


def test_contesting_late_is_still_possible_and_stays_marked(town: CasesInMemory) -> None:
    referral_id = declined(town)
    town.wait(timedelta(days=5))
    town.sweep()
    contested = town.contest(referral_id)

    clock = clock_of(contested, "T-36")
    assert contested.state is S.RECONSIDERING
    assert clock.breached_at == clock.met_at == NOW + timedelta(days=5)


def test_contesting_and_upholding_need_reasons(town: CasesInMemory) -> None:
    referral_id = declined(town)
    with pytest.raises(RuleBroken, match=r"referral\.reason_missing"):
        town.transfers.request_reconsideration(RequestReconsideration(referral_id=referral_id, reason=" "), MARKET)
    town.contest(referral_id)
    with pytest.raises(RuleBroken, match=r"referral\.reason_missing"):
        town.reconsider(referral_id, reason="")


def test_each_side_contests_and_decides_its_own_part_only(town: CasesInMemory) -> None:
    referral_id = town.accept(town.sent().referral_id, is_competent=False).referral_id
    command = ForwardReferral(referral_id=referral_id, receiver="city/police", reason="elsewhere")
    with pytest.raises(Forbidden, match=r"referral\.not_your_part"):
        town.transfers.forward_referral(command, MARKET)
    other = declined(town)
    with pytest.raises(Forbidden, match=r"referral\.not_your_part"):
        town.transfers.request_reconsideration(RequestReconsideration(referral_id=other, reason="x"), POLICE_CALLER)


@pytest.mark.parametrize(
    "step", [CasesInMemory.contest, CasesInMemory.reconsider, CasesInMemory.suggest, CasesInMemory.take_back]
)
def test_what_was_filed_cannot_be_contested(town: CasesInMemory, step: Step) -> None:
    referral_id = town.answer(town.accepted().referral_id).referral_id
    with pytest.raises(Conflict, match=r"referral\.wrong_state"):
        step(town, referral_id)


def test_a_case_that_was_taken_back_is_not_closed_as_transferred(town: CasesInMemory) -> None:
    case = town.open(suspected_crime=True)
    referral_id = town.send(town.decide(town.draft(case.case_id).referral_id).referral_id).referral_id
    town.accept(referral_id)
    town.decline(referral_id)
    town.take_back(referral_id)
    transferred = CloseCase(
        case_id=case.case_id,
        outcome=CaseOutcome.TRANSFERRED_TO_POLICE,
        reason=CloseReason.MOVED_TO_POLICE,
        grounds="facts",
    )
    with pytest.raises(RuleBroken, match=r"case\.not_transferred"):
        town.desk.close_case(transferred, MARKET)

    decided = CloseCase(
        case_id=case.case_id, outcome=CaseOutcome.PENALTY_DECIDED, reason=CloseReason.DECISION_SERVED, grounds="facts"
    )
    assert town.desk.close_case(decided, MARKET).outcome is CaseOutcome.PENALTY_DECIDED


def test_no_event_tells_a_reason(town: CasesInMemory) -> None:
    town.suggest(town.reconsider(town.contest(declined(town)).referral_id).referral_id)
    town.forward(town.accepted().referral_id)
    told = json.dumps([as_plain(each) for each in town.announced()])

    for reason in ("took part", "threshold", "not counted", "den lies"):
        assert reason not in told
