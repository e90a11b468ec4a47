"""Reports upward as a list: read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.upward_reports import ListUpwardReports, UpwardReportPage
from lianxi.kernel.clock import Clock
from lianxi.store.mapping import as_state
from lianxi.store.pages import newest_first
from services.reporting.documents.upward_reports import UpwardReportDocument
from services.reporting.domain import upward_reports as domain
from services.reporting.domain.upward_reports import UpwardReport
from services.reporting.policy.upward import City


@dataclass(frozen=True)
class UpwardReportViews:
    """Read-only answers about reports upward."""

    city: City
    clock: Clock

    def list_upward_reports(self, request: ListUpwardReports, caller: Caller) -> UpwardReportPage:
        """Show a page of the caller's reports, or of all for who sees all, newest first."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if caller.bound_to is not None:
            match["owner"] = {"$in": list(caller.bound_to)}
        rows, following = newest_first(
            UpwardReportDocument._get_collection(),
            match,
            "written_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        found = ((as_state(UpwardReport, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        items = tuple(domain.as_view(report, version, self.city) for report, version in found)
        return UpwardReportPage(items=items, next_cursor=following)
