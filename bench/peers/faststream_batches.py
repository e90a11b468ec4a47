"""D+: FastStream tuned by hand: the honest upper anchor. `python -m bench.peers.faststream_batches door|tips|notices`.

Everything that its documentation does not show and a specialist would do: the door packs whatever waits into one
message; subscribers only queue, and a loop of our own takes up to 200, writes them with one `insert_many`, announces
them with one message, and acknowledges all of them with one word. It checks nothing and knows no rules.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
import uvloop
from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue
from pydantic import BaseModel
from pymongo import AsyncMongoClient
from pymongo.errors import BulkWriteError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.peers import work

TIPS = RabbitQueue(f"{work.NAME}.tips", durable=True)
NOTICES = RabbitQueue(f"{work.NAME}.notices", durable=True)
AT_ONCE = 200
PACKED = 64
DUPLICATE = 11000

Row = dict[str, Any]


class TipIn(BaseModel):
    """A tip as it comes in."""

    category: str
    village: str
    place: str
    text: str
    channel: str
    wants_receipt: bool


class Packer:
    """Gathers what waits while a message is under way, and sends it as one: nothing waits for a timer."""

    def __init__(self, send: Callable[[list[Row]], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._running = 0

    async def put(self, row: Row) -> None:
        """Send one, with whatever else waits; returns when it is kept."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._running < 2:
            self._running += 1
            asyncio.ensure_future(self._drain())  # noqa: RUF006 -- each caller awaits its own future
        await done

    async def _drain(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:PACKED], self._waiting[PACKED:]
            try:
                await self._send([row for row, _ in taken])
            except Exception as error:  # noqa: BLE001 -- each caller hears of it
                for _, done in taken:
                    done.set_exception(error)
            else:
                for _, done in taken:
                    done.set_result(None)
        self._running -= 1


async def write(database: Any, collection: str, rows: Sequence[Row], stage: str) -> None:
    """Write rows once each, and whatever else is asked for."""
    await insert(database, collection, rows)
    await write_more(database, rows, stage)


async def write_more(database: Any, rows: Sequence[Row], stage: str) -> None:
    """Write whatever else is asked for, with one command for each collection."""
    wanted: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for name, more in work.more(stage, row["tip_id"]):
            wanted[name] += more
    for name, documents in wanted.items():
        await insert(database, name, documents)


async def insert(database: Any, collection: str, rows: Sequence[Row]) -> None:
    """Write rows at once; those that are there already stay as they are."""
    try:
        await database[collection].insert_many(rows, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE for each in error.details["writeErrors"]):
            raise


def store() -> Any:
    """Open the database."""
    return AsyncMongoClient(work.MONGO_URL)[work.DATABASE]


def door() -> None:
    """Serve HTTP."""
    broker = RabbitBroker(work.AMQP_URL, logger=None)
    database = store()

    async def send(rows: list[Row]) -> None:
        await write_more(database, rows, "door")
        await broker.publish(json.dumps(rows).encode(), TIPS, persist=True)

    packer = Packer(send)

    async def submit(request: Request) -> JSONResponse:
        tip = TipIn.model_validate_json(await request.body())
        tip_id = uuid.uuid4().hex
        await packer.put({"tip_id": tip_id, **tip.model_dump()})
        return JSONResponse({"tip_id": tip_id}, 202)

    @asynccontextmanager
    async def connected(_app: Starlette) -> AsyncIterator[None]:
        await broker.start()
        await broker.declare_queue(TIPS)
        yield
        await broker.stop()

    app = Starlette(routes=[Route("/tips", submit, methods=["POST"])], lifespan=connected)
    uvicorn.run(app, host="127.0.0.1", port=work.PORT, log_level="warning", access_log=False)


async def consume(queue: RabbitQueue, handle: Callable[[RabbitBroker, list[Row]], Awaitable[None]]) -> None:
    """Run one desk: queue what comes, handle what is there, acknowledge all of it at once."""
    broker = RabbitBroker(work.AMQP_URL, logger=None, default_channel=Channel(prefetch_count=2 * AT_ONCE))
    arrived: asyncio.Queue[RabbitMessage] = asyncio.Queue()

    @broker.subscriber(queue, ack_policy=AckPolicy.MANUAL)
    async def take(_body: bytes, message: RabbitMessage) -> None:
        arrived.put_nowait(message)

    async def loop() -> None:
        while True:
            taken = [await arrived.get()]
            while len(taken) < AT_ONCE and not arrived.empty():
                taken.append(arrived.get_nowait())
            await handle(broker, [row for each in taken for row in json.loads(each.body)])
            await taken[-1].raw_message.ack(multiple=True)

    app = FastStream(broker, logger=None)
    running: list[asyncio.Task[None]] = []

    @app.after_startup
    async def begin() -> None:
        await broker.declare_queue(NOTICES)
        running.append(asyncio.create_task(loop()))

    await app.run(log_level=40)


async def main(stage: str) -> None:
    """Run one desk."""
    database = store()

    async def keep(broker: RabbitBroker, rows: list[Row]) -> None:
        await write(database, "tips", [work.tip_row(row["tip_id"], row) for row in rows], "tips")
        told = [{"tip_id": row["tip_id"], "category": row["category"]} for row in rows]
        await broker.publish(json.dumps(told).encode(), NOTICES, persist=True)

    async def notify(_broker: RabbitBroker, rows: list[Row]) -> None:
        recorded = [work.notification_row(row["tip_id"], row["category"]) for row in rows]
        await write(database, "notifications", recorded, "notices")

    await consume(*((TIPS, keep) if stage == "tips" else (NOTICES, notify)))


if __name__ == "__main__":
    uvloop.install()
    if sys.argv[1] == "door":
        door()
    else:
        asyncio.run(main(sys.argv[1]))
