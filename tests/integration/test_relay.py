"""The relay of one desk on a real broker and a real database: order, lanes, lease, and what it writes down."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pika
import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import AutoReconnect

from lianxi.bus import desk_relay, topology
from lianxi.bus.desk_relay import DeskRelay
from lianxi.bus.link import Link
from lianxi.bus.outboxes import Pending, Sent
from lianxi.contracts import codec
from lianxi.contracts.envelope import Cause, Lane
from lianxi.contracts.tips import TipAccepted
from lianxi.kernel.clock import FixedClock, SystemClock
from lianxi.store.outbox import AGGREGATES, LANE_RANK, Announcer, pending
from tests.support.sniffing import Overheard
from tests.support.town import Broker, Database
from tests.support.waiting import wait_until

DATABASE = "relay_suite_tips"
ANNOUNCER = Announcer(service="tips", noun="tip")
CAUSE = Cause(actor="test", correlation_id="c")


@pytest.fixture
def tips(database: Database) -> Any:
    with MongoClient[dict[str, Any]](database.url, tz_aware=True) as client:
        client.drop_database(DATABASE)
        client[DATABASE].tips.create_index("_outbox_due", sparse=True)
        yield client[DATABASE]


def put_in(tips: Any, name: str, events: int, lane: Lane = "normal") -> list[str]:
    now = datetime.now(UTC)
    told = [TipAccepted(tip_id=name, desk=f"police/{number}", accepted_at=now) for number in range(events)]
    cause = Cause(actor="test", correlation_id="c", lane=lane)
    entries = pending(ANNOUNCER.envelopes(name, 1, told, cause, now), now)
    tips.tips.insert_one({"_id": name, "_version": 1, "_outbox": entries, "_outbox_due": LANE_RANK[lane]})
    return [entry["id"] for entry in entries]


@asynccontextmanager
async def relay(broker: Broker, database: Database, holder: str = "a", clock: Any = None) -> AsyncIterator[DeskRelay]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(database.url, tz_aware=True)
    link = Link(broker.url_for("tips"), "relay suite")
    await link.open()
    yield DeskRelay("tips", link, client[DATABASE], clock or SystemClock(), holder, 0.05)
    await link.close()
    await client.close()


def run(broker: Broker, database: Database, work: Callable[[DeskRelay], Awaitable[None]]) -> None:
    async def go() -> None:
        async with relay(broker, database) as desk:
            await work(desk)

    asyncio.run(go())


def taken(broker: Broker, work: Callable[[], None]) -> list[Overheard]:
    """What reached the exchange while something was done, in order."""
    with pika.BlockingConnection(pika.URLParameters(broker.url_for())) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, topology.EVENTS_EXCHANGE, "tips.tip.accepted.v1.#")
        work()
        letters: list[Overheard] = []
        while True:
            method, properties, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return letters
            letters.append(Overheard(method.exchange, method.routing_key, properties, body))


def test_events_go_out_in_order_and_leave_rows_in_the_ledger(broker: Broker, database: Database, tips: Any) -> None:
    ids = {name: put_in(tips, name, 5) for name in ("t1", "t2", "t3")}
    letters = taken(broker, lambda: run(broker, database, lambda desk: desk.finish()))
    sent = [str(letter.properties.message_id) for letter in letters]
    for own in ids.values():
        assert [each for each in sent if each in own] == own, "each aggregate's events in their order"
    assert len(sent) == 15
    assert tips.tips.count_documents({"_outbox_due": {"$gte": 0}}) == 0
    assert tips.tips.count_documents({"_outbox": {"$size": 0}}) == 3
    rows = list(tips.deliveries.find())
    queues = topology.queues_hearing(TipAccepted.KEY, "normal")
    assert {row["_id"]: row["queues"] for row in rows} == {each: list(queues) for own in ids.values() for each in own}
    assert tips.settlements.count_documents({}) == 0


def test_a_rescue_goes_before_a_backlog(
    broker: Broker, database: Database, tips: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_relay, "WINDOW", 60)
    for number in range(200):
        put_in(tips, f"b{number}", 1, "bulk")
    (rescue,) = put_in(tips, "r1", 1, "rescue")
    letters = taken(broker, lambda: run(broker, database, lambda desk: desk.finish()))
    assert letters[0].properties.message_id == rescue
    assert letters[0].key == "tips.tip.accepted.v1.rescue"
    assert len(letters) == 201


def test_a_rescue_passes_a_backlog_that_is_on_its_way(broker: Broker, database: Database, tips: Any) -> None:
    backlog = [put_in(tips, f"b{number}", 1)[0] for number in range(20)]

    async def commit_a_rescue_meanwhile(desk: DeskRelay) -> None:
        publish, held = desk._publish, asyncio.Event()

        async def publish_when_let(pending_now: Sequence[Pending]) -> list[Sent]:
            if pending_now[0].rank == LANE_RANK["normal"]:
                put_in(tips, "r1", 1, "rescue")
                desk.wake({"tips": ["r1"]})
                await held.wait()
            sent = await publish(pending_now)
            held.set()
            return sent

        desk._publish = publish_when_let  # type: ignore[assignment, method-assign]
        await desk._send_pending()
        await desk.books.keep()

    letters = taken(broker, lambda: run(broker, database, commit_a_rescue_meanwhile))
    sent = [str(letter.properties.message_id) for letter in letters]
    assert letters[0].key == "tips.tip.accepted.v1.rescue"
    assert sorted(sent[1:]) == sorted(backlog)
    assert tips.tips.count_documents({"_outbox_due": {"$gte": 0}}) == 0


def test_an_idle_relay_looks_seldom_and_a_ring_makes_it_look_only_where_something_is(
    broker: Broker, database: Database, tips: Any
) -> None:
    looked: list[str] = []

    async def look(desk: DeskRelay) -> None:
        due = desk._due

        async def noted(collection: str) -> list[Pending]:
            looked.append(collection)
            return await due(collection)

        desk._due = noted  # type: ignore[method-assign]
        while desk._pause < desk_relay.SLOWEST * 0.05:
            await desk._send_pending()
        assert set(looked) == set(AGGREGATES["tips"]), "without a ring everywhere"

        read, named = desk._committed, dict[str, list[str]]()

        async def noted_by_name(collection: str, ids: Sequence[str]) -> list[Pending]:
            named.update({collection: list(ids)} if ids else {})
            return await read(collection, ids)

        desk._committed = noted_by_name  # type: ignore[method-assign]
        desk._look_at_all_at = math.inf

        def commit() -> None:
            looked.clear()
            put_in(tips, "t1", 1)
            desk.wake({"tips": ["t1"]})

        asyncio.get_running_loop().call_later(0.1, commit)
        await desk._send_pending()
        await desk._send_pending()
        assert (looked, named) == ([], {"tips": ["t1"]}), "and once rung for only what was named"
        assert desk._pause == 0.05
        await desk.books.keep()

    run(broker, database, look)
    assert tips.tips.find_one({"_id": "t1"})["_outbox"] == []


def test_what_no_ring_told_of_is_found_also_while_it_rings(broker: Broker, database: Database, tips: Any) -> None:
    async def ring_for_another(desk: DeskRelay) -> None:
        assert not await desk._send_round()
        put_in(tips, "lost", 1)
        desk.wake({"notices": ["n1"], "tips": ["t1"]})
        assert not await desk._send_round()
        desk._look_at_all_at = 0.0
        desk.wake({"tips": ["t1"]})
        assert await desk._send_round()
        await desk.finish()

    run(broker, database, ring_for_another)
    assert tips.tips.find_one({"_id": "lost"})["_outbox"] == []


def test_what_is_added_while_sending_stays_for_the_next_time(broker: Broker, database: Database, tips: Any) -> None:
    put_in(tips, "t1", 2)

    async def add_between(desk: DeskRelay) -> None:
        pending_now = await desk._due("tips")
        sent = await desk._publish(pending_now)
        now = datetime.now(UTC)
        late = [TipAccepted(tip_id="t1", desk="police/late", accepted_at=now)]
        cause = Cause(actor="test", correlation_id="c")
        tips.tips.update_one(
            {"_id": "t1"},
            {
                "$push": {"_outbox": pending(ANNOUNCER.envelopes("t1", 2, late, cause, now), now)[0]},
                "$inc": {"_version": 1},
            },
        )
        desk.books.note(sent)
        await desk.books.keep()

    run(broker, database, add_between)
    row = tips.tips.find_one({"_id": "t1"})
    assert [entry["event"]["data"]["desk"] for entry in row["_outbox"]] == ["police/late"]
    assert row["_outbox_due"] == LANE_RANK["normal"]


def test_what_is_on_its_way_is_not_sent_again_and_what_comes_behind_it_is(
    broker: Broker, database: Database, tips: Any
) -> None:
    first = put_in(tips, "t1", 2)

    async def send_twice(desk: DeskRelay) -> None:
        assert await desk._send_round()
        assert tips.deliveries.count_documents({}) == 0, "nothing is written down yet"
        desk.wake({"tips": ["t1"]})
        assert not await desk._send_round(), "found again, and known"
        now = datetime.now(UTC)
        late = ANNOUNCER.envelopes("t1", 2, [TipAccepted(tip_id="t1", desk="police/late", accepted_at=now)], CAUSE, now)
        tips.tips.update_one({"_id": "t1"}, {"$push": {"_outbox": pending(late, now)[0]}, "$inc": {"_version": 1}})
        desk.wake({"tips": ["t1"]})
        assert await desk._send_round()
        await desk.books.keep()

    letters = taken(broker, lambda: run(broker, database, send_twice))
    assert [str(each.properties.message_id) for each in letters][:2] == first
    assert len(letters) == 3, "each once"
    row = tips.tips.find_one({"_id": "t1"})
    assert row["_outbox"] == []
    assert "_outbox_due" not in row
    assert tips.deliveries.count_documents({}) == 3


def test_receipts_that_could_not_be_written_are_kept_and_only_then_acknowledged(
    broker: Broker, database: Database, tips: Any
) -> None:
    """A database that is away for a moment costs no receipt: what was read is held, and later ones come with it."""
    queue = topology.receipts_queue("tips")
    settled = {"queue": "lx.reporting.facts", "state": "delivered", "at": "2015-10-20T01:00:00+00:00"}

    def tell(channel: Any, event: str) -> None:
        body = codec.to_bytes({"receipts": [settled | {"event_id": event}]})
        channel.basic_publish("", queue, body, mandatory=True)

    async def read_while_away(desk: DeskRelay) -> None:
        write, tries = desk.books.insert_new, 0

        async def fail_at_first(collection: str, rows: Sequence[dict[str, Any]]) -> None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise AutoReconnect("away")
            await write(collection, rows)

        desk.books.insert_new = fail_at_first  # type: ignore[method-assign]
        await desk._settle_in()
        with pytest.raises(AutoReconnect):
            await desk._note_receipts()
        assert tips.settlements.count_documents({}) == 0
        tell(channel, "e3")
        desk._receipts.put_nowait(await desk._receipts.get())
        await desk._note_receipts()
        await desk.link.close()

    with pika.BlockingConnection(pika.URLParameters(broker.url_for())) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_purge(queue)
        for event in ("e1", "e2"):
            tell(channel, event)
        run(broker, database, read_while_away)
        assert sorted(name for row in tips.settlements.find() for name in row["events"]) == ["e1", "e2", "e3"]
        wait_until(lambda: channel.queue_declare(queue, passive=True).method.consumer_count == 0, what="it to be gone")
        assert channel.queue_declare(queue, passive=True).method.message_count == 0, "all were acknowledged"


def test_one_relay_holds_the_lease_until_it_gives_it_back_or_dies(
    broker: Broker, database: Database, tips: Any
) -> None:
    async def contend() -> None:
        clock = FixedClock(datetime.now(UTC))
        async with relay(broker, database, "a", clock) as first, relay(broker, database, "b", clock) as second:
            assert await first._holds_lease()
            assert not await second._holds_lease()
            await first.release()
            assert await second._holds_lease()
            clock.instant = clock.instant.replace(year=clock.instant.year + 1)
            assert await first._holds_lease(), "the lease of one that died runs out"

    asyncio.run(contend())
