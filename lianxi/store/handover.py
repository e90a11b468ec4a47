"""Moving what an official holds to a successor: listed, each item once, and written on it and in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.handover import CountHeld, HandItemsOver, Held, HeldCount, HeldItems, ListHeld
from lianxi.kernel.errors import RuleBroken
from lianxi.store.connect import reaching_the_store
from lianxi.store.documents import AggregateDocument
from lianxi.store.unit import Aggregates, Change, HasId

A = TypeVar("A", bound=HasId)
Move = Callable[[A, str, str], A]
"""From an item, who leaves and who follows to the item as it is then held; plain domain."""


@dataclass(frozen=True)
class HeldBy:
    """Finds the open items of one collection that an official holds, by a range of an index on `field`."""

    document: type[AggregateDocument]
    field: str
    is_open: Mapping[str, Any]

    def __call__(self, officers: Sequence[str]) -> Sequence[str]:
        """Name them."""
        match = {self.field: {"$in": list(officers)}, **self.is_open}
        with reaching_the_store():
            return [row["_id"] for row in self.document._get_collection().find(match, {"_id": 1})]


@dataclass(frozen=True)
class Holding(Generic[A]):
    """One kind of item that officials hold."""

    kind: str
    items: Aggregates[A]
    held_by: Callable[[Sequence[str]], Sequence[str]]
    move: Move[A]

    def hand_over(self, leaver: str, successor: str, caller: Caller) -> list[Held]:
        """Give every item of one official to another; the same hand-over a second time moves what is left."""
        ids = self.held_by([leaver])
        cause = caller.cause()
        self.items.change_many([Change(each, partial(self._moved, leaver, successor), cause) for each in ids])
        return [Held(kind=self.kind, item_id=each) for each in ids]

    def _moved(self, leaver: str, successor: str, item: A) -> tuple[A, Sequence[Event]]:
        return self.move(item, leaver, successor), ()


@dataclass(frozen=True)
class Holdings:
    """Everything that officials hold at one desk."""

    kinds: tuple[Holding[Any], ...]

    def list_held(self, request: ListHeld) -> HeldItems:
        """Say what an official holds."""
        return HeldItems(
            items=tuple(
                Held(kind=each.kind, item_id=item) for each in self.kinds for item in each.held_by([request.officer])
            )
        )

    def hand_items_over(self, request: HandItemsOver, caller: Caller) -> HeldItems:
        """Give everything that an official holds to a successor.

        Raises:
            RuleBroken: hand_over.same_person.
        """
        if request.leaver == request.successor:
            raise RuleBroken("hand_over.same_person")
        moved = (each.hand_over(request.leaver, request.successor, caller) for each in self.kinds)
        return HeldItems(items=tuple(item for items in moved for item in items))

    def count_held(self, request: CountHeld) -> HeldCount:
        """Count what some officials hold together."""
        return HeldCount(items=sum(len(each.held_by(request.officers)) for each in self.kinds))
