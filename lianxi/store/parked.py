"""Letters that stopped, and the ledger of those on their way, as they lie in each service's own database.

The relay writes both; a desk answers operators' questions about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from lianxi.contracts.operations import (
    DeliveryList,
    DeliveryState,
    DeliveryView,
    ListDeliveries,
    ListParked,
    ParkedList,
    ParkedView,
)
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.store.connect import reaching_the_store
from lianxi.store.pages import FLOOR

PARKED = "parked"
DELIVERIES = "deliveries"
SETTLEMENTS = "settlements"
"""What became of letters: a row for those that one queue settled at once. Inserts cost a fifth of updates."""

_TIMES = ("x-lx-failed-at", "x-death")
"""The headers of a letter that tell when it failed."""
LOOKS_BACK = timedelta(days=31)
WINDOW = timedelta(days=1)


class Ledger:
    """The parked letters and deliveries of one service.

    Args:
        service: whose.
        database: its own.
    """

    def __init__(self, service: str, database: Database[dict[str, Any]]) -> None:
        self._service = service
        self._parked = database[PARKED]
        self._deliveries = database[DELIVERIES]
        self._settlements = database[SETTLEMENTS]

    def list_parked(self, request: ListParked) -> ParkedList:
        """List the letters that wait for a person, oldest first."""
        with reaching_the_store():
            rows = list(self._parked.find({"state": "parked"}, {"body": 0}))
        rows.sort(key=lambda row: row["parked_at"])
        return ParkedList(items=tuple(self._view(row) for row in rows[: request.limit]), total=len(rows))

    def get_parked(self, parked_id: str) -> ParkedView:
        """Show one parked letter with its headers, without its content."""
        row = self._row(parked_id)
        headers = row.get("headers", {})
        hidden = _TIMES if row.get("is_levelled") else ()
        return self._view(row, headers={name: value for name, value in headers.items() if name not in hidden})

    def letter(self, parked_id: str) -> Mapping[str, Any]:
        """Hand out a letter that still waits, with its body, to be sent again.

        Raises:
            Conflict: parked.settled when it has been replayed or buried.
        """
        row = self._row(parked_id)
        if row["state"] != "parked":
            raise Conflict("parked.settled", state=row["state"])
        return row

    def settle(self, parked_id: str, state: str, by: str, reason: str | None, at: datetime) -> ParkedView:
        """Record that a letter has been replayed or buried, once.

        Raises:
            Conflict: parked.settled.
        """
        change = {"state": state, "settled_by": by, "settled_reason": reason, "settled_at": at}
        with reaching_the_store():
            result = self._parked.update_one({"_id": parked_id, "state": "parked"}, {"$set": change})
        if result.matched_count == 0:
            raise Conflict("parked.settled", state=self._row(parked_id)["state"])
        return self._view(self._row(parked_id))

    def list_deliveries(self, request: ListDeliveries, now: datetime) -> DeliveryList:
        """List rows of the ledger: those about one item, or those in one state, on their way if none is named."""
        if request.subject is not None:
            rows = self._joined({"subject": request.subject})
            rows = [row for row in rows if request.state in (None, row["state"])]
        elif request.state is DeliveryState.PARKED:
            rows = self._parked_deliveries(now)
        else:
            rows = self._recent(request.state or DeliveryState.SENT, now, request.limit)
        # By what is told: the order of those that tell the hour only would tell more.
        shown = sorted((_delivery(row) for row in rows), key=lambda each: (each.created_at, each.event_id, each.queue))
        return DeliveryList(items=tuple(shown[: request.limit]))

    def _recent(self, state: DeliveryState, now: datetime, enough: int) -> list[dict[str, Any]]:
        """Look back day by day: what has not arrived after the whole retry ladder is parked, and found as that."""
        found: list[dict[str, Any]] = []
        until, oldest = now + WINDOW, now - LOOKS_BACK
        while until > oldest and len(found) < enough:
            within = {"created_at": {"$gte": until - WINDOW, "$lt": until}}
            found += [row for row in self._joined(within) if row["state"] == state]
            until -= WINDOW
        return found

    def _parked_deliveries(self, now: datetime) -> list[dict[str, Any]]:
        with reaching_the_store():
            parked = list(self._settlements.find({"parked_at": {"$gte": FLOOR, "$lte": now + WINDOW}}, {"events": 1}))
        rows = self._joined({"_id": {"$in": sorted({event for row in parked for event in row["events"]})}})
        return [row for row in rows if row["state"] == DeliveryState.PARKED]

    def _joined(self, match: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read the letters of some events, one for each queue, with what was said last of each."""
        with reaching_the_store():
            sent = list(self._deliveries.find(match))
            ids = [row["_id"] for row in sent]
            settled = list(self._settlements.find({"events": {"$in": ids}})) if ids else []
        said = {
            (event, row["queue"]): {"state": row["state"], "settled_at": row["settled_at"]}
            for row in sorted(settled, key=lambda row: row["settled_at"])
            for event in row["events"]
        }
        return [
            {**row, "queue": queue, "state": DeliveryState.SENT.value, **said.get((row["_id"], queue), {})}
            for row in sent
            for queue in row["queues"]
        ]

    def _row(self, parked_id: str) -> dict[str, Any]:
        with reaching_the_store():
            row = self._parked.find_one({"_id": parked_id})
        if row is None:
            raise NotFound("parked.not_found")
        return row

    def _view(self, row: Mapping[str, Any], headers: Mapping[str, Any] | None = None) -> ParkedView:
        return ParkedView(
            parked_id=row["_id"],
            service=self._service,
            queue=row["queue"],
            event_id=row["event_id"],
            event_type=row["event_type"],
            subject=row["subject"],
            attempts=row["attempts"],
            error=row["error"],
            parked_at=_told(row, row["parked_at"]),
            state=row["state"],
            settled_by=row.get("settled_by"),
            settled_reason=row.get("settled_reason"),
            headers=headers,
        )


def _delivery(row: Mapping[str, Any]) -> DeliveryView:
    return DeliveryView(
        event_id=row["_id"],
        event_type=row["event_type"],
        subject=row["subject"],
        queue=row["queue"],
        state=DeliveryState(row["state"]),
        created_at=_told(row, row["created_at"]),
        sent_at=_told(row, row["sent_at"]),
        settled_at=_told(row, row["settled_at"]) if "settled_at" in row else None,
    )


def _told(row: Mapping[str, Any], at: datetime) -> datetime:
    """Say when something happened to a letter: to the hour when the letter itself says no more (criterion 2.7)."""
    return level_to_hour(at) if row.get("is_levelled") else at
