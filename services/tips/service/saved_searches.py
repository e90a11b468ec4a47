"""The doors of searches that are kept: what comes in and who deals with it. Nothing is decided here."""

from __future__ import annotations

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
from services.tips.handlers.saved_searches import SavedSearchHandlers
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
