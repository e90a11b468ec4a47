"""How personal fields look when they are there but not for this reader: the first letter, the last digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "＊"
DIGITS_LEFT: Final = 4
SHORTEST_NUMBER: Final = 7


def masked_name(name: str) -> str:
    """Leave the first letter of a name; how long it is is not told."""
    return name[:1] + HIDDEN


def masked_number(number: str) -> str:
    """Leave the last four digits of a number, if enough others are hidden by that."""
    shown = number[-DIGITS_LEFT:] if len(number) >= SHORTEST_NUMBER else ""
    return HIDDEN * DIGITS_LEFT + shown


def masked_person(person: Mapping[str, Any]) -> dict[str, Any]:
    """Mask who a person is, in an answer as it leaves; what they may be called and how they stand stays."""
    name, phone = person["name"], person["phone"]
    return {
        **person,
        "name": name and masked_name(name),
        "phone": phone and masked_number(phone),
        "id_last4": None,
    }
