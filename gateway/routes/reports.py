"""The plan's sentences, who owes them, and the stage reports."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.bodies import StageReport
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads
from gateway.routes.parameters import CodeQuery, ItemPath
from lianxi.contracts.reporting import (
    ClauseList,
    FileStageReport,
    GetStageReportDraft,
    ListClauses,
    ListObligations,
    ListStageReports,
    StageReportDraft,
    StageReportList,
    StageReportView,
)

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"


@router.get("/v1/plan/clauses", response_model=ClauseList)
async def list_clauses(only_own: bool = False, reading: Reading = reads("policy.read")) -> Response:
    """Read every sentence of the plan: who owes it, what runs, what has kept it so far."""
    return await reading.show(SERVICE, "list_clauses", ListClauses(only_own=only_own), ClauseList)


@router.get("/v1/obligations", response_model=ClauseList)
async def list_obligations(agency: CodeQuery = None, reading: Reading = reads("policy.read")) -> Response:
    """Read what an agency owes."""
    return await reading.show(SERVICE, "list_obligations", ListObligations(agency=agency), ClauseList)


@router.get("/v1/stage-reports", response_model=StageReportList)
async def list_stage_reports(agency: CodeQuery = None, reading: Reading = reads("stage_report.read")) -> Response:
    """Read the stage reports: the agency's own, or all for the office."""
    return await reading.show(SERVICE, "list_stage_reports", ListStageReports(agency=agency), StageReportList)


@router.get("/v1/stage-reports/{report_id}/draft", response_model=StageReportDraft)
async def get_stage_report_draft(report_id: ItemPath, reading: Reading = reads("stage_report.read")) -> Response:
    """Read a stage report pre-filled from what happened in its period."""
    asked = GetStageReportDraft(report_id=report_id)
    return await reading.show(SERVICE, "get_stage_report_draft", asked, StageReportDraft)


@router.post("/v1/stage-reports/{report_id}/file", response_model=StageReportView)
async def file_stage_report(
    report_id: ItemPath, body: StageReport, writing: Writing = decides("stage_report.change")
) -> Response:
    """File a stage report in its four parts; late is still better than never."""
    asked = body.contract(FileStageReport, report_id=report_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "file_stage_report", asked, StageReportView)
