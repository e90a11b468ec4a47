"""What the tips desk is asked when somebody searches, and what it answers. There is no search for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Interval, Len

from lianxi.contracts.envelope import Lane
from lianxi.contracts.tips import TipState

PageSize = Annotated[int, Interval(ge=1, le=100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTips:
    """Search the tips that the caller may see by what they say."""

    text: Annotated[str, Len(1, 100)]
    cursor: str | None = None
    limit: PageSize = 20

    @property
    def search_id(self) -> str:
        """By what the audit names the search: what was typed."""
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchNumbers:
    """Search the tips that the caller may see by the last four digits of a number that they name."""

    ending: Annotated[str, Len(4, 4)]
    cursor: str | None = None
    limit: PageSize = 20

    @property
    def search_id(self) -> str:
        """By what the audit names the search: what was typed."""
        return f"*{self.ending}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTip:
    """A tip that was found, with the part of its redacted words around what was asked for."""

    tip_id: str
    number: str
    category: str
    lane: Lane
    state: TipState
    lead: str
    village: str | None
    received_at: datetime
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTips:
    """A page of what was found, the newest first.

    `total` counts what the caller may see and nothing else; where it is not exact there are more than it says.
    `is_near` says that nothing holds all that was asked, and that these hold most of it. `next_cursor` is absent on
    the last page.
    """

    items: tuple[FoundTip, ...]
    total: int
    is_total_exact: bool
    is_near: bool = False
    next_cursor: str | None = None
