"""Rungs are told once, in order, to the right desks; returns end in an arbitration; a limit keeps its row of law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lianxi.contracts.clocks import AskClockChange, ClockChange, DecideClockChange
from lianxi.contracts.tips import (
    AcceptTip,
    CloseTip,
    DispatchTip,
    ReturnReason,
    ReturnTip,
    TipClockStarted,
    TipKind,
    TipReturned,
    TipRungReached,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import InvariantBroken, RuleBroken
from lianxi.policy.book import PolicyBook
from services.tips.domain.clocks import is_alarm_sounding
from services.tips.policy import OFFICE_DESK, ladder_of, receivers
from tests.unit.tips.desk import NOW, TIP_ID, TipDesk, caller, shipped_policy, submission

ALL_RUNGS = ["half", "four-fifths", "over", "far-over"]


def rungs(desk: TipDesk) -> list[str]:
    return [each.rung for each in desk.announced(TipRungReached)]


@pytest.fixture(name="desk")
def desk_with_a_running_clock() -> TipDesk:
    desk = TipDesk()
    desk.deliver(desk.submit(submission(is_anonymous=False)))
    return desk


@pytest.mark.criterion("3.3")
def test_each_rung_is_told_at_its_moment_to_the_desks_of_the_policy(desk: TipDesk) -> None:
    clock, lead = desk.tip().clocks[0], desk.tip().lead
    length = clock.due_at - clock.started_at
    head = shipped_policy().agencies["police"].desks[0].code

    for share, sent_to in ((0.5, (lead,)), (0.8, (lead, head)), (1, (lead, OFFICE_DESK)), (1.5, (OFFICE_DESK,))):
        before = len(rungs(desk))
        desk.clock.instant = clock.started_at + length * share - timedelta(milliseconds=1)
        desk.handlers.climb_ladders()
        assert len(rungs(desk)) == before
        desk.pass_time(1)
        desk.handlers.climb_ladders()
        desk.handlers.climb_ladders()
        reached = desk.announced(TipRungReached)[before:]
        assert [(each.receivers, each.owner, each.reached_at) for each in reached] == [
            (tuple(dict.fromkeys(sent_to)), lead, clock.started_at + length * share)
        ]

    assert rungs(desk) == ALL_RUNGS
    assert [each.mark for each in desk.announced(TipRungReached)] == ["", "", "yellow", "red"]
    assert desk.tip().next_rung_at is None
    view = desk.views.show(desk.tips.get(TIP_ID))
    assert set(view.clocks[0].rungs) == set(ALL_RUNGS)
    assert [each.reference for each in view.timeline if each.what == "clock.rung_reached"] == [
        f"T-01/{rung}" for rung in ALL_RUNGS
    ]


@pytest.mark.criterion("3.3")
def test_a_sweeper_that_overslept_tells_all_it_missed_in_order(desk: TipDesk) -> None:
    desk.pass_time(200 * 24 * 60)

    desk.handlers.climb_ladders()

    assert rungs(desk) == ALL_RUNGS
    moments = [each.reached_at for each in desk.announced(TipRungReached)]
    assert moments == sorted(moments)


def test_a_clock_that_was_met_in_time_climbs_no_further_but_tells_what_it_had_reached(desk: TipDesk) -> None:
    half = desk.tip().next_rung_at
    assert half is not None
    desk.clock.instant = half + timedelta(minutes=1)
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
    request = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.INCONCLUSIVE)
    desk.handlers.verify_tip(request, caller("police"))
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢"), caller("police"))
    desk.pass_time(400 * 24 * 60)
    desk.handlers.climb_ladders()

    assert rungs(desk) == ["half"]
    assert desk.tip().next_rung_at is None


def test_a_tip_that_cannot_be_dealt_with_does_not_hold_the_others_up(desk: TipDesk) -> None:
    for number in (2, 3):
        tip = desk.submit(submission(tip_id=f"tip_{number}", receipt_verifier=f"v{number}", is_anonymous=False))
        desk.deliver(tip)
    change = desk.tips.change

    def broken(tip_id: str, *rest: object, **more: object) -> object:
        if tip_id == "tip_2":
            raise InvariantBroken("store.write_failed")
        return change(tip_id, *rest, **more)  # type: ignore[arg-type]

    desk.tips.change = broken  # type: ignore[assignment,method-assign]
    desk.pass_time(200 * 24 * 60)
    with pytest.raises(InvariantBroken):
        desk.handlers.climb_ladders()

    assert {each.item for each in desk.announced(TipRungReached)} == {TIP_ID, "tip_3"}


# --- rescues


def held(desk: TipDesk) -> None:
    desk.submit(submission(category="person_held", is_anonymous=False))


@pytest.mark.criterion("3.3")
def test_an_alarm_climbs_by_minutes_from_the_write_that_raises_it_until_a_human_accepts(desk: TipDesk) -> None:
    desk = TipDesk()
    held(desk)
    raised_at = desk.clock.now()
    assert [(each.clock, each.started_at) for each in desk.announced(TipClockStarted)] == [("rescue", raised_at)]

    for minutes, rung in ((2, "two-minutes"), (5, "five-minutes")):
        desk.clock.instant = raised_at + timedelta(minutes=minutes)
        desk.handlers.climb_ladders()
        assert rungs(desk)[-1] == rung
    desk.deliver(desk.tip())
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, officer="officer-3"), caller("police"))
    desk.clock.instant = raised_at + timedelta(minutes=40)
    desk.handlers.climb_ladders()

    assert rungs(desk) == ["two-minutes", "five-minutes"]
    reached = desk.announced(TipRungReached)
    assert {(each.ladder, each.acknowledge) for each in reached} == {("rescue", True)}
    assert reached[0].receivers == ("police/command-centre", OFFICE_DESK)
    assert desk.lanes() == {"rescue"}
    assert [(each.clock, each.stopped_at is None) for each in desk.tip().clocks] == [("rescue", False), ("T-01", True)]


def test_an_alarm_goes_on_when_the_tip_goes_to_another_desk(desk: TipDesk) -> None:
    desk = TipDesk()
    held(desk)
    desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="market/desk", reason="r"), caller("office"))
    desk.pass_time(20)
    desk.handlers.climb_ladders()

    assert rungs(desk) == ["two-minutes", "five-minutes", "ten-minutes", "fifteen-minutes"]
    assert {each.owner for each in desk.announced(TipRungReached)} == {"market/desk"}


def test_a_rescue_is_swept_before_all_that_waited_longer(desk: TipDesk) -> None:
    desk.pass_time(200 * 24 * 60)
    desk.submit(submission(tip_id="tip_held", receipt_verifier="v2", category="person_held"))
    desk.pass_time(3)

    desk.handlers.climb_ladders()

    assert desk.announced(TipRungReached)[0].item == "tip_held"


def test_an_alarm_is_raised_also_when_nobody_has_entered_its_clock() -> None:
    desk = TipDesk()
    policy = shipped_policy()
    without = replace(policy, clocks=tuple(row for row in policy.clocks if row.clock != "rescue"))
    desk.handlers = replace(desk.handlers, policies=PolicyBook(without))
    held(desk)

    assert (desk.tip().lane, desk.tip().clocks, desk.tip().next_rung_at) == ("rescue", (), None)


def test_roles_of_a_rung_are_desks_each_once() -> None:
    policy = shipped_policy()
    rung = policy.ladder("standard").rungs[0]
    everybody = replace(rung, receivers=("owner", "head", "office", "duty_leader", "chair", "governance/desk"))
    first = policy.agencies["police"].desks[0].code

    assert receivers(policy, "police/criminal", everybody) == (
        *dict.fromkeys(("police/criminal", first)),
        OFFICE_DESK,
        "governance/desk",
    )
    assert receivers(policy, OFFICE_DESK, everybody) == (OFFICE_DESK, "governance/desk")


def test_a_clock_older_than_all_ladders_climbs_the_present_one(desk: TipDesk) -> None:
    old = replace(desk.tip().clocks[0].running, came_in_on=NOW.date().replace(year=2008))

    assert ladder_of(shipped_policy(), old).code == "standard"


# --- the row of law that was in force


@pytest.mark.criterion("2.9")
@pytest.mark.parametrize(
    ("kind", "received", "delivered_days_later", "row", "days"),
    [
        (TipKind.TIP, datetime(2015, 11, 1, 2, tzinfo=UTC), 0, "T-01h", 7),
        (TipKind.TIP, datetime(2025, 5, 14, 2, tzinfo=UTC), 0, "T-01", 15),
        # The last second of 14 April 2026 in the town, delivered under the new row; and the first of the 15th.
        (TipKind.COMPLAINT, datetime(2026, 4, 14, 15, 59, 59, tzinfo=UTC), 2, "T-03", 7),
        (TipKind.COMPLAINT, datetime(2026, 4, 14, 16, tzinfo=UTC), 2, "T-03n", 9),
    ],
)
def test_an_item_keeps_the_row_in_force_when_it_came_in(
    kind: TipKind, received: datetime, delivered_days_later: int, row: str, days: int
) -> None:
    desk = TipDesk()
    # The successor's number is made another one, so that the two rows can be told apart by what they say.
    policy = shipped_policy()
    rows = tuple(replace(each, amount=9) if each.id == "T-03n" else each for each in policy.clocks)
    desk.handlers = replace(desk.handlers, policies=PolicyBook(replace(policy, clocks=rows)))
    tip = desk.submit(submission(kind=kind, received_at=received, is_anonymous=False))

    # Delivered, given on and delivered again: the row stays.
    desk.clock.instant = received + timedelta(days=delivered_days_later)
    desk.deliver(tip)
    desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="market/desk", reason="r"), caller("office"))
    desk.pass_time(24 * 60)
    desk.deliver(desk.tip(), 2)

    assert [each.running.rule for each in desk.tip().clocks] == [row, row]
    for each in desk.tip().clocks:
        started_on = (each.started_at + timedelta(hours=8)).date()
        last_day = policy.calendar.working_day_after(started_on, days)
        assert (each.due_at + timedelta(hours=8)).date() == last_day + timedelta(days=1)


# --- tips that are given back


def given_back(desk: TipDesk, by: str, suggested: str) -> None:
    request = ReturnTip(
        tip_id=TIP_ID, reason=ReturnReason.NOT_COMPETENT, suggested_desk=suggested, explanation="not ours"
    )
    desk.handlers.return_tip(request, caller(by))


@pytest.mark.criterion("3.2")
def test_the_second_return_is_an_arbitration_after_which_nobody_returns(desk: TipDesk) -> None:
    first = desk.tip().lead
    given_back(desk, "police", "tenancy/desk")
    given_back(desk, "tenancy", "market/desk")

    assert desk.tip().lead == OFFICE_DESK
    assert desk.tip().dispatch.reason == f"{first}: not_competent: not ours; tenancy/desk: not_competent: not ours"
    with pytest.raises(RuleBroken, match=r"return\.office_decides"):
        given_back(desk, "office", "market/desk")

    request = DispatchTip(tip_id=TIP_ID, lead="police/station", reason="租住地在辖区内")
    desk.handlers.dispatch_tip(request, caller("office"))
    with pytest.raises(RuleBroken, match=r"return\.arbitrated"):
        given_back(desk, "police", "market/desk")
    with pytest.raises(RuleBroken, match=r"dispatch\.arbitrated"):
        desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="market/desk", reason="r"), caller("police"))
    desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="police/criminal", reason="r"), caller("police"))
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))

    assert [(each.desk, each.reason) for each in desk.announced(TipReturned)] == [
        (first, ReturnReason.NOT_COMPETENT),
        ("tenancy/desk", ReturnReason.NOT_COMPETENT),
    ]
    told = [each.what for each in desk.tip().timeline]
    assert [told.count(what) for what in ("tip.returned", "arbitration.opened", "arbitration.decided")] == [2, 1, 1]
    assert told.index("arbitration.opened") < told.index("arbitration.decided")


def test_a_change_that_is_asked_for_twice_under_one_key_is_one(desk: TipDesk) -> None:
    request = AskClockChange(item_id=TIP_ID, clock="T-01", change=ClockChange.PAUSE, reason="testing")
    for _ in range(2):
        desk.handlers.ask_clock_change(request, caller("police", command_id="k-1"))
    (asked,) = desk.tip().clock_changes
    decision = DecideClockChange(item_id=TIP_ID, change_id=asked.change_id, approve=True)
    for _ in range(2):
        by = replace(caller("police", command_id="k-2"), actor="police-head")
        desk.handlers.decide_clock_change(decision, by)

    assert len(desk.tip().clocks[0].running.pauses) == 1


def test_nothing_automatic_silences_an_alarm() -> None:
    desk = TipDesk()
    desk.submit(submission(category="person_held"))
    desk.deliver(desk.tip())
    machine = caller("police")

    with pytest.raises(RuleBroken, match=r"tip\.officer_needed"):
        desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), machine)
    assert is_alarm_sounding(desk.tip())
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), replace(machine, is_person=True))

    assert not is_alarm_sounding(desk.tip())


def test_what_is_no_rescue_is_taken_on_without_a_name(desk: TipDesk) -> None:
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
    assert desk.tip().state is TipState.ACCEPTED
