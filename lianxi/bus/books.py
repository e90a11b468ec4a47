"""What one desk's relay has sent and not written down yet: in memory, and in its outboxes until it is written.

Writing down costs several times what sending does, and nobody waits for it. So a letter is sent as soon as it is found,
and what was sent in a moment is written down together: rows of the ledger, lines of the audit, and only then out of the
outboxes. Whoever looks meanwhile is told what is on its way already. A crash forgets it all, and the outboxes hold it
still: it is sent again, under the same ids, which is harmless.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from lianxi.bus.outboxes import Pending, Sent, take_out
from lianxi.runtime import metrics
from lianxi.store.chain import Chain
from lianxi.store.connect import DUPLICATE
from lianxi.store.outbox import AGGREGATES
from lianxi.store.parked import DELIVERIES

AGE_SECONDS: Final = 0.3
"""How long something waits to be written down: if it changes meanwhile, its outbox is emptied once for both."""
TOGETHER_SECONDS: Final = 0.15
"""How much longer the first of them waits for others: one write for many costs a part of one for each."""
MOST: Final = 6
"""So many may wait to be written down; with more they are written before anything else is sent. At a busy hour desks
then get letters by the dozen, which saves the database more than it would be worth to have each of them sooner."""

Key = tuple[str, str]
Known = Mapping[Key, Sent]


def _key(pending: Pending) -> Key:
    return pending.collection, pending.aggregate_id


class Books:
    """The books of one desk.

    Args:
        service: whose.
        database: the desk's own.
        chain: where the audit's lines go.
    """

    def __init__(self, service: str, database: AsyncDatabase[dict[str, Any]], chain: Chain) -> None:
        self._service = service
        self._database = database
        self._chain = chain
        self._waiting: dict[Key, Sent] = {}
        self._since: dict[Key, float] = {}
        self._in_hand: dict[Key, Sent] = {}
        self._now = time.monotonic
        self._noted = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(self, sent: Iterable[Sent]) -> None:
        """Remember what was sent until it is written down."""
        for each in sent:
            if each.entries or each.audit or not each.failed:
                key = _key(each.pending)
                self._waiting[key] = _joined(self._waiting.get(key), each)
                self._since.setdefault(key, self._now())
        if self._waiting:
            self._noted.set()

    @property
    def is_full(self) -> bool:
        """Say whether so much waits that it has to be written down before more is sent."""
        return len(self._waiting) + len(self._in_hand) >= MOST

    def known(self) -> Known:
        """Say what is on its way now. Ask before looking: what is written down meanwhile may be found still."""
        found = dict(self._in_hand)
        for key, each in self._waiting.items():
            found[key] = _joined(found.get(key), each)
        return found

    def unsent(self, found: Iterable[Pending], before: Known) -> list[Pending]:
        """Leave out what is on its way, now or before the look."""
        now = self.known()
        left = (_left(_left(each, before.get(_key(each))), now.get(_key(each))) for each in found)
        return [each for each in left if each is not None]

    async def keep_when_due(self) -> None:
        """Wait until something was sent, and a moment longer; then write down what has waited for long enough."""
        await self._noted.wait()
        first = min(self._since.values(), default=-math.inf)
        await asyncio.sleep(max(0.0, first + AGE_SECONDS + TOGETHER_SECONDS - self._now()))
        await self.keep(self._now() - AGE_SECONDS)

    async def keep(self, before: float = math.inf) -> None:
        """Write down what waits, or only what was sent before a time; when that fails it goes on waiting."""
        async with self._writing:
            keys = [key for key, since in self._since.items() if since <= before]
            self._in_hand = {key: self._waiting.pop(key) for key in keys}
            since = {key: self._since.pop(key) for key in keys}
            try:
                await self._write(list(self._in_hand.values()))
            except BaseException:
                for key, each in self._in_hand.items():
                    self._waiting[key] = each if key not in self._waiting else _joined(each, self._waiting[key])
                self._since |= since
                raise
            finally:
                self._in_hand = {}
                if not self._waiting:
                    self._noted.clear()

    async def _write(self, sent: Sequence[Sent]) -> None:
        """Write the ledger's rows, chain the audit, then take both out of the aggregates."""
        await self._chain.append([line for each in sent for line in each.audit])
        await self.insert_new(DELIVERIES, [row for each in sent for row in each.rows if row["queues"]])
        for collection in AGGREGATES[self._service]:
            await take_out(self._database[collection], [each for each in sent if each.pending.collection == collection])
        for each in sent:
            for entry in each.entries:
                metrics.events_published_total.labels(self._service, entry["lane"]).inc()

    async def insert_new(self, collection: str, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows in one write; those that were there already stay."""
        try:
            if rows:
                await self._database[collection].insert_many(rows, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE for each in error.details["writeErrors"]):
                raise


def _joined(first: Sent | None, then: Sent) -> Sent:
    """Put together what was sent of one aggregate at two times; what the later look saw says where it stands."""
    if first is None:
        return then
    return Sent(then.pending, [*first.entries, *then.entries], [*first.rows, *then.rows], then.failed)


def _left(found: Pending | None, known: Sent | None) -> Pending | None:
    """Say what of an aggregate is not on its way; an aggregate whose version did not change has nothing new."""
    if found is None or known is None:
        return found
    if known.pending.version >= found.version and not known.failed:
        return None
    gone = {entry["id"] for entry in known.entries}
    return replace(found, entries=[entry for entry in found.entries if entry["id"] not in gone])
