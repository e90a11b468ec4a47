"""Messages to telephones and mailboxes outside the town's trays: what was sent, what stopped, what arrived."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads
from gateway.outside_bodies import OutsideReport
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.outside import (
    ListOutside,
    OutsideMessage,
    OutsidePage,
    OutsideState,
    ReportOutside,
    RetryOutside,
)

router = APIRouter(route_class=DoorRoute, tags=["notifications"])
SERVICE = "notifications"


@router.get("/v1/outside-messages", response_model=OutsidePage)
async def list_outside_messages(
    state: OutsideState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("outside.read"),
) -> Response:
    """Read the messages that the agency's desks answer for, newest first; the office reads all."""
    asked = ListOutside(state=state, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_outside", asked, OutsidePage)


@router.post("/v1/outside-messages/{delivery_id}/report", response_model=OutsideMessage)
async def report_outside_message(
    delivery_id: ItemPath, body: OutsideReport, writing: Writing = decides("outside.change")
) -> Response:
    """Say what the provider said later: that a message arrived, or that it did not and is to be tried again."""
    asked = body.contract(ReportOutside, delivery_id=delivery_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "report_outside", asked, OutsideMessage)


@router.post("/v1/outside-messages/{delivery_id}/retry", response_model=OutsideMessage)
async def retry_outside_message(delivery_id: ItemPath, writing: Writing = decides("outside.change")) -> Response:
    """Have a message that stopped tried again, from the first step of the ladder."""
    asked = RetryOutside(delivery_id=delivery_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "retry_outside", asked, OutsideMessage)
