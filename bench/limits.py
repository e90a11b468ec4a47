"""What this machine can do at all: the broker, the database and HTTP bare, without anything of a product."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pika
from pika.adapters.asyncio_connection import AsyncioConnection

from bench import load, payload
from bench.ground import Ground, fresh
from bench.processes import Meter
from deploy.local import ports
from deploy.local.children import Recipe
from deploy.local.places import CHECKOUT

BODY: Final = b"x" * 500
QUEUE: Final = "bench.limit"
WINDOW: Final = 64
INSERT_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Limit:
    """What one bare thing did.

    Units: per second; microseconds of processor time for each.
    """

    rate: float
    cpu: Mapping[str, float]


class Publisher:
    """pika's asynchronous connection with a window of unconfirmed messages, as a bare client would use it."""

    def __init__(self, url: str, queue_type: str, count: int) -> None:
        self._url = url
        self._arguments = {} if queue_type == "classic" else {"x-queue-type": queue_type}
        self._queue = f"{QUEUE}.{queue_type}"
        self._count = count
        self._sent = self._confirmed = 0
        self._began_at = 0.0
        self._channel: Any = None
        self._done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run(self) -> float:
        """Publish all; answer how many a second were confirmed."""
        connection = AsyncioConnection(pika.URLParameters(self._url), on_open_callback=self._opened)
        seconds = await self._done
        connection.close()
        return self._count / seconds

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._ready)

    def _ready(self, channel: Any) -> None:
        self._channel = channel
        channel.confirm_delivery(self._confirm, callback=lambda _: channel.queue_declare(
            self._queue, durable=True, arguments=self._arguments, callback=self._purge))  # fmt: skip

    def _purge(self, _frame: Any) -> None:
        self._channel.queue_purge(self._queue, callback=self._begin)

    def _begin(self, _frame: Any) -> None:
        self._began_at = time.monotonic()
        for _ in range(WINDOW):
            self._publish()

    def _publish(self) -> None:
        if self._sent < self._count:
            self._sent += 1
            self._channel.basic_publish("", self._queue, BODY, pika.BasicProperties(delivery_mode=2))

    def _confirm(self, frame: Any) -> None:
        upto = frame.method.delivery_tag if frame.method.multiple else self._confirmed + 1
        for _ in range(upto - self._confirmed):
            self._publish()
        self._confirmed = max(self._confirmed, upto)
        if self._confirmed >= self._count and not self._done.done():
            self._done.set_result(time.monotonic() - self._began_at)


def publish(ground: Ground, queue_type: str, count: int) -> Limit:
    """Publish persistent messages of 500 bytes under windowed confirms."""

    async def go() -> float:
        return await Publisher(ground.amqp_url, queue_type, count).run()

    meter, own = Meter({"broker": ground.pid("broker")}), time.process_time()
    rate = asyncio.run(go())
    cpu = {**meter.read(), "client": time.process_time() - own}
    return Limit(rate, {name: seconds * 1e6 / count for name, seconds in cpu.items()})


class Taker:
    """The same connection taking messages out again, acknowledging a hundred with one word."""

    def __init__(self, url: str, queue_type: str, count: int) -> None:
        self._url = url
        self._queue = f"{QUEUE}.{queue_type}"
        self._count = count
        self._taken = 0
        self._began_at = 0.0
        self._done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run(self) -> float:
        """Take all; answer how many a second."""
        connection = AsyncioConnection(pika.URLParameters(self._url), on_open_callback=self._opened)
        seconds = await self._done
        connection.close()
        return self._count / seconds

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._ready)

    def _ready(self, channel: Any) -> None:
        self._began_at = time.monotonic()
        channel.basic_qos(prefetch_count=300)
        channel.basic_consume(self._queue, self._take)

    def _take(self, channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        self._taken += 1
        if self._taken % 100 == 0 or self._taken == self._count:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if self._taken == self._count:
            channel.queue_delete(self._queue)
            self._done.set_result(time.monotonic() - self._began_at)


def take(ground: Ground, queue_type: str, count: int) -> Limit:
    """Take out what `publish` has put in."""

    async def go() -> float:
        return await Taker(ground.amqp_url, queue_type, count).run()

    meter, own = Meter({"broker": ground.pid("broker")}), time.process_time()
    rate = asyncio.run(go())
    cpu = {**meter.read(), "client": time.process_time() - own}
    return Limit(rate, {name: seconds * 1e6 / count for name, seconds in cpu.items()})


def round_trips(ground: Ground, count: int) -> list[float]:
    """Publish one at a time and wait until it is delivered again.

    Units: seconds each.
    """
    connection = pika.BlockingConnection(pika.URLParameters(ground.amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    queue = f"{QUEUE}.trips"
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    taken: list[float] = []
    consumer = channel.consume(queue, inactivity_timeout=10)
    for _ in range(count):
        began = time.monotonic()
        channel.basic_publish("", queue, BODY, pika.BasicProperties(delivery_mode=2))
        method, _, _ = next(consumer)
        if method is None:
            raise TimeoutError("a bare message did not come back")
        taken.append(time.monotonic() - began)
        channel.basic_ack(method.delivery_tag)
    channel.cancel()
    channel.queue_delete(queue)
    connection.close()
    return taken


def insert(ground: Ground, count: int) -> Limit:
    """Write tips in bulk, with no index but that of the id."""
    with ground.mongo() as client:
        collection = client[f"bench_{fresh()}"].tips
        rows = [{"_id": number, **payload.tip(number % 500)} for number in range(count)]
        meter, own = Meter({"database": ground.pid("database")}), time.process_time()
        began = time.monotonic()
        for place in range(0, count, INSERT_AT_ONCE):
            collection.insert_many(rows[place : place + INSERT_AT_ONCE], ordered=False)
        seconds = time.monotonic() - began
        cpu = {**meter.read(), "client": time.process_time() - own}
    return Limit(count / seconds, {name: used * 1e6 / count for name, used in cpu.items()})


def bare_http(ground: Ground, count: int, connections: int) -> Limit:
    """Ask a bare Starlette route that validates the tip with pydantic and keeps nothing."""
    port = ground.free_port()
    command: Sequence[str] = [sys.executable, "-m", "bench.bare", str(port)]
    recipe = Recipe(
        name="bare",
        command=command,
        environment={"PYTHONUTF8": "1"},
        folder=CHECKOUT,
        log=ground.town.places.log / "bare.log",
        is_ready=lambda: ports.answers(port),
    )
    ground.start([recipe])
    try:
        load.closed(port, _bare, range(min(500, count)), connections)
        meter = Meter({"server": ground.pid("bare")})
        sent = load.closed(port, _bare, range(count), connections)
        cpu = {**meter.read(), "client": sent.own_cpu}
    finally:
        ground.stop(["bare"])
    return Limit(len(sent.of(202)) / sent.seconds, {name: used * 1e6 / count for name, used in cpu.items()})


def _bare(number: int) -> bytes:
    return load.request("/tips", payload.tip_json(number % 500))
