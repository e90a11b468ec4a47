"""The doors of the notifications desk."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.bus.topology import SUBSCRIPTIONS
from lianxi.contracts import notifications, tips
from lianxi.contracts.envelope import Caller, Cause, Event, Heard
from lianxi.contracts.handover import HeldItems, ListHeld
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice, ListNotices, NoticePage, NoticeView
from lianxi.contracts.outside import ListOutside, OutsideMessage, OutsidePage, ReportOutside, RetryOutside
from lianxi.greenroom.entries import Desk, answers, consumes, every, gathers
from lianxi.runtime.couriers import AddressBook, Couriers
from lianxi.runtime.hook_courier import HttpHookCourier, Reach, networks_of
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import read_key
from services.notifications.handlers import NoticeDesk
from services.notifications.handlers.campaigns import CampaignDesk
from services.notifications.handlers.hook_sending import HookSender
from services.notifications.handlers.hooks import HookDesk
from services.notifications.handlers.outside import OutsideDesk
from services.notifications.handlers.warnings import WarningDesk
from services.notifications.service.campaigns import CampaignDoors
from services.notifications.service.hooks import HookDoors
from services.notifications.service.warnings import WarningDoors
from services.notifications.settings import NotificationsSettings
from services.notifications.store import (
    KeptCampaigns,
    KeptDeliveries,
    KeptHooks,
    KeptWarnings,
    notices,
    open_campaigns,
    open_deliveries,
    open_hooks,
    open_warnings,
)
from services.notifications.views import NoticeViews

SETTINGS = NotificationsSettings


class Notifications(HookDoors, WarningDoors, CampaignDoors, Desk):
    """告知: notices to desks and their acknowledgement, hooks, public warnings, and what carriers send."""

    name = "notifications"
    handlers: NoticeDesk
    views: NoticeViews
    outside: OutsideDesk

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

    @consumes("tell_outside", *SUBSCRIPTIONS["notifications"]["tell_outside"])
    def tell_outside(self, event: Event, cause: Cause) -> None:
        """Write what has to be told outside the town's trays, and start to carry it without waiting for the sweep."""
        self.outside.tell(event, cause)
        self.outside.send_due()

    @consumes("note_acknowledged", notifications.NoticeAcknowledged, tips.TipAccepted)
    def note_acknowledged(self, event: Event, cause: Cause) -> None:
        """Note that a human has what was told."""
        self.outside.note_acknowledged(event, cause)

    @every(1)
    def send_due(self) -> None:
        """Carry what waits to the outside."""
        self.outside.send_due()

    @every(30)
    def measure_parked(self) -> None:
        """Show operators what could not be delivered."""
        self.outside.measure_parked()

    @answers
    def list_outside(self, request: ListOutside, caller: Caller) -> OutsidePage:
        """Show a page of the messages to the outside."""
        return self.views.list_outside(request, caller)

    @answers
    def report_outside(self, request: ReportOutside, caller: Caller) -> OutsideMessage:
        """Note what a provider said later of a message."""
        return self.outside.report_outside(request, caller)

    @answers
    def retry_outside(self, request: RetryOutside, caller: Caller) -> OutsideMessage:
        """Have a parked message tried again."""
        return self.outside.retry_outside(request, caller)

    @every(30)
    def chase_unsigned(self) -> None:
        """Say every rung that an unsigned notice has come to."""
        self.handlers.chase()

    @every(30)
    def measure_owed(self) -> None:
        """Show operators what is owed."""
        self.handlers.measure_owed()


def open_desk(premises: Premises[NotificationsSettings]) -> type[Desk]:
    """Put the desk together."""
    seen = NoticeViews(premises.clock)
    kept = notices(premises.clock)
    registered, delivering = open_hooks(premises.clock)
    shelf, key = KeptHooks(), bytes.fromhex(read_key(premises.settings.notifications_hooks_key_file))
    courier = HttpHookCourier(
        Reach(networks_of(premises.settings.notifications_hooks_networks), premises.settings.rehearsal)
    )
    sending = HookSender(registered, delivering, shelf, premises.policy, courier, key, premises.clock)

    class OpenedNotifications(Notifications):
        """The desk with its handlers and views."""

        handlers = NoticeDesk(kept, seen, premises.policy, premises.clock)
        views = seen
        outside = OutsideDesk(
            deliveries=open_deliveries(premises.clock),
            known=KeptDeliveries(),
            rules=premises.policy,
            courier=Couriers(AddressBook(premises.settings.notifications_addresses_file)),
            clock=premises.clock,
            link=premises.settings.notifications_link,
        )
        hooks = HookDesk(registered, delivering, shelf, courier, key, premises.clock, sending.woken)
        sender = sending
        warnings = WarningDesk(open_warnings(premises.clock), KeptWarnings(), premises.policy, premises.clock)
        campaigns = CampaignDesk(open_campaigns(premises.clock), KeptCampaigns(), premises.policy, premises.clock)

    return OpenedNotifications
