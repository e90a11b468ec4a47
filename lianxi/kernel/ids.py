"""Identifiers: a readable prefix and 26 letters of Crockford's base 32.

Opaque outside the desk that made them. Those of tips are random, because a time-sortable one would tell when an
informant wrote.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NAMESPACE = uuid.UUID("6f1e6f52-9d0c-5f6d-8f43-6c69616e7869")


def _letters(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, place = divmod(number, 32)
        letters.append(ALPHABET[place])
    return "".join(reversed(letters))


def sortable_id(prefix: str, made_at: datetime) -> str:
    """Make an id whose order is the order of making, to the millisecond."""
    milliseconds = int(made_at.timestamp() * 1000)
    return f"{prefix}_{_letters(milliseconds, 10)}{_letters(secrets.randbits(80), 16)}"


def random_id(prefix: str) -> str:
    """Make an id that tells nobody anything, not even when it was made."""
    return f"{prefix}_{_letters(secrets.randbits(128), 26)}"


def derived_id(prefix: str, *parts: object) -> str:
    """Make the same id from the same parts, so that work done twice lands on one document."""
    return f"{prefix}_{_letters(uuid.uuid5(NAMESPACE, chr(31).join(map(str, parts))).int, 26)}"


def number_from(series: str, year: int, entropy: int) -> str:
    """Make a number for people, such as ``DY-2026-7K3M-9QXD``: seven random letters and a check letter.

    Args:
        series: the town's letters.
        year: of the town's calendar.
        entropy: a non-negative random integer; only its last 35 bits are used.
    """
    letters = _letters(entropy % 32**7, 7)
    number = letters + check_letter(f"{series}{year}{letters}")
    return f"{series}-{year}-{number[:4]}-{number[4:]}"


def check_letter(text: str) -> str:
    """Work out the letter that finds any one wrong letter and most swapped neighbours (weights are odd and differ)."""
    known = "".join(letter for letter in text.upper() if letter in ALPHABET)
    total = sum((2 * place + 3) * ALPHABET.index(letter) for place, letter in enumerate(known))
    return ALPHABET[total % 32]


def is_number(text: str) -> bool:
    """Say whether a number for people carries its right check letter."""
    letters = text.upper().replace("-", "")
    return len(letters) > 1 and letters[-1] == check_letter(letters[:-1])
