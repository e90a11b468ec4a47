"""Searches that officials keep: for themselves or for their desk, and watched if they want to be told of what is new.

A watched search tells its desk that a tip matches: which tip, and nothing of what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from annotated_types import Interval, Len

from lianxi.contracts.envelope import Event

Name = Annotated[str, Len(1, 80)]
Text = Annotated[str, Len(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSearch:
    """Keep a search; without a desk it is the caller's first."""

    name: Name
    text: Text
    desk: Annotated[str, Len(1, 80)] | None = None
    is_shared: bool = False
    is_watched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSavedSearch:
    """Change a search that is kept; what is not named stays."""

    saved_search_id: str
    name: Name | None = None
    text: Text | None = None
    is_shared: bool | None = None
    is_watched: bool | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSavedSearch:
    """Keep a search no longer; what it looked for is forgotten."""

    saved_search_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSavedSearch:
    """Ask for a search of one's own, or one that is shared within one's desk."""

    saved_search_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSavedSearches:
    """Ask for a page of one's own searches and those that are shared within one's desks, newest first."""

    cursor: str | None = None
    limit: Annotated[int, Interval(ge=1, le=200)] = 50


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearchView:
    """A search that is kept."""

    saved_search_id: str
    version: int
    name: str
    text: str
    desk: str
    owner: str
    is_shared: bool
    is_watched: bool
    saved_at: datetime
    watched_since: datetime | None
    is_dropped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearchPage:
    """A page of searches; `next_cursor` is absent on the last."""

    items: tuple[SavedSearchView, ...]
    next_cursor: str | None = None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMatched(Event):
    """A new tip matches a search that a desk watches, and the desk's agency may know of the tip."""

    KEY: ClassVar[str] = "tips.search.matched.v1"

    saved_search_id: str
    tip_id: str
    number: str
    receiver: str
    is_anonymous: bool
    matched_at: datetime
