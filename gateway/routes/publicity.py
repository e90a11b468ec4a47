"""The register of publicity: activities, and a year of every duty with its periods and gaps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.publicity_bodies import ActivityRecord, ActivityWithdrawal
from gateway.routes.parameters import CodeQuery, Cursor, ItemPath, Limit
from lianxi.contracts.publicity import (
    ActivityPage,
    ActivityView,
    GetActivity,
    GetPublicityYear,
    ListActivities,
    PublicityYear,
    RecordActivity,
    WithdrawActivity,
)

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
PATH = "/v1/publicity"
YearQuery = Annotated[int | None, Query(ge=2000, le=2100, description="This year unless said")]


@router.post(PATH, status_code=201, response_model=ActivityView)
async def record_activity(body: ActivityRecord, writing: Writing = writes("publicity.create")) -> Response:
    """Record an activity: what, where, when, for how many, with which material and photographs."""
    asked = body.contract(RecordActivity)
    return await writing.create(
        SERVICE, "record_activity", asked, ActivityView, at=lambda view: f"{PATH}/{view.activity_id}"
    )


@router.get(PATH, response_model=ActivityPage)
async def list_activities(
    duty: CodeQuery = None, cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("publicity.read")
) -> Response:
    """Read the unit's activities, newest first, of one duty or of all."""
    asked = ListActivities(duty=duty, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_activities", asked, ActivityPage)


@router.get(PATH + "/year", response_model=PublicityYear)
async def get_publicity_year(
    year: YearQuery = None, unit: CodeQuery = None, reading: Reading = reads("publicity.read")
) -> Response:
    """Read every duty's periods in a year, and its gaps: the unit's own, to the office everybody's."""
    return await reading.show(SERVICE, "get_publicity_year", GetPublicityYear(year=year, unit=unit), PublicityYear)


@router.get(PATH + "/{activity_id}", response_model=ActivityView)
async def get_activity(activity_id: ItemPath, reading: Reading = reads("publicity.read")) -> Response:
    """Read one activity."""
    return await reading.show(SERVICE, "get_activity", GetActivity(activity_id=activity_id), ActivityView)


@router.post(PATH + "/{activity_id}/withdraw", response_model=ActivityView)
async def withdraw_activity(
    activity_id: ItemPath, body: ActivityWithdrawal, writing: Writing = decides("publicity.change")
) -> Response:
    """Take an activity back that was recorded wrongly; it stays readable and counts no more."""
    asked = body.contract(WithdrawActivity, activity_id=activity_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "withdraw_activity", asked, ActivityView)
