"""What everybody may see of a tip that was filed to be seen: its number, its category, and on which day it went on.

Nothing that was told travels here, no place, no desk and no hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from annotated_types import Len

MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPublicRequests:
    """Ask for tips that were filed to be seen, by the day they came in, the newest first."""

    received_from: date
    received_to: date
    categories: Annotated[tuple[str, ...], Len(0, 100)] = ()
    is_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindPublicRequests:
    """Ask for some by their numbers or ids; what was not filed to be seen is not among the answers."""

    numbers: Annotated[tuple[str, ...], Len(0, 50)] = ()
    tip_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicStep:
    """That a tip went on: to what, and on which day."""

    code: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRequestView:
    """A tip as everybody sees it."""

    number: str
    category: str
    is_open: bool
    steps: tuple[PublicStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRequestList:
    """Some of them."""

    items: tuple[PublicRequestView, ...]
