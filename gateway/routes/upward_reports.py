"""Reports upward to addressees of the city: written, announced by couriers, sent with proof, confirmed."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.picture_answers import signed_answer
from gateway.refusals import NoSuchThing
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.upward_report_bodies import Confirmation, Sending, UpwardReportBody
from lianxi.contracts.upward_reports import (
    GetUpwardReport,
    ListUpwardReports,
    RecordReceipt,
    RecordSending,
    SignUpwardProof,
    UpwardProof,
    UpwardReportPage,
    UpwardReportView,
    WriteUpwardReport,
)

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
PATH = "/v1/upward-reports"


@router.post(PATH, status_code=201, response_model=UpwardReportView)
async def write_upward_report(body: UpwardReportBody, writing: Writing = writes("upward_report.create")) -> Response:
    """Write a report to the city. Couriers announce its number to the addressees; its text goes by an official way."""
    asked = body.contract(WriteUpwardReport)
    return await writing.create(
        SERVICE, "write_upward_report", asked, UpwardReportView, at=lambda view: f"{PATH}/{view.report_id}"
    )


@router.get(PATH, response_model=UpwardReportPage)
async def list_upward_reports(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("upward_report.read")
) -> Response:
    """Read the desk's reports upward, newest first; the office reads all."""
    asked = ListUpwardReports(cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_upward_reports", asked, UpwardReportPage)


@router.get(PATH + "/{report_id}", response_model=UpwardReportView)
async def get_upward_report(report_id: ItemPath, reading: Reading = reads("upward_report.read")) -> Response:
    """Read one report with what became of it at each addressee, and how long after the event it was sent."""
    return await reading.show(SERVICE, "get_upward_report", GetUpwardReport(report_id=report_id), UpwardReportView)


@router.get(PATH + "/{report_id}/proof")
async def get_upward_proof(report_id: ItemPath, reading: Reading = reads("upward_report.read")) -> Response:
    """Fetch the signed proof of sending as the file that `lianxi receipt verify` checks; it holds no text."""
    view = await reading.ask(SERVICE, "sign_upward_proof", SignUpwardProof(report_id=report_id), UpwardProof)
    statement = reading.shown(view).get("statement")
    if not statement:
        raise NoSuchThing("upward_report.not_sent")
    return signed_answer(statement, f"{report_id}.proof")


@router.post(PATH + "/{report_id}/sent", response_model=UpwardReportView)
async def record_sending(
    report_id: ItemPath, body: Sending, writing: Writing = decides("upward_report.change")
) -> Response:
    """Say that an addressee was sent it, with what proves that; once said it stays."""
    asked = body.contract(RecordSending, report_id=report_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "record_sending", asked, UpwardReportView)


@router.post(PATH + "/{report_id}/received", response_model=UpwardReportView)
async def record_receipt(
    report_id: ItemPath, body: Confirmation, writing: Writing = decides("upward_report.change")
) -> Response:
    """Say that an addressee confirmed it, under its own reference."""
    asked = body.contract(RecordReceipt, report_id=report_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "record_receipt", asked, UpwardReportView)
