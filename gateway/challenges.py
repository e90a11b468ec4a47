"""Challenges for a proof of work: signed instead of stored, good for five minutes and for one try.

Clause: none; criterion 2.3, ADR 25. The signature comes from the outside key, so that every gateway of a town knows a
challenge of any other; which ones were used, each remembers for itself.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.outside_key import OutsideKey
from lianxi.contracts.proof import SEPARATOR, is_proof
from lianxi.kernel.clock import Clock

PURPOSE: Final = "proof-challenge"
RANDOM_BYTES: Final = 12
_MAC_LETTERS: Final = 32
_PROOF: Final = re.compile(
    rf"(?P<told>(?P<ends>[0-9]{{1,12}})\.(?P<bits>[0-9]{{1,2}})\.[0-9a-f]{{{RANDOM_BYTES * 2}}})"
    rf"\.(?P<mac>[0-9a-f]{{{_MAC_LETTERS}}})\.[0-9A-Za-z]{{1,40}}"
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What has to be worked on, and how hard."""

    text: str
    bits: int


class Challenges:
    """Gives challenges and takes their proofs."""

    def __init__(self, key: OutsideKey, clock: Clock, *, bits: int, seconds: int) -> None:
        self._key = key
        self._clock = clock
        self._bits = bits
        self._seconds = seconds
        self._used: OrderedDict[str, int] = OrderedDict()

    def new(self) -> Challenge:
        """Make one; nothing of it is kept."""
        told = SEPARATOR.join((str(self._now() + self._seconds), str(self._bits), secrets.token_hex(RANDOM_BYTES)))
        return Challenge(SEPARATOR.join((told, self._mac(told))), self._bits)

    def take(self, proof: str) -> bool:
        """Say whether a proof is good, and use it up: ours, not expired, worked on, and not used before."""
        found = _PROOF.fullmatch(proof)
        if found is None or not hmac.compare_digest(found["mac"], self._mac(found["told"])):
            return False
        ends, bits = int(found["ends"]), int(found["bits"])
        if ends <= self._now() or not is_proof(proof, bits) or found["told"] in self._used:
            return False
        self._used[found["told"]] = ends
        self.forget()
        return True

    def forget(self) -> None:
        """Let go of used challenges that have expired; each stays for as long as any challenge lives, at most."""
        while self._used and next(iter(self._used.values())) <= self._now():
            self._used.popitem(last=False)

    def _mac(self, told: str) -> str:
        return self._key.derive(PURPOSE, told).hex()[:_MAC_LETTERS]

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
