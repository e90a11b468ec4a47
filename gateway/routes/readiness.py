"""Readiness (考核验收): indicators and vetoes, each with its sentence, and whether data answers it or people must."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, reads
from lianxi.contracts.readiness import GetReadiness, ReadinessView

router = APIRouter(route_class=DoorRoute, tags=["reporting"])


@router.get("/v1/readiness", response_model=ReadinessView)
async def get_readiness(reading: Reading = reads("assessment.read")) -> Response:
    """Read how ready the town is for the acceptance: what was counted for and against, and no score."""
    return await reading.show("reporting", "get_readiness", GetReadiness(), ReadinessView)
