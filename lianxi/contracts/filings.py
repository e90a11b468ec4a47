"""The proof that a tip was filed: a signed statement for anybody's eyes, and an opening that only the informant has.

The statement says which tip, in which hour, and a hash that commits to its content. The hash is keyed by the opening,
which stands beside the statement and never in it: whoever sees the statement alone cannot guess a short text from it,
and whoever holds text and opening can show that this text was filed (criterion 2.5). Signed and written like a receipt.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785

from lianxi.contracts.receipts import FILING_KIND, sign
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import Malformed

OPENING_BYTES: Final = 16
TOLD: Final[Mapping[str, Any]] = {
    "kind": "tip",
    "category": None,
    "village": None,
    "rental_code": None,
    "place": None,
    "text": None,
    "happened_at": None,
    "people_count": None,
    "pictures": [],
}
"""What the hash commits to, and what each is when nothing was said; of pictures the SHA-256 as they were kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a statement says; the time is levelled to the hour, whoever filed."""

    tip_number: str
    received_at: datetime
    content_hash: str


def new_opening() -> str:
    """Draw an opening, hexadecimal."""
    return secrets.token_hex(OPENING_BYTES)


def content_hash(content: Mapping[str, Any], opening: str) -> str:
    """Commit to what was told: HMAC-SHA-256 over its canonical JSON, keyed by the opening.

    Line ends, white space around a text and the composition of its letters are levelled: who copies a text by hand or
    through another program keeps neither.

    Raises:
        Malformed: content.unreadable when something else than what a tip tells is in it, or the opening is none.
    """
    if set(content) - set(TOLD):
        raise Malformed("content.unreadable", unknown=sorted(set(content) - set(TOLD)))
    whole = {name: _levelled(name, content.get(name, empty)) for name, empty in TOLD.items()}
    try:
        key, plain = bytes.fromhex(opening.replace("-", "")), rfc8785.dumps(whole)
    except (ValueError, rfc8785.CanonicalizationError) as trouble:
        raise Malformed("content.unreadable", why=str(trouble)) from trouble
    if len(key) != OPENING_BYTES:
        raise Malformed("content.unreadable", wanted_bytes=OPENING_BYTES)
    return hmac.digest(key, plain, hashlib.sha256).hex()


def sign_filing(filing: Filing, private_key: str) -> dict[str, Any]:
    """Sign a statement.

    Args:
        filing: what it says.
        private_key: Ed25519, 32 bytes as hexadecimal text.
    """
    plain = {
        "kind": FILING_KIND,
        "tip_number": filing.tip_number,
        "received_at": level_to_hour(filing.received_at).isoformat(),
        "content_hash": filing.content_hash,
    }
    return sign(plain, private_key)


def is_content_of(statement: Mapping[str, Any], content: Mapping[str, Any], opening: str) -> bool:
    """Say whether a valid statement is about this content.

    Raises:
        Malformed: content.unreadable.
    """
    is_filing = statement.get("kind") == FILING_KIND
    return is_filing and hmac.compare_digest(str(statement["content_hash"]), content_hash(content, opening))


def _levelled(name: str, value: Any) -> Any:
    if name == "happened_at" and value is not None:
        return _instant(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", "\n".join(value.splitlines())).strip() or None
    return list(value) if isinstance(value, tuple) else value


def _instant(value: Any) -> str:
    try:
        told = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return told.astimezone(UTC).isoformat()
    except ValueError as trouble:
        raise Malformed("content.unreadable", why=str(trouble)) from trouble
