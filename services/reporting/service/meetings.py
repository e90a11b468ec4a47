"""The doors for meetings and what they decided. They say what comes in and who deals with it; they decide nothing."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
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
    SettleItem,
    TakeDecision,
)
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.reporting.handlers.meetings import MeetingDesk
from services.reporting.views.meetings import MeetingViews


class MeetingDoors(Desk):
    """What is told and asked about meetings."""

    conferences: MeetingDesk
    meeting_views: MeetingViews

    @answers
    def call_meeting(self, request: CallMeeting, caller: Caller) -> MeetingView:
        """Call a meeting."""
        return self.conferences.call_meeting(request, caller)

    @answers
    def cancel_meeting(self, request: CancelMeeting, caller: Caller) -> MeetingView:
        """Call a meeting off."""
        return self.conferences.cancel_meeting(request, caller)

    @answers
    def propose_item(self, request: ProposeItem, caller: Caller) -> MeetingView:
        """Propose an item for the agenda."""
        return self.conferences.propose_item(request, caller)

    @answers
    def hold_meeting(self, request: HoldMeeting, caller: Caller) -> MeetingView:
        """Say who came."""
        return self.conferences.hold_meeting(request, caller)

    @answers
    def settle_item(self, request: SettleItem, caller: Caller) -> MeetingView:
        """Say what came of an item."""
        return self.conferences.settle_item(request, caller)

    @answers
    def take_decision(self, request: TakeDecision, caller: Caller) -> MeetingView:
        """Take a decision."""
        return self.conferences.take_decision(request, caller)

    @answers
    def close_meeting(self, request: CloseMeeting, caller: Caller) -> MeetingView:
        """Close the minutes."""
        return self.conferences.close_meeting(request, caller)

    @shows("meeting")
    def get_meeting(self, request: GetMeeting, caller: Caller) -> MeetingView:
        """Show one meeting."""
        return self.conferences.get_meeting(request, caller)

    @shows("meeting")
    def list_meetings(self, request: ListMeetings, caller: Caller) -> MeetingPage:
        """Show a page of meetings."""
        return self.meeting_views.list_meetings(request, caller)

    @answers
    def report_decision_done(self, request: ReportDecisionDone, caller: Caller) -> DecisionView:
        """Take an owner's word that a decision is done."""
        return self.conferences.report_decision_done(request, caller)

    @answers
    def reopen_decision(self, request: ReopenDecision, caller: Caller) -> DecisionView:
        """Say that a decision is not done."""
        return self.conferences.reopen_decision(request, caller)

    @shows("meeting_decision")
    def get_decision(self, request: GetDecision, caller: Caller) -> DecisionView:
        """Show one decision."""
        return self.conferences.get_decision(request, caller)

    @shows("meeting_decision")
    def list_decisions(self, request: ListDecisions, caller: Caller) -> DecisionPage:
        """Show a page of decisions."""
        return self.meeting_views.list_decisions(request, caller)

    @every(5)
    def press_decisions(self) -> None:
        """Climb the ladders of decisions that are not done."""
        self.conferences.press()
