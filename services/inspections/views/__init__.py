"""What the inspections desk shows: the register by village, what is to be visited by a day, what is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.inspections import (
    GetVisitPlan,
    Grade,
    ListRentals,
    ListVisits,
    RentalPage,
    VisitList,
    VisitPlanView,
)
from lianxi.contracts.rounds import GetRound, RoundView
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR as EARLIEST
from lianxi.store.pages import LARGEST_PAGE, decode_cursor, encode_cursor
from services.inspections.documents import RentalDocument, VisitDocument
from services.inspections.domain.rentals import Line, Rental, as_planned, as_view
from services.inspections.domain.rounds import as_stop, walking_order
from services.inspections.domain.visits import Visit
from services.inspections.domain.visits import as_view as visit_view
from services.inspections.policy import may_read, may_see

FLOOR = "2015-01-01"
"""No day of the programme lies before it: the lower bound of every range of days."""

MOST_MISSED = 1_000
DAYS_BACK = 62
"""How far back an assistant's own last visit to a dwelling is looked for: the longest cadence."""
_LEFT_OUT = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}
_NOT_SHOWN = {**_LEFT_OUT, "turns": 0, "stewards": 0, "visit_days": 0}
_ORDER = {"next_visit_due_on": 1, "village": 1}
_LINE = {**_ORDER, "address": 1, "grade": 1, "assistant": 1, "calls": 1, "tries": 1}


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
        wanted = sorted(self.villages) if request.village is None else [request.village]
        asked = [each for each in wanted if may_see(caller, each)]
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
        # One assistant's plan is short and read at once; of the town's, the order first and then the lines of a page.
        is_short = request.assistant is not None
        with reaching_the_store():
            found = list(RentalDocument._get_collection().find(match, _LINE if is_short else _ORDER))
        due = [row for row in found if may_see(caller, row["village"])]
        due.sort(key=lambda row: (row["next_visit_due_on"], row["village"], row["_id"]))
        page = due[: _page(request.limit)]
        rows = page if is_short else self._lines([row["_id"] for row in page])
        today = local_date(self.clock.now())
        return VisitPlanView(on=request.on, items=tuple(as_planned(_line(row), today) for row in rows))

    def get_round(self, request: GetRound, caller: Caller) -> RoundView:
        """Show an assistant's round: dwellings of theirs, and those of their area that nobody has, in walking order."""
        if not may_read(caller.agency):
            return RoundView(on=request.on, items=(), due_today=0, due_tomorrow=0)
        last = self._last_visits(request)
        due = self._due_in_round(request, caller)
        today, tomorrow = request.on.isoformat(), (request.on + timedelta(days=1)).isoformat()
        begin = local_midnight(request.on)
        visited = [code for code, visit in last.items() if visit.visited_at >= begin]
        rows = self._rows([*due, *(code for code in visited if code not in due)])
        rentals = [each for each in map(_rental, rows.values()) if may_see(caller, each.village)]
        rentals.sort(key=lambda each: (each.next_visit_due_on, each.id))
        kept = sorted(
            rentals[: _page(request.limit)], key=lambda each: (walking_order(each.village, each.address), each.id)
        )
        return RoundView(
            on=request.on,
            items=tuple(as_stop(each, last.get(each.id), request.on) for each in kept),
            due_today=sum(1 for day in due.values() if day <= today),
            due_tomorrow=sum(1 for day in due.values() if day == tomorrow),
            is_cut=len(rentals) > len(kept),
        )

    def _due_in_round(self, request: GetRound, caller: Caller) -> dict[str, str]:
        """Find the day by which each dwelling of a round is visited, by code."""
        until = (request.on + timedelta(days=request.ahead_days)).isoformat()
        match = {"is_standing": True, **_due(until=until, operator="$lte")}
        wanted = {"next_visit_due_on": 1, "village": 1, "assistant": 1}
        with reaching_the_store():
            rows = list(RentalDocument._get_collection().find(match, wanted))
        mine = (request.assistant, None)
        return {
            row["_id"]: row["next_visit_due_on"]
            for row in rows
            if row.get("assistant") in mine and may_see(caller, row["village"])
        }

    def _last_visits(self, request: GetRound) -> dict[str, Visit]:
        """Find the last visit that an assistant made to each dwelling of late."""
        span = {
            "$gte": local_midnight(request.on - timedelta(days=DAYS_BACK)),
            "$lt": local_midnight(request.on + timedelta(days=1)),
        }
        match = {"assistant": request.assistant, "visited_at": span}
        with reaching_the_store():
            rows = list(VisitDocument._get_collection().find(match, _LEFT_OUT))
        found = (as_state(Visit, {**row, "id": row["_id"]}) for row in rows)
        return {each.rental_code: each for each in sorted(found, key=lambda each: each.visited_at)}

    def list_visits(self, request: ListVisits, caller: Caller) -> VisitList:
        """Show the visits to one dwelling, the latest first, as far as the caller may see its village."""
        if not may_read(caller.agency):
            return VisitList(items=())
        match = {"rental_code": request.rental_code, "visited_at": {"$gt": EARLIEST}}
        with reaching_the_store():
            rows = VisitDocument._get_collection().find(match, _LEFT_OUT).sort("visited_at", -1)
            found = [as_state(Visit, {**row, "id": row["_id"]}) for row in rows.limit(_page(request.limit))]
        seen = [each for each in found if not each.keeping.is_purged and may_see(caller, each.village)]
        return VisitList(items=tuple(visit_view(each) for each in seen))

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
            rows = list(
                RentalDocument._get_collection().find({"village": village, "_id": {"$gt": after}}, {"withdrawn_at": 1})
            )
        return sorted(row["_id"] for row in rows if row.get("withdrawn_at") is None)

    def _lines(self, codes: Sequence[str]) -> list[dict[str, Any]]:
        with reaching_the_store():
            rows = {row["_id"]: row for row in RentalDocument._get_collection().find({"_id": {"$in": codes}}, _LINE)}
        return [rows[code] for code in codes if code in rows]

    def _rows(self, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
        with reaching_the_store():
            rows = list(RentalDocument._get_collection().find({"_id": {"$in": list(codes)}}, _NOT_SHOWN))
        return {row["_id"]: row for row in rows}


def _due(*, until: str, operator: str) -> dict[str, Any]:
    return {"next_visit_due_on": {"$gte": FLOOR, operator: until}}


def _page(limit: int) -> int:
    return max(1, min(limit, LARGEST_PAGE))


def _rental(row: Mapping[str, Any]) -> Rental:
    return as_state(Rental, {**row, "id": row["_id"]})


def _line(row: Mapping[str, Any]) -> Line:
    return Line(
        id=row["_id"],
        village=row["village"],
        address=row["address"],
        grade=Grade(row["grade"]),
        assistant=row.get("assistant"),
        next_visit_due_on=date.fromisoformat(row["next_visit_due_on"]),
        calls=tuple((each["because"], date.fromisoformat(each["due_on"])) for each in row.get("calls", ())),
        tries=tuple(each.replace(tzinfo=UTC) for each in row.get("tries", ())),
    )
