"""The doors for a month's visits. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.coverage import CoverageView, GetCoverage, GetMonthPlan, ListMissedWindows, PlanPage
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, answers
from services.inspections.views.coverage import CoverageViews


class CoverageDoors(Desk):
    """What is asked about a month's visits."""

    months: CoverageViews

    @answers
    def get_month_plan(self, request: GetMonthPlan, caller: Caller) -> PlanPage:
        """Show the visits that a month's plan wants."""
        return self.months.get_month_plan(request, caller)

    @answers
    def list_missed_windows(self, request: ListMissedWindows, caller: Caller) -> PlanPage:
        """Show the windows that have closed without a visit."""
        return self.months.list_missed_windows(request, caller)

    @answers
    def get_coverage(self, request: GetCoverage, caller: Caller) -> CoverageView:
        """Count the windows that close in a month."""
        return self.months.get_coverage(request, caller)
