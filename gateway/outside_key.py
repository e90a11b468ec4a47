"""The key that is kept outside every database: receipt codes, verifiers and fingerprints come from it.

Whoever steals the database has neither codes nor a way to try them; whoever steals the key has nothing to try it on.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from lianxi.kernel.errors import Broken

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SEPARATOR: Final = b"\x1f"


class OutsideKey:
    """Derives everything keyed from one 256-bit key; each purpose has its own branch."""

    def __init__(self, key_hex: str) -> None:
        try:
            self._key = bytes.fromhex(key_hex.strip())
        except ValueError:
            self._key = b""
        if len(self._key) != KEY_BYTES:
            raise Broken("settings.key_unusable", wants="32 bytes as hexadecimal text")
        # A purpose's branch and cipher are worked out once: there are a dozen purposes, and thousands of requests.
        self._branch = cache(lambda purpose: hmac.digest(self._key, purpose.encode(), "sha256"))
        self._cipher = cache(lambda purpose: ChaCha20Poly1305(self.derive(purpose)))

    def derive(self, purpose: str, *parts: str | bytes) -> bytes:
        """Work out 32 bytes that nobody without the key can."""
        branch = self._branch(purpose)
        # Each part is digested first, so that no two lists of parts run together to the same text.
        told = (part.encode() if isinstance(part, str) else part for part in parts)
        return hmac.digest(branch, SEPARATOR.join([hashlib.sha256(part).digest() for part in told]), "sha256")

    def lock(self, purpose: str, nonce: bytes, content: bytes) -> bytes:
        """Encrypt what lies in the gateway's own database for a while."""
        return nonce + self._cipher(purpose).encrypt(nonce, content, purpose.encode())

    def unlock(self, purpose: str, locked: bytes) -> bytes:
        """Decrypt it.

        Raises:
            Broken: key.mismatch when it was locked under another key.
        """
        try:
            return self._cipher(purpose).decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            raise Broken("key.mismatch", purpose=purpose) from None
