"""The second factor: six digits that change every thirty seconds (RFC 6238), and recovery codes for a lost telephone.

Clause: none; criterion 23. A time step is used once: a code that was seen over a shoulder is worth nothing.
"""

from __future__ import annotations

import hmac
import io
import secrets
import unicodedata
from datetime import datetime
from typing import Final

import pyotp
import segno

from gateway.outside_key import OutsideKey

ISSUER: Final = "Lianxi 联席"
STEP_SECONDS: Final = 30
DRIFT_STEPS: Final = 1
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10


def new_secret() -> str:
    """Draw a secret."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """Write the address that a telephone's program reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def picture(text: str) -> str:
    """Draw an address as a QR code, in SVG."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=5, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()


def code_of(secret: str, at: datetime) -> str:
    """Say which code holds at an instant."""
    return pyotp.TOTP(secret).at(at)


def step_of(secret: str, written: str, now: datetime) -> int | None:
    """Say which time step a code belongs to, one step early or late allowed; `None` when to none."""
    digits = _plain(written)
    now_step = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    found = None
    for step in range(now_step - DRIFT_STEPS, now_step + DRIFT_STEPS + 1):
        # Every step is compared, so that the time taken tells nothing.
        if hmac.compare_digest(codes.at(step * STEP_SECONDS).encode(), digits.encode()):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Draw recovery codes of eighty bits each, as people write them down."""
    drawn = (secrets.token_hex(_RECOVERY_BYTES) for _ in range(RECOVERY_CODES))
    return ["-".join(each[place : place + 5] for place in range(0, len(each), 5)) for each in drawn]


def recovery_digest(key: OutsideKey, account_id: str, written: str) -> str:
    """What is kept of a recovery code: nobody without the outside key can try one."""
    return key.derive("recovery-code", account_id, _plain(written)).hex()


def _plain(written: str) -> str:
    text = unicodedata.normalize("NFKC", written).casefold()
    return "".join(letter for letter in text if letter.isalnum())
