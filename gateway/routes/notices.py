"""Notices to desks, and their acknowledgement (签收)."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice, ListNotices, NoticePage, NoticeView

router = APIRouter(route_class=DoorRoute, tags=["notifications"])
SERVICE = "notifications"


@router.get("/v1/notices", response_model=NoticePage)
async def list_notices(
    only_open: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("notice.read"),
) -> Response:
    """Read the notices to the agency's desks, newest first."""
    asked = ListNotices(only_open=only_open, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_notices", asked, NoticePage)


@router.get("/v1/notices/{notice_id}", response_model=NoticeView)
async def get_notice(notice_id: ItemPath, reading: Reading = reads("notice.read")) -> Response:
    """Read one notice; reading marks it seen."""
    return await reading.show(SERVICE, "get_notice", GetNotice(notice_id=notice_id), NoticeView)


@router.post("/v1/notices/{notice_id}/acknowledge", response_model=NoticeView)
async def acknowledge_notice(notice_id: ItemPath, writing: Writing = decides("notice.change")) -> Response:
    """Say for the desk: received."""
    asked = AcknowledgeNotice(notice_id=notice_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "acknowledge_notice", asked, NoticeView)
