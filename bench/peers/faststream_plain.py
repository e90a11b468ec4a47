"""D: FastStream as its documentation shows it. `python -m bench.peers.faststream_plain door|tips|notices`.

FastAPI holds a broker for its lifespan, publishes, and answers at the broker's confirm; each desk is a FastStream app
with one subscriber, prefetch 100, acknowledging after the handler; pymongo's own asynchronous client; uvloop.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from pydantic import BaseModel
from pymongo import AsyncMongoClient
from pymongo.errors import BulkWriteError, DuplicateKeyError

from bench.peers import work

TIPS = RabbitQueue(f"{work.NAME}.tips", durable=True)
NOTICES = RabbitQueue(f"{work.NAME}.notices", durable=True)


class TipIn(BaseModel):
    """A tip as it comes in."""

    category: str
    village: str
    place: str
    text: str
    channel: str
    wants_receipt: bool


class Submitted(TipIn):
    """A tip on its way."""

    tip_id: str


class Received(BaseModel):
    """The event."""

    tip_id: str
    category: str


def store() -> Any:
    """Open the database."""
    return AsyncMongoClient(work.MONGO_URL)[work.DATABASE]


async def keep(database: Any, collection: str, row: dict[str, Any], stage: str) -> None:
    """Write a row once, and whatever else is asked for."""
    try:
        await database[collection].insert_one(row)
    except DuplicateKeyError:
        return
    for name, rows in work.more(stage, row["_id"]):
        try:
            await database[name].insert_many(rows, ordered=False)
        except BulkWriteError:
            continue


def door() -> None:
    """Serve HTTP."""
    broker = RabbitBroker(work.AMQP_URL, logger=None)
    database = store()

    @asynccontextmanager
    async def connected(_app: FastAPI) -> AsyncIterator[None]:
        await broker.start()
        await broker.declare_queue(TIPS)
        yield
        await broker.stop()

    app = FastAPI(lifespan=connected)

    @app.post("/tips", status_code=202)
    async def submit(tip: TipIn) -> dict[str, str]:
        tip_id = uuid.uuid4().hex
        for name, rows in work.more("door", tip_id):
            await database[name].insert_many(rows)
        await broker.publish(Submitted(tip_id=tip_id, **tip.model_dump()), TIPS, persist=True)
        return {"tip_id": tip_id}

    uvicorn.run(app, host="127.0.0.1", port=work.PORT, log_level="warning", access_log=False)


def tips() -> FastStream:
    """Keep tips and announce them."""
    broker = RabbitBroker(work.AMQP_URL, logger=None, default_channel=Channel(prefetch_count=100))
    database = store()

    @broker.subscriber(TIPS, ack_policy=AckPolicy.NACK_ON_ERROR)
    @broker.publisher(NOTICES, persist=True)
    async def receive(tip: Submitted) -> Received:
        await keep(database, "tips", work.tip_row(tip.tip_id, tip.model_dump()), "tips")
        return Received(tip_id=tip.tip_id, category=tip.category)

    app = FastStream(broker, logger=None)

    @app.after_startup
    async def declare() -> None:
        await broker.declare_queue(NOTICES)

    return app


def notices() -> FastStream:
    """Record notifications."""
    broker = RabbitBroker(work.AMQP_URL, logger=None, default_channel=Channel(prefetch_count=100))
    database = store()

    @broker.subscriber(NOTICES, ack_policy=AckPolicy.NACK_ON_ERROR)
    async def notify(event: Received) -> None:
        await keep(database, "notifications", work.notification_row(event.tip_id, event.category), "notices")

    return FastStream(broker, logger=None)


async def run(stage: str) -> None:
    """Run one desk."""
    await (tips() if stage == "tips" else notices()).run(log_level=40)


if __name__ == "__main__":
    uvloop.install()
    if sys.argv[1] == "door":
        door()
    else:
        asyncio.run(run(sys.argv[1]))
