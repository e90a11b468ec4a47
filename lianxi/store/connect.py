"""The one connection to the database, made from settings and never at import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mongoengine
from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import AutoReconnect, BulkWriteError, ConnectionFailure, ExecutionTimeout, NetworkTimeout

from lianxi.kernel.errors import InvariantBroken, StoreDown
from lianxi.runtime.settings import Settings

AWAY = (AutoReconnect, ConnectionFailure, NetworkTimeout, ExecutionTimeout)
"""What pymongo raises when the database does not answer; everything else is a mistake of ours."""

DUPLICATE = 11000

TIMEOUTS: dict[str, Any] = {
    "serverSelectionTimeoutMS": 3_000,
    "connectTimeoutMS": 3_000,
    "socketTimeoutMS": 20_000,
    "waitQueueTimeoutMS": 5_000,
    "maxPoolSize": 32,
    "uuidRepresentation": "standard",
}


def connect_documents(settings: Settings, service: str) -> Database[dict[str, Any]]:
    """Connect mongoengine's documents to a service's own database."""
    # The alias lets all five desks stand in one test process.
    client: MongoClient[dict[str, Any]] = mongoengine.connect(
        settings.database(service),
        alias=service,
        host=settings.mongo_url.get_secret_value(),
        tz_aware=True,
        **TIMEOUTS,
    )
    return client[settings.database(service)]


def connect_plain(settings: Settings) -> MongoClient[dict[str, Any]]:
    """Connect without documents, for the relay, which serves every service's database."""
    return MongoClient(settings.mongo_url.get_secret_value(), tz_aware=True, **TIMEOUTS)


def as_utc() -> CodecOptions[dict[str, Any]]:
    """Read instants as aware UTC."""
    return CodecOptions(tz_aware=True)


@contextmanager
def reaching_the_store() -> Iterator[None]:
    """Turn "the database does not answer" into `StoreDown`, so that the caller waits instead of giving up."""
    try:
        yield
    except AWAY as error:
        raise StoreDown("store.down", reason=type(error).__name__) from error


def insert_new(collection: Collection[dict[str, Any]], documents: Sequence[dict[str, Any]]) -> set[int]:
    """Insert documents in one write, and say the places of those that were there already; they stay as they are.

    Raises:
        StoreDown: store.down.
        InvariantBroken: store.write_failed.
    """
    if not documents:
        return set()
    try:
        with reaching_the_store():
            collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        wrong = error.details["writeErrors"]
        if any(each["code"] != DUPLICATE for each in wrong):
            raise InvariantBroken("store.write_failed", codes=sorted({each["code"] for each in wrong})) from error
        return {each["index"] for each in wrong}
    return set()
