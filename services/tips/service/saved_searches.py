"""The doors of searches that are kept: what comes in and who deals with it. Nothing is decided here."""

from __future__ import annotations

from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.saved_searches import (
    ChangeSavedSearch,
    DropSavedSearch,
    GetSavedSearch,
    ListSavedSearches,
    SavedSearchPage,
    SavedSearchView,
    SaveSearch,
)
from lianxi.greenroom.entries import Desk, answers
from lianxi.runtime.premises import Premises
from lianxi.store.handover import Holding
from lianxi.store.unit import AggregateStore
from services.tips.domain.saved_searches import SavedSearch
from services.tips.handlers.saved_searches import SavedSearchHandlers
from services.tips.store import SavedSearchIndex, held_searches, open_saved_searches, open_sightings
from services.tips.views.saved_searches import SavedSearchViews


class SavedSearchDoors(Desk):
    """What is asked about searches that are kept."""

    keeping_searches: SavedSearchHandlers
    saved_searches: SavedSearchViews

    @answers
    def save_search(self, request: SaveSearch, caller: Caller) -> SavedSearchView:
        """Keep a search."""
        return self.saved_searches.show(self.keeping_searches.save(request, caller))

    @answers
    def change_saved_search(self, request: ChangeSavedSearch, caller: Caller) -> SavedSearchView:
        """Change a search."""
        return self.saved_searches.show(self.keeping_searches.change(request, caller))

    @answers
    def drop_saved_search(self, request: DropSavedSearch, caller: Caller) -> SavedSearchView:
        """Keep a search no longer."""
        return self.saved_searches.show(self.keeping_searches.drop(request, caller))

    @answers
    def get_saved_search(self, request: GetSavedSearch, caller: Caller) -> SavedSearchView:
        """Show a search."""
        return self.saved_searches.get(request, caller)

    @answers
    def list_saved_searches(self, request: ListSavedSearches, caller: Caller) -> SavedSearchPage:
        """List searches."""
        return self.saved_searches.list_some(request, caller)


def open_keeping(premises: Premises[Any]) -> tuple[SavedSearchHandlers, SavedSearchViews, Holding[SavedSearch]]:
    """Put what keeps searches together: what is done with them, what is shown of them, and who holds which."""
    clock = premises.clock
    searches: AggregateStore[SavedSearch] = open_saved_searches(clock)
    handlers = SavedSearchHandlers(searches, open_sightings(clock), SavedSearchIndex(), premises.policies, clock)
    return handlers, SavedSearchViews(searches, clock), held_searches(searches)
