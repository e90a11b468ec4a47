"""The register of publicity as a list, and as much of it as periods are counted from: read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.publicity import ActivityPage, ListActivities
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import newest_first
from services.reporting.documents import PublicityDocument
from services.reporting.domain import publicity
from services.reporting.domain.publicity import Activity, Held


@dataclass(frozen=True)
class PublicityViews:
    """Read-only answers about publicity."""

    clock: Clock

    def held(self, first: date, last: date) -> Sequence[Held]:
        """Read the activities from a first to a last day that count."""
        asked = {"held_on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
        wanted = {"_id": 0, "duty": 1, "party": 1, "held_on": 1, "reach": 1, "is_withdrawn": 1}
        with reaching_the_store():
            rows = list(PublicityDocument._get_collection().find(asked, wanted))
        return [
            Held(row["duty"], row.get("party"), date.fromisoformat(row["held_on"]), row["reach"])
            for row in rows
            if not row.get("is_withdrawn")
        ]

    def list_activities(self, request: ListActivities, caller: Caller) -> ActivityPage:
        """Show a page of the caller's unit's activities, or of all, newest first."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if request.duty is not None:
            match["duty"] = request.duty
        rows, following = newest_first(
            PublicityDocument._get_collection(),
            match,
            "recorded_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(publicity.as_view(as_state(Activity, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        return ActivityPage(items=items, next_cursor=following)
