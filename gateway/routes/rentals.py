"""Rentals, their grades, and what is to be visited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway import intake
from gateway.bodies import Grading, Rental
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import CodeQuery, Cursor, DayQuery, Limit, RentalPath
from lianxi.contracts.inspections import (
    GetRental,
    GetVisitPlan,
    GradeRental,
    ListRentals,
    RegisterRental,
    RentalPage,
    RentalView,
    VisitPlanView,
)
from lianxi.contracts.rounds import GetRound, RoundView
from lianxi.kernel.clock import local_date

router = APIRouter(route_class=DoorRoute, tags=["inspections"])
SERVICE = "inspections"


@router.put("/v1/rentals/{rental_code}", response_model=RentalView)
async def register_rental(
    rental_code: RentalPath, body: Rental, writing: Writing = writes("rental.create")
) -> Response:
    """Put a rental on the register, or correct what it says."""
    village = str(intake.village_of(writing.house, body.village))
    corrected = body.model_copy(update={"village": village})
    asked = corrected.contract(RegisterRental, rental_code=rental_code)
    return await writing.decide(SERVICE, "register_rental", asked, RentalView)


@router.get("/v1/rentals", response_model=RentalPage)
async def list_rentals(
    village: CodeQuery = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("rental.read"),
) -> Response:
    """Read the register, by code."""
    asked = ListRentals(village=intake.village_of(reading.house, village), cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_rentals", asked, RentalPage)


@router.get("/v1/rentals/{rental_code}", response_model=RentalView)
async def get_rental(rental_code: RentalPath, reading: Reading = reads("rental.read")) -> Response:
    """Read one rental."""
    return await reading.show(SERVICE, "get_rental", GetRental(rental_code=rental_code), RentalView)


@router.post("/v1/rentals/{rental_code}/grade", response_model=RentalView)
async def grade_rental(rental_code: RentalPath, body: Grading, writing: Writing = decides("grade.change")) -> Response:
    """Grade a dwelling: never a person. Reason, another person's approval and a last day are owed."""
    asked = body.contract(GradeRental, rental_code=rental_code, expected_version=writing.version)
    return await writing.decide(SERVICE, "grade_rental", asked, RentalView)


@router.get("/v1/visit-plan", response_model=VisitPlanView)
async def get_visit_plan(
    on: DayQuery = None,
    assistant: CodeQuery = None,
    limit: Limit = 200,
    reading: Reading = reads("rental.read"),
) -> Response:
    """Read what is to be visited by a day, today if none is named."""
    day = on or local_date(reading.house.clock.now())
    asked = GetVisitPlan(on=day, assistant=assistant, limit=limit)
    return await reading.show(SERVICE, "get_visit_plan", asked, VisitPlanView)


@router.get("/v1/visit-round", response_model=RoundView)
async def get_round(
    on: DayQuery = None,
    assistant: CodeQuery = None,
    ahead: Annotated[int, Query(ge=0, le=31, description="How many days after the day still belong to it")] = 7,
    limit: Limit = 200,
    reading: Reading = reads("rental.read"),
) -> Response:
    """Read an assistant's round in walking order, your own if none is named: what a telephone takes along."""
    day = on or local_date(reading.house.clock.now())
    asked = GetRound(on=day, assistant=assistant or reading.caller.actor, ahead_days=ahead, limit=limit)
    return await reading.show(SERVICE, "get_round", asked, RoundView)
