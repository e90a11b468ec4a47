"""What one desk's relay carries: events pending in an aggregate, what was sent of them, and how they leave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from lianxi.bus import topology
from lianxi.kernel.clock import is_levelled
from lianxi.store.parked import PARKED


@dataclass(frozen=True, slots=True)
class Pending:
    """An aggregate with events to be sent and lines of the audit to be chained."""

    collection: str
    aggregate_id: str
    rank: int
    entries: Sequence[Mapping[str, Any]]
    audit: Sequence[Mapping[str, Any]] = ()


@dataclass
class Sent:
    """What the broker has confirmed of one aggregate's events, in order, up to the first that it has not."""

    pending: Pending
    entries: list[Mapping[str, Any]] = field(default_factory=list)
    failed: bool = False

    @property
    def audit(self) -> Sequence[Mapping[str, Any]]:
        """The lines of the audit that go along: all, once all of its events are on their way."""
        return () if self.failed else self.pending.audit


async def take_out(collection: AsyncCollection[dict[str, Any]], sent: Sequence[Sent]) -> None:
    """Take sent events out of their outboxes: whole outboxes in one write, those that have grown one by one."""
    alike: defaultdict[tuple[int, int], list[Sent]] = defaultdict(list)
    for each in sent:
        alike[len(each.entries), len(each.audit)].append(each)
    alike.pop((0, 0), None)
    for (events, lines), group in alike.items():
        # Entries are only ever added behind: one that holds its last event and line and no more has nothing new.
        unchanged: dict[str, Any] = {
            "_id": {"$in": [each.pending.aggregate_id for each in group]},
            **_holds("_outbox", events),
            **_holds("_audit", lines),
        }
        if events:
            unchanged["_outbox.id"] = {"$in": [each.entries[-1]["id"] for each in group]}
        if lines:
            unchanged["_audit.entry_id"] = {"$in": [each.audit[-1]["entry_id"] for each in group]}
        emptied = {"$set": {"_outbox": [], "_audit": []}, "$unset": {"_outbox_due": ""}}
        result = await collection.update_many(unchanged, emptied)
        if result.matched_count < len(group):
            await collection.bulk_write([write for each in group for write in _pull(each)])


def ledger_rows(entry: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Make one ledger row for each queue that an event goes to."""
    event = entry["event"]
    return [
        {
            "_id": f"{entry['id']}:{queue}",
            "event_id": entry["id"],
            "event_type": event["type"],
            "subject": event["subject"],
            "queue": queue,
            "created_at": entry["at"],
            "sent_at": now,
            "is_levelled": is_levelled(datetime.fromisoformat(event["time"])),
        }
        for queue in topology.queues_hearing(event["type"], entry["lane"])
    ]


def settled_row(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Make the row that says what became of a letter in one queue; it may come before the ledger's own."""
    at = datetime.fromisoformat(receipt["at"])
    parked = {"parked_at": at} if receipt["state"] == PARKED else {}
    row = {"_id": f"{receipt['event_id']}:{receipt['queue']}", "state": receipt["state"], "settled_at": at}
    return row | parked


def _holds(name: str, length: int) -> dict[str, Any]:
    """Match a list of a length; one that is not there at all is as good as an empty one."""
    return {name: {"$size": length}} if length else {f"{name}.0": {"$exists": False}}


def _pull(sent: Sent) -> tuple[UpdateOne, UpdateOne]:
    at = {"_id": sent.pending.aggregate_id}
    some = {
        "$pull": {
            "_outbox": {"id": {"$in": [entry["id"] for entry in sent.entries]}},
            "_audit": {"entry_id": {"$in": [line["entry_id"] for line in sent.audit]}},
        }
    }
    empty = {**at, **_holds("_outbox", 0), **_holds("_audit", 0)}
    return UpdateOne(at, some), UpdateOne(empty, {"$unset": {"_outbox_due": ""}})
