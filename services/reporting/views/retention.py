"""Runs that purge as a list, and when the last one began: read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lianxi.contracts.retention import ListRuns, RunPage, RunState
from lianxi.kernel.clock import Clock, local_date
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR, newest_first
from services.reporting.documents import RetentionRunDocument
from services.reporting.domain.retention_runs import RetentionRun, as_view


@dataclass(frozen=True)
class RunViews:
    """Read-only answers about runs that purge."""

    clock: Clock

    def list_runs(self, request: ListRuns) -> RunPage:
        """Show a page of runs, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        rows, following = newest_first(
            RetentionRunDocument._get_collection(),
            {},
            "asked_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(as_view(as_state(RetentionRun, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        return RunPage(items=items, next_cursor=following)

    def last_started(self) -> date | None:
        """Say when the last run that was confirmed began; there are two a year, so all are looked at."""
        found = []
        with reaching_the_store():
            for state in (RunState.RUNNING, RunState.FINISHED):
                match = {"state": state.value, "decided_at": {"$gt": FLOOR}}
                found += [row["decided_at"] for row in RetentionRunDocument._get_collection().find(match)]
        return max((local_date(each) for each in found), default=None)
