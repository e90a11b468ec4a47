"""What every peer is told by its environment, and the documents it writes beside its own when it does the same work."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any, Final

AMQP_URL: Final = os.environ.get("BENCH_AMQP_URL", "amqp://localhost/")
MONGO_URL: Final = os.environ.get("BENCH_MONGO_URL", "mongodb://localhost:27017/?retryWrites=false")
POSTGRES_PORT: Final = int(os.environ.get("BENCH_POSTGRES_PORT", "5432"))
DATABASE: Final = os.environ.get("BENCH_DATABASE", "peer")
PORT: Final = int(os.environ.get("BENCH_PORT", "8000"))
NAME: Final = os.environ.get("BENCH_PEER", "peer")
# stage → collection → [documents for each tip, bytes of one, fields that are indexed]
SAME_WORK: Final[dict[str, dict[str, list[float]]]] = json.loads(os.environ.get("BENCH_WORK", "{}"))
FILLER: Final = "联席" * 8192


def tip_row(tip_id: str, tip: dict[str, Any]) -> dict[str, Any]:
    """Write a tip as it is kept."""
    return {"_id": tip_id, "tip_id": tip_id, "received_at": time.time(), **tip}


def notification_row(tip_id: str, category: str) -> dict[str, Any]:
    """Write the second service's record."""
    return {"_id": tip_id, "tip_id": tip_id, "category": category, "text": "有新的举报", "recorded_at": time.time()}


def more(stage: str, tip_id: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Write what Lianxi writes beside, collection by collection; nothing unless the same work is asked for.

    A fraction of a document for each tip is written with that chance, told by the tip's id.
    """
    chance = sum(tip_id.encode()) % 100 / 100
    for collection, (count, size, indexed) in SAME_WORK.get(stage, {}).items():
        number = int(count) + (count - int(count) > chance)
        filler = FILLER[: max(0, int(size) - 90 - 40 * int(indexed)) // 3]
        keys = {f"key{place}": f"{tip_id}{place}" for place in range(int(indexed))}
        row = {"tip_id": tip_id, "body": filler, **keys}
        if number:
            yield f"{stage}_{collection}", [{"_id": f"{tip_id}/{place}", **row} for place in range(number)]
