"""What the tips desk answers about searches that are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.saved_searches import GetSavedSearch, ListSavedSearches, SavedSearchPage, SavedSearchView
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import NotFound
from lianxi.store.mapping import as_state
from lianxi.store.pages import encode_cursor, newest_first
from lianxi.store.unit import Aggregates, Stored
from services.tips.documents import SavedSearchDocument
from services.tips.domain.saved_searches import SavedSearch, check_visible


def saved_searches_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return SavedSearchDocument._get_collection()


@dataclass(frozen=True)
class SavedSearchViews:
    """The read-only answers about searches that are kept."""

    searches: Aggregates[SavedSearch]
    clock: Clock
    collection: Callable[[], Any] = saved_searches_collection

    def get(self, request: GetSavedSearch, caller: Caller) -> SavedSearchView:
        """Show a search.

        Raises:
            NotFound: saved_search.not_found.
        """
        stored = self.searches.get(request.saved_search_id)
        check_visible(stored.state, caller)
        return self.show(stored)

    def list_some(self, request: ListSavedSearches, caller: Caller) -> SavedSearchPage:
        """List searches, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        found: list[Stored[SavedSearch]] = []
        cursor, is_more = request.cursor, True
        # Others' own searches lie between, so that a page may take several looks.
        while is_more and len(found) <= request.limit:
            rows, cursor = newest_first(
                self.collection(),
                {"agency": caller.agency, "is_open": True},
                "saved_at",
                now=self.clock.now(),
                cursor=cursor,
                limit=request.limit,
            )
            stored = (Stored(row["_version"], as_state(SavedSearch, {**row, "id": row["_id"]})) for row in rows)
            found += [each for each in stored if _is_visible(each.state, caller)]
            is_more = cursor is not None
        shown = found[: request.limit]
        last = shown[-1].state if len(found) > request.limit or is_more else None
        return SavedSearchPage(
            items=tuple(self.show(each) for each in shown),
            next_cursor=None if last is None else encode_cursor(last.saved_at.isoformat(), last.id),
        )

    def show(self, stored: Stored[SavedSearch]) -> SavedSearchView:
        """Show one."""
        saved = stored.state
        return SavedSearchView(
            saved_search_id=saved.id,
            version=stored.version,
            name=saved.name,
            text=saved.text,
            desk=saved.desk,
            owner=saved.owner,
            is_shared=saved.is_shared,
            is_watched=saved.is_watched,
            saved_at=saved.saved_at,
            watched_since=saved.watched_since,
            is_dropped=not saved.is_open,
        )


def _is_visible(saved: SavedSearch, caller: Caller) -> bool:
    try:
        check_visible(saved, caller)
    except NotFound:
        return False
    return True
