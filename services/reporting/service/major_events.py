"""The doors for major events. They say what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.major_events import (
    GetMajorEvent,
    ListMajorEvents,
    MajorEventPage,
    MajorEventView,
    ReportMajorEvent,
    SupplementMajorEvent,
)
from lianxi.contracts.tips import RescueRaised
from lianxi.greenroom.entries import Desk, answers, consumes, every, shows
from services.reporting.handlers.major_events import MajorEventDesk
from services.reporting.views.major_events import MajorEventViews


class MajorEventDoors(Desk):
    """What is told and asked about major events."""

    majors: MajorEventDesk
    major_views: MajorEventViews

    @consumes("open_major_event", RescueRaised)
    def open_major_event(self, event: RescueRaised, cause: Cause) -> None:
        """Know of a major event from its alarm."""
        self.majors.open_major_event(event, cause)

    @answers
    def report_major_event(self, request: ReportMajorEvent, caller: Caller) -> MajorEventView:
        """Report a major event upward."""
        return self.majors.report_major_event(request, caller)

    @answers
    def supplement_major_event(self, request: SupplementMajorEvent, caller: Caller) -> MajorEventView:
        """Add to a report."""
        return self.majors.supplement_major_event(request, caller)

    @shows("major_event")
    def get_major_event(self, request: GetMajorEvent, caller: Caller) -> MajorEventView:
        """Show one major event."""
        return self.majors.get_major_event(request, caller)

    @shows("major_event")
    def list_major_events(self, request: ListMajorEvents, caller: Caller) -> MajorEventPage:
        """Show a page of major events."""
        return self.major_views.list_major_events(request, caller)

    @every(5)
    def press_major_events(self) -> None:
        """Climb the ladders of reports that have not come."""
        self.majors.press()
