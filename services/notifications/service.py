"""The doors of the notifications desk."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.bus.topology import SUBSCRIPTIONS
from lianxi.contracts import tips
from lianxi.contracts.envelope import Caller, Cause, Heard
from lianxi.contracts.handover import HeldItems, ListHeld
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice, ListNotices, NoticePage, NoticeView
from lianxi.greenroom.entries import Desk, answers, consumes, every, gathers
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

    @gathers("give_notice", *SUBSCRIPTIONS["notifications"]["give_notice"])
    def give_notices(self, heard: Sequence[Heard]) -> None:
        """Tell every desk that events concern."""
        self.handlers.give_notices(heard)

    @consumes("raise_alarm", tips.RescueRaised)
    def raise_alarm(self, event: tips.RescueRaised, cause: Cause) -> None:
        """Tell those on duty that somebody is said to be held."""
        self.handlers.raise_alarm(event, cause)

    @answers
    def list_notices(self, request: ListNotices, caller: Caller) -> NoticePage:
        """Show a page of the caller's notices."""
        return self.views.list_notices(request, caller)

    @answers
    def list_held(self, request: ListHeld, caller: Caller) -> HeldItems:
        """Say what waits for a signature at an official's desks."""
        return self.views.list_held(request)

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
