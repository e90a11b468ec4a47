"""A clock stands still or gets more time only when one asks, for a listed reason, and another person says yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lianxi.contracts.clocks import AskClockChange, ChangeState, ClockChange, DecideClockChange
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import (
    AcceptTip,
    DispatchTip,
    GetTip,
    TipClockExtended,
    TipClockPaused,
    TipClockResumed,
    TipKind,
    TipRungReached,
    TipView,
)
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.book import PolicyBook
from services.tips.policy import may_approve
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, submission

pytestmark = pytest.mark.criterion("3.2")
CLERK = Caller(actor="police-clerk", agency="police")
HEAD = Caller(actor="police-head", agency="police")
EXTENSION = "head_extends_verification"
DAY = 24 * 60


def ask(desk: TipDesk, change: ClockChange, reason: str = "testing", by: Caller = CLERK, clock: str = "T-01") -> str:
    request = AskClockChange(item_id=TIP_ID, clock=clock, change=change, reason=reason)
    return desk.handlers.ask_clock_change(request, by).state.clock_changes[-1].change_id


def decide(desk: TipDesk, change_id: str, by: Caller = HEAD, *, approve: bool = True) -> None:
    request = DecideClockChange(item_id=TIP_ID, change_id=change_id, approve=approve)
    desk.handlers.decide_clock_change(request, by)


def grant(desk: TipDesk, change: ClockChange, reason: str = "testing") -> None:
    decide(desk, ask(desk, change, reason))


def shown(desk: TipDesk) -> TipView:
    return desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("office"))


@pytest.fixture(name="desk")
def desk_with_a_running_clock() -> TipDesk:
    desk = TipDesk()
    desk.deliver(desk.submit(submission(is_anonymous=False)))
    desk.pass_time(DAY)
    return desk


def test_asking_changes_nothing_yet(desk: TipDesk) -> None:
    before = desk.tip()

    change_id = ask(desk, ClockChange.PAUSE)

    assert desk.tip().clocks == before.clocks
    (asked,) = shown(desk).clock_changes
    assert (asked.change_id, asked.state, asked.asked_by) == (change_id, ChangeState.ASKED, "police-clerk")
    assert (asked.decided_by, asked.decided_at) == (None, None)
    assert desk.announced(TipClockPaused) == []


def test_a_pause_and_its_end_are_asked_for_approved_announced_and_shown(desk: TipDesk) -> None:
    due_at = desk.tip().clocks[0].due_at
    grant(desk, ClockChange.PAUSE)
    paused_at = desk.clock.now()
    assert shown(desk).clocks[0].paused_since == paused_at

    desk.pass_time(3 * DAY)
    grant(desk, ClockChange.RESUME)

    (clock,) = shown(desk).clocks
    assert clock.paused_since is None
    assert clock.due_at >= due_at + timedelta(days=3)
    (paused,), (resumed,) = desk.announced(TipClockPaused), desk.announced(TipClockResumed)
    assert (paused.item, paused.clock, paused.reason, paused.owner) == (TIP_ID, "T-01", "testing", desk.tip().lead)
    assert (paused.changed_at, resumed.due_at) == (paused_at, clock.due_at)
    view = shown(desk)
    assert [(each.change, each.state) for each in view.clock_changes] == [
        (ClockChange.PAUSE, ChangeState.APPROVED),
        (ClockChange.RESUME, ChangeState.APPROVED),
    ]
    assert {(each.asked_by, each.decided_by) for each in view.clock_changes} == {("police-clerk", "police-head")}
    told = [(each.what, each.by) for each in view.timeline if each.what.startswith("clock.")]
    assert told[1:] == [
        ("clock.change_asked", desk.tip().lead),
        ("clock.paused", "police"),
        ("clock.change_asked", desk.tip().lead),
        ("clock.resumed", "police"),
    ]


@pytest.mark.criterion("2.9")
def test_the_head_gives_fifteen_working_days_more_once(desk: TipDesk) -> None:
    before = desk.tip().clocks[0]

    grant(desk, ClockChange.EXTEND, EXTENSION)

    after = desk.tip().clocks[0]
    policy = desk.handlers.policy
    last_day = policy.calendar.working_day_after((before.due_at - timedelta(seconds=1) + timedelta(hours=8)).date(), 15)
    assert (after.due_at + timedelta(hours=8)).date() == last_day + timedelta(days=1)
    (extended,) = desk.announced(TipClockExtended)
    assert (extended.reason, extended.due_at) == (EXTENSION, after.due_at)
    with pytest.raises(RuleBroken, match=r"clock\.extended_before"):
        ask(desk, ClockChange.EXTEND, EXTENSION)


def test_nobody_approves_what_they_asked_for(desk: TipDesk) -> None:
    change_id = ask(desk, ClockChange.PAUSE)
    before = desk.tip()

    with pytest.raises(Forbidden, match=r"clock\.own_approval"):
        decide(desk, change_id, CLERK)
    assert desk.tip() == before


@pytest.mark.parametrize(
    ("by", "refusal"),
    [("office", r"clock\.not_your_approval"), ("tenancy", r"clock\.not_your_approval"), ("finance", r"not_found")],
)
def test_only_the_owner_s_own_agency_speaks_for_its_head(desk: TipDesk, by: str, refusal: str) -> None:
    change_id = ask(desk, ClockChange.PAUSE)

    with pytest.raises((Forbidden, NotFound), match=refusal):
        decide(desk, change_id, caller(by))
    assert desk.tip().clock_changes[0].state is ChangeState.ASKED


def test_an_approver_is_the_head_the_office_or_the_desk_that_the_policy_names() -> None:
    assert may_approve("agency_head", "police/station", caller("police"))
    assert not may_approve("agency_head", "police/station", caller("office"))
    assert may_approve("office", "police/station", caller("office"))
    assert not may_approve("office", "police/station", caller("police"))
    assert may_approve("city/market", "police/station", caller("city"))
    assert not may_approve("county_head", "police/station", caller("police"))


def test_only_the_owner_asks(desk: TipDesk) -> None:
    for by, refusal in (("office", r"tip\.not_yours"), ("tenancy", r"tip\.not_yours"), ("finance", r"not_found")):
        with pytest.raises((Forbidden, NotFound), match=refusal):
            ask(desk, ClockChange.PAUSE, by=caller(by))


@pytest.mark.parametrize(
    ("change", "reason", "clock", "refusal"),
    [
        (ClockChange.PAUSE, "holidays", "T-01", r"clock\.reason_unlisted"),
        (ClockChange.PAUSE, "hearing", "T-01", r"clock\.reason_unlisted"),
        (ClockChange.PAUSE, EXTENSION, "T-01", r"clock\.reason_unlisted"),
        (ClockChange.EXTEND, "testing", "T-01", r"clock\.reason_unlisted"),
        (ClockChange.EXTEND, "head_extends_verification_2015", "T-01", r"clock\.reason_unlisted"),
        (ClockChange.RESUME, "testing", "T-01", r"clock\.not_paused"),
        (ClockChange.PAUSE, "testing", "T-03", r"clock\.not_running"),
    ],
)
def test_what_could_not_be_granted_is_not_even_asked(
    desk: TipDesk, change: ClockChange, reason: str, clock: str, refusal: str
) -> None:
    before = desk.tip()

    with pytest.raises((RuleBroken, Conflict), match=refusal):
        ask(desk, change, reason, clock=clock)
    assert desk.tip() == before


def test_a_pause_ends_for_the_reason_it_was_granted_for(desk: TipDesk) -> None:
    testing = desk.handlers.policy.pause_reasons[0]
    other = replace(testing, code="other")
    policy = replace(desk.handlers.policy, pause_reasons=(testing, other))
    desk.handlers = replace(desk.handlers, policies=PolicyBook(policy))
    grant(desk, ClockChange.PAUSE)
    desk.pass_time()

    with pytest.raises(RuleBroken, match=r"clock\.reason_unlisted"):
        ask(desk, ClockChange.RESUME, "other")


def test_an_alarm_can_be_neither_paused_nor_put_off() -> None:
    desk = TipDesk()
    desk.submit(submission(category="person_held"))

    for change, reason in ((ClockChange.PAUSE, "testing"), (ClockChange.EXTEND, EXTENSION)):
        with pytest.raises(RuleBroken, match=r"clock\.reason_unlisted"):
            ask(desk, change, reason, clock="rescue")


def test_all_pauses_together_take_no_more_than_their_share(desk: TipDesk) -> None:
    clock = desk.tip().clocks[0]
    share = (clock.due_at - clock.started_at) / 2
    for _ in range(2):
        grant(desk, ClockChange.PAUSE)
        desk.pass_time(4 * DAY)
        grant(desk, ClockChange.RESUME)
        desk.pass_time(DAY)
    grant(desk, ClockChange.PAUSE)
    desk.pass_time(3 * DAY)

    running = desk.tip().clocks[0].running
    assert running.paused_for == share
    assert shown(desk).clocks[0].paused_since is None
    with pytest.raises(RuleBroken, match=r"clock\.pause_share_used"):
        ask(desk, ClockChange.PAUSE)


def test_one_request_waits_at_a_time_and_is_decided_once(desk: TipDesk) -> None:
    change_id = ask(desk, ClockChange.PAUSE)
    with pytest.raises(Conflict, match=r"clock\.change_waiting"):
        ask(desk, ClockChange.EXTEND, EXTENSION)

    decide(desk, change_id, approve=False)
    assert desk.tip().clocks[0].running.pauses == ()
    with pytest.raises(Conflict, match=r"clock\.change_decided"):
        decide(desk, change_id)
    with pytest.raises(NotFound, match=r"clock_change\.not_found"):
        decide(desk, "change_of_nothing")
    grant(desk, ClockChange.EXTEND, EXTENSION)
    assert [each.state for each in desk.tip().clock_changes] == [ChangeState.REFUSED, ChangeState.APPROVED]


def test_a_request_falls_away_with_its_clock(desk: TipDesk) -> None:
    change_id = ask(desk, ClockChange.PAUSE)
    desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="police/criminal", reason="r"), caller("police"))
    desk.deliver(desk.tip(), 2)

    (asked,) = desk.tip().clock_changes
    assert (asked.state, asked.decided_by) == (ChangeState.REFUSED, "tips")
    with pytest.raises(Conflict, match=r"clock\.change_decided"):
        decide(desk, change_id)
    grant(desk, ClockChange.PAUSE)
    assert [bool(each.running.pauses) for each in desk.tip().clocks] == [False, True]


def test_a_clock_that_was_met_cannot_be_changed() -> None:
    desk = TipDesk()
    desk.deliver(desk.submit(submission(kind=TipKind.COMPLAINT)))
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))

    with pytest.raises(Conflict, match=r"clock\.not_running"):
        ask(desk, ClockChange.PAUSE, clock="T-03")


def test_a_paused_clock_fires_no_rung_and_one_that_runs_on_fires_what_came_meanwhile(desk: TipDesk) -> None:
    half = desk.tip().next_rung_at
    assert half is not None
    desk.clock.instant = half - timedelta(minutes=1)
    grant(desk, ClockChange.PAUSE)

    for _ in range(12):
        desk.pass_time(DAY // 2)
        desk.handlers.climb_ladders()
    assert desk.announced(TipRungReached) == []

    desk.clock.instant += timedelta(days=90)
    desk.handlers.climb_ladders()
    assert [each.rung for each in desk.announced(TipRungReached)] == ["half", "four-fifths", "over", "far-over"]


def test_a_rung_that_is_due_is_told_before_the_clock_stands_still(desk: TipDesk) -> None:
    change_id = ask(desk, ClockChange.PAUSE)
    half = desk.tip().next_rung_at
    assert half is not None
    desk.clock.instant = half + timedelta(seconds=3)

    decide(desk, change_id)

    (reached,) = desk.announced(TipRungReached)
    assert (reached.rung, reached.reached_at) == ("half", half)
    assert [each.type for each in desk.tips.announced[-2:]] == [TipRungReached.KEY, TipClockPaused.KEY]


def test_what_is_asked_of_an_anonymous_tip_is_shown_to_the_hour(desk: TipDesk) -> None:
    desk = TipDesk()
    desk.deliver(desk.submit(submission()))
    desk.pass_time(17)
    grant(desk, ClockChange.PAUSE)

    (change,) = shown(desk).clock_changes
    told: list[Any] = [change.asked_at, change.decided_at, shown(desk).clocks[0].paused_since]
    told += [each.changed_at for each in desk.announced(TipClockPaused)]
    assert {(each.minute, each.second) for each in told} == {(0, 0)}
