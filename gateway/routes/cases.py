"""Cases, their measures and their end."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.bodies import CaseClosing, NewCase, TakenMeasure
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.cases import CasePage, CaseView, CloseCase, GetCase, ListCases, OpenCase, RecordMeasure

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"


@router.post("/v1/cases", status_code=201, response_model=CaseView)
async def open_case(body: NewCase, writing: Writing = writes("case.create")) -> Response:
    """Open a case: always an officer's act."""
    asked = body.contract(OpenCase)
    return await writing.create(SERVICE, "open_case", asked, CaseView, at=lambda view: f"/v1/cases/{view.case_id}")


@router.get("/v1/cases", response_model=CasePage)
async def list_cases(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("case.read")) -> Response:
    """Read the agency's cases, newest first."""
    return await reading.page(SERVICE, "list_cases", ListCases(cursor=cursor, limit=limit), CasePage)


@router.get("/v1/cases/{case_id}", response_model=CaseView)
async def get_case(case_id: ItemPath, reading: Reading = reads("case.read")) -> Response:
    """Read one case."""
    return await reading.show(SERVICE, "get_case", GetCase(case_id=case_id), CaseView)


@router.post("/v1/cases/{case_id}/measures", response_model=CaseView)
async def record_measure(case_id: ItemPath, body: TakenMeasure, writing: Writing = decides("case.change")) -> Response:
    """Record a measure, with who approved it."""
    asked = body.contract(RecordMeasure, case_id=case_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "record_measure", asked, CaseView)


@router.post("/v1/cases/{case_id}/close", response_model=CaseView)
async def close_case(case_id: ItemPath, body: CaseClosing, writing: Writing = decides("case.close")) -> Response:
    """Close a case; no punishment instead of transfer."""
    asked = body.contract(CloseCase, case_id=case_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "close_case", asked, CaseView)
