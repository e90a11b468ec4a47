"""What a desk is asked when an official leaves: what that official holds, and to give all of it to a successor.

Criterion 23. Officials are opaque account ids here, as everywhere beyond the gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

Officer = Annotated[str, Len(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One open item that an official answers for, such as `tip` and its id."""

    kind: str
    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHeld:
    """Ask what an official holds.

    Args:
        officer: the account.
        desks: where the official sits; what waits for a signature there goes with the seat.
    """

    officer: Officer
    desks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItems:
    """What an official holds."""

    items: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandItemsOver:
    """Give everything that an official holds to another; asked again, it gives what is left."""

    hand_over_id: str
    leaver: Officer
    successor: Officer


@dataclass(frozen=True, slots=True, kw_only=True)
class CountHeld:
    """Ask whether some officials, who have left, hold anything still."""

    officers: tuple[Officer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCount:
    """How many open items some officials hold together."""

    items: int
