"""Major events as a list, and what a sweep has to look at: read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.major_events import ListMajorEvents, MajorEventPage
from lianxi.kernel.clock import Clock
from lianxi.store.mapping import as_state
from lianxi.store.pages import newest_first
from services.reporting.documents import MajorEventDocument
from services.reporting.domain import major_events as domain
from services.reporting.domain.major_events import MajorEvent
from services.reporting.views.demands import climbing


@dataclass(frozen=True)
class MajorEventViews:
    """Read-only answers about major events."""

    clock: Clock

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name those whose next rung, or whose end, has been reached, a bounded number."""
        return climbing(MajorEventDocument._get_collection(), now)

    def list_major_events(self, request: ListMajorEvents, caller: Caller) -> MajorEventPage:
        """Show a page of the caller's major events, or of all for who sees all, newest first."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if caller.bound_to is not None:
            match["owner"] = {"$in": list(caller.bound_to)}
        if request.only_late:
            match["is_missed"] = True
        now = self.clock.now()
        rows, following = newest_first(
            MajorEventDocument._get_collection(),
            match,
            "known_at",
            now=now,
            cursor=request.cursor,
            limit=request.limit,
        )
        found = ((as_state(MajorEvent, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        items = tuple(domain.as_view(event, version, now) for event, version in found)
        return MajorEventPage(items=items, next_cursor=following)
