"""What the notifications desk does for agencies' hooks when it is asked: registers, rotates, tests, replays, ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.webhooks import (
    SCHEMA,
    TESTED,
    DeleteWebhook,
    HookDeliveryState,
    HookDeliveryView,
    HookNews,
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
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.kernel.ids import derived_id
from lianxi.runtime.hook_courier import HookCourier, secret_of
from lianxi.store.unit import Aggregates, Stored
from services.notifications.domain import hook_deliveries as sending
from services.notifications.domain import hooks as domain
from services.notifications.domain.hook_deliveries import HookDelivery
from services.notifications.domain.hooks import Hook, Tally

AT_ONCE = 200
SOURCE = "/lianxi/notifications"


class HookShelf(Protocol):
    """Who finds hooks and their deliveries."""

    def hooks(self, match: Mapping[str, str]) -> Sequence[Stored[Hook]]:
        """Find the hooks that were not stopped, by agency or by key; the oldest first."""
        ...

    def tallies(self, hook_ids: Sequence[str]) -> Mapping[str, Tally]:
        """Count the deliveries of hooks."""
        ...

    def number(self, count: int) -> int:
        """Take some positions in the order of all deliveries; answers the last of them."""
        ...

    def since(self, hook_id: str, position: int, at_most: int) -> Sequence[HookDelivery]:
        """List the deliveries of a hook from a position on, in their order."""
        ...


@dataclass(frozen=True)
class HookDesk:
    """The use cases of hooks. `woken` is told which hook somebody wants tried now, whatever it did before."""

    hooks: Aggregates[Hook]
    deliveries: Aggregates[HookDelivery]
    shelf: HookShelf
    courier: HookCourier
    key: bytes
    clock: Clock
    woken: Callable[[str], None]

    def register(self, request: RegisterWebhook, caller: Caller) -> WebhookView:
        """Register a hook of the caller's agency; the secret is in this answer and in no other.

        Raises:
            Refused: webhook.address_unfit, webhook.address_refused, webhook.event_unknown, webhook.too_many.
        """
        self.courier.check(request.address)
        hook_id = derived_id("hook", caller.agency, caller.command_id)
        others = len(self.shelf.hooks({"agency": caller.agency}))
        self.hooks.add(domain.register(hook_id, request, caller, others, self.clock.now()), (), caller.cause())
        return self._with_secret(self.hooks.get(hook_id))

    def list_hooks(self, request: ListWebhooks, caller: Caller) -> WebhookList:
        """Show the agency's hooks."""
        found = self.shelf.hooks({"agency": caller.agency})
        tallies, now = self.shelf.tallies([each.state.id for each in found]), self.clock.now()
        return WebhookList(
            items=tuple(
                domain.as_webhook_view(each.state, each.version, tallies.get(each.state.id, Tally()), now)
                for each in found
            )
        )

    def rotate(self, request: RotateWebhook, caller: Caller) -> WebhookView:
        """Make a new secret; for a day what is sent is signed with the old one too.

        Raises:
            NotFound: webhook.not_found.
            Conflict: webhook.stopped, webhook.changed.
        """
        decide = partial(domain.rotate, now=self.clock.now())
        return self._with_secret(self._decide(request.hook_id, decide, caller, request.expected_version, "rotated"))

    def delete(self, request: DeleteWebhook, caller: Caller) -> WebhookView:
        """End a hook.

        Raises:
            NotFound: webhook.not_found.
            Conflict: webhook.changed.
        """
        done = self._decide(request.hook_id, domain.stop, caller, request.expected_version, "stopped")
        return domain.as_webhook_view(done.state, done.version, Tally(), self.clock.now())

    def stop_of(self, request: StopWebhooksOf, caller: Caller) -> StoppedWebhooks:
        """End every hook of the agency that speaks for a key."""
        found = self.shelf.hooks({"agency": caller.agency, "client_id": request.client_id})
        for each in found:
            self.hooks.change(each.state.id, domain.stop, caller.cause(), noted="stopped")
        return StoppedWebhooks(stopped=len(found))

    def test(self, request: SendTestEvent, caller: Caller) -> HookDeliveryView:
        """Have a test event sent.

        Raises:
            NotFound: webhook.not_found.
            Conflict: webhook.stopped.
        """
        hook = self._listening(request.hook_id, caller)
        now, position = self.clock.now(), self.shelf.number(1)
        event_id = derived_id("event", hook.id, caller.command_id)
        item = f"webhook/{hook.id}"
        body = letter(event_id, TESTED, SOURCE, item, now.isoformat(), position, HookNews(item=item, href=None))
        delivery = HookDelivery(
            id=sending.id_for(hook.id, event_id),
            hook_id=hook.id,
            agency=hook.agency,
            event_id=event_id,
            event_type=TESTED,
            item=item,
            sequence=position,
            position=position,
            body=body,
            state=HookDeliveryState.CREATED,
            written_at=now,
            next_try_at=now,
        )
        self.deliveries.add(delivery, (), caller.cause())
        self.woken(hook.id)
        return sending.as_delivery_view(self.deliveries.get(delivery.id).state)

    def replay(self, request: ReplayWebhook, caller: Caller) -> Replayed:
        """Send everything from an event on again, so many at once; the answer says where to go on.

        Raises:
            NotFound: webhook.not_found, webhook.event_not_found.
            Conflict: webhook.stopped.
        """
        hook = self._listening(request.hook_id, caller)
        first = self.deliveries.find(sending.id_for(hook.id, request.from_event))
        if first is None:
            raise NotFound("webhook.event_not_found")
        found = self.shelf.since(hook.id, first.state.position, AT_ONCE + 1)
        decide = partial(sending.again, now=self.clock.now())
        for each in found[:AT_ONCE]:
            self.deliveries.change(each.id, decide, caller.cause(), noted="replayed")
        self.woken(hook.id)
        return Replayed(
            replayed=min(len(found), AT_ONCE), next_event=found[AT_ONCE].event_id if len(found) > AT_ONCE else None
        )

    def shown(self, hook_id: str, caller: Caller) -> Hook:
        """Find a hook of the caller's agency.

        Raises:
            NotFound: webhook.not_found.
        """
        return domain.shown_to(self.hooks.get(hook_id).state, caller)

    def _listening(self, hook_id: str, caller: Caller) -> Hook:
        hook = self.shown(hook_id, caller)
        if not domain.listens(hook, self.clock.now()):
            raise Conflict("webhook.stopped")
        return hook

    def _decide(
        self,
        hook_id: str,
        decide: Callable[[Hook], domain.HookDecision],
        caller: Caller,
        expected_version: int | None,
        noted: str,
    ) -> Stored[Hook]:
        self.shown(hook_id, caller)
        return self.hooks.change(hook_id, decide, caller.cause(), expected_version=expected_version, noted=noted)

    def _with_secret(self, stored: Stored[Hook]) -> WebhookView:
        secret = secret_of(self.key, stored.state.id, stored.state.generation)
        return domain.as_webhook_view(stored.state, stored.version, Tally(), self.clock.now(), secret)


def letter(event_id: str, event_type: str, source: str, item: str, time: str, sequence: int, news: HookNews) -> str:
    """Write what a hook receives: the event's own envelope, around no more than the item."""
    plain = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": event_type,
        "subject": item,
        "time": time,
        "sequence": str(sequence),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA,
        "data": codec.as_plain(news),
    }
    return codec.to_bytes(plain).decode()


def sender_of(delivery: HookDelivery) -> Cause:
    """Say who moves a delivery on."""
    return Cause(actor="desk:notifications", correlation_id=delivery.item)
