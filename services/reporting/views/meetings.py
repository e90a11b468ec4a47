"""Meetings and what they decided as lists, and whatever an agenda is filled from: read only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from lianxi.contracts.envelope import Caller
from lianxi.contracts.meetings import DecisionPage, ListDecisions, ListMeetings, MeetingPage, MeetingState
from lianxi.contracts.publicity import GapView
from lianxi.contracts.reporting import OrderState, StageReportState
from lianxi.kernel.clock import Clock, local_date
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import BOOKKEEPING, FLOOR, newest_first
from lianxi.store.unit import Stored
from services.reporting.documents import (
    MeetingDecisionDocument,
    MeetingDocument,
    StageReportDocument,
    SupervisionOrderDocument,
)
from services.reporting.domain import decisions, meetings
from services.reporting.domain.agendas import Late
from services.reporting.domain.decisions import Owed
from services.reporting.domain.meetings import OPEN_TO_ALL, Meeting
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.policy import Plan
from services.reporting.views.demands import climbing

MOST = 200
"""How much of a kind stands on one agenda at most: a conference with more before it does not read it through."""
NOT_READ = dict.fromkeys(BOOKKEEPING, 0)
T = TypeVar("T")


@dataclass(frozen=True)
class MeetingViews:
    """Read-only answers about meetings and their decisions."""

    plan: Plan
    gaps: Callable[[date], Sequence[GapView]]
    clock: Clock

    def late(self, now: datetime) -> Late:
        """Read whatever is late, open or was left over."""
        days = [each.due_on.isoformat() for each in self.plan.returns if not each.is_before_issue]
        missing = {"state": StageReportState.MISSED.value, "due_on": {"$in": sorted(set(days))}}
        overdue = {"state": OrderState.ISSUED.value, "due_at": {"$gt": FLOOR, "$lte": now}}
        return Late(
            owed=_read(Owed, MeetingDecisionDocument, {"is_open": True, "taken_at": {"$gt": FLOOR, "$lte": now}}),
            before=self._conference_before(),
            reports=_read(StageReport, StageReportDocument, missing),
            orders=_read(SupervisionOrder, SupervisionOrderDocument, overdue),
            gaps=self.gaps(local_date(now)),
        )

    def _conference_before(self) -> Meeting | None:
        kinds = sorted(kind.value for kind in OPEN_TO_ALL)
        closed = {"kind": {"$in": kinds}, "state": MeetingState.CLOSED.value}
        with reaching_the_store():
            rows = list(MeetingDocument._get_collection().find(closed, {"closed_at": 1}))
        last = max(rows, key=lambda row: row["closed_at"], default=None)
        return None if last is None else _read(Meeting, MeetingDocument, {"_id": last["_id"]})[0]

    def decisions_of(self, meeting_id: str) -> Sequence[Stored[Owed]]:
        """Read what a meeting decided, in that order."""
        with reaching_the_store():
            rows = list(MeetingDecisionDocument._get_collection().find({"meeting_id": meeting_id}, NOT_READ))
        rows.sort(key=lambda row: (row["taken_at"], row["_id"]))
        return [Stored(row["_version"], _state(Owed, row)) for row in rows]

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name the decisions whose next rung has been reached, a bounded number."""
        return climbing(MeetingDecisionDocument._get_collection(), now)

    def list_meetings(self, request: ListMeetings, caller: Caller) -> MeetingPage:
        """Show a page of the meetings that the caller is invited to, or of all, last called first."""
        rows, following = newest_first(
            MeetingDocument._get_collection(),
            {} if caller.sees_all else {"agencies": caller.agency},
            "called_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(meetings.as_line(_state(Meeting, row), row["_version"]) for row in rows)
        return MeetingPage(items=items, next_cursor=following)

    def list_decisions(self, request: ListDecisions, caller: Caller) -> DecisionPage:
        """Show a page of the caller's decisions, or of all, newest first."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if caller.bound_to is not None:
            match["owner"] = {"$in": list(caller.bound_to)}
        if request.only_open:
            match["is_open"] = True
        now = self.clock.now()
        rows, following = newest_first(
            MeetingDecisionDocument._get_collection(),
            match,
            "taken_at",
            now=now,
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(decisions.as_view(_state(Owed, row), row["_version"], now) for row in rows)
        return DecisionPage(items=items, next_cursor=following)


def _read(kind: type[T], document: Any, asked: dict[str, Any]) -> list[T]:
    with reaching_the_store():
        rows = list(document._get_collection().find(asked, NOT_READ).limit(MOST))
    return [_state(kind, row) for row in rows]


def _state(kind: type[T], row: dict[str, Any]) -> T:
    return as_state(kind, {**row, "id": row["_id"]})
