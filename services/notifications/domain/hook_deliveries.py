"""Deliveries to hooks: one for each hook and event, tried by the ladder of criterion 4.3, in order for each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from lianxi.contracts.envelope import Event
from lianxi.contracts.webhooks import HookDeliveryState, HookDeliveryView
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.ids import derived_id
from services.notifications.domain.outside import AGAIN_AFTER, LEASE

TRYING = frozenset({HookDeliveryState.CREATED, HookDeliveryState.FAILED})
TELLS_AFTER: Final = 4
"""After so many tries that failed, one after the other, the hook itself counts as failing."""

KEPT: Final = timedelta(days=30)
LOOKS_AGAIN: Final = timedelta(seconds=2)
BEHIND: Final = "webhook.behind"
STOPPED: Final = "webhook.stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDelivery:
    """One event on its way to one hook. `sequence` orders it within its item, `position` among all of the town's.

    Where an anonymous tip has just come in, only the hour is kept once the delivery is settled.

    Clause: none (criteria 2.7, 14.3).
    """

    id: str
    hook_id: str
    agency: str
    event_id: str
    event_type: str
    item: str
    sequence: int
    position: int
    body: str
    state: HookDeliveryState
    written_at: datetime
    is_levelled: bool = False
    tries: int = 0
    next_try_at: datetime | None = None
    delivered_at: datetime | None = None
    status: int | None = None
    trouble: str | None = None


DeliveryDecision = tuple[HookDelivery, Sequence[Event]]


def id_for(hook_id: str, event_id: str) -> str:
    """Name the delivery of an event to a hook: the same one, however often the event comes.

    Clause: none (criterion 14.3).
    """
    return derived_id("hookdelivery", hook_id, event_id)


def written(delivery: HookDelivery, at: datetime) -> HookDelivery:
    """Lay a new delivery down, to be tried at once.

    Clause: none (criterion 2.7).
    """
    return replace(delivery, written_at=at, next_try_at=at)


def at_last(delivery: HookDelivery, now: datetime) -> datetime:
    """Say which instant is kept of a delivery that is settled.

    Clause: none (criterion 2.7).
    """
    return level_to_hour(now) if delivery.is_levelled else now


def is_due(delivery: HookDelivery, now: datetime) -> bool:
    """Say whether a delivery waits for a try.

    Clause: none (criterion 4.3).
    """
    return delivery.state in TRYING and delivery.next_try_at is not None and delivery.next_try_at <= now


def take(delivery: HookDelivery, now: datetime) -> DeliveryDecision:
    """Take a delivery for one try, so that no other sender tries it meanwhile.

    Clause: none (criterion 4.3).
    """
    if not is_due(delivery, now):
        return delivery, ()
    return replace(delivery, tries=delivery.tries + 1, next_try_at=now + LEASE), ()


def wait_for(delivery: HookDelivery, ahead: HookDelivery, now: datetime) -> DeliveryDecision:
    """Let a delivery wait for the one of the same item before it, so that an item's events come in their order.

    What may be under way this very moment is looked at again soon: it may be settled before this is written down.

    Clause: none (criterion 14.3).
    """
    if delivery.state not in TRYING:
        return delivery, ()
    until = ahead.next_try_at or now
    return replace(delivery, next_try_at=until if until > now + LEASE else now + LOOKS_AGAIN), ()


def go_on(delivery: HookDelivery, now: datetime) -> DeliveryDecision:
    """Let a delivery go now that the one before it is settled.

    Clause: none (criterion 14.3).
    """
    if delivery.state not in TRYING or delivery.next_try_at is None:
        return delivery, ()
    return replace(delivery, next_try_at=min(delivery.next_try_at, at_last(delivery, now))), ()


def delivered(delivery: HookDelivery, status: int, now: datetime) -> DeliveryDecision:
    """Note that the receiver has taken it.

    Clause: none (criterion 14.3).
    """
    if delivery.state not in TRYING:
        return delivery, ()
    done = replace(
        delivery,
        state=HookDeliveryState.DELIVERED,
        next_try_at=None,
        delivered_at=at_last(delivery, now),
        status=status,
        trouble=None,
    )
    return done, ()


def failed(delivery: HookDelivery, trouble: str, status: int | None, now: datetime) -> DeliveryDecision:
    """Note that a try failed: it is tried again after the next step of the ladder, or parked after the last.

    Clause: none (criterion 4.3).
    """
    if delivery.state not in TRYING:
        return delivery, ()
    if delivery.tries > len(AGAIN_AFTER):
        return park(replace(delivery, status=status), trouble)
    again_at = now + AGAIN_AFTER[max(delivery.tries, 1) - 1]
    tried = replace(delivery, state=HookDeliveryState.FAILED, next_try_at=again_at, status=status, trouble=trouble)
    return tried, ()


def park(delivery: HookDelivery, trouble: str) -> DeliveryDecision:
    """Stop a delivery: after the last step, behind one of the same item that stopped, or because its hook is no more.

    Clause: none (criteria 4.3, 14.3).
    """
    if delivery.state not in TRYING:
        return delivery, ()
    return replace(delivery, state=HookDeliveryState.PARKED, next_try_at=None, trouble=trouble), ()


def again(delivery: HookDelivery, now: datetime) -> DeliveryDecision:
    """Send a delivery again, from the ladder's first step, whatever became of it before.

    Clause: none (criterion 14.3).
    """
    return replace(
        delivery,
        state=HookDeliveryState.CREATED,
        tries=0,
        next_try_at=at_last(delivery, now),
        delivered_at=None,
        trouble=None,
    ), ()


def as_delivery_view(delivery: HookDelivery) -> HookDeliveryView:
    """Write a delivery as the hook's agency reads it.

    Clause: none.
    """
    return HookDeliveryView(
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        item=delivery.item,
        state=delivery.state,
        tries=delivery.tries,
        status=delivery.status,
        trouble=delivery.trouble,
        written_at=delivery.written_at,
        next_try_at=None if delivery.is_levelled else delivery.next_try_at,
        delivered_at=delivery.delivered_at,
    )
