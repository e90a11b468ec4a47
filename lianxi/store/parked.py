"""Letters that stopped, and the ledger of those on their way, as they lie in each service's own database.

The relay writes both; a desk answers operators' questions about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.store.connect import reaching_the_store

PARKED = "parked"
DELIVERIES = "deliveries"


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

    def list_parked(self, request: ListParked) -> ParkedList:
        """List the letters that wait for a person, oldest first."""
        with reaching_the_store():
            rows = list(self._parked.find({"state": "parked"}, {"body": 0}))
        rows.sort(key=lambda row: row["parked_at"])
        return ParkedList(items=tuple(self._view(row) for row in rows[: request.limit]), total=len(rows))

    def get_parked(self, parked_id: str) -> ParkedView:
        """Show one parked letter with its headers, without its content."""
        row = self._row(parked_id)
        return self._view(row, headers=row.get("headers", {}))

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

    def list_deliveries(self, request: ListDeliveries) -> DeliveryList:
        """List rows of the ledger: those about one item, or those in one state."""
        match: dict[str, Any] = {"state": (request.state or DeliveryState.SENT).value}
        if request.subject is not None:
            match = {"subject": request.subject, **({"state": request.state.value} if request.state else {})}
        with reaching_the_store():
            rows = list(self._deliveries.find(match))
        rows.sort(key=lambda row: (row["created_at"], row["_id"]))
        return DeliveryList(items=tuple(_delivery(row) for row in rows[: request.limit]))

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
            parked_at=row["parked_at"],
            state=row["state"],
            settled_by=row.get("settled_by"),
            settled_reason=row.get("settled_reason"),
            headers=headers,
        )


def _delivery(row: Mapping[str, Any]) -> DeliveryView:
    return DeliveryView(
        event_id=row["event_id"],
        event_type=row.get("event_type", ""),
        subject=row.get("subject", ""),
        queue=row["queue"],
        state=DeliveryState(row["state"]),
        created_at=row.get("created_at", row.get("settled_at")),
        sent_at=row.get("sent_at", row.get("settled_at")),
        settled_at=row.get("settled_at"),
    )
