"""Where notices and messages to the outside are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from pymongo import ReturnDocument

from lianxi.contracts.outside import OutsideState
from lianxi.contracts.webhooks import HookDeliveryState, HookState
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.outbox import Announcer
from lianxi.store.pages import FLOOR
from lianxi.store.unit import AggregateStore, Stored
from services.notifications.documents import (
    CampaignDocument,
    DeliveryDocument,
    EndedCaseDocument,
    HookDeliveryDocument,
    HookDocument,
    NoticeDocument,
    WarningDocument,
)
from services.notifications.domain import Notice, announced_at
from services.notifications.domain.campaigns import Campaign
from services.notifications.domain.hearing import INVOLVING
from services.notifications.domain.hook_deliveries import TRYING, HookDelivery, at_last
from services.notifications.domain.hooks import Hook, Tally
from services.notifications.domain.outside import Delivery
from services.notifications.domain.warnings import EndedCase, PublicWarning

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


HOOKS = Announcer(service="notifications", noun="webhook")
HOOK_DELIVERIES = Announcer(service="notifications", noun="hook_delivery")


def open_hooks(clock: Clock) -> tuple[AggregateStore[Hook], AggregateStore[HookDelivery]]:
    """Open the collections of hooks and of the deliveries to them."""
    return (
        AggregateStore(HookDocument, Hook, HOOKS, clock),
        AggregateStore(HookDeliveryDocument, HookDelivery, HOOK_DELIVERIES, clock, at_last),
    )


class KeptHooks:
    """The hooks, what waits for each, and what lies before and behind a delivery."""

    def hooks(self, match: Mapping[str, str]) -> Sequence[Stored[Hook]]:
        """Find hooks that were not stopped, the oldest first."""
        wanted = {**match, "state": {"$in": _LISTENING}}
        with reaching_the_store():
            rows = list(HookDocument._get_collection().find(wanted))
        found = [Stored(row["_version"], as_state(Hook, {**row, "id": row["_id"]})) for row in rows]
        return sorted(found, key=lambda each: (each.state.registered_at, each.state.id))

    def listening(self) -> Sequence[Hook]:
        """List every hook that was not stopped."""
        return [each.state for each in self.hooks({})]

    def involved(self, item: str) -> Collection[str]:
        """Name the desks that notices about an item involved."""
        wanted = {"about": item, "role": {"$in": list(INVOLVING)}}
        with reaching_the_store():
            rows = list(NoticeDocument._get_collection().find(wanted, {"desk": 1}).limit(_OF_ONE_ITEM))
        return {row["desk"] for row in rows}

    def tallies(self, hook_ids: Sequence[str]) -> Mapping[str, Tally]:
        """Count the deliveries of hooks."""
        return {each: self._tally(each) for each in hook_ids}

    def _tally(self, hook_id: str) -> Tally:
        def count(*states: HookDeliveryState) -> int:
            wanted = {"hook_id": hook_id, "state": {"$in": [each.value for each in states]}}
            return int(self._deliveries.count_documents(wanted))

        with reaching_the_store():
            return Tally(
                delivered=count(HookDeliveryState.DELIVERED),
                waiting=count(*TRYING),
                parked=count(HookDeliveryState.PARKED),
            )

    def number(self, count: int) -> int:
        """Take some positions in the order of all deliveries; answers the last of them."""
        positions = HookDeliveryDocument._get_db()["hook_positions"]
        with reaching_the_store():
            row = positions.find_one_and_update(
                {"_id": "last"}, {"$inc": {"position": count}}, upsert=True, return_document=ReturnDocument.AFTER
            )
        return int(row["position"])

    def since(self, hook_id: str, position: int, at_most: int) -> Sequence[HookDelivery]:
        """List the deliveries of a hook from a position on, in their order."""
        return self._found({"hook_id": hook_id, "position": {"$gte": position}}, [("position", 1)], at_most)

    def waiting(self, now: datetime, leave_out: Collection[str]) -> Collection[str]:
        """Name the hooks for which something is due, without some."""
        with reaching_the_store():
            due = self._deliveries.distinct("hook_id", {"next_try_at": {"$gt": FLOOR, "$lte": now}})
        return sorted(set(due) - set(leave_out))

    def due(self, hook_id: str, now: datetime, at_most: int) -> Sequence[HookDelivery]:
        """List what is due for a hook, the longest waiting first."""
        wanted = {"hook_id": hook_id, "next_try_at": {"$gt": FLOOR, "$lte": now}}
        return self._found(wanted, [("next_try_at", 1), ("position", 1)], at_most)

    def ahead_of(self, delivery: HookDelivery) -> HookDelivery | None:
        """Find what is still under way to the same hook, about the same item, from before."""
        found = self._found({**_line(delivery), "sequence": {"$lt": delivery.sequence}}, [("sequence", 1)], 1)
        return found[0] if found else None

    def behind(self, delivery: HookDelivery) -> Sequence[HookDelivery]:
        """List what waits for the same hook, about the same item, from after; in its order."""
        wanted = {**_line(delivery), "sequence": {"$gt": delivery.sequence}}
        return self._found(wanted, [("sequence", 1)], _OF_ONE_ITEM)

    def forget(self, before: datetime) -> int:
        """Delete what was settled long ago."""
        settled = [each.value for each in HookDeliveryState if each not in TRYING]
        wanted = {"written_at": {"$gt": FLOOR, "$lt": before}, "state": {"$in": settled}}
        with reaching_the_store():
            return int(self._deliveries.delete_many(wanted).deleted_count)

    def _found(self, wanted: dict[str, Any], order: list[tuple[str, int]], at_most: int) -> list[HookDelivery]:
        with reaching_the_store():
            rows = list(self._deliveries.find(wanted).sort(order).limit(at_most))
        return [as_state(HookDelivery, {**row, "id": row["_id"]}) for row in rows]

    @property
    def _deliveries(self) -> Any:
        return HookDeliveryDocument._get_collection()


WARNINGS = Announcer(service="notifications", noun="warning")


def open_warnings(clock: Clock) -> AggregateStore[PublicWarning]:
    """Open the collection of warnings."""
    return AggregateStore(WarningDocument, PublicWarning, WARNINGS, clock)


class KeptWarnings:
    """The warnings that were published, and how cases ended."""

    def ended(self, case_id: str) -> EndedCase | None:
        """Find a case that has ended."""
        with reaching_the_store():
            row = EndedCaseDocument._get_collection().find_one({"_id": case_id})
        return None if row is None else as_state(EndedCase, {**row, "case_id": row["_id"]})

    def keep_ended(self, case: EndedCase) -> None:
        """Keep how a case ended; what was heard last holds."""
        row = {"number": case.number, "outcome": case.outcome.value}
        with reaching_the_store():
            EndedCaseDocument._get_collection().replace_one({"_id": case.case_id}, row, upsert=True)

    def published(self) -> Sequence[PublicWarning]:
        """List what was ever published, the newest first."""
        with reaching_the_store():
            rows = list(WarningDocument._get_collection().find({"published_at": {"$gt": FLOOR}}))
        found = [as_state(PublicWarning, {**row, "id": row["_id"]}) for row in rows]
        return sorted(found, key=lambda each: str(each.published_at), reverse=True)


CAMPAIGNS = Announcer(service="notifications", noun="campaign")


def open_campaigns(clock: Clock) -> AggregateStore[Campaign]:
    """Open the collection of campaigns."""
    return AggregateStore(CampaignDocument, Campaign, CAMPAIGNS, clock)


class KeptCampaigns:
    """The campaigns of periods, and those whose next rung has been reached."""

    def of_period(self, duty: str, due_on: date) -> Sequence[Campaign]:
        """Read every campaign of a period, those that were taken back too."""
        return self.between(duty, due_on, due_on)

    def between(self, duty: str, first: date, last: date) -> Sequence[Campaign]:
        """Read the campaigns of the periods that end from a day to a day."""
        wanted = {"duty": duty, "due_on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
        with reaching_the_store():
            rows = list(CampaignDocument._get_collection().find(wanted))
        return [as_state(Campaign, {**row, "id": row["_id"]}) for row in rows]

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name the campaigns whose next rung has been reached, a bounded number."""
        return _reached(CampaignDocument, now)


_AT_A_TIME = 200


def _reached(document: Any, now: datetime) -> list[str]:
    wanted = {"next_rung_at": {"$gt": FLOOR, "$lte": now}}
    with reaching_the_store():
        rows = document._get_collection().find(wanted, {"_id": 1}).sort("next_rung_at", 1)
        return [row["_id"] for row in rows.limit(_AT_A_TIME)]


_LISTENING = [each.value for each in HookState if each is not HookState.STOPPED]


def _line(delivery: HookDelivery) -> dict[str, Any]:
    states = [each.value for each in TRYING]
    return {"hook_id": delivery.hook_id, "item": delivery.item, "state": {"$in": states}}
