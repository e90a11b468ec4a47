"""Locking a record so that its database alone is worth nothing: a key for each record, locked under a key of the house.

AES-256-GCM twice. The record's own random key encrypts it and never changes; the house's key only locks that key, so
turning to a new one touches 60 bytes of a record. Both layers are bound to the record's id: what is moved to another
record does not open. The house's keys lie in a file outside the database, the one in use first; older ones stay in the
file until no record lies under them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lianxi.kernel.errors import Broken, InvariantBroken

KEY_BYTES = 32
NONCE_BYTES = 12
_MARKING = b"lianxi/marks/v1"


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked record: which key of the house locks its own key, that key locked, and the record encrypted by it."""

    key_id: str
    wrapped_key: bytes
    body: bytes


class KeyRing:
    """The keys of the house.

    Args:
        text: a line for each key, `<id> <32 bytes in hexadecimal>`, the one in use first; `#` begins a remark.

    Raises:
        Broken: settings.key_unusable.
    """

    def __init__(self, text: str) -> None:
        lines = [line.partition("#")[0].split() for line in text.splitlines()]
        pairs = [line for line in lines if line]
        try:
            keys = {key_id: bytes.fromhex(key) for key_id, key in pairs}
        except ValueError:
            keys = {}
        if not keys or len(keys) != len(pairs) or any(len(key) != KEY_BYTES for key in keys.values()):
            raise Broken("settings.key_unusable", wants="lines of an id and 32 bytes as hexadecimal text")
        self._keys = keys
        self.current = pairs[0][0]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys that are here."""
        return tuple(self._keys)

    def lock(self, record_id: str, plain: bytes) -> Locked:
        """Lock a record under the key in use."""
        own = secrets.token_bytes(KEY_BYTES)
        return Locked(self.current, self._wrap(self.current, record_id, own), _encrypt(own, record_id, plain))

    def unlock(self, record_id: str, locked: Locked) -> bytes:
        """Open a record.

        Raises:
            Broken: vault.key_missing when its key is not here.
            InvariantBroken: vault.record_altered.
        """
        return _decrypt(self._unwrap(record_id, locked), record_id, locked.body)

    def rewrap(self, record_id: str, locked: Locked) -> Locked:
        """Lock a record's own key under the key in use; the record itself is not touched and not opened.

        Raises:
            Broken: vault.key_missing.
            InvariantBroken: vault.record_altered.
        """
        own = self._unwrap(record_id, locked)
        return Locked(self.current, self._wrap(self.current, record_id, own), locked.body)

    def marks(self, scope: str, text: str) -> tuple[str, ...]:
        """Work out the keyed hashes of a text within a scope, under each key, the one in use first.

        In another scope the same text has other marks, so that what carries them cannot be joined across scopes. A mark
        stays under its key for good, for the text it is of is kept nowhere.
        """
        return tuple(f"{key_id}:{_mark(key, scope, text)}" for key_id, key in self._keys.items())

    def _wrap(self, key_id: str, record_id: str, own: bytes) -> bytes:
        return _encrypt(self._keys[key_id], f"{key_id}/{record_id}", own)

    def _unwrap(self, record_id: str, locked: Locked) -> bytes:
        if locked.key_id not in self._keys:
            raise Broken("vault.key_missing", key_id=locked.key_id)
        return _decrypt(self._keys[locked.key_id], f"{locked.key_id}/{record_id}", locked.wrapped_key)


def _mark(key: bytes, scope: str, text: str) -> str:
    own = hmac.digest(key, _MARKING, hashlib.sha256)
    return hmac.new(own, f"{scope}\x00{text}".encode(), hashlib.sha256).hexdigest()


def _encrypt(key: bytes, bound_to: str, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _decrypt(key: bytes, bound_to: str, locked: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError):
        raise InvariantBroken("vault.record_altered") from None
