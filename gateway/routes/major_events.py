"""Major events, reported upward: what is known at once, the rest later; late and missing reports are listed."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.major_event_bodies import MajorReport, MajorSupplement
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.major_events import (
    GetMajorEvent,
    ListMajorEvents,
    MajorEventPage,
    MajorEventView,
    ReportMajorEvent,
    SupplementMajorEvent,
)

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
PATH = "/v1/major-events"


def _at(view: MajorEventView) -> str:
    return f"{PATH}/{view.event_id}"


@router.post(PATH, status_code=201, response_model=MajorEventView)
async def report_major_event(body: MajorReport, writing: Writing = writes("major_event.create")) -> Response:
    """Report a major event upward with what is known; its time runs from the first knowledge of it."""
    asked = body.contract(ReportMajorEvent)
    return await writing.create(SERVICE, "report_major_event", asked, MajorEventView, at=_at)


@router.get(PATH, response_model=MajorEventPage)
async def list_major_events(
    only_late: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("major_event.read"),
) -> Response:
    """Read the unit's major events, newest first; `only_late` shows those whose report came late or not at all."""
    asked = ListMajorEvents(only_late=only_late, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_major_events", asked, MajorEventPage)


@router.get(PATH + "/{event_id}", response_model=MajorEventView)
async def get_major_event(event_id: ItemPath, reading: Reading = reads("major_event.read")) -> Response:
    """Read one major event with every text of its report."""
    return await reading.show(SERVICE, "get_major_event", GetMajorEvent(event_id=event_id), MajorEventView)


@router.post(PATH + "/{event_id}/supplement", response_model=MajorEventView)
async def supplement_major_event(
    event_id: ItemPath, body: MajorSupplement, writing: Writing = decides("major_event.change")
) -> Response:
    """Add what has become known since the report."""
    asked = body.contract(SupplementMajorEvent, event_id=event_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "supplement_major_event", asked, MajorEventView)
