"""What a page hands back to us in place of a receipt code: the code, locked under our own key, for a short while.

A page that shows a dialogue never holds the code itself, so that whoever finds it open later cannot read it there.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from gateway.exchange import House
from gateway.outside_key import NONCE_BYTES
from lianxi.kernel.errors import Broken

_LOCK: Final = "console-ticket"
RECEIPT_LIVES: Final = timedelta(hours=2)
DIALOGUE_LIVES: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A receipt code with what its slip says."""

    code: str
    number: str = ""
    received_at: str = ""
    proof: Mapping[str, Any] | None = None


def write_ticket(house: House, ticket: Ticket, lives: timedelta) -> str:
    """Lock a ticket until its time is over."""
    ends = (house.clock.now() + lives).timestamp()
    plain = json.dumps([ticket.code, ticket.number, ticket.received_at, ticket.proof, ends]).encode()
    return base64.urlsafe_b64encode(house.key.lock(_LOCK, secrets.token_bytes(NONCE_BYTES), plain)).decode()


def read_ticket(house: House, written: str) -> Ticket | None:
    """Unlock a ticket; `None` when it is none, or its time is over."""
    try:
        locked = base64.urlsafe_b64decode(written.encode("ascii"))
        code, number, received_at, proof, ends = json.loads(house.key.unlock(_LOCK, locked))
    except (Broken, ValueError, binascii.Error):
        return None
    return Ticket(code, number, received_at, proof) if house.clock.now().timestamp() < ends else None
