"""Corrections of visits, and what a supervisor decides where two sides contradict one another."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from gateway.body import DoorRoute
from gateway.conflict_bodies import Correction, Decision, Help
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.refusals import Unusable
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.conflicts import (
    AskAboutVisit,
    ConflictPage,
    ConflictView,
    DecideConflict,
    EditState,
    EditTaken,
    EditVisit,
    Fields,
    GetConflict,
    ListConflicts,
)
from lianxi.kernel.identity_numbers import holds_identity_number

router = APIRouter(route_class=DoorRoute, tags=["inspections"])
SERVICE: Final = "inspections"
NewId = Annotated[str, Path(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


@router.put(
    "/v1/visits/{visit_id}/edits/{edit_id}",
    response_model=EditTaken,
    responses={202: {"model": EditTaken, "description": "It waits for what it builds on, or a person has to decide"}},
)
async def correct_visit(
    visit_id: NewId, edit_id: NewId, body: Correction, writing: Writing = writes("visit.create")
) -> Response:
    """Correct a visit under the phone's own id, on the revision that the phone had seen; sent twice, it is one.

    Other fields merge. The same field corrected otherwise meanwhile stays as it is, and a supervisor decides: 202.
    """
    asked = EditVisit(
        edit_id=edit_id,
        visit_id=visit_id,
        base=body.base,
        after=body.after,
        changes=body.changes.contract(Fields),
        made_at=body.made_at,
        received_at=writing.house.clock.now(),
    )
    taken = await writing.ask(SERVICE, "edit_visit", asked, EditTaken)
    stands = taken.state in (EditState.APPLIED, EditState.SETTLED)
    return writing.answer(taken, status=200 if stands else 202)


@router.put("/v1/visits/{visit_id}/help", response_model=ConflictView)
async def ask_for_help(visit_id: NewId, body: Help, writing: Writing = writes("visit.create")) -> Response:
    """Put a visit before the supervisor that was not taken in; asked twice, it is one question."""
    if holds_identity_number(body.visit.note):
        raise Unusable("visit.identity_number")
    asked = AskAboutVisit(visit_id=visit_id, side=body.side(), problem=body.problem)
    return writing.answer(await writing.ask(SERVICE, "ask_about_visit", asked, ConflictView))


@router.get("/v1/visit-conflicts", response_model=ConflictPage)
async def list_conflicts(
    only_open: Annotated[bool, Query()] = True,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("visit.read"),
) -> Response:
    """List what a supervisor has to decide about visits."""
    asked = ListConflicts(only_open=only_open, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_conflicts", asked, ConflictPage)


@router.get("/v1/visit-conflicts/{conflict_id}", response_model=ConflictView)
async def get_conflict(conflict_id: ItemPath, reading: Reading = reads("visit.read")) -> Response:
    """Read one conflict with both sides, and what was decided."""
    return await reading.show(SERVICE, "get_conflict", GetConflict(conflict_id=conflict_id), ConflictView)


@router.post("/v1/visit-conflicts/{conflict_id}/decision", response_model=ConflictView)
async def decide_conflict(
    conflict_id: ItemPath, body: Decision, writing: Writing = decides("visit.decide")
) -> Response:
    """Decide which side stands: the device's, the system's, or something else with its reason."""
    asked = DecideConflict(
        conflict_id=conflict_id,
        verdict=body.verdict,
        reason=body.reason,
        other=body.other(),
        expected_version=writing.version,
    )
    return await writing.decide(SERVICE, "decide_conflict", asked, ConflictView)
