"""Files of evidence as they lie on the disk: encrypted as they came, and named by the SHA-256 of what lies there.

The name proves the file to anybody, also to whoever keeps the backups and has no key; the SHA-256 of what is inside
proves it to the desk. Each file has a key of its own, so that one that is destroyed is noise in every backup.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
_BOUND_TO: Final = b"lianxi/evidence/v1"


class State(StrEnum):
    """How a file lies there."""

    WHOLE = "whole"
    ALTERED = "altered"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """A file, encrypted: its name, its key as hexadecimal text, and what lies on the disk."""

    name: str
    key: str
    body: bytes


def lock(content: bytes) -> LockedFile:
    """Encrypt a file under a new key, and name it by what comes of it."""
    key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
    body = nonce + AESGCM(key).encrypt(nonce, content, _BOUND_TO)
    return LockedFile(name=hashlib.sha256(body).hexdigest(), key=key.hex(), body=body)


def unlock(body: bytes, key: str) -> bytes | None:
    """Decrypt a file; `None` when a single bit of it is another."""
    try:
        return AESGCM(bytes.fromhex(key)).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _BOUND_TO)
    except (InvalidTag, ValueError):
        return None


def state_of(kept: str, body: bytes | None, key: str, sha256: str) -> State:
    """Hash a file anew, as it lies and as it came, and say how it lies there.

    Args:
        kept: its name in the folder.
        body: what lies there; `None` when nothing does.
        key: its key.
        sha256: of what came at intake.
    """
    if body is None:
        return State.MISSING
    if hashlib.sha256(body).hexdigest() != kept.partition(".")[0]:
        return State.ALTERED
    content = unlock(body, key)
    is_whole = content is not None and hashlib.sha256(content).hexdigest() == sha256
    return State.WHOLE if is_whole else State.ALTERED
