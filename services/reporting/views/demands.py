"""Supervision orders and tools of governance as lists, and what a sweep has to look at: read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import ListNearDue, ListOrders, ListTools, OrderPage, OrderState, OrderView, ToolPage
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import BOOKKEEPING, FLOOR, LARGEST_PAGE, newest_first
from services.reporting.documents import SupervisionOrderDocument, ToolDocument
from services.reporting.domain import orders, tools
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.tools import Tool

SWEPT_AT_ONCE = 500
FURTHEST_DAYS = 366
NOT_READ = dict.fromkeys(BOOKKEEPING, 0)


def climbing(collection: Any, now: datetime) -> list[str]:
    """Name the items of a collection whose next rung has been reached, at most as many as one sweep takes."""
    reached = {"next_rung_at": {"$gt": FLOOR, "$lte": now}}
    with reaching_the_store():
        rows = list(collection.find(reached, {"_id": 1}).limit(SWEPT_AT_ONCE))
    return [row["_id"] for row in rows]


@dataclass(frozen=True)
class OrderViews:
    """Read-only answers about supervision orders."""

    clock: Clock

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name the orders whose next rung has been reached, a bounded number."""
        return climbing(SupervisionOrderDocument._get_collection(), now)

    def list_orders(self, request: ListOrders, caller: Caller) -> OrderPage:
        """Show a page of the caller's orders, or of all for the office, newest first."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if request.only_open:
            match["is_open"] = True
        rows, following = newest_first(
            SupervisionOrderDocument._get_collection(),
            match,
            "issued_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        return OrderPage(items=tuple(_order(row) for row in rows), next_cursor=following)

    def list_near_due(self, request: ListNearDue, caller: Caller) -> OrderPage:
        """Show the orders that wait for an answer and are overdue or end within some days, soonest first.

        An agency sees its own desks', the office everybody's. Read in ever longer stretches from the oldest on, so
        that no more is read than is shown, and never more than a year ahead.
        """
        match: dict[str, Any] = {"state": OrderState.ISSUED.value}
        if not caller.sees_all:
            match["agency"] = caller.agency
        limit = max(1, min(request.limit, LARGEST_PAGE))
        now = self.clock.now()
        days = max(0, min(request.within_days, FURTHEST_DAYS))
        last = local_midnight(local_date(now) + timedelta(days=days + 1))
        rows: list[dict[str, Any]] = []
        lower, upper, stretch = FLOOR, now, timedelta(days=1)
        while len(rows) < limit and lower < last:
            rows += self._between(match, lower, upper)
            lower, upper, stretch = upper, min(upper + stretch, last), stretch * 2
        return OrderPage(items=tuple(_order(row) for row in rows[:limit]))

    def _between(self, match: dict[str, Any], lower: datetime, upper: datetime) -> list[dict[str, Any]]:
        asked = {**match, "due_at": {"$gt": lower, "$lte": upper}}
        with reaching_the_store():
            rows = list(SupervisionOrderDocument._get_collection().find(asked, NOT_READ))
        return sorted(rows, key=lambda row: (row["due_at"], row["_id"]))


@dataclass(frozen=True)
class ToolViews:
    """Read-only answers about tools of governance."""

    clock: Clock

    def list_tools(self, request: ListTools, caller: Caller) -> ToolPage:
        """Show a page of the caller's tools, or of all for who proposes and decides, newest first."""
        rows, following = newest_first(
            ToolDocument._get_collection(),
            {} if caller.sees_all else {"target": caller.agency},
            "proposed_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(tools.as_view(as_state(Tool, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        return ToolPage(items=items, next_cursor=following)


def _order(row: dict[str, Any]) -> OrderView:
    return orders.as_view(as_state(SupervisionOrder, {**row, "id": row["_id"]}), row["_version"])
