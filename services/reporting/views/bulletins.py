"""Bulletins as a list, and the reports that they are made of: read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lianxi.contracts.bulletins import BulletinPage, BulletinState, BulletinSummary, ListBulletins
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import BOOKKEEPING, newest_first
from services.reporting.documents import BulletinDocument, StageReportDocument
from services.reporting.domain.returns import SETTLED, StageReport
from services.reporting.views.demands import NOT_READ


class FiledReportRows:
    """Reads the stage reports of a period."""

    def due_between(self, first: date, last: date) -> Sequence[StageReport]:
        """Read those that were filed for dates in a period."""
        days = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        asked = {"state": {"$in": [each.value for each in SETTLED]}, "due_on": days}
        with reaching_the_store():
            rows = list(StageReportDocument._get_collection().find(asked, NOT_READ))
        return [as_state(StageReport, {**row, "id": row["_id"]}) for row in rows]


@dataclass(frozen=True)
class BulletinViews:
    """Read-only answers about bulletins."""

    clock: Clock

    def list_bulletins(self, request: ListBulletins, caller: Caller) -> BulletinPage:
        """Show a page of bulletins, newest first; drafts to the office only."""
        rows, following = newest_first(
            BulletinDocument._get_collection(),
            {} if caller.sees_all else {"state": BulletinState.ISSUED.value},
            "asked_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
            leave_out=(*BOOKKEEPING, "figures", "reports"),
        )
        return BulletinPage(items=tuple(_summary(row) for row in rows), next_cursor=following)


def _summary(row: dict[str, Any]) -> BulletinSummary:
    return as_state(BulletinSummary, {**row, "bulletin_id": row["_id"], "version": row["_version"]})
