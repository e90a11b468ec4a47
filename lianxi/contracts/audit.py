"""The audit chain: what was done and read, each entry holding the hash of the one before (criterion 13).

An entry is plain JSON in one canonical form; its hash covers all of it and the hash before. Taking one out, putting
one in, changing or swapping any breaks the chain at that place; cutting the end off, or writing the whole chain anew,
is found by the signed heads that lie with the other services and in a file. Checking needs no network.

Entries hold ids, codes and times, levelled where the item's own are. They never hold what was written or read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lianxi.contracts.receipts import key_id_of, public_key_of

Kind = Literal["write", "read", "refused", "sign_in_failed"]
GENESIS = "0" * 64
HEAD_KIND = "lianxi.audit-head.v1"
FIELDS = ("entry_id", "at", "kind", "actor", "what", "item", "version", "digest", "correlation_id")
"""What an entry says, apart from its place in the chain."""

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def instant(at: datetime) -> str:
    """Write an instant so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry(
    *,
    entry_id: str,
    at: datetime,
    kind: Kind,
    actor: str,
    what: str,
    item: str = "",
    version: int | None = None,
    digest: str | None = None,
    correlation_id: str = "",
) -> dict[str, Any]:
    """Say who did or read what, when.

    Args:
        entry_id: the same for the same act, so that it is chained once.
        at: levelled as the item's own times are.
        kind: a change, a reading, a refused attempt, or a sign-in that failed.
        actor: an opaque id.
        what: the events that a change announced, or the question that was asked.
        item: `noun/id`; empty for a list.
        version: of the item after a change.
        digest: SHA-256 of the item's state after a change, so that data altered behind the system's back are found.
        correlation_id: of the request.
    """
    return {
        "entry_id": entry_id,
        "at": instant(at),
        "kind": kind,
        "actor": actor,
        "what": what,
        "item": item,
        "version": version,
        "digest": digest,
        "correlation_id": correlation_id,
    }


def linked(service: str, sequence: int, previous: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Give an entry its place in a service's chain."""
    row = {name: said[name] for name in FIELDS} | {"service": service, "sequence": sequence, "previous": previous}
    return row | {"hash": _hash_of(row)}


def line_of(row: Mapping[str, Any]) -> bytes:
    """Write a chained entry as one line of an export."""
    return _JSON.encode(dict(row)).encode()


def _hash_of(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_JSON.encode(row).encode()).hexdigest()


# --- heads


def sign_head(service: str, sequence: int, chained: str, at: datetime, private_key: str) -> dict[str, Any]:
    """Sign where a chain stands.

    Args:
        service: whose chain.
        sequence: of its last entry.
        chained: the hash of that entry.
        at: when this was signed.
        private_key: Ed25519, 32 bytes as hexadecimal text.
    """
    plain: dict[str, Any] = {
        "kind": HEAD_KIND,
        "service": service,
        "sequence": sequence,
        "hash": chained,
        "signed_at": instant(at),
        "key_id": key_id_of(public_key_of(private_key)),
    }
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key))
    return {**plain, "signature": key.sign(rfc8785.dumps(plain)).hex()}


def is_head(head: Mapping[str, Any], public_keys: Sequence[str]) -> bool:
    """Say whether a head is one that a trusted key has signed."""
    known = {key_id_of(each): each for each in public_keys}
    plain = {name: value for name, value in head.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(known[plain["key_id"]]))
        key.verify(bytes.fromhex(head["signature"]), rfc8785.dumps(plain))
    except (InvalidSignature, rfc8785.CanonicalizationError, KeyError, TypeError, ValueError):
        return False
    return bool(plain.get("kind") == HEAD_KIND)


# --- checking


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a chain is not as it was written: its sequence number, and what is wrong there."""

    position: int
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a chain found: how many entries hold, the last hash, and the first break if there is one."""

    entries: int
    last_hash: str
    heads: int
    broken: Break | None = None


def check_chain(lines: Iterable[bytes], heads: Iterable[Mapping[str, Any]], public_keys: Sequence[str]) -> Checked:
    """Check an exported chain from its first entry, without a network.

    Args:
        lines: the export, one entry in a line.
        heads: signed heads from wherever they were posted; those of other services are passed over.
        public_keys: the Ed25519 keys that are trusted, as hexadecimal text.

    Returns:
        Up to where the chain holds. A head that nobody trusted has signed counts as broken at its own place: somebody
        has put it there.
    """
    promised, forged = _promised(heads, public_keys)
    previous, count, service = GENESIS, 0, ""
    for line in lines:
        row = _read(line)
        why = _wrong(row, count + 1, previous, service)
        if why is not None or row is None:
            return Checked(count, previous, 0, Break(count + 1, why or "unreadable"))
        count, previous, service = count + 1, row["hash"], row["service"]
        wanted = promised.get((service, count))
        if wanted not in (None, previous):
            return Checked(count - 1, row["previous"], 0, Break(count, "rewritten: not what its head promises"))
    mine = sorted(sequence for name, sequence in promised if name == service or not service)
    if mine and mine[-1] > count:
        return Checked(count, previous, len(mine), Break(count + 1, f"cut off before the head of entry {mine[-1]}"))
    if forged is not None:
        return Checked(count, previous, len(mine), Break(forged, "a head that no trusted key has signed"))
    return Checked(count, previous, len(mine))


def _promised(
    heads: Iterable[Mapping[str, Any]], public_keys: Sequence[str]
) -> tuple[dict[tuple[str, int], str], int | None]:
    promised: dict[tuple[str, int], str] = {}
    forged: int | None = None
    for head in heads:
        sequence = head.get("sequence")
        if is_head(head, public_keys):
            promised[head["service"], head["sequence"]] = head["hash"]
        elif forged is None:
            forged = sequence if isinstance(sequence, int) else 0
    return promised, forged


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    # Only the one canonical form counts: nothing can hide in spacing, order or a name that stands twice.
    return row if isinstance(row, dict) and line_of(row) == line.rstrip(b"\n") else None


def _wrong(row: Mapping[str, Any] | None, expected: int, previous: str, service: str) -> str | None:
    if row is None:
        return "unreadable"
    if row.get("sequence") != expected:
        return f"entry {row.get('sequence')} stands here"
    if row.get("previous") != previous:
        return "does not follow from the entry before"
    if service not in ("", row.get("service")):
        return "belongs to another chain"
    body = {name: value for name, value in row.items() if name != "hash"}
    return None if row.get("hash") == _hash_of(body) else "altered"
