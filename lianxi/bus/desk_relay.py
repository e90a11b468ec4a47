"""The relay of one desk: events out of its outbox, receipts and parked letters into its database.

A crash between any two steps sends the same event again, under the same id, which is harmless.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pika
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, PyMongoError

from lianxi.bus import topology
from lianxi.bus.books import Books
from lianxi.bus.link import Letter, Link
from lianxi.bus.outboxes import TOGETHER, Pending, Sent, ledger_row, pending_in, settled_rows
from lianxi.bus.parking import as_parked, receipts_of
from lianxi.contracts import codec
from lianxi.contracts.envelope import Lane
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import BrokerDown, LianxiError
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log
from lianxi.store.chain import Chain
from lianxi.store.outbox import AGGREGATES, LANE_RANK
from lianxi.store.parked import PARKED, SETTLEMENTS

log = get_log()
LEASE = "relay_lease"
LEASE_SECONDS = 15.0
WINDOW = 500
RECEIPTS_BATCH = 200
RECEIPTS_SECONDS = 0.2
RECOUNT_SECONDS = 5.0
RECOUNT_SHARE = 0.02
"""Of the time at most: counting reads all that waits, and must not be what keeps it waiting."""
RECOUNT_AT_LEAST_EVERY = 30.0
"""Whoever is called by a number that stands still is called late."""
JOURNAL_SECONDS = 1.0
SLOWEST = 8
"""How many times as long as at first a relay that nobody rings for waits at most before it looks by itself."""
_TO_CARRY = {"_outbox": 1, "_audit": 1, "_outbox_due": 1, "_version": 1}
_ANY_RANK = {"$gte": min(LANE_RANK.values()), "$lte": max(LANE_RANK.values())}


class DeskRelay:
    """The relay of one desk.

    Args:
        service: whose events.
        link: the desk's own connection to the broker.
        database: the desk's own database.
        clock: the time of sending.
        holder: this relay's name in the lease.
        poll_seconds: how long to wait before looking without having been rung for; longer while nothing is found.
    """

    def __init__(
        self,
        service: str,
        link: Link,
        database: AsyncDatabase[dict[str, Any]],
        clock: Clock,
        holder: str,
        poll_seconds: float,
    ) -> None:
        self.service = service
        self.link = link
        self._database = database
        self._clock = clock
        self._holder = holder
        self._poll_seconds = poll_seconds
        self._pause = poll_seconds
        self._all = frozenset(AGGREGATES[service])
        self._to_look_at: set[str] = set(self._all)
        self._named: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._look_at_all_at = 0.0
        self.chain = Chain(service, database, clock)
        self.books = Books(service, database, self.chain)
        self._rung = asyncio.Event()
        self._lease_until: datetime | None = None
        self._receipts: asyncio.Queue[Letter] = asyncio.Queue()
        self._told: list[Letter] = []
        self._parked: asyncio.Queue[Letter] = asyncio.Queue()
        self._channels: dict[str, Any] = {}
        self.store_reached = False

    def wake(self, committed: Mapping[str, Sequence[str]] | None = None) -> None:
        """Read now what is said to have been committed; look wherever it is not said what, or not even where."""
        for collection in self._all.intersection(committed or {}):
            ids = (committed or {})[collection]
            self._named[collection].update(dict.fromkeys(ids))
            if not ids:
                self._to_look_at.add(collection)
        if not committed:
            self._to_look_at |= self._all
        self._rung.set()

    async def run(self) -> None:
        """Serve the desk until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.link.stay(self._settle_in))
            tasks.create_task(self._again_and_again(self._send_pending))
            tasks.create_task(self._again_and_again(self.books.keep_when_due))
            tasks.create_task(self._again_and_again(self._note_receipts))
            tasks.create_task(self._again_and_again(self._drain_parked))
            tasks.create_task(self._again_and_again(self._recount))
            tasks.create_task(self._again_and_again(self._chain_journal))

    async def finish(self) -> None:
        """Send what is still pending, once, before the process ends."""
        with suppress(PyMongoError, LianxiError):
            self.wake()
            while self.link.is_open and await self._send_round():
                self.wake()
            await self.books.keep()

    async def _settle_in(self) -> None:
        self._told = []
        for name, queue, waiting, prefetch in (
            ("receipts", topology.receipts_queue(self.service), self._receipts, 2 * RECEIPTS_BATCH),
            ("parked", topology.parked_queue(self.service), self._parked, 20),
        ):
            while not waiting.empty():
                waiting.get_nowait()
            self._channels[name] = await self.link.consume(queue, waiting.put_nowait, prefetch=prefetch)
        self.wake()

    async def _again_and_again(self, step: Any) -> None:
        """Do a step until cancelled; what is away is waited for."""
        task = asyncio.current_task()
        # pymongo may turn a cancellation into an error of its own, so the task itself is asked.
        while task is None or not task.cancelling():
            try:
                await step()
                self.store_reached = True
            except PyMongoError as error:
                self.store_reached = False
                log.warning("store_away", desk=self.service, reason=type(error).__name__)
                await asyncio.sleep(1)
            except BrokerDown:
                await asyncio.sleep(0.5)

    async def _send_pending(self) -> None:
        self._rung.clear()
        if not self.link.is_open or self.link.is_blocked or not await self._holds_lease():
            self._to_look_at |= self._all
            await asyncio.sleep(self._poll_seconds)
        elif await self._send_round():
            self._pause = self._poll_seconds
        elif not self._to_look_at and not self._named:
            await self._pause_until_rung()

    async def _pause_until_rung(self) -> None:
        """Wait for the bell; when it is silent look everywhere, less often the longer nothing is found."""
        try:
            async with asyncio.timeout(self._pause):
                await self._rung.wait()
            self._pause = self._poll_seconds
        except TimeoutError:
            self._pause = min(2 * self._pause, SLOWEST * self._poll_seconds)
            self._to_look_at |= self._all

    async def _send_round(self) -> bool:
        """Send what is pending where something may be, the most urgent lane first."""
        self._look_at_all_now_and_then()
        places, self._to_look_at = self._to_look_at, set()
        named, self._named = self._named, defaultdict(dict)
        try:
            pending = [
                each
                for name in AGGREGATES[self.service]
                for each in await (self._due(name) if name in places else self._committed(name, list(named[name])))
            ]
            for rank in sorted({each.rank for each in pending}):
                carry = self._carry if rank == LANE_RANK["rescue"] else self._carry_beside_rescues
                await carry([each for each in pending if each.rank == rank])
        except BaseException:
            self._to_look_at |= places | named.keys()
            raise
        return bool(pending)

    def _look_at_all_now_and_then(self) -> None:
        """Look everywhere after a while even if it rings all the time: a ring may be lost, an event may not."""
        now = asyncio.get_running_loop().time()
        if now >= self._look_at_all_at:
            self._to_look_at |= self._all
        if self._to_look_at >= self._all:
            self._look_at_all_at = now + SLOWEST * self._poll_seconds

    async def _carry_beside_rescues(self, pending: Sequence[Pending]) -> None:
        """Carry a backlog; a rescue that is committed meanwhile waits neither for its confirms nor for the books."""
        carrying = asyncio.create_task(self._carry_backlog(pending))
        try:
            while not carrying.done():
                rung = asyncio.create_task(self._rung.wait())
                await asyncio.wait({carrying, rung}, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
                if not carrying.done():
                    await self._carry_rescues()
        except BaseException:
            # What was sent and is still in its outbox is sent again, as after a crash.
            carrying.cancel()
            raise
        await carrying

    async def _carry_rescues(self) -> None:
        """Carry rescues from where it has rung, and leave the rest there for the next round."""
        self._rung.clear()
        known = self.books.known()
        rung = self._to_look_at | self._named.keys()
        places = [name for name in AGGREGATES[self.service] if name in rung]
        found = [each for name in places for each in await self._pending(name, LANE_RANK["rescue"])]
        if rescues := self.books.unsent(found, known):
            await self._carry(rescues)

    async def _carry_backlog(self, pending: Sequence[Pending]) -> None:
        await self._carry(pending)
        if self.books.is_full:
            await self.books.keep()

    async def _carry(self, pending: Sequence[Pending]) -> None:
        sent = await self._publish(pending)
        self.books.note(sent)
        if any(each.failed for each in sent):
            raise BrokerDown("broker.refused")

    async def _due(self, collection: str) -> list[Pending]:
        """Read what is pending in one place; where more waits than is sent at once, only its most urgent lane."""
        known = self.books.known()
        found = await self._pending(collection, _ANY_RANK)
        if len(found) == WINDOW:
            self._to_look_at.add(collection)
            for rank in LANE_RANK.values():
                if first := self.books.unsent(await self._pending(collection, rank), known):
                    return first
        return self.books.unsent(found, known)

    async def _committed(self, collection: str, ids: Sequence[str]) -> list[Pending]:
        """Read what has been named: what is on its way already is not read again, as it is by a look."""
        known = self.books.known()
        found: list[Pending] = []
        for start in range(0, len(ids), TOGETHER):
            match = {"_id": {"$in": ids[start : start + TOGETHER]}}
            rows = self._database[collection].find(match, _TO_CARRY)
            found += [pending_in(collection, row) async for row in rows if "_outbox_due" in row]
        return self.books.unsent(found, known)

    async def _pending(self, collection: str, rank: Any) -> list[Pending]:
        found = self._database[collection].find({"_outbox_due": rank}, _TO_CARRY).limit(WINDOW)
        return [pending_in(collection, row) async for row in found]

    async def _publish(self, pending: Sequence[Pending]) -> list[Sent]:
        """Publish in waves: the first event of every aggregate, then the second of each whose first was confirmed."""
        sent = [Sent(each) for each in pending]
        wave = 0
        while going := [each for each in sent if not each.failed and wave < len(each.pending.entries)]:
            confirms = [self._publish_one(each.pending.entries[wave]) for each in going]
            answers = await asyncio.gather(*confirms, return_exceptions=True)
            now = self._clock.now()
            for each, answer in zip(going, answers, strict=True):
                each.failed = isinstance(answer, BaseException)
                if not each.failed:
                    entry = each.pending.entries[wave]
                    each.entries.append(entry)
                    each.rows.append(ledger_row(entry, now))
            wave += 1
        return sent

    def _publish_one(self, entry: Mapping[str, Any]) -> asyncio.Future[None]:
        event = entry["event"]
        lane: Lane = entry["lane"]
        properties = pika.BasicProperties(
            content_type=codec.CONTENT_TYPE,
            delivery_mode=2,
            message_id=entry["id"],
            type=event["type"],
            app_id=self.service,
            correlation_id=event["correlationid"],
            headers={"traceparent": event["traceparent"]} if "traceparent" in event else None,
        )
        key = topology.routing_key(event["type"], lane)
        return self.link.publish(topology.EVENTS_EXCHANGE, key, codec.to_bytes(event), properties)

    async def _holds_lease(self) -> bool:
        now = self._clock.now()
        if self._lease_until is not None and now < self._lease_until - timedelta(seconds=LEASE_SECONDS * 2 / 3):
            return True
        until = now + timedelta(seconds=LEASE_SECONDS)
        mine = {"_id": "relay", "$or": [{"holder": self._holder}, {"until": {"$lt": now}}]}
        try:
            await self._database[LEASE].update_one(
                mine, {"$set": {"holder": self._holder, "until": until}}, upsert=True
            )
            self._lease_until = until
        except DuplicateKeyError:
            self._lease_until = None
        metrics.relay_holds_lease.labels(self.service).set(int(self._lease_until is not None))
        return self._lease_until is not None

    async def release(self) -> None:
        """Give the lease back, so that another relay need not wait for its end."""
        with suppress(PyMongoError):
            await self._database[LEASE].delete_one({"_id": "relay", "holder": self._holder})

    async def _note_receipts(self) -> None:
        if not self._told:
            self._told = [await self._receipts.get()]
        told = self._told
        await _gather(told, self._receipts, RECEIPTS_BATCH, RECEIPTS_SECONDS)
        receipts = [receipt for letter in told for receipt in receipts_of(letter.body)]
        await self.books.insert_new(SETTLEMENTS, settled_rows(receipts))
        # Letters of a connection that is gone come again, and their tags mean others on the new one.
        if self._told is told:
            self._told = []
            self._acknowledge("receipts", told[-1])

    async def _drain_parked(self) -> None:
        letter = await self._parked.get()
        row = as_parked(letter, self.service, self._clock.now())
        with suppress(DuplicateKeyError):
            await self._database[PARKED].insert_one(row)
        log.error("letter_kept", desk=self.service, queue=row["queue"], error=row["error"])
        self._acknowledge("parked", letter)

    def _acknowledge(self, name: str, letter: Letter) -> None:
        channel = self._channels.get(name)
        if channel is not None and channel.is_open:
            channel.basic_ack(letter.tag, multiple=True)

    async def _chain_journal(self) -> None:
        """Chain what the desk noted in passing; only where the lease is, though two at once would do no harm."""
        is_busy = self._lease_until is not None and await self.chain.drain_journal()
        if not is_busy:
            await asyncio.sleep(JOURNAL_SECONDS)

    async def _recount(self) -> None:
        began = time.monotonic()
        parked = await self._database[PARKED].count_documents({"state": "parked"})
        metrics.parked_messages.labels(self.service).set(parked)
        metrics.broker_blocked.labels(self.service).set(int(self.link.is_blocked))
        count, oldest = 0, None
        for collection in AGGREGATES[self.service]:
            async for row in self._database[collection].find({"_outbox_due": _ANY_RANK}, {"_outbox.at": 1}):
                count += 1
                born = min((entry["at"] for entry in row.get("_outbox", ())), default=None)
                oldest = min(filter(None, (oldest, born)), default=None)
        metrics.outbox_pending.labels(self.service).set(count)
        age = (self._clock.now() - oldest).total_seconds() if oldest else 0.0
        metrics.outbox_oldest_seconds.labels(self.service).set(max(0.0, age))
        pause = max(RECOUNT_SECONDS, (time.monotonic() - began) / RECOUNT_SHARE)
        await asyncio.sleep(min(pause, RECOUNT_AT_LEAST_EVERY))


async def _gather(batch: list[Letter], queue: asyncio.Queue[Letter], most: int, seconds: float) -> None:
    """Add what has come, and what comes within a moment: nobody waits for it, and one write costs as much as many."""
    if len(batch) + queue.qsize() < most:
        await asyncio.sleep(seconds)
    while len(batch) < most and not queue.empty():
        batch.append(queue.get_nowait())
