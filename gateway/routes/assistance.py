"""Requests for assistance between agencies: one thing is asked, the case stays with its owner."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.bodies import HelpGiven, HelpRefused, HelpWanted
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.cases import (
    AcceptAssistance,
    AnswerAssistance,
    AssistancePage,
    AssistanceView,
    GetAssistance,
    ListAssistance,
    RefuseAssistance,
    RequestAssistance,
)

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"
PATH = "/v1/assistance"


@router.post(PATH, status_code=201, response_model=AssistanceView)
async def request_assistance(body: HelpWanted, writing: Writing = writes("assistance.create")) -> Response:
    """Ask another agency's desk for one thing in a case of one's own; it has 15 working days (T-42)."""
    asked = body.contract(RequestAssistance)
    return await writing.create(
        SERVICE, "request_assistance", asked, AssistanceView, at=lambda view: f"{PATH}/{view.assistance_id}"
    )


@router.get(PATH, response_model=AssistancePage)
async def list_assistance(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("assistance.read")
) -> Response:
    """Read the requests that the agency made or was asked, newest first."""
    return await reading.page(SERVICE, "list_assistance", ListAssistance(cursor=cursor, limit=limit), AssistancePage)


@router.get(PATH + "/{assistance_id}", response_model=AssistanceView)
async def get_assistance(assistance_id: ItemPath, reading: Reading = reads("assistance.read")) -> Response:
    """Read one request, with its time limit."""
    return await reading.show(SERVICE, "get_assistance", GetAssistance(assistance_id=assistance_id), AssistanceView)


@router.post(PATH + "/{assistance_id}/accept", response_model=AssistanceView)
async def accept_assistance(assistance_id: ItemPath, writing: Writing = decides("assistance.decide")) -> Response:
    """Take a request on; its time goes on running."""
    asked = AcceptAssistance(assistance_id=assistance_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "accept_assistance", asked, AssistanceView)


@router.post(PATH + "/{assistance_id}/refuse", response_model=AssistanceView)
async def refuse_assistance(
    assistance_id: ItemPath, body: HelpRefused, writing: Writing = decides("assistance.decide")
) -> Response:
    """Say why it cannot be done, before the time is over; late is still told, and stays visible."""
    asked = body.contract(RefuseAssistance, assistance_id=assistance_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "refuse_assistance", asked, AssistanceView)


@router.post(PATH + "/{assistance_id}/answer", response_model=AssistanceView)
async def answer_assistance(
    assistance_id: ItemPath, body: HelpGiven, writing: Writing = decides("assistance.decide")
) -> Response:
    """Say that the answer was given, and under which file number; what it says never comes here."""
    asked = body.contract(AnswerAssistance, assistance_id=assistance_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "answer_assistance", asked, AssistanceView)
