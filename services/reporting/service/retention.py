"""The doors for runs that purge. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.retention import (
    CasesPurged,
    DecideRun,
    DeskPurged,
    GetRun,
    InspectionsPurged,
    ListRetention,
    ListRuns,
    ProposeRun,
    RetentionRules,
    RunPage,
    RunView,
    TipsPurged,
)
from lianxi.greenroom.entries import Desk, answers, consumes
from services.reporting.handlers.retention import RetentionDesk
from services.reporting.views.retention import RunViews


class RetentionDoors(Desk):
    """What is told and asked about runs that purge."""

    retention: RetentionDesk
    run_views: RunViews

    @answers
    def list_retention(self, request: ListRetention, caller: Caller) -> RetentionRules:
        """Say how long what is kept, and when the next run is due."""
        return self.retention.list_retention(request)

    @answers
    def propose_run(self, request: ProposeRun, caller: Caller) -> RunView:
        """Propose a run that purges."""
        return self.retention.propose_run(request, caller)

    @answers
    def decide_run(self, request: DecideRun, caller: Caller) -> RunView:
        """Confirm a run, or refuse it."""
        return self.retention.decide_run(request, caller)

    @answers
    def get_run(self, request: GetRun, caller: Caller) -> RunView:
        """Say how far a run is."""
        return self.retention.get_run(request)

    @answers
    def list_runs(self, request: ListRuns, caller: Caller) -> RunPage:
        """Show a page of runs."""
        return self.run_views.list_runs(request)

    @consumes("hear_of_purge", TipsPurged, InspectionsPurged, CasesPurged)
    def on_purged(self, event: DeskPurged, cause: Cause) -> None:
        """Take down what a desk has purged."""
        self.retention.hear_of_purge(event, cause)
