"""Meetings of the joint conference and what they decide; the minutes leave as a paper for an office program."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.meeting_bodies import (
    Attendance,
    DecisionBody,
    DecisionReport,
    DecisionReturn,
    ItemProposal,
    ItemSettled,
    MeetingCall,
    MeetingReason,
    Minutes,
)
from gateway.minutes import minutes_of
from gateway.picture_answers import saved_answer
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.meetings import (
    CallMeeting,
    CancelMeeting,
    CloseMeeting,
    DecisionPage,
    DecisionView,
    GetDecision,
    GetMeeting,
    HoldMeeting,
    ListDecisions,
    ListMeetings,
    MeetingPage,
    MeetingView,
    ProposeItem,
    ReopenDecision,
    ReportDecisionDone,
    SeatPresence,
    SettleItem,
    TakeDecision,
)
from lianxi.runtime.papers import MEDIA_TYPE

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
PATH = "/v1/meetings"
DECISIONS = "/v1/meeting-decisions"


@router.post(PATH, status_code=201, response_model=MeetingView)
async def call_meeting(body: MeetingCall, writing: Writing = writes("meeting.create")) -> Response:
    """Call a meeting; every unit that is invited gets a notice and may propose items."""
    asked = body.contract(CallMeeting)
    return await writing.create(
        SERVICE, "call_meeting", asked, MeetingView, at=lambda view: f"{PATH}/{view.meeting_id}"
    )


@router.get(PATH, response_model=MeetingPage)
async def list_meetings(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("meeting.read")) -> Response:
    """Read the meetings that the unit is invited to, last called first."""
    return await reading.page(SERVICE, "list_meetings", ListMeetings(cursor=cursor, limit=limit), MeetingPage)


@router.get(PATH + "/{meeting_id}", response_model=MeetingView)
async def get_meeting(meeting_id: ItemPath, reading: Reading = reads("meeting.read")) -> Response:
    """Read one meeting. Until it is held, its agenda follows the data: whatever is late, open or was left over."""
    return await reading.show(SERVICE, "get_meeting", GetMeeting(meeting_id=meeting_id), MeetingView)


@router.post(PATH + "/{meeting_id}/cancel", response_model=MeetingView)
async def cancel_meeting(
    meeting_id: ItemPath, body: MeetingReason, writing: Writing = decides("meeting.decide")
) -> Response:
    """Call a meeting off."""
    asked = body.contract(CancelMeeting, meeting_id=meeting_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "cancel_meeting", asked, MeetingView)


@router.post(PATH + "/{meeting_id}/items", response_model=MeetingView)
async def propose_item(
    meeting_id: ItemPath, body: ItemProposal, writing: Writing = writes("meeting.change")
) -> Response:
    """Propose an item for the agenda."""
    asked = body.contract(ProposeItem, meeting_id=meeting_id)
    return await writing.decide(SERVICE, "propose_item", asked, MeetingView)


@router.post(PATH + "/{meeting_id}/items/{item_id}", response_model=MeetingView)
async def settle_item(
    meeting_id: ItemPath, item_id: ItemPath, body: ItemSettled, writing: Writing = decides("meeting.decide")
) -> Response:
    """Say what came of an item: discussed, dropped, or parked for the next meeting."""
    asked = body.contract(SettleItem, meeting_id=meeting_id, item_id=item_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "settle_item", asked, MeetingView)


@router.post(PATH + "/{meeting_id}/attendance", response_model=MeetingView)
async def hold_meeting(
    meeting_id: ItemPath, body: Attendance, writing: Writing = decides("meeting.decide")
) -> Response:
    """Say who came, by seat and unit; said the first time, the meeting is held and its agenda is settled."""
    said = tuple(each.contract(SeatPresence) for each in body.attendance)
    asked = HoldMeeting(meeting_id=meeting_id, attendance=said, expected_version=writing.version)
    return await writing.decide(SERVICE, "hold_meeting", asked, MeetingView)


@router.post(PATH + "/{meeting_id}/decisions", response_model=MeetingView)
async def take_decision(
    meeting_id: ItemPath, body: DecisionBody, writing: Writing = writes("meeting.decide")
) -> Response:
    """Take a decision: its owner gets a notice, and owes it until the end of its day."""
    asked = body.contract(TakeDecision, meeting_id=meeting_id)
    return await writing.decide(SERVICE, "take_decision", asked, MeetingView)


@router.post(PATH + "/{meeting_id}/close", response_model=MeetingView)
async def close_meeting(meeting_id: ItemPath, body: Minutes, writing: Writing = decides("meeting.close")) -> Response:
    """Close the minutes; what nobody dealt with stands on the next agenda by itself."""
    asked = body.contract(CloseMeeting, meeting_id=meeting_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "close_meeting", asked, MeetingView)


@router.get(PATH + "/{meeting_id}/minutes.docx")
async def get_minutes(meeting_id: ItemPath, reading: Reading = reads("meeting.read")) -> Response:
    """Read the minutes as a paper for an office program, written from the town's own template."""
    view = await reading.ask(SERVICE, "get_meeting", GetMeeting(meeting_id=meeting_id), MeetingView)
    house = reading.house
    paper = await minutes_of(reading.shown(view), house.policy, house.settings.gateway_papers_dir)
    return saved_answer(paper, MEDIA_TYPE, f"{meeting_id}.docx")


@router.get(DECISIONS, response_model=DecisionPage)
async def list_decisions(
    only_open: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("meeting_decision.read"),
) -> Response:
    """Read what meetings decided that the unit owes, newest first."""
    asked = ListDecisions(only_open=only_open, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_decisions", asked, DecisionPage)


@router.get(DECISIONS + "/{decision_id}", response_model=DecisionView)
async def get_decision(decision_id: ItemPath, reading: Reading = reads("meeting_decision.read")) -> Response:
    """Read one decision."""
    return await reading.show(SERVICE, "get_decision", GetDecision(decision_id=decision_id), DecisionView)


@router.post(DECISIONS + "/{decision_id}/done", response_model=DecisionView)
async def report_decision_done(
    decision_id: ItemPath, body: DecisionReport, writing: Writing = decides("meeting_decision.change")
) -> Response:
    """Report a decision done, with its proof."""
    asked = body.contract(ReportDecisionDone, decision_id=decision_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "report_decision_done", asked, DecisionView)


@router.post(DECISIONS + "/{decision_id}/reopen", response_model=DecisionView)
async def reopen_decision(
    decision_id: ItemPath, body: DecisionReturn, writing: Writing = decides("meeting_decision.decide")
) -> Response:
    """Say that a decision is not done, why, and until when it is owed now."""
    asked = body.contract(ReopenDecision, decision_id=decision_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "reopen_decision", asked, DecisionView)
