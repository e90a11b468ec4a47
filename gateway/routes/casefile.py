"""The file of a case: its timeline, and the bundle that is taken to a court."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.bundles import bundle_of
from gateway.casefile_bodies import CaseExporting
from gateway.exchange import Reading, Writing, reads, writes
from gateway.picture_answers import file_answer
from gateway.routes.parameters import ItemPath
from gateway.timelines import timeline_of
from lianxi.contracts.envelope import Caller
from lianxi.contracts.timelines import CaseTimeline

router = APIRouter(route_class=DoorRoute, tags=["cases"])
ZIP: Final = "application/zip"
ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The bundle", "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/cases/{case_id}/timeline", response_model=CaseTimeline)
async def get_timeline(case_id: ItemPath, reading: Reading = reads("case.read")) -> Response:
    """Read everything that happened: the case, its tasks, evidence and transfers, its tip and visits, in one order."""
    return reading.answer(await timeline_of(reading, case_id))


@router.post("/v1/cases/{case_id}/bundle", response_class=Response, response_model=None, responses=ANSWER)
async def export_case(case_id: ItemPath, body: CaseExporting, writing: Writing = writes("case.export")) -> Response:
    """Take a case's file along as one zip that verifies offline (`lianxi bundle verify`); the purpose is written down.

    It holds the timeline, signed receipts, every file of evidence with its custody, and a page to read it by; no
    persons of the case. It needs the right to export evidence as well.
    """
    asker = writing.with_right("evidence.export").with_right("case.export")

    async def act(caller: Caller) -> Response:
        number, bundle = await bundle_of(asker, caller, case_id, body.purpose)
        return file_answer(bundle, ZIP, f"{number}.zip")

    return await asker.unkept("cases.export_case", [case_id, body.purpose], act)
