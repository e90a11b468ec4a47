"""What one desk's relay carries: events pending in an aggregate, what was sent of them, and how they leave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection

from lianxi.bus import topology
from lianxi.kernel.clock import is_levelled
from lianxi.kernel.ids import derived_id
from lianxi.store.parked import PARKED

TOGETHER = 50
"""How many outboxes one write empties: the time of matching a list of ids grows with its square."""
_WAITING = {"$concatArrays": ["$_outbox", "$_audit"]}
_EMPTIED = {"$set": {"_outbox": [], "_audit": []}, "$unset": {"_outbox_due": ""}}


@dataclass(frozen=True, slots=True)
class Pending:
    """An aggregate with events to be sent and lines of the audit to be chained."""

    collection: str
    aggregate_id: str
    version: int
    rank: int
    entries: Sequence[Mapping[str, Any]]
    audit: Sequence[Mapping[str, Any]] = ()


@dataclass
class Sent:
    """What the broker has confirmed of one aggregate's events, in order, up to the first that it has not.

    `rows` are the ledger's, of the instant of each confirm.
    """

    pending: Pending
    entries: list[Mapping[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False

    @property
    def audit(self) -> Sequence[Mapping[str, Any]]:
        """The lines of the audit that go along: all, once all of its events are on their way."""
        return () if self.failed else self.pending.audit


def pending_in(collection: str, row: Mapping[str, Any]) -> Pending:
    """Read what an aggregate's document holds for the relay."""
    entries, lines = row.get("_outbox", []), row.get("_audit", [])
    return Pending(collection, row["_id"], row["_version"], row["_outbox_due"], entries, lines)


async def take_out(collection: AsyncCollection[dict[str, Any]], sent: Sequence[Sent]) -> None:
    """Take sent events out of their outboxes: those of unchanged aggregates together, the others one by one."""
    alike: defaultdict[int, list[Sent]] = defaultdict(list)
    for each in sent:
        alike[each.pending.version].append(each)
    for version, group in alike.items():
        for start in range(0, len(group), TOGETHER):
            await _take_out_together(collection, version, group[start : start + TOGETHER])


async def _take_out_together(collection: AsyncCollection[dict[str, Any]], version: int, sent: Sequence[Sent]) -> None:
    """Empty the outboxes of aggregates that are still at the version that was read; take the sent out of the others."""
    left = {each.pending.aggregate_id: each for each in sent}
    if whole := [each.pending.aggregate_id for each in sent if not each.failed]:
        emptied = await collection.update_many({"_id": {"$in": whole}, "_version": version}, _EMPTIED)
        if emptied.matched_count == len(sent):
            return
        waiting = {"_id": {"$in": list(left)}, "_outbox_due": {"$exists": True}}
        left = {row["_id"]: left[row["_id"]] async for row in collection.find(waiting, {"_id": 1})}
    if some := [each for each in left.values() if each.entries or each.audit]:
        await collection.update_many({"_id": {"$in": [each.pending.aggregate_id for each in some]}}, _pull(some))


def ledger_row(entry: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Make the ledger's row of an event: which queues its letters go to."""
    event = entry["event"]
    return {
        "_id": entry["id"],
        "event_type": event["type"],
        "subject": event["subject"],
        "queues": list(topology.queues_hearing(event["type"], entry["lane"])),
        "created_at": entry["at"],
        "sent_at": now,
        "is_levelled": is_levelled(datetime.fromisoformat(event["time"])),
    }


def settled_rows(receipts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make the rows that say what became of letters: one for those that one queue settled alike and at once.

    A row may come before those of its events, and the same receipts make the same row however often they come.
    """
    alike: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for each in receipts:
        alike[each["queue"], each["state"], each["at"]].add(each["event_id"])
    return [_settled_row(*said, sorted(events)) for said, events in alike.items()]


def _settled_row(queue: str, state: str, told_at: str, events: Sequence[str]) -> dict[str, Any]:
    at = datetime.fromisoformat(told_at)
    row_id = derived_id("settled", queue, state, told_at, *events)
    row = {"_id": row_id, "queue": queue, "state": state, "settled_at": at, "events": events}
    return row | ({"parked_at": at} if state == PARKED else {})


def _pull(sent: Sequence[Sent]) -> list[dict[str, Any]]:
    """Take out what was sent, and leave what has come since; with nothing left nobody waits."""
    entries = [entry["id"] for each in sent for entry in each.entries]
    lines = [line["entry_id"] for each in sent for line in each.audit]
    return [
        {"$set": {"_outbox": _without("_outbox", "id", entries), "_audit": _without("_audit", "entry_id", lines)}},
        {"$set": {"_outbox_due": {"$cond": [{"$eq": [_WAITING, []]}, "$$REMOVE", "$_outbox_due"]}}},
    ]


def _without(name: str, key: str, sent: Sequence[str]) -> dict[str, Any]:
    stays = {"$not": [{"$in": [f"$$this.{key}", {"$literal": sent}]}]}
    return {"$filter": {"input": {"$ifNull": [f"${name}", []]}, "cond": stays}}
