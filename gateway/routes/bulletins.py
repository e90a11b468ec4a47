"""Bulletins (简讯) and summaries (总结): figures of a period that can be asked for again, and the paper of them."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.bulletin_bodies import NewBulletin
from gateway.bulletin_papers import check_templates, known_fields, paper_of
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.picture_answers import saved_answer
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.bulletins import (
    BulletinPage,
    BulletinView,
    DraftBulletin,
    GetBulletin,
    GetPeriodFigures,
    IssueBulletin,
    ListBulletins,
    PaperTemplates,
    PeriodFigures,
)
from lianxi.runtime.papers import MEDIA_TYPE

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
ROOT = "/v1/bulletins"
OnDay = Annotated[date, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


@router.get(ROOT, response_model=BulletinPage)
async def list_bulletins(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("bulletin.read")
) -> Response:
    """Read the bulletins and summaries, newest first; drafts are shown to the office."""
    return await reading.page(SERVICE, "list_bulletins", ListBulletins(cursor=cursor, limit=limit), BulletinPage)


@router.get(ROOT + "/figures", response_model=PeriodFigures)
async def get_period_figures(
    first_on: OnDay, last_on: OnDay, reading: Reading = reads("bulletin.export", scope="reports:read")
) -> Response:
    """Ask what the town's figures of a period are: the question behind every figure of a bulletin."""
    asked = GetPeriodFigures(first_on=first_on, last_on=last_on)
    return await reading.show(SERVICE, "get_period_figures", asked, PeriodFigures)


@router.get(ROOT + "/templates", response_model=PaperTemplates)
async def list_templates(reading: Reading = reads("bulletin.export", scope="reports:read")) -> Response:
    """Read which fields the templates have, which of them nothing fills, and which may stand there."""
    house = reading.house
    folder = house.settings.gateway_papers_dir
    return reading.answer(await asyncio.to_thread(check_templates, known_fields(house.policy), folder))


@router.post(ROOT, status_code=201, response_model=BulletinView)
async def draft_bulletin(body: NewBulletin, writing: Writing = writes("bulletin.create")) -> Response:
    """Draft a bulletin or a summary; its figures are counted now and stay with it."""
    asked = body.contract(DraftBulletin)
    return await writing.create(
        SERVICE, "draft_bulletin", asked, BulletinView, at=lambda view: f"{ROOT}/{view.bulletin_id}"
    )


@router.get(
    ROOT + "/{bulletin_id}.docx",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The paper, from the office's own template"}},
)
async def get_paper(bulletin_id: ItemPath, reading: Reading = reads("bulletin.read")) -> Response:
    """Read a bulletin as a paper for an office program, with an annex that names the question behind each figure."""
    view = await reading.ask(SERVICE, "get_bulletin", GetBulletin(bulletin_id=bulletin_id), BulletinView)
    paper = await paper_of(view, reading.house.policy, reading.house.settings.gateway_papers_dir)
    return saved_answer(paper, MEDIA_TYPE, f"{bulletin_id}.docx")


@router.get(ROOT + "/{bulletin_id}", response_model=BulletinView)
async def get_bulletin(bulletin_id: ItemPath, reading: Reading = reads("bulletin.read")) -> Response:
    """Read one bulletin: its figures, the events that each counts, and what units reported."""
    return await reading.show(SERVICE, "get_bulletin", GetBulletin(bulletin_id=bulletin_id), BulletinView)


@router.post(ROOT + "/{bulletin_id}/issue", response_model=BulletinView)
async def issue_bulletin(bulletin_id: ItemPath, writing: Writing = decides("bulletin.decide")) -> Response:
    """Issue a draft; what is issued never changes."""
    asked = IssueBulletin(bulletin_id=bulletin_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "issue_bulletin", asked, BulletinView)
