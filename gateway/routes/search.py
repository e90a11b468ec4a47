"""Searching tips. What was typed is kept in the audit, and there is no search for people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, reads
from gateway.routes.parameters import Cursor
from lianxi.contracts.searching import FoundTips, SearchNumbers, SearchTips

router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE = "tips"
Text = Annotated[
    str, Query(min_length=1, max_length=100, description="Words; names of places and organisations also as pinyin")
]
Ending = Annotated[str, Query(pattern=r"^[0-9]{4}$", description="The last four digits of a telephone number")]
Few = Annotated[int, Query(ge=1, le=100)]


@router.get("/v1/search", response_model=FoundTips)
async def search_tips(
    q: Text, cursor: Cursor = None, limit: Few = 20, reading: Reading = reads("tip.read")
) -> Response:
    """Search the tips that you may see by what they say. What was typed is kept in the audit."""
    return await reading.page(SERVICE, "search_tips", SearchTips(text=q, cursor=cursor, limit=limit), FoundTips)


@router.get("/v1/search/numbers", response_model=FoundTips)
async def search_numbers(
    ending: Ending, cursor: Cursor = None, limit: Few = 20, reading: Reading = reads("number_search.read")
) -> Response:
    """Search the tips that you may see by the end of a number that they name: for those who work on cases."""
    asked = SearchNumbers(ending=ending, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "search_numbers", asked, FoundTips)
