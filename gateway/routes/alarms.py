"""The fast lane for what came in as something else."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.alarm_bodies import Alarm
from gateway.body import DoorRoute
from gateway.exchange import Writing, decides
from gateway.routes.parameters import ItemPath
from lianxi.contracts.alarms import RaiseAlarm
from lianxi.contracts.tips import TipView

router = APIRouter(route_class=DoorRoute, tags=["tips"])


@router.post("/v1/tips/{tip_id}/alarm", response_model=TipView)
async def raise_alarm(tip_id: ItemPath, body: Alarm, writing: Writing = decides("tip.change")) -> Response:
    """Say that somebody is held, or that it is a major event: by any agency that holds the tip, at any time."""
    asked = body.contract(RaiseAlarm, tip_id=tip_id, expected_version=writing.version)
    return await writing.decide("tips", "raise_alarm", asked, TipView, about=tip_id)
