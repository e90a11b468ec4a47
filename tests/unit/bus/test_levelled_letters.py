"""What operators see of a letter about an anonymous tip tells no more of its time than the letter itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pika
import pytest
from pymongo.database import Database

from lianxi.bus import wire
from lianxi.bus.link import Letter
from lianxi.bus.outboxes import ledger_row, settled_rows
from lianxi.bus.parking import as_parked
from lianxi.contracts.operations import ListDeliveries
from lianxi.store.parked import Ledger

HOUR, EXACT = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)


class Rows:
    """A collection that holds what a test puts there."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = rows

    def find(self, *_match: Any) -> list[dict[str, Any]]:
        return list(self.rows)

    def find_one(self, *_match: Any) -> dict[str, Any]:
        return self.rows[0]


def ledger(**collections: Rows) -> Ledger:
    there = {"parked": Rows(), "deliveries": Rows(), "settlements": Rows(), **collections}
    return Ledger("tips", cast("Database[dict[str, Any]]", there))


@pytest.mark.criterion("2.7")
@pytest.mark.parametrize(("told_at", "shown_at"), [(HOUR, HOUR), (EXACT, EXACT)])
def test_a_delivery_is_told_as_its_letter_is(told_at: datetime, shown_at: datetime) -> None:
    event = {"type": "tips.tip.received.v1", "subject": "tip/tip_1", "time": told_at.isoformat()}
    row = ledger_row({"id": "e1", "event": event, "at": EXACT, "lane": "normal"}, EXACT)
    said = {"event_id": "e1", "state": "delivered", "at": EXACT.isoformat()}
    settled = settled_rows({**said, "queue": queue} for queue in row["queues"])

    shown = ledger(deliveries=Rows(row), settlements=Rows(*settled)).list_deliveries(
        ListDeliveries(subject="tip/tip_1"), EXACT
    )

    assert shown.items
    assert {at for each in shown.items for at in (each.created_at, each.sent_at, each.settled_at)} == {shown_at}


@pytest.mark.criterion("2.7")
@pytest.mark.parametrize(
    ("letter", "shown_at"),
    [
        ({"id": "e1", "time": HOUR.isoformat()}, HOUR),
        ({"tip_id": "tip_1", "is_anonymous": True, "received_at": EXACT.isoformat()}, HOUR),
        ({"id": "e1", "time": EXACT.isoformat()}, EXACT),
        ({"tip_id": "tip_1", "is_anonymous": False}, EXACT),
        ({"time": "some day"}, EXACT),
    ],
)
def test_a_letter_that_stopped_is_told_of_as_it_tells_itself(letter: dict[str, Any], shown_at: datetime) -> None:
    headers = {wire.FAILED_AT: wire.milliseconds(EXACT), wire.ERROR: "desk.failed"}
    properties = pika.BasicProperties(headers=headers)
    stopped = Letter(body=json.dumps(letter).encode(), properties=properties, tag=1, routing_key="tips")
    row = as_parked(stopped, "tips", EXACT)

    shown = ledger(parked=Rows(row)).get_parked("any")

    assert shown.parked_at == shown_at
    assert shown.headers is not None
    assert (wire.FAILED_AT in shown.headers) is (shown_at == EXACT)
    assert shown.headers[wire.ERROR] == "desk.failed"
