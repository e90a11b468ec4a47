"""Receipt codes: sixteen digits that let an informant come back, and the verifier that stands for them on the bus.

Clause: none; criteria 2.2 and 2.3, DESIGN 12.7. A code is never stored, logged or sent, but in the answer
that gives it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from starlette.responses import Response

from gateway.outside_key import OutsideKey
from gateway.settings import GatewaySettings
from lianxi.contracts import codec
from lianxi.kernel.errors import TooBusy

DIGITS: Final = 16
GROUP: Final = 4
SALT_BYTES: Final = 16
VERIFIER_BYTES: Final = 32
_LEFT_OUT: Final = frozenset("-‐‑‒–—―−_.·")


def new_code() -> str:
    """Draw sixteen digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def derived_code(key: OutsideKey, *parts: str) -> str:
    """Work out the same code for the same request, so that a replay needs no store; the modulus' bias is 2⁻²⁰⁰."""
    number = int.from_bytes(key.derive("receipt-code", *parts))
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def shown(code: str) -> str:
    """Write a code as people copy it: 4-4-4-4."""
    return "-".join(code[place : place + GROUP] for place in range(0, DIGITS, GROUP))


def with_code(answer: Response, code: str | None) -> Response:
    """Put a code into a good answer on its way out; what is kept for a replay never holds it."""
    if code is None or not 200 <= answer.status_code < 300:
        return answer
    told = {"receipt": shown(code), **json.loads(bytes(answer.body))}
    kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(codec.to_bytes(told), answer.status_code, kept)


def read_code(written: str) -> str | None:
    """Read a code as people write it: with spaces, hyphens or full-width digits; `None` when it is none."""
    plain = unicodedata.normalize("NFKC", written)
    digits = "".join(letter for letter in plain if not letter.isspace() and letter not in _LEFT_OUT)
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else None


def header_text(raw: str) -> str:
    """Give a header's text back: HTTP hands bytes over as Latin-1, people's devices send UTF-8."""
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw


class Verifiers:
    """Works out verifiers, a few at a time, because each costs memory and time on purpose."""

    def __init__(self, key: OutsideKey, settings: GatewaySettings) -> None:
        self._key = key
        self._memory = settings.gateway_argon2_kibibytes
        self._passes = settings.gateway_argon2_passes
        self._salt = key.derive("receipt-salt")[:SALT_BYTES]
        self._threads = ThreadPoolExecutor(settings.gateway_argon2_threads, thread_name_prefix="argon2")
        self._room = settings.gateway_argon2_threads + settings.gateway_argon2_waiting
        self._inside = 0

    async def verifier(self, written: str) -> str:
        """Work out the verifier of a code as it was written; what is none gets one that fits nothing, at the same cost.

        Raises:
            TooBusy: receipts.busy when more wait than may.
        """
        if self._inside >= self._room:
            raise TooBusy("receipts.busy")
        code = read_code(written)
        secret = self._key.derive("receipt-verifier", code) if code else self._key.derive("no-receipt", written)
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, secret)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hash(self, secret: bytes) -> str:
        return hash_secret_raw(
            secret,
            self._salt,
            time_cost=self._passes,
            memory_cost=self._memory,
            parallelism=1,
            hash_len=VERIFIER_BYTES,
            type=Type.ID,
        ).hex()
