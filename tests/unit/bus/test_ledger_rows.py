"""The rows of the delivery ledger: one for an event, and one for what a queue settles at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pymongo.database import Database

from lianxi.bus import topology
from lianxi.bus.outboxes import ledger_row, settled_rows
from lianxi.contracts.operations import DeliveryState, ListDeliveries
from lianxi.store.parked import Ledger

EARLY, LATE = datetime(2026, 11, 23, 8, 41, tzinfo=UTC), datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
QUEUE = topology.queues_hearing("tips.tip.received.v1", "normal")[0]


class Rows:
    """A collection that holds what a test puts there."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def find(self, *_match: Any) -> list[dict[str, Any]]:
        return list(self.rows)


def receipt(event_id: str, state: str = "delivered", at: datetime = EARLY) -> dict[str, str]:
    return {"event_id": event_id, "queue": QUEUE, "state": state, "at": at.isoformat()}


def row(event_id: str) -> dict[str, Any]:
    event = {"type": "tips.tip.received.v1", "subject": "tip/tip_1", "time": EARLY.isoformat()}
    return ledger_row({"id": event_id, "event": event, "at": EARLY, "lane": "normal"}, EARLY)


def shown(settled: list[dict[str, Any]]) -> dict[tuple[str, str], DeliveryState]:
    there = {"parked": Rows([]), "deliveries": Rows([row("e1"), row("e2")]), "settlements": Rows(settled)}
    ledger = Ledger("tips", cast("Database[dict[str, Any]]", there))
    found = ledger.list_deliveries(ListDeliveries(subject="tip/tip_1", limit=100), LATE)
    return {(each.event_id, each.queue): each.state for each in found.items}


@pytest.mark.criterion("4.3")
def test_a_row_for_every_event_names_every_queue_and_each_is_shown_by_itself() -> None:
    found = shown([])
    assert {queue for _, queue in found} == set(row("e1")["queues"]) > {QUEUE}
    assert len(found) == 2 * len(row("e1")["queues"])
    assert set(found.values()) == {DeliveryState.SENT}


def test_what_one_queue_settles_at_once_is_one_row_however_often_it_is_told() -> None:
    (first,) = settled_rows([receipt("e1"), receipt("e2")])
    (again,) = settled_rows([receipt("e2"), receipt("e1"), receipt("e2")])
    assert first == again
    found = shown([first])
    assert {each for each, state in found.items() if state is DeliveryState.DELIVERED} == {("e1", QUEUE), ("e2", QUEUE)}


def test_what_was_parked_and_replayed_is_shown_as_it_was_told_last() -> None:
    rows = settled_rows([receipt("e1", at=LATE), receipt("e1", "parked"), receipt("e2", "parked")])
    assert len(rows) == 2
    assert [each.get("parked_at") for each in rows] == [None, EARLY]
    found = shown(rows)
    assert (found["e1", QUEUE], found["e2", QUEUE]) == (DeliveryState.DELIVERED, DeliveryState.PARKED)
