"""Pages of a list, read by bounded index ranges.

The embedded database does not push `limit` down, and MongoDB is glad of a bound too: a page is found by asking for
ever longer stretches of a time field, back from where the last page ended, until enough rows are there or the floor is
reached.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lianxi.kernel.errors import Malformed
from lianxi.store.connect import reaching_the_store

BOOKKEEPING = ("_outbox", "_audit", "_inbox", "_cmds")
"""What the store itself keeps in an aggregate: no answer needs it, and it is what makes a document large."""
FLOOR = datetime(2015, 1, 1, tzinfo=UTC)
LARGEST_PAGE = 200


def encode_cursor(*parts: str) -> str:
    """Make an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[str]:
    """Read a cursor back.

    Raises:
        Malformed: cursor.unreadable.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        parts = None
    if not (isinstance(parts, list) and len(parts) == length and all(isinstance(each, str) for each in parts)):
        raise Malformed("cursor.unreadable")
    return parts


def newest_first(
    collection: Any,
    match: Mapping[str, Any],
    field: str,
    *,
    now: datetime,
    cursor: str | None,
    limit: int,
    leave_out: Sequence[str] = BOOKKEEPING,
) -> tuple[list[dict[str, Any]], str | None]:
    """Read a page of documents, newest first by a time field that never changes, ties broken by id.

    Args:
        collection: where; it needs an index that begins with the equalities of `match` and ends with `field`, or one
            of `field` alone where few have it.
        match: equalities that every row meets.
        field: the time field, of aware instants.
        now: no row is newer than this by more than a minute.
        cursor: where the last page ended.
        limit: rows at most, cut to 200.
        leave_out: fields not read.

    Returns:
        The rows and the cursor of the next page, `None` on the last.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    last_at, last_id = _position(cursor, now)
    rows: list[dict[str, Any]] = []
    upper, stretch = last_at, timedelta(days=1)
    while len(rows) <= limit and upper >= FLOOR:
        lower = max(upper - stretch, FLOOR - timedelta(milliseconds=1))
        with reaching_the_store():
            found = list(collection.find({field: {"$gt": lower, "$lte": upper}, **match}, dict.fromkeys(leave_out, 0)))
        found.sort(key=lambda row: (row[field], row["_id"]), reverse=True)
        rows += [row for row in found if (row[field], row["_id"]) < (last_at, last_id)]
        upper, stretch = lower, stretch * 4
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    return page, encode_cursor(page[-1][field].isoformat(), page[-1]["_id"])


def _position(cursor: str | None, now: datetime) -> tuple[datetime, str]:
    if cursor is None:
        return now + timedelta(minutes=1), "\uffff"
    at, last_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), last_id
    except ValueError:
        raise Malformed("cursor.unreadable") from None
