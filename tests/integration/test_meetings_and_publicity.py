"""Meetings, what they decide and publicity on the real database, put together as the reporting desk puts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import mongoengine
import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.meetings import (
    CallMeeting,
    CloseMeeting,
    HoldMeeting,
    ItemOutcome,
    ItemSource,
    ListDecisions,
    ListMeetings,
    MeetingKind,
    Presence,
    ProposeItem,
    SeatPresence,
    SettleItem,
    TakeDecision,
)
from lianxi.contracts.publicity import GetPublicityYear, ListActivities, RecordActivity
from lianxi.kernel.clock import FixedClock
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from services.reporting.documents import DOCUMENTS
from services.reporting.handlers.meetings import MeetingDesk
from services.reporting.handlers.publicity import PublicityDesk
from services.reporting.policy import read_demands, read_plan
from services.reporting.policy.conference import read_conference
from services.reporting.policy.publicity import read_duties
from services.reporting.store import meeting_decisions, meetings, publicity, publicity_gaps
from services.reporting.views.meetings import MeetingViews
from services.reporting.views.publicity import PublicityViews
from tests.support.town import Database

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "policy"
NOON = datetime(2015, 11, 5, 4, 0, tzinfo=UTC)
OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c", rows=("own_agency",))


@pytest.fixture
def connected(database: Database) -> Iterator[None]:
    name = "meetings_and_publicity"
    mongoengine.connect(name, host=database.url, alias="reporting", tz_aware=True, uuidRepresentation="standard")
    for each in DOCUMENTS:
        each.drop_collection()
        each.ensure_indexes()
    yield
    mongoengine.disconnect("reporting")


def by(caller: Caller, key: str) -> Caller:
    return replace(caller, command_id=key)


@pytest.mark.criterion("21")
@pytest.mark.criterion("22")
@pytest.mark.usefixtures("connected")
def test_a_decision_a_parked_item_and_a_gap_stand_on_the_next_agenda_read_from_the_database() -> None:
    policy = read_policy(SHIPPED)
    demands, clock = read_demands(PolicyBook(policy)), FixedClock(NOON)
    seen = PublicityViews(clock)
    register = PublicityDesk(
        publicity(clock), publicity_gaps(clock), seen, read_duties(policy, demands.first_desks), clock
    )
    views = MeetingViews(read_plan(policy), register.late, clock)
    desk = MeetingDesk(meetings(clock), meeting_decisions(clock), views, read_conference(policy, demands), clock)
    activity = RecordActivity(duty="tv-daily", what="公益广告", place="电视台", held_on=date(2015, 11, 4), reach=9)
    register.record_activity(activity, by(OFFICE, "a"))
    register.look()
    asked = CallMeeting(kind=MeetingKind.CONFERENCE, title="联席会议", place="三楼", held_at=NOON + timedelta(hours=1))
    meeting = desk.call_meeting(asked, by(OFFICE, "1"))
    desk.propose_item(ProposeItem(meeting_id=meeting.meeting_id, title="夜市"), by(POLICE, "2"))
    clock.advance(timedelta(hours=1))
    came = HoldMeeting(
        meeting_id=meeting.meeting_id, attendance=(SeatPresence(seat="chair", presence=Presence.PRESENT),)
    )
    held = desk.hold_meeting(came, by(OFFICE, "3"))
    for at, item in enumerate(held.agenda):
        if item.source is not ItemSource.PROPOSED:
            dropped = SettleItem(
                meeting_id=held.meeting_id, item_id=item.item_id, outcome=ItemOutcome.DISCUSSED, remark=""
            )
            desk.settle_item(dropped, by(OFFICE, f"s{at}"))
    decided = TakeDecision(meeting_id=held.meeting_id, what="核清底数", owner="police", due_on=date(2015, 11, 12))
    desk.take_decision(decided, by(OFFICE, "4"))
    desk.close_meeting(CloseMeeting(meeting_id=held.meeting_id), by(OFFICE, "5"))

    following = desk.call_meeting(replace(asked, held_at=NOON + timedelta(days=9)), by(OFFICE, "6"))

    found = {each.source for each in following.agenda}
    assert {ItemSource.DECISION_OPEN, ItemSource.PARKED, ItemSource.PUBLICITY_MISSED} <= found
    assert [each.title for each in following.agenda if each.source is ItemSource.PARKED] == ["夜市"]
    clock.advance(timedelta(days=8))
    desk.press()
    (owed,) = views.list_decisions(ListDecisions(only_open=True), POLICE).items
    assert (owed.is_overdue, owed.rungs[-1]) == (True, "over")
    assert len(views.list_meetings(ListMeetings(), POLICE).items) == 2
    (shown,) = seen.list_activities(ListActivities(), OFFICE).items
    assert shown.agency == "publicity"
    year = register.get_year(GetPublicityYear(year=2015), OFFICE)
    assert next(row for row in year.duties if row.duty == "tv-daily").activities == 1
