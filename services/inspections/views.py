"""What the inspections desk shows: the register by village, what is to be visited by a day, what is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.inspections import GetVisitPlan, ListRentals, RentalPage, VisitPlanView
from lianxi.kernel.clock import Clock, local_date
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import LARGEST_PAGE, decode_cursor, encode_cursor
from services.inspections.documents import RentalDocument
from services.inspections.domain.rentals import Rental, as_planned, as_view
from services.inspections.policy import may_read

FLOOR = "2015-01-01"
"""No day of the programme lies before it: the lower bound of every range of days."""

MOST_MISSED = 1_000
_LEFT_OUT = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}


@dataclass(frozen=True)
class RentalViews:
    """Read-only answers about the register and the plan."""

    clock: Clock
    villages: Collection[str]

    def list_rentals(self, request: ListRentals, caller: Caller) -> RentalPage:
        """Show a page of the register, by village and code; agencies without a part in the patrol see none."""
        if not may_read(caller.agency):
            return RentalPage(items=())
        limit = _page(request.limit)
        village, code = ("", "") if request.cursor is None else decode_cursor(request.cursor, 2)
        asked = sorted(self.villages) if request.village is None else [request.village]
        found: list[tuple[str, str]] = []
        # Village by village, so that no more is read than the villages on the page hold.
        for each in asked:
            if each >= village:
                found += [(each, one) for one in self._codes(each, after=code if each == village else "")]
            if len(found) > limit:
                break
        page = found[:limit]
        following = encode_cursor(*page[-1]) if len(found) > limit else None
        rows = self._rows([one for _, one in page])
        return RentalPage(
            items=tuple(as_view(_rental(rows[one]), rows[one]["_version"]) for _, one in page if one in rows),
            next_cursor=following,
        )

    def get_visit_plan(self, request: GetVisitPlan, caller: Caller) -> VisitPlanView:
        """Show what is to be visited by a day, the longest due first, for one assistant or for all."""
        if not may_read(caller.agency):
            return VisitPlanView(on=request.on, items=())
        match: dict[str, Any] = {"is_standing": True, **_due(until=request.on.isoformat(), operator="$lte")}
        if request.assistant is not None:
            match["assistant"] = request.assistant
        with reaching_the_store():
            due = list(RentalDocument._get_collection().find(match, {"next_visit_due_on": 1, "village": 1}))
        due.sort(key=lambda row: (row["next_visit_due_on"], row["village"], row["_id"]))
        codes = [row["_id"] for row in due[: _page(request.limit)]]
        rows = self._rows(codes)
        today = local_date(self.clock.now())
        items = tuple(as_planned(_rental(rows[code]), today) for code in codes if code in rows)
        return VisitPlanView(on=request.on, items=items)

    def missed(self, today: date) -> Sequence[str]:
        """Name the rentals whose day has passed without its miss being announced."""
        passed = {"watched_due_on": {"$gte": FLOOR, "$lt": today.isoformat()}}
        with reaching_the_store():
            rows = list(RentalDocument._get_collection().find(passed, {"_id": 1}).limit(MOST_MISSED))
        return [row["_id"] for row in rows]

    def overdue_by_grade(self, today: date) -> Mapping[str, int]:
        """Count the rentals whose day has passed, by grade."""
        match = {"is_standing": True, **_due(until=today.isoformat(), operator="$lt")}
        with reaching_the_store():
            rows = list(RentalDocument._get_collection().find(match, {"grade": 1}))
        return Counter(row["grade"] for row in rows)

    def _codes(self, village: str, *, after: str) -> list[str]:
        with reaching_the_store():
            rows = list(RentalDocument._get_collection().find({"village": village, "_id": {"$gt": after}}, {"_id": 1}))
        return sorted(row["_id"] for row in rows)

    def _rows(self, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
        with reaching_the_store():
            rows = list(RentalDocument._get_collection().find({"_id": {"$in": list(codes)}}, _LEFT_OUT))
        return {row["_id"]: row for row in rows}


def _due(*, until: str, operator: str) -> dict[str, Any]:
    return {"next_visit_due_on": {"$gte": FLOOR, operator: until}}


def _page(limit: int) -> int:
    return max(1, min(limit, LARGEST_PAGE))


def _rental(row: Mapping[str, Any]) -> Rental:
    return as_state(Rental, {**row, "id": row["_id"]})
