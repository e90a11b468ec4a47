"""What wants a signature stays open until a person of the unit signs, and climbs the ladder of all limits meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.contracts.envelope import Caller, Cause, Heard
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import NotFound
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.outbox import Announcer
from services.notifications.domain import Notice
from services.notifications.handlers import NoticeDesk
from tests.unit.notifications.conftest import MORNING, CountedTray
from tests.unit.notifications.test_giving_notice import alarm, dispatched

Begin = Callable[[], tuple[MemoryAggregates[Notice], NoticeDesk, FixedClock]]
LADDER = ("half", "four-fifths", "over", "far-over")
STATION = Caller(actor="officer_1", agency="police", correlation_id="c", command_id="k")


def rungs(tray: MemoryAggregates[Notice]) -> list[tuple[str, str]]:
    told = [each.data for each in tray.announced if each.type == NotificationsRungReached.KEY]
    return [(str(each["owner"]), str(each["rung"])) for each in told]


def fresh(policy: Policy) -> tuple[MemoryAggregates[Notice], NoticeDesk, FixedClock]:
    clock = FixedClock(MORNING)
    tray: MemoryAggregates[Notice] = MemoryAggregates(Announcer(service="notifications", noun="notice"), clock)
    return tray, NoticeDesk(tray, CountedTray(tray), policy, clock), clock


@pytest.fixture(scope="session")
def begin(policy: Policy) -> Begin:
    """Opens an empty tray; a policy itself would be too much for what tells of a failure."""
    return lambda: fresh(policy)


@pytest.mark.criterion("18.3")
def test_an_unsigned_notice_stays_open_and_calls_desk_head_office_and_chair_once_each(
    policy: Policy, letter: Callable[..., Cause]
) -> None:
    tray, desk, clock = fresh(policy)
    desk.give_notices([Heard(dispatched(), letter())])
    lead = next(each for each in tray.all() if each.role == "lead")
    assert lead.acknowledge_by is not None
    within = lead.acknowledge_by - lead.delivered_at

    for share, expected in ((0.49, 0), (0.5, 1), (0.79, 1), (0.8, 2), (1.0, 3), (1.49, 3), (1.5, 4), (90, 4)):
        clock.advance(MORNING + within * share - clock.now())
        desk.chase()
        desk.chase()
        assert [rung for owner, rung in rungs(tray) if owner == lead.desk] == list(LADDER[:expected]), share
    last = [
        each.data
        for each in tray.announced
        if each.type == NotificationsRungReached.KEY and each.data["owner"] == lead.desk
    ]
    assert [each["receivers"] for each in last] == [
        [lead.desk],
        [lead.desk, "police/command-centre"],
        [lead.desk, "office/desk"],
        ["office/desk"],
    ]
    assert {each["about"] for each in last} == {"tip/tip_1"}

    # Read is not signed, and nobody of another unit signs for this one.
    desk.get_notice(GetNotice(notice_id=lead.id), replace(STATION, command_id=None))
    assert tray.get(lead.id).state.is_open
    with pytest.raises(NotFound):
        desk.acknowledge_notice(AcknowledgeNotice(notice_id=lead.id), Caller(actor="x", agency="tenancy"))
    signed = desk.acknowledge_notice(AcknowledgeNotice(notice_id=lead.id), STATION)
    assert (signed.acknowledged_by, signed.rungs) == ("officer_1", tuple(sorted(LADDER)))


@pytest.mark.criterion("18.3")
@given(signed_at=st.none() | st.integers(0, 200), sweeps=st.lists(st.integers(0, 300), max_size=8))
def test_each_rung_is_said_once_whoever_sweeps_and_none_after_a_signature(
    begin: Begin, signed_at: int | None, sweeps: list[int]
) -> None:
    tray, desk, clock = begin()
    cause = Cause(actor="clerk-7", correlation_id="c", event_id="e", subject="tip/tip_1", at=MORNING)
    desk.give_notices([Heard(dispatched(), cause)])
    lead = next(each for each in tray.all() if each.role == "lead")
    assert lead.acknowledge_by is not None
    acts = sorted([(each, "sweep") for each in sweeps] + ([] if signed_at is None else [(signed_at, "sign")]))
    looked = 0
    for share, act in acts:
        clock.advance(MORNING + (lead.acknowledge_by - MORNING) * share / 100 - clock.now())
        if act == "sign":
            desk.acknowledge_notice(AcknowledgeNotice(notice_id=lead.id), STATION)
            continue
        looked = share if tray.get(lead.id).state.is_open else looked
        desk.chase()
        desk.chase()
    reached = sum(looked >= each for each in (50, 80, 100, 150))
    assert [rung for owner, rung in rungs(tray) if owner == lead.desk] == list(LADDER[:reached])
    assert tray.get(lead.id).state.is_open == (signed_at is None)


@pytest.mark.criterion("18.3")
def test_an_alarm_that_nobody_signs_reaches_the_chair_within_a_quarter_of_an_hour_on_its_own_lane(
    policy: Policy, letter: Callable[..., Cause]
) -> None:
    tray, desk, clock = fresh(policy)
    desk.raise_alarm(alarm(), letter(lane="rescue"))
    clock.advance(timedelta(minutes=15))
    desk.chase()
    told = [each for each in tray.announced if each.type == NotificationsRungReached.KEY]
    assert {each.lane for each in told} == {"rescue"}
    assert {str(each.data["rung"]) for each in told} == set(LADDER)


@pytest.mark.criterion("18.3")
def test_what_a_ladder_says_climbs_no_ladder_of_its_own(policy: Policy, letter: Callable[..., Cause]) -> None:
    tray, desk, clock = fresh(policy)
    desk.give_notices([Heard(dispatched(), letter())])
    clock.advance(timedelta(days=30))
    desk.chase()
    told = [each for each in tray.announced if each.type == NotificationsRungReached.KEY]
    for number, each in enumerate(told):
        event = NotificationsRungReached(
            **{**each.data, "receivers": tuple(each.data["receivers"]), "due_at": MORNING, "reached_at": MORNING}
        )
        desk.give_notices([Heard(event, letter(f"rung-{number}", each.subject))])
    of_rungs = [each for each in tray.all() if each.event_type == NotificationsRungReached.KEY]
    assert of_rungs
    assert {each.next_rung_at for each in of_rungs} == {None}
    assert {each.about for each in of_rungs} == {"tip/tip_1"}
    clock.advance(timedelta(days=300))
    desk.chase()
    assert len(told) == len([each for each in tray.announced if each.type == NotificationsRungReached.KEY])
