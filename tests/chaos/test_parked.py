"""A letter that cannot be handled stops alone, is counted, and waits for a person at the gateway."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx2
import pika
import pytest

from lianxi.bus import topology
from lianxi.contracts import codec
from lianxi.contracts.envelope import Envelope
from lianxi.contracts.notifications import NoticeDelivered
from tests.chaos.filing import Filing, check_effects
from tests.support.sniffing import publish
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def delivery_of(tip_id: str, event_id: str) -> bytes:
    """An event whose handler must fail: it speaks of a tip that nobody has."""
    now = datetime.now(UTC)
    event = NoticeDelivered(
        notice_id="notice_x",
        desk="police/station",
        role="lead",
        event_type="tips.tip.dispatched.v1",
        about=f"tip/{tip_id}",
        reference="dispatch_x",
        delivered_at=now,
        acknowledge_by=None,
    )
    envelope = Envelope(
        id=event_id,
        type=NoticeDelivered.KEY,
        source="/lianxi/notifications",
        subject="notice/notice_x",
        time=now,
        sequence=1,
        data=codec.as_plain(event),
        actor="test",
        correlationid="c-poison",
    )
    return codec.to_bytes(codec.envelope_as_plain(envelope))


def parked(operator: httpx2.Client) -> list[dict[str, Any]]:
    answer = operator.get("/v1/ops/parked")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


def find(operator: httpx2.Client, event_id: str) -> dict[str, Any] | None:
    return next((row for row in parked(operator) if row["event_id"] == event_id), None)


def metric(town: RunningTown, name: str, process: str = "relay") -> float:
    text = httpx2.get(f"{town.health_url(process)}/metrics", timeout=10, trust_env=False).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + "{"))


def poison(town: RunningTown, event_id: str) -> None:
    properties = pika.BasicProperties(delivery_mode=2, message_id=event_id, type=NoticeDelivered.KEY)
    body = delivery_of("tip_nobody", event_id)
    publish(town.amqp_url("notifications"), topology.EVENTS_EXCHANGE, NoticeDelivered.KEY, body, properties)


def test_a_letter_that_always_fails_is_parked_while_others_flow(town: RunningTown) -> None:
    with town.http("operator") as operator:
        before = metric(town, "lianxi_parked_messages")
        poison(town, "poison-1")
        filed = Filing(town, agency=20).wait(timeout=60)
        check_effects(town, filed)
        row = wait_until(lambda: find(operator, "poison-1"), 30, "the parked letter")
        assert row["queue"] == "lx.tips.start_clock"
        assert row["error"] == "tip.not_found"
        assert row["attempts"] == 4, "once, and once for each step of the short ladder"
        wait_until(lambda: metric(town, "lianxi_parked_messages") >= before + 1, 45, "the metric")
        shown = operator.get(f"/v1/ops/parked/{row['parked_id']}").json()
        assert shown["headers"]["x-lx-error"] == "tip.not_found"


def test_parked_letters_are_replayed_and_buried_from_the_command_line(town: RunningTown) -> None:
    with town.http("operator") as operator:
        for name in ("poison-2", "poison-3"):
            poison(town, name)
        rows = {
            name: wait_until(partial(find, operator, name), 30, "the parked letter")
            for name in ("poison-2", "poison-3")
        }
        assert "poison-2" in lianxi(town, "parked", "list", "--json")
        lianxi(town, "parked", "replay", rows["poison-2"]["parked_id"])
        again = wait_until(lambda: another(operator, rows["poison-2"]), 30, "the letter to stop again")
        assert again["error"] == "tip.not_found"
        lianxi(town, "parked", "bury", rows["poison-3"]["parked_id"], "--reason", "made up for a test")
        wait_until(lambda: find(operator, "poison-3") is None, 15, "the buried letter to be gone from the list")
        refused = operator.post(
            f"/v1/ops/parked/{rows['poison-3']['parked_id']}/replay", headers={"Idempotency-Key": "replay-a-buried-one"}
        )
        assert refused.status_code == 409


def another(operator: httpx2.Client, first: dict[str, Any]) -> dict[str, Any] | None:
    """A letter with the same event that stopped later: replaying keeps the event's id and makes a new row."""
    rows = [row for row in parked(operator) if row["event_id"] == first["event_id"]]
    return next((row for row in rows if row["parked_id"] != first["parked_id"]), None)


def lianxi(town: RunningTown, *words: str) -> str:
    command = [
        *(sys.executable, "-m", "lianxi.cli.main", "ops", "--folder", str(town.places.root), *words),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"type": "tips.tip.dispatched.v1"}',
        b'{"specversion": "1.0", "id": "x", "type": "tips.tip.dispatched.v99"}',
        json.dumps({"a": "b" * 300_000}).encode(),
        b"[" * 100_000,
    ],
    ids=["nothing", "not text", "not an object", "no attributes", "unknown version", "too large", "too deep"],
)
def test_what_cannot_be_read_is_parked_at_once_and_harms_nobody(town: RunningTown, body: bytes) -> None:
    pid = town.pid("notifications")
    with town.http("operator") as operator:
        known = {row["parked_id"] for row in parked(operator)}
        publish(town.amqp_url(), topology.REQUEUE_EXCHANGE, "lx.notifications.give_notice.normal", body)
        rows = wait_until(
            lambda: [row for row in parked(operator) if row["parked_id"] not in known], 30, "the parked letter"
        )
        assert rows[0]["error"] in {"message.not_json", "message.too_large", "contract.unreadable", "event.unknown"}
        assert rows[0]["attempts"] == 1
    assert town.pid("notifications") == pid


@pytest.mark.parametrize("body", [b"", b"[]", b'{"args": [], "kwargs": {}}', b"\xff", b'{"kwargs": 3}'])
def test_a_question_that_cannot_be_read_harms_nobody(town: RunningTown, body: bytes) -> None:
    pid = town.pid("tips")
    for properties in (pika.BasicProperties(), pika.BasicProperties(reply_to="rpc.reply-nowhere", correlation_id="1")):
        publish(town.amqp_url(), topology.RPC_EXCHANGE, "tips.get_tip", body, properties)
        publish(town.amqp_url(), topology.RPC_EXCHANGE, "tips.no_such_question", body, properties)
    with town.http("police") as police:
        assert police.get("/v1/tips").status_code == 200
    assert town.pid("tips") == pid
