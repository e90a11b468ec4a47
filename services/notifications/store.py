"""Where notices and messages to the outside are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from lianxi.contracts.outside import OutsideState
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.outbox import Announcer
from lianxi.store.pages import FLOOR
from lianxi.store.unit import AggregateStore
from services.notifications.documents import DeliveryDocument, NoticeDocument
from services.notifications.domain import Notice, announced_at
from services.notifications.domain.outside import Delivery

ANNOUNCER = Announcer(service="notifications", noun="notice")


def notices(clock: Clock) -> AggregateStore[Notice]:
    """Open the collection of notices."""
    return AggregateStore(NoticeDocument, Notice, ANNOUNCER, clock, announced_at)


OUTSIDE = Announcer(service="notifications", noun="delivery")


def open_deliveries(clock: Clock) -> AggregateStore[Delivery]:
    """Open the collection of messages to the outside."""
    return AggregateStore(DeliveryDocument, Delivery, OUTSIDE, clock)


class KeptDeliveries:
    """The messages to the outside that wait for a try, those about an item, and those that stopped."""

    def due(self, now: datetime, leave_out: Collection[str], at_most: int) -> Sequence[Delivery]:
        """Name those that wait, the longest waiting first, without those of some receivers however many they are."""
        with reaching_the_store():
            rows = self._collection.find({"next_try_at": {"$gt": FLOOR, "$lte": now}}).sort("next_try_at", 1)
            wanted = (row for row in rows if f"{row['receiver']}/{row['channel']}" not in leave_out)
            return [self._state(row) for row in islice(wanted, at_most)]

    def about(self, item: str) -> Sequence[Delivery]:
        """Name those about an item."""
        with reaching_the_store():
            return [self._state(row) for row in self._collection.find({"about": item}).limit(_OF_ONE_ITEM)]

    def parked_count(self) -> int:
        """Count those that stopped."""
        with reaching_the_store():
            count: int = self._collection.count_documents({"state": OutsideState.PARKED.value})
        return count

    def _state(self, row: dict[str, Any]) -> Delivery:
        return as_state(Delivery, {**row, "id": row["_id"]})

    @property
    def _collection(self) -> Any:
        return DeliveryDocument._get_collection()


_OF_ONE_ITEM = 500
