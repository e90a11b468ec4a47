"""A notifications desk that tells hooks, in memory, with a receiver that does as a test says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lianxi.contracts.envelope import Caller, Cause, Event, Heard
from lianxi.contracts.webhooks import HookDeliveryState, HookState, RegisterWebhook, WebhookView
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Unavailable
from lianxi.policy.policy import Policy
from lianxi.runtime.hook_courier import HttpHookCourier, Outbound, Reach
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.outbox import Announcer
from lianxi.store.unit import Stored
from services.notifications.domain import hook_deliveries as domain
from services.notifications.domain.hook_deliveries import HookDelivery
from services.notifications.domain.hooks import Hook, Tally
from services.notifications.handlers.hook_sending import HookSender
from services.notifications.handlers.hooks import HookDesk

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
KEY = b"k" * 32
ADDRESS = "https://93.184.216.34/hooks"


@dataclass
class Shelf:
    """Finds hooks and deliveries in memory as the store finds them in the database."""

    kept: MemoryAggregates[Hook]
    sent: MemoryAggregates[HookDelivery]
    notices: dict[str, set[str]] = field(default_factory=dict)
    last: int = 0

    def hooks(self, match: Mapping[str, str]) -> Sequence[Stored[Hook]]:
        found = [self.kept.get(each.id) for each in self.kept.all() if each.state is not HookState.STOPPED]
        return [each for each in found if all(getattr(each.state, name) == value for name, value in match.items())]

    def listening(self) -> Sequence[Hook]:
        return [each.state for each in self.hooks({})]

    def involved(self, item: str) -> Collection[str]:
        return self.notices.get(item, set())

    def tallies(self, hook_ids: Sequence[str]) -> Mapping[str, Tally]:
        def count(hook_id: str, *states: HookDeliveryState) -> int:
            return sum(each.hook_id == hook_id and each.state in states for each in self.sent.all())

        return {
            each: Tally(
                count(each, HookDeliveryState.DELIVERED),
                count(each, *domain.TRYING),
                count(each, HookDeliveryState.PARKED),
            )
            for each in hook_ids
        }

    def number(self, count: int) -> int:
        self.last += count
        return self.last

    def since(self, hook_id: str, position: int, at_most: int) -> Sequence[HookDelivery]:
        found = [each for each in self.sent.all() if each.hook_id == hook_id and each.position >= position]
        return sorted(found, key=lambda each: each.position)[:at_most]

    def waiting(self, now: datetime, leave_out: Collection[str]) -> Collection[str]:
        return {each.hook_id for each in self.sent.all() if domain.is_due(each, now)} - set(leave_out)

    def due(self, hook_id: str, now: datetime, at_most: int) -> Sequence[HookDelivery]:
        found = [each for each in self.sent.all() if each.hook_id == hook_id and domain.is_due(each, now)]
        return sorted(found, key=lambda each: (each.next_try_at or now, each.position))[:at_most]

    def ahead_of(self, delivery: HookDelivery) -> HookDelivery | None:
        return next(iter(self._line(delivery, lambda each: each.sequence < delivery.sequence)), None)

    def behind(self, delivery: HookDelivery) -> Sequence[HookDelivery]:
        return self._line(delivery, lambda each: each.sequence > delivery.sequence)

    def forget(self, before: datetime) -> int:
        return 0

    def _line(self, of: HookDelivery, wanted: Callable[[HookDelivery], bool]) -> list[HookDelivery]:
        found = [
            each
            for each in self.sent.all()
            if (each.hook_id, each.item) == (of.hook_id, of.item) and each.state in domain.TRYING and wanted(each)
        ]
        return sorted(found, key=lambda each: each.sequence)


@dataclass
class Receivers:
    """What stands at the hooks' addresses: it takes everything but where it is dead."""

    dead: set[str] = field(default_factory=set)
    taken: list[Outbound] = field(default_factory=list)
    tried: list[Outbound] = field(default_factory=list)

    def check(self, address: str) -> None:
        HttpHookCourier(Reach()).check(address)

    def carry(self, told: Outbound) -> int:
        self.tried.append(told)
        if told.address in self.dead:
            raise Unavailable("webhook.answered", status=500)
        self.taken.append(told)
        return 200

    def ids(self) -> list[str]:
        return [each.event_id for each in self.taken]


def machine(agency: str, *roles: str, command: str = "c") -> Caller:
    return Caller(actor=agency, agency=agency, roles=roles or ("desk",), command_id=command)


class Hooks:
    """The desk with what it stands on."""

    def __init__(self, policy: Policy) -> None:
        self.clock = FixedClock(NOON)
        self.kept: MemoryAggregates[Hook] = MemoryAggregates(
            Announcer(service="notifications", noun="webhook"), self.clock
        )
        self.sent: MemoryAggregates[HookDelivery] = MemoryAggregates(
            Announcer(service="notifications", noun="hook_delivery"), self.clock, domain.at_last
        )
        self.shelf = Shelf(self.kept, self.sent)
        self.receivers = Receivers()
        self.begun: list[Callable[[], None]] = []
        self.sender = HookSender(
            self.kept, self.sent, self.shelf, policy, self.receivers, KEY, self.clock, start=lambda work: work()
        )
        self.desk = HookDesk(self.kept, self.sent, self.shelf, self.receivers, KEY, self.clock, self.sender.woken)

    def register(
        self, agency: str, *roles: str, at: str = ADDRESS, events: tuple[str, ...] = (), desks: tuple[str, ...] = ()
    ) -> WebhookView:
        request = RegisterWebhook(address=at, events=events, client_id=agency, roles=roles or ("desk",), desks=desks)
        return self.desk.register(request, machine(agency, command=f"{agency}{at}{roles}{desks}"))

    def hear(self, event: Event, event_id: str, *, item: str = "tip/tip_1", sequence: int = 1) -> None:
        cause = Cause(
            actor="clerk-7", correlation_id="c", event_id=event_id, subject=item, sequence=sequence, at=self.clock.now()
        )
        self.sender.tell([Heard(event, cause)])

    def run(self, hours: float) -> None:
        """Sweep at every moment at which something is due, for some hours."""
        end = self.clock.now() + timedelta(hours=hours)
        while self.clock.now() <= end:
            self.sender.send_due()
            waiting = [each.next_try_at for each in self.sent.all() if each.next_try_at is not None]
            if not waiting:
                return
            self.clock.instant = max(self.clock.now() + timedelta(seconds=1), min(waiting))
