"""The appraisal: how units stand, what is proposed, what units say to it, what persons decide, and the folder of it."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.assessment_bodies import DeductionDecision, DeductionStatement, NewFinding, TakingBack
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.folders import pack
from gateway.picture_answers import saved_answer
from gateway.routes.parameters import CodeQuery, Cursor, ItemPath, Limit
from lianxi.contracts.assessment import (
    Board,
    DecideDeduction,
    DeductionPage,
    DeductionView,
    FindingView,
    Folder,
    GetBoard,
    GetDeduction,
    GetFolder,
    ListDeductions,
    RecordFinding,
    StateOnDeduction,
    WithdrawDeduction,
    WithdrawFinding,
)

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
ROOT = "/v1/assessment"
Purpose = Annotated[str, Query(min_length=2, max_length=200, description="What the folder is taken out for; kept")]


@router.get(ROOT, response_model=Board)
async def get_board(unit: CodeQuery = None, reading: Reading = reads("assessment.read")) -> Response:
    """Read how units stand: one's own with every item, its proof and what is missing; all of them for who assesses."""
    permissions, caller = reading.house.policy.permissions, reading.caller
    assesses = bool(permissions.rows_of(caller.roles, "assessment", "create"))
    return await reading.show(SERVICE, "get_board", GetBoard(unit=unit, with_leads=assesses), Board)


@router.get(
    ROOT + "/folder.zip",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "The folder, indexed, with a manifest"}},
)
async def export_folder(purpose: Purpose, reading: Reading = reads("assessment.export")) -> Response:
    """Take the inspection folder (迎检) out as one indexed file; that it was taken out, and what for, is kept."""
    caller, house = reading.caller, reading.house
    await house.note("read", f"assessment.export {purpose}", caller.actor, caller.correlation_id)
    folder = await reading.ask(SERVICE, "get_folder", GetFolder(purpose=purpose), Folder)
    packed = await asyncio.to_thread(pack, folder, house.policy, purpose=purpose, by=caller.actor)
    return saved_answer(packed, "application/zip", f"lianxi-{folder.period_to.isoformat()}.zip")


@router.post(ROOT + "/findings", status_code=201, response_model=FindingView)
async def record_finding(body: NewFinding, writing: Writing = writes("assessment.create")) -> Response:
    """Record a fact that only a person can find, with its proof; what it completes is proposed at once."""
    asked = body.contract(RecordFinding)
    return await writing.create(
        SERVICE, "record_finding", asked, FindingView, at=lambda view: f"{ROOT}?unit={view.unit}"
    )


@router.post(ROOT + "/findings/{finding_id}/withdraw", response_model=FindingView)
async def withdraw_finding(
    finding_id: ItemPath, body: TakingBack, writing: Writing = decides("assessment.create")
) -> Response:
    """Take a finding back; what is open and rests on it is withdrawn."""
    asked = body.contract(WithdrawFinding, finding_id=finding_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "withdraw_finding", asked, FindingView)


@router.get(ROOT + "/deductions", response_model=DeductionPage)
async def list_deductions(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("assessment.read")
) -> Response:
    """Read the deductions about the agency, or all for who decides, newest first."""
    return await reading.page(SERVICE, "list_deductions", ListDeductions(cursor=cursor, limit=limit), DeductionPage)


@router.get(ROOT + "/deductions/{deduction_id}", response_model=DeductionView)
async def get_deduction(deduction_id: ItemPath, reading: Reading = reads("assessment.read")) -> Response:
    """Read one deduction: the situation with its proof, the unit's statement, the decision, each withdrawal."""
    return await reading.show(SERVICE, "get_deduction", GetDeduction(deduction_id=deduction_id), DeductionView)


@router.post(ROOT + "/deductions/{deduction_id}/state", response_model=DeductionView)
async def state_on_deduction(
    deduction_id: ItemPath, body: DeductionStatement, writing: Writing = decides("assessment.change")
) -> Response:
    """State the unit's case."""
    asked = body.contract(StateOnDeduction, deduction_id=deduction_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "state_on_deduction", asked, DeductionView)


@router.post(ROOT + "/deductions/{deduction_id}/decide", response_model=DeductionView)
async def decide_deduction(
    deduction_id: ItemPath, body: DeductionDecision, writing: Writing = decides("assessment.decide")
) -> Response:
    """Apply a deduction or drop it, once the unit was heard or let its time pass; never as who found it."""
    asked = body.contract(DecideDeduction, deduction_id=deduction_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_deduction", asked, DeductionView)


@router.post(ROOT + "/deductions/{deduction_id}/withdraw", response_model=DeductionView)
async def withdraw_deduction(
    deduction_id: ItemPath, body: TakingBack, writing: Writing = decides("assessment.decide")
) -> Response:
    """Take a proposal or an applied deduction back; it stays on record with the reason."""
    asked = body.contract(WithdrawDeduction, deduction_id=deduction_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "withdraw_deduction", asked, DeductionView)
