"""Meetings: the agenda that data fills, attendance by unit, decisions that are owed, and what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.meetings import (
    CallMeeting,
    CancelMeeting,
    CloseMeeting,
    DecisionDone,
    DecisionState,
    DecisionTaken,
    GetDecision,
    GetMeeting,
    HoldMeeting,
    ItemOutcome,
    ItemSource,
    MeetingCalled,
    MeetingCancelled,
    MeetingClosed,
    MeetingHeld,
    MeetingKind,
    MeetingState,
    MeetingView,
    Presence,
    ProposeItem,
    ReopenDecision,
    ReportDecisionDone,
    SeatPresence,
    SettleItem,
    TakeDecision,
)
from lianxi.contracts.publicity import GapView
from lianxi.contracts.reporting import IssueOrder, ReportingRungReached
from lianxi.kernel.clock import FixedClock, local_date
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.unit import Stored
from services.reporting.documents import MeetingDecisionDocument, MeetingDocument
from services.reporting.domain import orders, returns
from services.reporting.domain.agendas import Late
from services.reporting.domain.decisions import Owed
from services.reporting.domain.meetings import OPEN_TO_ALL, Meeting
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.meetings import MeetingDesk
from services.reporting.policy import Demands, OwedReturn
from services.reporting.policy.conference import read_conference
from services.reporting.store import MEETING_DECISIONS, MEETINGS

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c", rows=("own_agency",))
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c", rows=("own_agency",))
OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))


@dataclass
class Finder:
    meetings: MemoryAggregates[Meeting]
    decisions: MemoryAggregates[Owed]
    reports: list[StageReport] = field(default_factory=list)
    orders: list[SupervisionOrder] = field(default_factory=list)
    gaps: list[GapView] = field(default_factory=list)

    def late(self, now: datetime) -> Late:
        closed = [each for each in self.meetings.all() if each.closed_at is not None and each.kind in OPEN_TO_ALL]
        return Late(
            owed=[each for each in self.decisions.all() if each.is_open],
            before=max(closed, key=lambda each: each.closed_at or NOON, default=None),
            reports=self.reports,
            orders=self.orders,
            gaps=self.gaps,
        )

    def decisions_of(self, meeting_id: str) -> Sequence[Stored[Owed]]:
        return [self.decisions.get(each.id) for each in self.decisions.all() if each.meeting_id == meeting_id]

    def to_press(self, now: datetime) -> Sequence[str]:
        found = [each for each in self.decisions.all() if each.next_rung_at is not None and each.next_rung_at <= now]
        return [each.id for each in found]


@dataclass
class Town:
    desk: MeetingDesk
    finder: Finder
    clock: FixedClock
    keys: int = 0

    def by(self, caller: Caller) -> Caller:
        self.keys += 1
        return replace(caller, command_id=f"key-{self.keys}")

    def called(self, kind: MeetingKind = MeetingKind.CONFERENCE, agencies: tuple[str, ...] = ()) -> MeetingView:
        asked = CallMeeting(
            kind=kind, title="联席会议", place="镇政府三楼", held_at=self.clock.now() + DAY, agencies=agencies
        )
        return self.desk.call_meeting(asked, self.by(OFFICE))

    def held(self, meeting: MeetingView, *said: SeatPresence) -> MeetingView:
        self.clock.advance(max(timedelta(), meeting.held_at - self.clock.now()))
        return self.desk.hold_meeting(HoldMeeting(meeting_id=meeting.meeting_id, attendance=said), self.by(OFFICE))

    def closed(self, meeting: MeetingView, summary: str = "") -> MeetingView:
        return self.desk.close_meeting(CloseMeeting(meeting_id=meeting.meeting_id, summary=summary), self.by(OFFICE))

    def proposed(self, meeting: MeetingView, title: str, caller: Caller = POLICE) -> MeetingView:
        return self.desk.propose_item(ProposeItem(meeting_id=meeting.meeting_id, title=title), self.by(caller))

    def decided(self, meeting: MeetingView, owner: str = "police", item_id: str | None = None) -> MeetingView:
        asked = TakeDecision(
            meeting_id=meeting.meeting_id,
            what="核清出租屋底数",
            owner=owner,
            due_on=local_date(self.clock.now() + 10 * DAY),
            item_id=item_id,
        )
        return self.desk.take_decision(asked, self.by(OFFICE))

    def pass_time(self, length: timedelta) -> None:
        self.clock.advance(length)
        for _sweeper in range(2):
            self.desk.press()

    def announced(self, kind: type[Event]) -> list[Event]:
        letters = (*self.finder.meetings.announced, *self.finder.decisions.announced)
        return [open_event(each) for each in letters if each.type == kind.KEY]


@pytest.fixture
def town(policy: Policy, demands: Demands) -> Town:
    clock = FixedClock(NOON)
    meetings: MemoryAggregates[Meeting] = MemoryAggregates(MEETINGS, clock)
    decisions: MemoryAggregates[Owed] = MemoryAggregates(MEETING_DECISIONS, clock)
    finder = Finder(meetings, decisions)
    desk = MeetingDesk(meetings, decisions, finder, read_conference(policy, demands), clock)
    return Town(desk, finder, clock)


@pytest.mark.criterion("21")
def test_L78_2_the_conference_invites_every_unit_with_a_seat_and_tells_its_desk(town: Town, policy: Policy) -> None:
    meeting = town.called()

    assert set(meeting.agencies) == {"office", *policy.members}
    (said,) = town.announced(MeetingCalled)
    assert "police/command-centre" in said.receivers  # type: ignore[attr-defined]
    assert {desk.partition("/")[0] for desk in said.receivers} == set(meeting.agencies)  # type: ignore[attr-defined]
    assert "title" not in str(said)
    assert "联席会议" not in str(said), "events carry no words"


@pytest.mark.criterion("21")
def test_L22_1_attendance_is_kept_by_unit_also_where_one_seat_is_two_units(town: Town) -> None:
    meeting = town.held(
        town.called(),
        SeatPresence(seat="chair", presence=Presence.PRESENT),
        SeatPresence(seat="member-police", presence=Presence.PRESENT),
        SeatPresence(seat="member-publicity-education", unit="publicity", presence=Presence.PRESENT),
        SeatPresence(seat="member-publicity-education", unit="education", presence=Presence.EXCUSED, reason="外出开会"),
    )

    seats = {(each.seat, each.unit): (each.presence, each.reason) for each in meeting.seats}
    assert seats["chair", None] == (Presence.PRESENT, "")
    assert seats["member-publicity-education", "publicity"] == (Presence.PRESENT, "")
    assert seats["member-publicity-education", "education"] == (Presence.EXCUSED, "外出开会")
    assert seats["member-market", "market"] == (Presence.ABSENT, ""), "of whom nothing is said was absent"
    assert {"deputy-1", "deputy-2"} <= {seat for seat, _ in seats}
    (said,) = town.announced(MeetingHeld)
    assert (said.present, said.excused) == (3, 1)  # type: ignore[attr-defined]
    assert said.absent == len(seats) - 4  # type: ignore[attr-defined]


def test_an_excuse_without_a_reason_and_a_seat_that_there_is_not_are_refused(town: Town) -> None:
    meeting = town.called()
    with pytest.raises(RuleBroken, match=r"meeting\.reason_needed"):
        town.held(meeting, SeatPresence(seat="chair", presence=Presence.EXCUSED))
    with pytest.raises(Refused, match=r"meeting\.seat_unknown"):
        town.held(meeting, SeatPresence(seat="member-police", unit="market", presence=Presence.PRESENT))


def test_attendance_can_be_put_right_until_the_minutes_close(town: Town) -> None:
    meeting = town.held(town.called())
    again = town.held(meeting, SeatPresence(seat="chair", presence=Presence.PRESENT))

    assert {each.seat: each.presence for each in again.seats}["chair"] is Presence.PRESENT
    assert len(town.announced(MeetingHeld)) == 1
    town.closed(again)
    with pytest.raises(Conflict, match=r"meeting\.closed"):
        town.held(again)


@pytest.mark.criterion("21")
def test_L78_2_agencies_and_the_office_propose_items_and_data_proposes_what_is_late(
    town: Town, demands: Demands
) -> None:
    owed = OwedReturn(
        code="return-2",
        agency="market",
        due_on=date(2026, 11, 20),
        period_from=date(2026, 11, 7),
        is_before_issue=False,
    )
    asked = IssueOrder(target="tenancy/desk", about="tip/t", question="?", due_on=local_date(NOON))
    town.finder.reports = [returns.opened("report_1", owed, demands.returns)]
    town.finder.orders = [orders.issued("order_1", "DY-DB-1", asked, demands.orders, NOON, "clerk-1")[0]]
    town.finder.gaps = [
        GapView(
            duty="sms-monthly", clause="L65.1", unit="publicity", party="carrier/mobile",
            first_on=date(2026, 10, 1), last_on=date(2026, 10, 31), periods=1,
        )
    ]  # fmt: skip
    meeting = town.proposed(town.called(), "夜市聚集", POLICE)
    meeting = town.proposed(meeting, "下阶段安排", OFFICE)

    found = [(each.source, each.agency, each.about, each.due_on) for each in meeting.agenda]
    assert found == [
        (ItemSource.PROPOSED, "police", None, None),
        (ItemSource.PROPOSED, "office", None, None),
        (ItemSource.RETURN_MISSING, "market", "stage_report/report_1", date(2026, 11, 20)),
        (ItemSource.ORDER_OVERDUE, "tenancy", "supervision_order/order_1", local_date(NOON)),
        (ItemSource.PUBLICITY_MISSED, "publicity", "publicity_duty/sms-monthly", date(2026, 10, 31)),
    ]

    held = town.held(meeting)
    town.finder.reports = []
    assert town.desk.get_meeting(GetMeeting(meeting_id=held.meeting_id), OFFICE).agenda == held.agenda, "it is frozen"
    assert [each.item_id for each in held.agenda] == [each.item_id for each in meeting.agenda]


@pytest.mark.criterion("21")
def test_L78_2_what_was_decided_and_is_not_done_stands_on_the_next_agenda_by_itself(town: Town) -> None:
    first = town.decided(town.held(town.called()))
    town.closed(first)
    (decision,) = first.decisions

    (open_item,) = town.called().agenda
    assert (open_item.source, open_item.title) == (ItemSource.DECISION_OPEN, "核清出租屋底数")
    assert open_item.about == f"meeting_decision/{decision.decision_id}"
    assert open_item.due_on == local_date(first.held_at + 10 * DAY)

    town.pass_time(11 * DAY)
    (overdue,) = town.called().agenda
    assert overdue.source is ItemSource.DECISION_OVERDUE

    town.desk.report_decision_done(
        ReportDecisionDone(decision_id=decision.decision_id, note="已核清", proof=("case/case_1",)), town.by(POLICE)
    )
    assert town.called().agenda == ()


@pytest.mark.criterion("21")
def test_L78_2_parked_and_unattended_items_stand_on_the_next_agenda_until_they_are_dealt_with(town: Town) -> None:
    meeting = town.called()
    for title in ("甲", "乙", "丙"):
        meeting = town.proposed(meeting, title)
    meeting = town.held(meeting)
    parked, discussed, _unattended = (each.item_id for each in meeting.agenda)
    for item_id, outcome in ((parked, ItemOutcome.PARKED), (discussed, ItemOutcome.DISCUSSED)):
        asked = SettleItem(meeting_id=meeting.meeting_id, item_id=item_id, outcome=outcome, remark="记录")
        town.desk.settle_item(asked, town.by(OFFICE))
    done = town.closed(meeting)

    assert [each.outcome for each in done.agenda] == [ItemOutcome.PARKED, ItemOutcome.DISCUSSED, ItemOutcome.PARKED]
    (said,) = town.announced(MeetingClosed)
    assert said.parked == 2  # type: ignore[attr-defined]
    following = town.called()
    assert [(each.source, each.title) for each in following.agenda] == [
        (ItemSource.PARKED, "甲"),
        (ItemSource.PARKED, "丙"),
    ]
    third = town.closed(town.held(following))
    assert [each.title for each in third.agenda] == ["甲", "丙"]
    assert [each.title for each in town.called().agenda] == ["甲", "丙"], "they go on until somebody deals with them"


@pytest.mark.criterion("21")
def test_L78_2_a_decision_becomes_a_task_with_owner_clock_ladder_and_proof(town: Town) -> None:
    meeting = town.decided(town.held(town.called()), owner="police")
    (taken,) = meeting.decisions
    assert taken.owner == "police/command-centre"
    assert taken.state is DecisionState.OPEN
    (said,) = town.announced(DecisionTaken)
    assert (said.owner, said.due_at) == (taken.owner, taken.due_at)  # type: ignore[attr-defined]
    assert "底数" not in str(said)

    town.pass_time(9 * DAY)
    rungs = [each.rung for each in town.announced(ReportingRungReached)]  # type: ignore[attr-defined]
    assert rungs == ["half", "four-fifths"]
    town.pass_time(3 * DAY)
    rungs = [each.rung for each in town.announced(ReportingRungReached)]  # type: ignore[attr-defined]
    assert rungs == ["half", "four-fifths", "over"], "each rung once, whoever sweeps"
    assert town.desk.get_decision(GetDecision(decision_id=taken.decision_id), POLICE).is_overdue

    asked = ReportDecisionDone(decision_id=taken.decision_id, note="已核清", proof=("case/case_1", "a" * 64))
    done = town.desk.report_decision_done(asked, town.by(POLICE))
    assert (done.state, done.proof, done.is_overdue) == (DecisionState.DONE, ("case/case_1", "a" * 64), False)
    (told,) = town.announced(DecisionDone)
    assert told.is_late  # type: ignore[attr-defined]

    due_on = local_date(town.clock.now() + 5 * DAY)
    reopened = town.desk.reopen_decision(
        ReopenDecision(decision_id=taken.decision_id, due_on=due_on, remark="缺照片"), town.by(OFFICE)
    )
    assert (reopened.state, reopened.rounds, reopened.remark) == (DecisionState.OPEN, 2, "缺照片")
    assert reopened.rungs == (), "a new round climbs its own ladder"


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ((), r"proof_needed"),
        (("张三的口供",), r"proof_unreadable"),
        (("case/case_1", "13800138000"), r"proof_unreadable"),
    ],
)
def test_proof_is_named_by_kind_and_id_or_by_digest_and_never_in_words(
    town: Town, proof: tuple[str, ...], code: str
) -> None:
    (taken,) = town.decided(town.held(town.called())).decisions
    with pytest.raises(RuleBroken, match=code):
        town.desk.report_decision_done(
            ReportDecisionDone(decision_id=taken.decision_id, note="已办", proof=proof), town.by(POLICE)
        )


def test_a_decision_settles_the_item_that_it_belongs_to_and_is_taken_once_for_each_key(town: Town) -> None:
    meeting = town.held(town.proposed(town.called(), "夜市"))
    (item,) = meeting.agenda
    asked = TakeDecision(
        meeting_id=meeting.meeting_id, what="查", owner="market", due_on=date(2026, 12, 1), item_id=item.item_id
    )
    caller = town.by(OFFICE)
    town.desk.take_decision(asked, caller)
    after = town.desk.take_decision(asked, caller)

    assert len(after.decisions) == 1
    assert after.agenda[0].outcome is ItemOutcome.DISCUSSED
    assert after.decisions[0].item_id == item.item_id


def test_a_unit_sees_its_own_decisions_and_the_meetings_it_is_invited_to_only(town: Town) -> None:
    cases = town.called(MeetingKind.CASES, ("police",))
    assert cases.agencies == ("office", "police")
    with pytest.raises(NotFound, match=r"meeting\.not_found"):
        town.desk.get_meeting(GetMeeting(meeting_id=cases.meeting_id), MARKET)
    with pytest.raises(NotFound):
        town.proposed(cases, "议题", MARKET)
    held = town.decided(town.held(cases))
    assert [each.seat for each in held.seats] == ["member-police", "office"]
    assert held.agenda == (), "a meeting about cases is spared what is late"
    (decision,) = held.decisions
    with pytest.raises(NotFound, match=r"meeting_decision\.not_found"):
        town.desk.get_decision(GetDecision(decision_id=decision.decision_id), MARKET)
    town.closed(held)

    (item,) = town.called().agenda
    assert item.title == "", "what a few units decided is named to all by its id, not by its words"


def test_only_the_office_calls_holds_decides_and_closes(town: Town) -> None:
    meeting = town.called()
    asked = CallMeeting(kind=MeetingKind.CONFERENCE, title="x", place="y", held_at=NOON + DAY)
    with pytest.raises(Forbidden):
        town.desk.call_meeting(asked, town.by(POLICE))
    with pytest.raises(Forbidden):
        town.desk.hold_meeting(HoldMeeting(meeting_id=meeting.meeting_id, attendance=()), town.by(POLICE))
    with pytest.raises(Forbidden):
        town.desk.close_meeting(CloseMeeting(meeting_id=meeting.meeting_id), town.by(POLICE))


def test_a_meeting_goes_its_way_and_no_other(town: Town) -> None:
    with pytest.raises(RuleBroken, match=r"meeting\.in_past"):
        town.desk.call_meeting(
            CallMeeting(kind=MeetingKind.OPENING, title="x", place="y", held_at=NOON - DAY), town.by(OFFICE)
        )
    with pytest.raises(RuleBroken, match=r"meeting\.nobody_invited"):
        town.called(MeetingKind.CASES)
    meeting = town.called()
    with pytest.raises(RuleBroken, match=r"meeting\.too_early"):
        town.desk.hold_meeting(HoldMeeting(meeting_id=meeting.meeting_id, attendance=()), town.by(OFFICE))
    with pytest.raises(Conflict, match=r"meeting\.not_held"):
        town.decided(meeting)
    with pytest.raises(Conflict, match=r"meeting\.not_held"):
        town.closed(meeting)
    gone = town.desk.cancel_meeting(CancelMeeting(meeting_id=meeting.meeting_id, reason="台风"), town.by(OFFICE))
    assert gone.state is MeetingState.CANCELLED
    assert len(town.announced(MeetingCancelled)) == 1
    with pytest.raises(Conflict, match=r"meeting\.closed"):
        town.proposed(gone, "议题")


def test_meetings_and_decisions_lie_in_the_database_as_they_are(town: Town) -> None:
    held = town.decided(town.held(town.proposed(town.called(), "夜市")))
    meeting = town.finder.meetings.get(held.meeting_id).state
    (owed,) = town.finder.decisions.all()

    assert as_state(Meeting, as_fields(meeting)) == meeting
    assert as_state(Owed, as_fields(owed)) == owed
    assert set(as_fields(meeting)) - {"id"} <= set(MeetingDocument._fields)
    assert set(as_fields(owed)) - {"id"} <= set(MeetingDecisionDocument._fields)
