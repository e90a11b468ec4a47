"""Reading what stopped, and what consumers report, off the broker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lianxi.bus import wire
from lianxi.bus.link import Letter
from lianxi.contracts import codec
from lianxi.kernel.clock import is_levelled
from lianxi.kernel.errors import ContractBroken
from lianxi.kernel.ids import derived_id

_STATES = ("delivered", "parked")


def receipts_of(body: bytes) -> list[Mapping[str, Any]]:
    """Read the receipts of a letter; what cannot be read is left out, because the ledger must not stop for it."""
    try:
        plain = codec.from_bytes(body)
    except ContractBroken:
        return []
    receipts = plain.get("receipts") if isinstance(plain, Mapping) else None
    return [each for each in receipts or () if _is_receipt(each)]


def _is_receipt(plain: Any) -> bool:
    if not (isinstance(plain, Mapping) and all(isinstance(plain.get(key), str) for key in ("event_id", "queue", "at"))):
        return False
    try:
        datetime.fromisoformat(plain["at"])
    except ValueError:
        return False
    return plain.get("state") in _STATES


def as_parked(letter: Letter, service: str, now: datetime) -> dict[str, Any]:
    """Write a parked letter as operators will see it: what it is, where it was going, why it stopped.

    A letter that our consumer parked says so in its own headers; one that the broker gave up on (delivery limit,
    rejected) says it in `x-death`. Its id is derived, so that draining it twice keeps one row, while parking again
    after a replay makes a new one.
    """
    headers = {name: _plain(value) for name, value in letter.headers.items()}
    queue = str(headers.get(wire.QUEUE) or headers.get("x-first-death-queue") or "unknown")
    event = _peek(letter.body)
    failed_at = headers.get(wire.FAILED_AT)
    parked_at = datetime.fromtimestamp(failed_at / 1000, UTC) if isinstance(failed_at, int) else now
    event_id = str(event.get("id") or letter.properties.message_id or "")
    return {
        "_id": derived_id(
            "parked", service, queue, event_id, failed_at or str(headers.get("x-death")), letter.body.hex()[:64]
        ),
        "queue": queue,
        "event_id": event_id,
        "event_type": str(event.get("type") or letter.properties.type or "unknown"),
        "subject": str(event.get("subject") or ""),
        "attempts": headers.get(wire.ATTEMPT) if isinstance(headers.get(wire.ATTEMPT), int) else 0,
        "error": str(headers.get(wire.ERROR) or headers.get("x-first-death-reason") or "unknown"),
        "parked_at": parked_at,
        "is_levelled": _is_levelled(event),
        "state": "parked",
        "headers": headers,
        "body": letter.body,
        "properties": {
            name: value
            for name in ("content_type", "message_id", "type", "app_id", "correlation_id")
            if (value := getattr(letter.properties, name)) is not None
        },
    }


def _is_levelled(letter: Mapping[str, Any]) -> bool:
    """Say whether a letter is about something of which only the hour may be told: its own time says so."""
    try:
        return bool(letter.get("is_anonymous")) or is_levelled(datetime.fromisoformat(str(letter.get("time"))))
    except ValueError:
        return False


def _peek(body: bytes) -> Mapping[str, Any]:
    try:
        plain = codec.from_bytes(body)
    except ContractBroken:
        return {}
    return plain if isinstance(plain, Mapping) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, (str, int, float, bool, datetime)) or value is None else str(value)
