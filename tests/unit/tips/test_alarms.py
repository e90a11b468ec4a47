"""The fast lane: who is called minute by minute, and a tip that turns out to be a rescue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.alarms import Mark, RaiseAlarm
from lianxi.contracts.tips import (
    AcceptTip,
    CloseTip,
    RescueRaised,
    TipClockStarted,
    TipDispatched,
    TipRungReached,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from services.tips.handlers.alarms import AlarmHandlers
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, shipped_policy, submission

MINUTES = {
    "two-minutes": 2,
    "five-minutes": 5,
    "ten-minutes": 10,
    "fifteen-minutes": 15,
    "thirty-minutes": 30,
    "one-hour": 60,
    "two-hours": 120,
}


def alarms(desk: TipDesk) -> AlarmHandlers:
    return AlarmHandlers(desk.tips, desk.handlers.policies, desk.clock)


def sound(desk: TipDesk, mark: Mark = Mark.PERSON_HELD, agency: str = "police") -> None:
    alarms(desk).raise_alarm(RaiseAlarm(tip_id=TIP_ID, mark=mark), caller(agency, command_id=f"{agency}-{mark}"))


def filed(category: str) -> TipDesk:
    desk = TipDesk()
    desk.submit(submission(category=category, is_anonymous=False))
    return desk


@pytest.mark.criterion("17.1")
@pytest.mark.parametrize("category", [each.value for each in Mark])
def test_each_rung_of_an_alarm_fires_once_in_its_minute(category: str) -> None:
    desk = filed(category)
    raised_at = desk.clock.now()
    fired: dict[str, int] = {}
    for minute in range(180):
        desk.clock.instant = raised_at + timedelta(minutes=minute)
        for _sweeper in range(2):
            desk.handlers.climb_ladders()
        for each in desk.announced(TipRungReached):
            fired.setdefault(each.rung, minute)

    assert [each.rung for each in desk.announced(TipRungReached)] == list(MINUTES)
    assert fired == MINUTES
    assert desk.lanes() == {"rescue"}


@pytest.mark.criterion("17.1")
def test_ten_minutes_without_a_humans_word_call_the_duty_leader_and_then_the_chair() -> None:
    (ladder,) = [each for each in shipped_policy().ladders if each.code == "rescue"]
    called = {MINUTES[each.code]: set(each.receivers) for each in ladder.rungs}

    assert "duty_leader" in called[10]
    assert "chair" in called[15]
    assert all({"duty_leader", "chair"} <= called[minutes] for minutes in (30, 60, 120))
    assert all(each.acknowledge for each in ladder.rungs)


@pytest.mark.criterion("17.1")
def test_the_ladder_of_an_alarm_is_policy() -> None:
    policy = shipped_policy()
    quicker = tuple(
        replace(each, rungs=(replace(each.rungs[0], at_minutes=1),)) if each.code == "rescue" else each
        for each in policy.ladders
    )
    desk = TipDesk(PolicyBook(with_ladders(policy, quicker)))
    desk.submit(submission(category="person_held"))
    desk.pass_time(1)
    desk.handlers.climb_ladders()

    assert [each.rung for each in desk.announced(TipRungReached)] == ["two-minutes"]


def with_ladders(policy: Policy, ladders: tuple[object, ...]) -> Policy:
    return replace(policy, ladders=ladders)  # type: ignore[arg-type]


@pytest.mark.criterion("17.1")
@pytest.mark.parametrize(("mark", "lead", "copy"), [
    (Mark.PERSON_HELD, "police/criminal", "police/command-centre"),
    (Mark.STUDENT_TRAPPED, "police/criminal", "education/desk"),
    (Mark.MAJOR_EVENT, "police/command-centre", "governance/desk"),
])  # fmt: skip
def test_a_tip_that_turns_out_to_be_a_rescue_goes_ahead_of_everything(mark: Mark, lead: str, copy: str) -> None:
    desk = filed("rental_gathering")
    desk.deliver(desk.tip())
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
    desk.tips.announced.clear()
    sound(desk, mark)

    tip = desk.tip()
    assert (tip.category, tip.lane, tip.lead, tip.state) == (mark.value, "rescue", lead, TipState.DISPATCHED)
    assert {copy, "police/station", "tenancy/desk"} <= set(tip.dispatch.copies)
    assert [each.lead for each in desk.announced(TipDispatched)] == [lead]
    assert [each.category for each in desk.announced(RescueRaised)] == [mark.value]
    assert [each.clock for each in desk.announced(TipClockStarted)] == ["rescue"]
    assert desk.lanes() == {"rescue"}
    desk.pass_time(2)
    desk.handlers.climb_ladders()
    assert [each.rung for each in desk.announced(TipRungReached)] == ["two-minutes"]


def test_where_nobody_new_is_told_the_leads_own_limit_runs_on() -> None:
    desk = filed("person_held")
    desk.deliver(desk.tip())
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, officer="officer-3"), caller("police"))
    sound(desk, Mark.PERSON_HELD)

    assert len(desk.tip().dispatches) == 1
    assert [(each.clock, each.stopped_at is None) for each in desk.tip().clocks] == [
        ("rescue", False), ("T-01", True), ("rescue", True),
    ]  # fmt: skip
    with pytest.raises(RuleBroken, match=r"tip\.officer_needed"):
        desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police", command_id="again"))


def test_a_student_among_those_held_brings_the_education_office_in() -> None:
    desk = filed("person_held")
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, officer="officer-3"), caller("police"))
    sound(desk, Mark.STUDENT_TRAPPED)

    assert "education/desk" in desk.tip().dispatch.copies
    assert "education" in desk.tip().agencies


def test_an_alarm_that_sounds_is_not_sounded_again_and_a_stranger_sounds_none() -> None:
    desk = filed("person_held")
    with pytest.raises(Conflict, match=r"tip\.alarm_sounding"):
        sound(desk)
    with pytest.raises(NotFound, match=r"tip\.not_found"):
        sound(desk, agency="labour")


def test_what_was_verified_or_closed_sounds_no_alarm() -> None:
    desk = filed("rental_gathering")
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
    verify = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.NOT_SUBSTANTIATED)
    desk.handlers.verify_tip(verify, caller("police"))
    with pytest.raises(Conflict, match=r"tip\.already_verified"):
        sound(desk)
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢"), caller("police"))
    with pytest.raises(Conflict, match=r"tip\.already_closed"):
        sound(desk)
