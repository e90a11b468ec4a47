"""The doors of the reporting desk."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.registry import EVENTS
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
from lianxi.greenroom.entries import Desk, answers, consumes, every
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import Settings
from services.reporting.handlers import ReportingDesk
from services.reporting.policy import read_plan
from services.reporting.store import FactStore, stage_reports
from services.reporting.views import ClauseViews, FactViews, StageReportShelf

SETTINGS = Settings


class Reporting(Desk):
    """通报考核: facts, the plan's sentences, stage reports."""

    name = "reporting"
    handlers: ReportingDesk
    views: ClauseViews

    @consumes("keep_fact", *EVENTS.values())
    def keep_fact(self, event: Event, cause: Cause) -> None:
        """Keep a fact of every event."""
        self.handlers.keep_fact(event, cause)

    @answers
    def list_clauses(self, request: ListClauses, caller: Caller) -> ClauseList:
        """Show every sentence of the plan and what has kept it."""
        return self.views.list_clauses(request, caller)

    @answers
    def list_obligations(self, request: ListObligations, caller: Caller) -> ClauseList:
        """Show what an agency owes."""
        return self.views.list_obligations(request, caller)

    @answers
    def list_stage_reports(self, request: ListStageReports, caller: Caller) -> StageReportList:
        """Show stage reports by date and unit."""
        return self.handlers.list_stage_reports(request, caller)

    @answers
    def get_stage_report_draft(self, request: GetStageReportDraft, caller: Caller) -> StageReportDraft:
        """Draft a stage report from the system's figures."""
        return self.handlers.get_stage_report_draft(request, caller)

    @answers
    def file_stage_report(self, request: FileStageReport, caller: Caller) -> StageReportView:
        """Take a stage report in."""
        return self.handlers.file_stage_report(request, caller)

    @every(60)
    def open_returns(self) -> None:
        """Open what is owed and move it with the days."""
        self.handlers.open_returns()


def open_desk(premises: Premises[Settings]) -> type[Desk]:
    """Put the desk together."""
    clock, plan = premises.clock, read_plan(premises.policy)
    past = FactViews(clock, plan)

    class OpenedReporting(Reporting):
        """The desk with its handlers and views."""

        handlers = ReportingDesk(
            stage_reports=stage_reports(clock),
            shelf=StageReportShelf(),
            facts=FactStore(clock),
            past=past,
            plan=plan,
            clock=clock,
        )
        views = ClauseViews(plan, past, clock)

    return OpenedReporting
