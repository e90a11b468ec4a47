"""A's door: FastAPI in front of nameko, as its documentation calls it from other code: a pool of `ClusterRpcProxy`."""

from __future__ import annotations

import queue
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from nameko.standalone.rpc import ClusterRpcProxy
from pydantic import BaseModel
from pymongo import MongoClient

from bench.peers import work

POOL = 16
TIPS = f"{work.NAME}_tips"
free: queue.Queue[Any] = queue.Queue()
database = MongoClient[dict[str, Any]](work.MONGO_URL)[work.DATABASE]


class TipIn(BaseModel):
    """A tip as it comes in."""

    category: str
    village: str
    place: str
    text: str
    channel: str
    wants_receipt: bool


@asynccontextmanager
async def connected(_app: FastAPI) -> AsyncIterator[None]:
    """Open the pool for as long as the server runs."""
    opened = [ClusterRpcProxy({"AMQP_URI": work.AMQP_URL, "serializer": "json"}, timeout=60) for _ in range(POOL)]
    for each in opened:
        free.put(each.start())
    yield
    for each in opened:
        each.stop()


app = FastAPI(lifespan=connected)


@app.post("/tips", status_code=202)
def submit(tip: TipIn) -> dict[str, str]:
    """Take a tip in."""
    tip_id = uuid.uuid4().hex
    for name, rows in work.more("door", tip_id):
        database[name].insert_many(rows)
    proxy = free.get()
    try:
        told: dict[str, str] = proxy[TIPS].create_tip(tip_id, tip.model_dump())
    finally:
        free.put(proxy)
    return told


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=work.PORT, log_level="warning", access_log=False)
