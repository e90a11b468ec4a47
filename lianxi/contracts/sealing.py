"""Sealing a text to one desk's public key, so that queues, spools and backups never hold it in clear.

HPKE (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305. Whoever holds the public key can seal; only the desk
can open.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from lianxi.kernel.errors import ContractBroken

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
CONTENT = b"lianxi/tips/content/v1"
CONTACT = b"lianxi/tips/contact/v1"
IDENTITY = b"lianxi/tips/identity/v1"
WORDS = b"lianxi/tips/words/v1"
PICTURE = b"lianxi/tips/picture/v1"
VISIT_PICTURE = b"lianxi/inspections/picture/v1"
REGISTER = b"lianxi/inspections/register/v1"
PERSON_TOLD = b"lianxi/cases/person-told/v1"
PERSON = b"lianxi/cases/person/v1"
EVIDENCE = b"lianxi/cases/evidence/v1"
PAYEE = b"lianxi/tips/payee/v1"
PAYEE_ANSWER = b"lianxi/tips/payee-answer/v1"
PAYMENT_ORDER = b"lianxi/tips/payment-order/v1"


class Sealer:
    """Seals to a public key given as hex."""

    def __init__(self, public_key_hex: str) -> None:
        try:
            self._key = X25519PublicKey.from_public_bytes(bytes.fromhex(public_key_hex.strip()))
        except ValueError:
            raise ContractBroken("seal.key_unusable") from None

    def seal(self, content: Mapping[str, Any], purpose: bytes = CONTENT) -> str:
        """Seal plain JSON data for one purpose; the same content sealed twice differs."""
        text = json.dumps(content, ensure_ascii=False).encode()
        return base64.b64encode(_SUITE.encrypt(text, self._key, purpose)).decode()


class Opener:
    """Opens what was sealed to its key, given as hex."""

    def __init__(self, private_key_hex: str) -> None:
        self._key = X25519PrivateKey.from_private_bytes(bytes.fromhex(private_key_hex.strip()))

    @classmethod
    def for_one_answer(cls) -> Self:
        """Make a key that lives as long as one question: only whoever asked can open what is answered."""
        return cls(X25519PrivateKey.generate().private_bytes_raw().hex())

    @property
    def public_key(self) -> str:
        """The key to seal to, as hex."""
        return self._key.public_key().public_bytes_raw().hex()

    def open(self, sealed: str, purpose: bytes = CONTENT) -> dict[str, Any]:
        """Open a sealed text.

        Raises:
            ContractBroken: seal.unreadable when it was sealed to another key or purpose, or altered.
        """
        try:
            opened = json.loads(_SUITE.decrypt(base64.b64decode(sealed, validate=True), self._key, purpose))
        except (InvalidTag, ValueError):
            raise ContractBroken("seal.unreadable") from None
        if not isinstance(opened, dict):
            raise ContractBroken("seal.unreadable")
        return opened
