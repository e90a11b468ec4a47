"""Searches that are kept: one's own, those shared within one's desk, and watching for new tips that match."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.routes.search import Few
from gateway.saved_search_bodies import SavedSearchChange, SavedSearchWish
from lianxi.contracts.saved_searches import (
    ChangeSavedSearch,
    DropSavedSearch,
    GetSavedSearch,
    ListSavedSearches,
    SavedSearchPage,
    SavedSearchView,
    SaveSearch,
)
from lianxi.contracts.searching import FoundTips, SearchTips

router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE: Final = "tips"
SEARCHES: Final = "/v1/saved-searches"


@router.post(SEARCHES, status_code=201, response_model=SavedSearchView)
async def save_search(body: SavedSearchWish, writing: Writing = writes("saved_search.create")) -> Response:
    """Keep a search, for yourself or for your desk. A watched one tells the desk of each new tip that matches."""
    asked = body.contract(SaveSearch)
    return await writing.create(
        SERVICE, "save_search", asked, SavedSearchView, at=lambda view: f"{SEARCHES}/{view.saved_search_id}"
    )


@router.get(SEARCHES, response_model=SavedSearchPage)
async def list_saved_searches(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("saved_search.read")
) -> Response:
    """Read your own searches and those shared within your desks, newest first."""
    asked = ListSavedSearches(cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_saved_searches", asked, SavedSearchPage)


@router.get(SEARCHES + "/{saved_search_id}", response_model=SavedSearchView)
async def get_saved_search(saved_search_id: ItemPath, reading: Reading = reads("saved_search.read")) -> Response:
    """Read one search."""
    asked = GetSavedSearch(saved_search_id=saved_search_id)
    return await reading.show(SERVICE, "get_saved_search", asked, SavedSearchView)


@router.get(SEARCHES + "/{saved_search_id}/tips", response_model=FoundTips)
async def run_saved_search(
    saved_search_id: ItemPath, cursor: Cursor = None, limit: Few = 20, reading: Reading = reads("tip.read")
) -> Response:
    """Run a search: it finds what you may see, whoever kept it, and what was looked for is kept in the audit."""
    asked = GetSavedSearch(saved_search_id=saved_search_id)
    kept = await reading.ask(SERVICE, "get_saved_search", asked, SavedSearchView)
    search = SearchTips(text=kept.text, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "search_tips", search, FoundTips)


@router.post(SEARCHES + "/{saved_search_id}/change", response_model=SavedSearchView)
async def change_saved_search(
    saved_search_id: ItemPath, body: SavedSearchChange, writing: Writing = decides("saved_search.change")
) -> Response:
    """Change a search that you keep. Watching begins anew when what is looked for changes."""
    asked = body.contract(ChangeSavedSearch, saved_search_id=saved_search_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "change_saved_search", asked, SavedSearchView)


@router.delete(SEARCHES + "/{saved_search_id}", response_model=SavedSearchView)
async def drop_saved_search(saved_search_id: ItemPath, writing: Writing = writes("saved_search.change")) -> Response:
    """Keep a search no longer; what it looked for is forgotten."""
    asked = DropSavedSearch(saved_search_id=saved_search_id)
    return await writing.decide(SERVICE, "drop_saved_search", asked, SavedSearchView)
