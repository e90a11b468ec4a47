"""A desk's own collections in a database of the bench, through the desk's own views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import mongoengine
from mongoengine.base import get_document
from pymongo.collection import Collection

from bench.ground import Ground, fresh

AT_ONCE: Final = 500


@contextmanager
def connected(ground: Ground, service: str) -> Iterator[None]:
    """Let a desk's documents lie in a database of the bench for as long as the block runs."""
    mongoengine.connect(f"bench_{service}_{fresh()}", alias=service, host=ground.mongo_url, tz_aware=True)
    try:
        yield
    finally:
        mongoengine.disconnect(service)


def collection_of(document: str) -> Collection[dict[str, Any]]:
    """Find a desk's collection, with the indexes that the desk makes."""
    kind = get_document(document)
    kind.ensure_indexes()
    collection: Collection[dict[str, Any]] = kind._get_collection()
    return collection


def fill(collection: Collection[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows in batches."""
    for place in range(0, len(rows), AT_ONCE):
        collection.insert_many(list(rows[place : place + AT_ONCE]), ordered=False)
