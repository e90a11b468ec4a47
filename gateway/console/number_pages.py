"""The programme in numbers, for everybody: whole weeks, and no number small enough to point at somebody."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from gateway.console.ground import PageRoute
from gateway.console.paper import page
from gateway.exchange import House, the_house
from gateway.routes import figures
from lianxi.kernel.errors import Unavailable

router = APIRouter(route_class=PageRoute, tags=["pages"], include_in_schema=False)
InHouse = Annotated[House, Depends(the_house)]


@router.get("/numbers")
async def numbers(request: Request, house: InHouse) -> Response:
    """What has been reported, visited and opened so far; a page without numbers while their desk is away."""
    try:
        told: Any = json.loads(bytes((await figures.get_public_figures(request, house)).body))
    except Unavailable:
        return page(request, "numbers.html", told=None, upto=None)
    return page(request, "numbers.html", told=told, upto=date.fromisoformat(told["upto"]))
