"""The chain of one service in its own database: appended to, never changed, by whoever holds the relay's lease.

An entry's place is its `_id`, inserted first: two that append at once cannot fork the chain, one of them finds its
place taken and looks again. An entry's own id is unique, so that what a crash lets come twice stands there once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from lianxi.contracts import audit
from lianxi.kernel.clock import Clock
from lianxi.runtime import metrics
from lianxi.store.connect import DUPLICATE
from lianxi.store.journal import CHAIN, JOURNAL

HEADS = "audit_heads"
TAIL = "audit_tail"
JOURNAL_BATCH = 500
STRETCH = 50
"""How far ahead of what is known is looked at once, place by place: not every database reads ranges of ids well."""
TRIES = 20


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a chain stands."""

    sequence: int
    hash: str


START = Tail(0, audit.GENESIS)


class Chain:
    """The chain of one service.

    Args:
        service: whose.
        database: its own.
        clock: for heads.
    """

    def __init__(self, service: str, database: AsyncDatabase[dict[str, Any]], clock: Clock) -> None:
        self.service = service
        self._database = database
        self._clock = clock
        self._tail: Tail | None = None
        self._appending = asyncio.Lock()

    async def open(self) -> None:
        """See that the indexes are there."""
        chain = self._database[CHAIN]
        await chain.create_index([("entry_id", ASCENDING)], unique=True)
        await chain.create_index([("item", ASCENDING), ("kind", ASCENDING)])
        await chain.create_index([("kind", ASCENDING), ("at", ASCENDING)])

    async def append(self, entries: Sequence[Mapping[str, Any]]) -> int:
        """Chain entries in their order, each once however often it comes; say how many were new."""
        async with self._appending:
            return await self._append(list({each["entry_id"]: each for each in entries}.values()))

    async def _append(self, waiting: list[Mapping[str, Any]]) -> int:
        added = 0
        for _ in range(TRIES):
            if not waiting:
                return added
            waiting = await self._unknown(waiting)
            done = await self._insert(waiting)
            added += done
            waiting = waiting[done:]
        return added

    async def drain_journal(self) -> int:
        """Chain what was noted in passing: readings, refusals, failed sign-ins; say how many there were."""
        journal = self._database[JOURNAL]
        rows = [row async for row in journal.find({"_id": {"$gt": ""}}).limit(JOURNAL_BATCH)]
        metrics.audit_waiting.labels(self.service).set(len(rows))
        rows.sort(key=lambda row: (row["at"], row["_id"]))
        await self.append([{**row, "entry_id": row["_id"]} for row in rows])
        if rows:
            await journal.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        return len(rows)

    async def tail(self) -> Tail:
        """Say where the chain stands, by the database and not by memory."""
        known = self._tail or await self._marked()
        # Mostly nothing has come, and then one place says so.
        reach = 1
        while rows := await self._stretch(known.sequence, reach):
            known, reach = Tail(rows[-1]["_id"], rows[-1]["hash"]), STRETCH
        self._tail = known
        return known

    async def sign(self, private_key: str) -> dict[str, Any] | None:
        """Sign where the chain stands; `None` while it is empty."""
        tail = await self.tail()
        if tail == START:
            return None
        return audit.sign_head(self.service, tail.sequence, tail.hash, self._clock.now(), private_key)

    async def keep_head(self, head: Mapping[str, Any]) -> None:
        """Keep a head, this service's own or another's."""
        name = f"{head['service']}:{head['sequence']:012d}"
        await self._database[HEADS].update_one({"_id": name}, {"$setOnInsert": dict(head)}, upsert=True)

    async def _unknown(self, entries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        ids = [each["entry_id"] for each in entries]
        known = {
            row["entry_id"] async for row in self._database[CHAIN].find({"entry_id": {"$in": ids}}, {"entry_id": 1})
        }
        return [each for each in entries if each["entry_id"] not in known]

    async def _insert(self, entries: Sequence[Mapping[str, Any]]) -> int:
        """Insert entries behind the tail that is remembered; say how many got their place before another came between.

        Whoever remembers wrongly finds the next place taken, and then looks where the chain stands.
        """
        tail = self._tail or await self.tail()
        rows: list[dict[str, Any]] = []
        for each in entries:
            row = audit.linked(self.service, tail.sequence + 1, tail.hash, each)
            rows.append({"_id": row.pop("sequence"), **row})
            tail = Tail(rows[-1]["_id"], row["hash"])
        if not rows:
            return 0
        try:
            await self._database[CHAIN].insert_many(rows, ordered=True)
        except BulkWriteError as error:
            self._tail = None
            if {each["code"] for each in error.details["writeErrors"]} != {DUPLICATE}:
                raise
            return int(error.details["nInserted"])
        self._tail = tail
        mark = {"sequence": tail.sequence, "hash": tail.hash}
        await self._database[TAIL].update_one({"_id": TAIL}, {"$set": mark}, upsert=True)
        return len(rows)

    async def _marked(self) -> Tail:
        """Where the chain stood at the least: a crash may have come between an entry and its mark."""
        row = await self._database[TAIL].find_one({"_id": TAIL})
        return START if row is None else Tail(row["sequence"], row["hash"])

    async def _stretch(self, after: int, reach: int) -> list[dict[str, Any]]:
        places = list(range(after + 1, after + reach + 1))
        rows = [row async for row in self._database[CHAIN].find({"_id": {"$in": places}}, {"hash": 1})]
        return sorted(rows, key=lambda row: int(row["_id"]))
