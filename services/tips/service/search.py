"""The doors for searches. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.searching import FoundTips, SearchNumbers, SearchTips
from lianxi.greenroom.entries import Desk, shows
from services.tips.views.search import SearchViews


class SearchDoors(Desk):
    """What is searched for."""

    searches: SearchViews

    @shows("search")
    def search_tips(self, request: SearchTips, caller: Caller) -> FoundTips:
        """Find tips by what they say."""
        return self.searches.search_tips(request, caller)

    @shows("search")
    def search_numbers(self, request: SearchNumbers, caller: Caller) -> FoundTips:
        """Find tips by the end of a number that they name."""
        return self.searches.search_numbers(request, caller)
