"""The visits of a month: the plan, the coverage, and the windows that closed without a visit."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway import intake
from gateway.bodies import Day
from gateway.body import DoorRoute
from gateway.exchange import Reading, reads
from gateway.routes.parameters import CodeQuery, Cursor, DayQuery, Limit
from lianxi.contracts.coverage import CoverageView, GetCoverage, GetMonthPlan, ListMissedWindows, PlanPage
from lianxi.kernel.clock import local_date

router = APIRouter(route_class=DoorRoute, tags=["inspections"])
SERVICE = "inspections"
Month = Annotated[Day | None, Query(description="Any day of the month; this month if none is named")]


@router.get("/v1/visit-plan/month", response_model=PlanPage)
async def get_month_plan(
    month: Month = None,
    village: CodeQuery = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("rental.read"),
) -> Response:
    """Read the visits that a month's plan wants, by village and dwelling."""
    asked = GetMonthPlan(
        month=month or local_date(reading.house.clock.now()),
        village=intake.village_of(reading.house, village),
        cursor=cursor,
        limit=limit,
    )
    return await reading.page(SERVICE, "get_month_plan", asked, PlanPage)


@router.get("/v1/visit-plan/missed", response_model=PlanPage)
async def list_missed_windows(
    since: DayQuery = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("rental.read"),
) -> Response:
    """Read the windows that closed without a visit since a day, yesterday if none is named."""
    day = since or local_date(reading.house.clock.now()) - timedelta(days=1)
    asked = ListMissedWindows(since=day, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_missed_windows", asked, PlanPage)


@router.get("/v1/visit-plan/coverage", response_model=CoverageView)
async def get_coverage(month: Month = None, reading: Reading = reads("rental.read")) -> Response:
    """Read how many windows that close in a month had their visit: by village, by assistant, by grade."""
    asked = GetCoverage(month=month or local_date(reading.house.clock.now()))
    return await reading.show(SERVICE, "get_coverage", asked, CoverageView)
