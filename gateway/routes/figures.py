"""The programme in numbers: for the office by unit, week and village, for everybody in whole weeks."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from gateway.body import DoorRoute
from gateway.exchange import House, Reading, reads, shown, the_house
from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import (
    GetPublicFigures,
    GetTipFigures,
    GetVisitFigures,
    PublicFigures,
    TipFigures,
    VisitFigures,
)

router = APIRouter(route_class=DoorRoute)
PUBLIC: Final = "public"
InHouse = Annotated[House, Depends(the_house)]


@router.get("/v1/figures/tips", response_model=TipFigures, tags=["tips"])
async def get_tip_figures(reading: Reading = reads("tip.read")) -> Response:
    """Read how many tips each desk has in hand, how many are late, and how many came by week and village."""
    return await reading.show("tips", "get_tip_figures", GetTipFigures(), TipFigures)


@router.get("/v1/figures/visits", response_model=VisitFigures, tags=["inspections"])
async def get_visit_figures(reading: Reading = reads("rental.read")) -> Response:
    """Read how many dwellings of each grade each village has, and how many of them are not overdue."""
    return await reading.show("inspections", "get_visit_figures", GetVisitFigures(), VisitFigures)


@router.get("/v1/public/numbers", response_model=PublicFigures, tags=["public"])
async def get_public_figures(request: Request, house: InHouse) -> Response:
    """Read the programme in numbers, up to the end of last week; numbers below five are told as such only."""
    state = request.state
    caller = Caller(actor=PUBLIC, agency=PUBLIC, correlation_id=state.correlation_id, traceparent=state.traceparent)
    return shown(await house.ask("reporting", "get_public_figures", GetPublicFigures(), caller, PublicFigures))
