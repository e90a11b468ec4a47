"""The doors of hooks. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.contracts.envelope import Caller, Heard
from lianxi.contracts.webhooks import (
    OFFERED,
    DeleteWebhook,
    HookDeliveryPage,
    HookDeliveryView,
    ListHookDeliveries,
    ListWebhooks,
    RegisterWebhook,
    Replayed,
    ReplayWebhook,
    RotateWebhook,
    SendTestEvent,
    StoppedWebhooks,
    StopWebhooksOf,
    WebhookList,
    WebhookView,
)
from lianxi.greenroom.entries import Desk, answers, every, gathers
from services.notifications.handlers.hook_sending import HookSender
from services.notifications.handlers.hooks import HookDesk
from services.notifications.views import NoticeViews


class HookDoors(Desk):
    """What agencies' own systems are told, and what is asked about it."""

    hooks: HookDesk
    sender: HookSender
    views: NoticeViews

    @gathers("tell_hooks", *OFFERED, seconds=0.25)
    def tell_hooks(self, heard: Sequence[Heard]) -> None:
        """Write what agencies' hooks are told of events."""
        self.sender.tell(heard)

    @every(1)
    def send_to_hooks(self) -> None:
        """Carry what waits to the hooks."""
        self.sender.send_due()

    @every(30)
    def measure_hooks(self) -> None:
        """Show operators which hooks do not take what they are sent."""
        self.sender.measure_failing()

    @answers
    def register_webhook(self, request: RegisterWebhook, caller: Caller) -> WebhookView:
        """Register a hook."""
        return self.hooks.register(request, caller)

    @answers
    def list_webhooks(self, request: ListWebhooks, caller: Caller) -> WebhookList:
        """Show the agency's hooks."""
        return self.hooks.list_hooks(request, caller)

    @answers
    def rotate_webhook(self, request: RotateWebhook, caller: Caller) -> WebhookView:
        """Make a new secret for a hook."""
        return self.hooks.rotate(request, caller)

    @answers
    def delete_webhook(self, request: DeleteWebhook, caller: Caller) -> WebhookView:
        """End a hook."""
        return self.hooks.delete(request, caller)

    @answers
    def stop_webhooks_of(self, request: StopWebhooksOf, caller: Caller) -> StoppedWebhooks:
        """End the hooks of a key that was revoked."""
        return self.hooks.stop_of(request, caller)

    @answers
    def send_test_event(self, request: SendTestEvent, caller: Caller) -> HookDeliveryView:
        """Have a test event sent."""
        return self.hooks.test(request, caller)

    @answers
    def replay_webhook(self, request: ReplayWebhook, caller: Caller) -> Replayed:
        """Send everything from an event on again."""
        return self.hooks.replay(request, caller)

    @answers
    def list_hook_deliveries(self, request: ListHookDeliveries, caller: Caller) -> HookDeliveryPage:
        """Show a page of a hook's deliveries."""
        self.hooks.shown(request.hook_id, caller)
        return self.views.list_hook_deliveries(request)
