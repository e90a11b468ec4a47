"""Passwords: Argon2id, a few at a time; length and a list of worn-out ones are the only rules (NIST SP 800-63B).

Clause: none; criterion 23. Those whose device has signed in before have a thread of their own, so that a flood of
guesses by strangers cannot use up the time of those who come to work.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateway.refusals import Unusable
from gateway.settings import GatewaySettings
from lianxi.kernel.errors import TooBusy

SHORTEST: Final = 12
LONGEST: Final = 128
FEWEST_LETTERS: Final = 5
_WORN_OUT: Final = frozenset(Path(__file__).with_name("worn_out_passwords.txt").read_text("utf-8").split())


def accept(password: str, name: str) -> str:
    """Answer a new password as it is kept.

    Raises:
        Unusable: password.too_short, password.too_long, password.too_common.
    """
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < SHORTEST:
        raise Unusable("password.too_short", shortest=SHORTEST)
    if len(plain) > LONGEST:
        raise Unusable("password.too_long", longest=LONGEST)
    folded = plain.casefold()
    if folded in _WORN_OUT or folded == name or len(set(folded)) < FEWEST_LETTERS:
        raise Unusable("password.too_common")
    return plain


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.gateway_argon2_passes, memory_cost=settings.gateway_argon2_kibibytes, parallelism=1
        )
        self._lanes = {known: ThreadPoolExecutor(1, thread_name_prefix="password") for known in (True, False)}
        self._inside = dict.fromkeys((True, False), 0)
        self._room = settings.gateway_argon2_waiting
        self.nobodys = self._hasher.hash("the password of nobody at all")

    async def hashed(self, password: str) -> str:
        """Hash a password that was accepted."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._lanes[True], self._hasher.hash, password)

    async def fits(self, password: str, hashed: str, *, is_known_device: bool) -> bool:
        """Say whether a password is the one.

        Raises:
            TooBusy: sign_in.busy when more wait than may.
        """
        if self._inside[is_known_device] >= self._room:
            raise TooBusy("sign_in.busy")
        plain = unicodedata.normalize("NFKC", password)
        self._inside[is_known_device] += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._lanes[is_known_device], self._check, hashed, plain)
        finally:
            self._inside[is_known_device] -= 1

    def close(self) -> None:
        """Let the threads go."""
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)

    def _check(self, hashed: str, plain: str) -> bool:
        try:
            return self._hasher.verify(hashed, plain)
        except (Argon2Error, InvalidHashError):
            return False
