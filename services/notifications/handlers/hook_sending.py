"""What the notifications desk does to tell hooks: it writes deliveries from events, and carries them.

As with messages to the outside, handling an event only writes. A sweep takes what is due, few at a time for a hook,
each try beside the others, so that a dead receiver delays nobody; and of one item never the later event first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from lianxi.contracts.envelope import Cause, Event, Heard
from lianxi.contracts.webhooks import HookDeliveryState, HookState
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Unavailable
from lianxi.policy.rights import Permissions
from lianxi.runtime import metrics
from lianxi.runtime.hook_courier import HookCourier, Outbound, secret_of
from lianxi.store.unit import Addition, Aggregates
from services.notifications.domain import hook_deliveries as domain
from services.notifications.domain import hooks as hook_rules
from services.notifications.domain.hearing import hears, news_of
from services.notifications.domain.hook_deliveries import HookDelivery
from services.notifications.domain.hooks import Hook
from services.notifications.handlers.hooks import letter, sender_of
from services.notifications.handlers.outside import AT_ONCE_EACH, Breaker, beside

AT_ONCE = 64
AT_A_STRETCH = 200
LOOKS_AT = 8
RESTS = timedelta(seconds=3)
UNTIL = "until"


class HookRules(Protocol):
    """What is asked of the town's policy."""

    @property
    def permissions(self) -> Permissions:
        """Who may read what."""
        ...


class HookQueue(Protocol):
    """Who knows which hooks listen, which deliveries wait, and what lies before and behind one of the same item."""

    def listening(self) -> Sequence[Hook]:
        """List every hook that was not stopped."""
        ...

    def involved(self, item: str) -> Collection[str]:
        """Name the desks that notices about an item involved."""
        ...

    def number(self, count: int) -> int:
        """Take some positions in the order of all deliveries; answers the last of them."""
        ...

    def waiting(self, now: datetime, leave_out: Collection[str]) -> Collection[str]:
        """Name the hooks for which something is due, without some."""
        ...

    def due(self, hook_id: str, now: datetime, at_most: int) -> Sequence[HookDelivery]:
        """List what is due for a hook, the longest waiting first."""
        ...

    def ahead_of(self, delivery: HookDelivery) -> HookDelivery | None:
        """Find what is still under way to the same hook, about the same item, from before."""
        ...

    def behind(self, delivery: HookDelivery) -> Sequence[HookDelivery]:
        """List what waits for the same hook, about the same item, from after; in its order."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete what was settled long ago; answers how many."""
        ...


@dataclass(frozen=True)
class HookSender:
    """The use cases of telling hooks. `start` does some work beside the sweep."""

    hooks: Aggregates[Hook]
    deliveries: Aggregates[HookDelivery]
    queue: HookQueue
    rules: HookRules
    courier: HookCourier
    key: bytes
    clock: Clock
    start: Callable[[Callable[[], None]], None] = beside
    breaker: Breaker = field(default_factory=Breaker)
    busy: Counter[str] = field(default_factory=Counter)
    resting: dict[str, datetime] = field(default_factory=dict)

    def tell(self, heard: Sequence[Heard]) -> None:
        """Write a delivery for each hook that may hear of each event, once however often the event comes."""
        now = self.clock.now()
        hooks = [each for each in self.queue.listening() if hook_rules.listens(each, now)]
        if not hooks:
            return
        told = [(each, hook) for each in heard for hook in self._hearing(hooks, each)]
        if not told:
            return
        position = self.queue.number(len(told)) - len(told)
        self.deliveries.add_many(
            [
                Addition(_written(hook, each.event, each.cause, position + place, now), (), each.cause)
                for place, (each, hook) in enumerate(told, start=1)
            ]
        )
        self.resting.clear()

    def _hearing(self, hooks: Sequence[Hook], heard: Heard) -> Iterator[Hook]:
        item = heard.cause.subject
        if item is None or heard.cause.event_id is None:
            return
        involved = self.queue.involved(item)
        for hook in hooks:
            if hears(hook, self.rules.permissions, heard.event, item, involved):
                yield hook

    def send_due(self) -> None:
        """Start telling every hook for which something is due, but none that did not answer a moment ago.

        Where nothing was due and nothing has been heard since, the database is left alone for some seconds.
        """
        now = self.clock.now()
        if now < self.resting.get(UNTIL, now):
            return
        waiting = self.queue.waiting(now, self.breaker.held(now))
        if not waiting:
            self.resting[UNTIL] = now + RESTS
        for hook_id in waiting:
            while self.busy[hook_id] < AT_ONCE_EACH and self.busy.total() < AT_ONCE:
                taken = self._next(hook_id)
                if taken is None:
                    break
                self.busy[hook_id] += 1
                self.start(partial(self._work, taken))

    def _work(self, first: HookDelivery) -> None:
        """Carry one delivery after the other to a hook, for as long as it takes them and more are due."""
        taken: HookDelivery | None = first
        try:
            for _ in range(AT_A_STRETCH):
                taken = self._next(first.hook_id) if taken is not None and self._try(taken) else None
        finally:
            self.busy[first.hook_id] -= 1

    def _next(self, hook_id: str) -> HookDelivery | None:
        while True:
            now = self.clock.now()
            found = self.queue.due(hook_id, now, LOOKS_AT)
            taken = next((taken for each in found if (taken := self._take(each, now)) is not None), None)
            if taken is not None or not found:
                return taken

    def _take(self, waiting: HookDelivery, now: datetime) -> HookDelivery | None:
        """Take a delivery for a try; `None` when one of the same item is before it, or another sender was faster."""
        ahead = self.queue.ahead_of(waiting)
        if ahead is not None:
            self._change(waiting, partial(domain.wait_for, ahead=ahead, now=now))
            return None
        was_due = [False]

        def decide(found: HookDelivery) -> domain.DeliveryDecision:
            was_due[0] = domain.is_due(found, now)
            return domain.take(found, now)

        taken = self._change(waiting, decide)
        return taken if was_due[0] else None

    def _try(self, taken: HookDelivery) -> bool:
        hook, now = self.hooks.get(taken.hook_id).state, self.clock.now()
        if not hook_rules.listens(hook, now):
            self._change(taken, partial(domain.park, trouble=domain.STOPPED))
            return True
        secrets = tuple(secret_of(self.key, hook.id, each) for each in hook_rules.generations(hook, now))
        body = taken.body.encode()
        told = Outbound(address=hook.address, event_id=taken.event_id, body=body, secrets=secrets, at=now)
        try:
            status = self.courier.carry(told)
        except Unavailable as error:
            self._failed(hook, taken, error)
            return False
        self._delivered(hook, taken, status)
        return True

    def _failed(self, hook: Hook, taken: HookDelivery, error: Unavailable) -> None:
        now, status = self.clock.now(), error.facts.get("status")
        self.breaker.failed(hook.id, now)
        metrics.webhook_tries_total.labels("failed").inc()
        after = self._change(taken, partial(domain.failed, trouble=error.code, status=status, now=now))
        if after.tries >= domain.TELLS_AFTER:
            decide = partial(hook_rules.failing, trouble=error.code, now=domain.at_last(after, now))
            self.hooks.change(hook.id, decide, sender_of(taken), noted="failing")
        if after.state is HookDeliveryState.PARKED:
            # What comes after it would be out of its order: it stops too, and a replay sends all of it.
            for each in self.queue.behind(after):
                self._change(each, partial(domain.park, trouble=domain.BEHIND))

    def _delivered(self, hook: Hook, taken: HookDelivery, status: int) -> None:
        now = self.clock.now()
        self.breaker.worked(hook.id)
        metrics.webhook_tries_total.labels("delivered").inc()
        after = self._change(taken, partial(domain.delivered, status=status, now=now))
        if hook.state is HookState.FAILING:
            self.hooks.change(hook.id, hook_rules.working, sender_of(taken), noted="working")
        for each in self.queue.behind(after)[:1]:
            self._change(each, partial(domain.go_on, now=now))

    def _change(
        self, delivery: HookDelivery, decide: Callable[[HookDelivery], domain.DeliveryDecision]
    ) -> HookDelivery:
        return self.deliveries.change(delivery.id, decide, sender_of(delivery)).state

    def woken(self, hook_id: str) -> None:
        """Try a hook again at once, although it did not answer a moment ago: somebody is looking."""
        self.resting.clear()
        self.breaker.worked(hook_id)

    def measure_failing(self) -> None:
        """Show operators how many hooks do not take what they are sent, and let go of what was settled long ago."""
        metrics.webhooks_failing.set(sum(each.state is HookState.FAILING for each in self.queue.listening()))
        self.queue.forget(self.clock.now() - domain.KEPT)


def _written(hook: Hook, event: Event, cause: Cause, position: int, now: datetime) -> HookDelivery:
    event_id, item, at = str(cause.event_id), str(cause.subject), cause.at or now
    is_levelled = bool(getattr(event, "is_anonymous", False))
    source = f"/lianxi/{event.KEY.partition('.')[0]}"
    delivery = HookDelivery(
        id=domain.id_for(hook.id, event_id),
        hook_id=hook.id,
        agency=hook.agency,
        event_id=event_id,
        event_type=event.KEY,
        item=item,
        sequence=cause.sequence or position,
        position=position,
        body=letter(
            event_id, event.KEY, source, item, at.isoformat(), cause.sequence or position, news_of(event, item)
        ),
        state=HookDeliveryState.CREATED,
        written_at=now,
        is_levelled=is_levelled,
    )
    return domain.written(delivery, domain.at_last(delivery, now))
