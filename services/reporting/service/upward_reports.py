"""The doors for reports upward."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.outside import DeliverySent
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
from lianxi.greenroom.entries import Desk, answers, consumes, shows
from services.reporting.handlers.upward_reports import UpwardDesk
from services.reporting.views.upward_reports import UpwardReportViews


class UpwardReportDoors(Desk):
    """What is told and asked about reports upward."""

    upward: UpwardDesk
    upward_views: UpwardReportViews

    @answers
    def write_upward_report(self, request: WriteUpwardReport, caller: Caller) -> UpwardReportView:
        """Write a report."""
        return self.upward.write_upward_report(request, caller)

    @shows("upward_report")
    def get_upward_report(self, request: GetUpwardReport, caller: Caller) -> UpwardReportView:
        """Show one report."""
        return self.upward.get_upward_report(request, caller)

    @shows("upward_report")
    def list_upward_reports(self, request: ListUpwardReports, caller: Caller) -> UpwardReportPage:
        """Show a page of reports."""
        return self.upward_views.list_upward_reports(request, caller)

    @answers
    def record_sending(self, request: RecordSending, caller: Caller) -> UpwardReportView:
        """Note that an addressee was sent it."""
        return self.upward.record_sending(request, caller)

    @answers
    def record_receipt(self, request: RecordReceipt, caller: Caller) -> UpwardReportView:
        """Note that an addressee confirmed it."""
        return self.upward.record_receipt(request, caller)

    @shows("upward_report")
    def sign_upward_proof(self, request: SignUpwardProof, caller: Caller) -> UpwardProof:
        """Sign the proof of sending."""
        return self.upward.sign_upward_proof(request, caller)

    @consumes("note_told", DeliverySent)
    def note_told(self, event: DeliverySent, cause: Cause) -> None:
        """Hear that a courier has a message."""
        self.upward.note_told(event, cause)
