"""The doors of the notifications desk."""

from __future__ import annotations

from lianxi.contracts import cases, inspections, reporting, tips
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice, ListNotices, NoticePage, NoticeView
from lianxi.greenroom.entries import Desk, answers, consumes, every
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import Settings
from services.notifications.handlers import NoticeDesk
from services.notifications.store import notices
from services.notifications.views import NoticeViews

SETTINGS = Settings


class Notifications(Desk):
    """告知: notices to desks, and their acknowledgement."""

    name = "notifications"
    handlers: NoticeDesk
    views: NoticeViews

    @consumes(
        "give_notice",
        tips.TipDispatched,
        tips.TipReturned,
        tips.TipVerified,
        tips.TipRungReached,
        tips.TipClockPaused,
        tips.TipClockResumed,
        tips.TipClockExtended,
        inspections.VisitAdvanced,
        cases.CaseOpened,
        cases.CaseClosed,
        cases.ReferralSent,
        cases.ReferralAccepted,
        cases.SupplementRequested,
        cases.ReferralDecided,
        cases.ReferralForwarded,
        cases.ReconsiderationRequested,
        cases.ReconsiderationDecided,
        cases.CaseRungReached,
        cases.AssistanceRequested,
        cases.AssistanceAccepted,
        cases.AssistanceRefused,
        cases.AssistanceAnswered,
        reporting.ReturnDue,
        reporting.ReturnMissed,
        reporting.ReportingRungReached,
        reporting.OrderIssued,
        reporting.OrderAnswered,
        reporting.OrderAccepted,
        reporting.OrderRejected,
        reporting.ToolProposed,
        reporting.ToolDecided,
    )
    def give_notice(self, event: Event, cause: Cause) -> None:
        """Tell every desk that an event concerns."""
        self.handlers.give_notice(event, cause)

    @consumes("raise_alarm", tips.RescueRaised)
    def raise_alarm(self, event: tips.RescueRaised, cause: Cause) -> None:
        """Tell those on duty that somebody is said to be held."""
        self.handlers.raise_alarm(event, cause)

    @answers
    def list_notices(self, request: ListNotices, caller: Caller) -> NoticePage:
        """Show a page of the caller's notices."""
        return self.views.list_notices(request, caller)

    @answers
    def get_notice(self, request: GetNotice, caller: Caller) -> NoticeView:
        """Show one notice and mark it seen."""
        return self.handlers.get_notice(request, caller)

    @answers
    def acknowledge_notice(self, request: AcknowledgeNotice, caller: Caller) -> NoticeView:
        """Sign for a notice."""
        return self.handlers.acknowledge_notice(request, caller)

    @every(30)
    def measure_owed(self) -> None:
        """Show operators what is owed."""
        self.handlers.measure_owed()


def open_desk(premises: Premises[Settings]) -> type[Desk]:
    """Put the desk together."""
    seen = NoticeViews(premises.clock)
    kept = notices(premises.clock)

    class OpenedNotifications(Notifications):
        """The desk with its handlers and views."""

        handlers = NoticeDesk(kept, seen, premises.policy, premises.clock)
        views = seen

    return OpenedNotifications
