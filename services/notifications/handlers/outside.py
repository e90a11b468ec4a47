"""What the notifications desk does to reach the outside: it writes messages, carries them, notes what became of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.notifications import NoticeAcknowledged
from lianxi.contracts.outside import OutsideMessage, ReportOutside, RetryOutside
from lianxi.contracts.tips import RescueRaised, TipAccepted, TipRungReached
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import InvariantBroken, Unavailable
from lianxi.policy.outside import Outside
from lianxi.policy.supervision import Ladder
from lianxi.runtime import metrics
from lianxi.runtime.couriers import Courier, Outgoing
from lianxi.store.unit import Addition, Aggregates
from services.notifications.domain import outside as domain
from services.notifications.domain.ordinary import joined, ordinary
from services.notifications.domain.outside import Delivery

AT_ONCE = 24
AT_ONCE_EACH = 2
OPENS_AFTER = 3
HELD_FOR = timedelta(seconds=30)
ALARMS = (RescueRaised.KEY, TipRungReached.KEY)


class Deliveries(Protocol):
    """Who knows which messages wait for a try, and which belong to an item."""

    def due(self, now: datetime, leave_out: Collection[str], at_most: int) -> Sequence[Delivery]:
        """Name those that wait, the longest waiting first, without those of some receivers."""
        ...

    def about(self, item: str) -> Sequence[Delivery]:
        """Name those about an item."""
        ...

    def parked_count(self) -> int:
        """Count those that stopped."""
        ...


class OutsideRules(Protocol):
    """What is asked of the town's policy."""

    @property
    def outside(self) -> Outside:
        """Whom the town tells outside its own trays."""
        ...

    @property
    def ladders(self) -> tuple[Ladder, ...]:
        """The ladders that time limits climb."""
        ...


def beside(work: Callable[[], None]) -> None:
    """Do some work beside everything else."""
    threading.Thread(target=work, daemon=True).start()


@dataclass
class Breaker:
    """Remembers which receivers do not answer, so that nobody waits for them over and over; a success forgets it."""

    failures: Counter[str] = field(default_factory=Counter)
    held_until: dict[str, datetime] = field(default_factory=dict)

    def failed(self, where: str, now: datetime) -> None:
        """Note a failure; after some in a row the receiver is left alone for a while."""
        self.failures[where] += 1
        if self.failures[where] >= OPENS_AFTER:
            self.held_until[where] = now + HELD_FOR

    def worked(self, where: str) -> None:
        """Forget the failures."""
        self.failures.pop(where, None)
        self.held_until.pop(where, None)

    def held(self, now: datetime) -> set[str]:
        """Name the receivers that are left alone now."""
        return {where for where, until in self.held_until.items() if until > now}


@dataclass(frozen=True)
class OutsideDesk:
    """The use cases of the outside. `start` does some work beside the sweep, so that no receiver waits for another."""

    deliveries: Aggregates[Delivery]
    known: Deliveries
    rules: OutsideRules
    courier: Courier
    clock: Clock
    link: str
    start: Callable[[Callable[[], None]], None] = beside
    breaker: Breaker = field(default_factory=Breaker)
    busy: Counter[str] = field(default_factory=Counter)

    def tell(self, event: Event, cause: Cause) -> None:
        """Write the messages that an event wants, each once however often the event comes. Nothing is sent here.

        Raises:
            InvariantBroken: delivery.no_cause.
        """
        if cause.event_id is None:
            raise InvariantBroken("delivery.no_cause", event_type=event.KEY)
        if isinstance(event, NotificationsRungReached):
            self._tell_in_time(event, cause, cause.event_id)
            return
        written = domain.messages(
            self.rules.outside, self.rules.ladders, event, cause.event_id, self.link, self.clock.now()
        )
        self.deliveries.add_many([Addition(each, (), replace(cause, lane=each.lane)) for each in written])

    def _tell_in_time(self, event: NotificationsRungReached, cause: Cause, event_id: str) -> None:
        outside = self.rules.outside
        for each in ordinary(outside, event, event_id, cause.lane, self.link, self.clock.now()):
            if not self.deliveries.add(each, (), cause) and each.gathered:
                self.deliveries.change(each.id, lambda found: joined(found, outside, self.link), cause)

    def send_due(self) -> None:
        """Start a try of every message that waits for one: few at a time for a receiver, none for one that is dead.

        A receiver that does not answer holds up nobody: its tries run beside the others', and are few.
        """
        now = self.clock.now()
        full = {where for where, running in self.busy.items() if running >= AT_ONCE_EACH}
        for each in self.known.due(now, full | self.breaker.held(now), AT_ONCE):
            if self.busy.total() >= AT_ONCE or self.busy[each.where] >= AT_ONCE_EACH:
                continue
            taken = self._take(each, now)
            if taken is not None:
                self.busy[each.where] += 1
                self.start(partial(self._try, taken))

    def _take(self, waiting: Delivery, now: datetime) -> Delivery | None:
        """Take a message for a try; `None` when another sender was faster."""
        was_due = [False]

        def decide(found: Delivery) -> domain.DeliveryDecision:
            was_due[0] = domain.is_due(found, now)
            return domain.take(found, now)

        taken = self.deliveries.change(waiting.id, decide, _sender(waiting)).state
        return taken if was_due[0] else None

    def _try(self, taken: Delivery) -> None:
        message = Outgoing(
            key=taken.id, receiver=taken.receiver, channel=taken.channel, text=taken.text, at=self.clock.now()
        )
        try:
            got = self.courier.carry(message)
        except Unavailable as error:
            now, trouble = self.clock.now(), error.code
            self.breaker.failed(taken.where, now)
            metrics.outside_tries_total.labels(taken.channel, "failed").inc()
            self.deliveries.change(taken.id, partial(domain.failed, trouble=trouble, now=now), _sender(taken))
        else:
            now = self.clock.now()
            self.breaker.worked(taken.where)
            metrics.outside_tries_total.labels(taken.channel, "sent").inc()
            decide = partial(domain.sent, reference=got.reference, arrived=got.arrived, now=now)
            self.deliveries.change(taken.id, decide, _sender(taken))
        finally:
            self.busy[taken.where] -= 1

    def note_acknowledged(self, event: Event, cause: Cause) -> None:
        """Note that a human has what messages tell of: a desk that signs its own, a lead that takes it on all."""
        decide = partial(domain.acknowledged, now=self.clock.now())
        if isinstance(event, TipAccepted):
            concerned = self.known.about(f"{domain.TIP}/{event.tip_id}")
        elif isinstance(event, NoticeAcknowledged) and event.event_type in ALARMS:
            concerned = [each for each in self.known.about(event.about) if each.desk == event.desk]
        else:
            return
        for each in concerned:
            self.deliveries.change(each.id, decide, replace(cause, lane="rescue"))

    def report_outside(self, request: ReportOutside, caller: Caller) -> OutsideMessage:
        """Note what a provider said later of a message.

        Emits: DeliveryParked, when it did not arrive and no try is left.
        Raises:
            NotFound: delivery.not_found.
            Conflict: delivery.not_sent, delivery.changed.
        """
        decide = partial(domain.reported, arrived=request.arrived, trouble=request.trouble, now=self.clock.now())
        return self._decide(request.delivery_id, decide, caller, request.expected_version)

    def retry_outside(self, request: RetryOutside, caller: Caller) -> OutsideMessage:
        """Have a parked message tried again.

        Raises:
            NotFound: delivery.not_found.
            Conflict: delivery.not_parked, delivery.changed.
        """
        decide = partial(domain.again, now=self.clock.now())
        return self._decide(request.delivery_id, decide, caller, request.expected_version)

    def _decide(
        self,
        delivery_id: str,
        decide: Callable[[Delivery], domain.DeliveryDecision],
        caller: Caller,
        expected_version: int | None,
    ) -> OutsideMessage:
        domain.check_answers_for(self.deliveries.get(delivery_id).state, caller)
        cause = replace(caller.cause(), lane="rescue")
        after = self.deliveries.change(delivery_id, decide, cause, expected_version=expected_version)
        return domain.as_outside_message(after.state, after.version)

    def measure_parked(self) -> None:
        """Show operators how many messages stopped."""
        metrics.outside_parked.set(self.known.parked_count())


def _sender(delivery: Delivery) -> Cause:
    return Cause(actor="desk:notifications", correlation_id=delivery.about, lane=delivery.lane)
