from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lianxi.cli import ops
from lianxi.contracts.operations import DeliveryList, DeliveryState, DeliveryView, ParkedList, ParkedView
from lianxi.kernel.errors import Refused
from lianxi.sdk.client import Client
from tests.support.gateway_fakes import NOON, SECRET, Door

PARKED = ParkedView(
    parked_id="parked_1",
    service="tips",
    queue="lx.tips.start_clock",
    event_id="e",
    event_type="notifications.notice.delivered.v1",
    subject="notice/1",
    attempts=3,
    error="ContractBroken",
    parked_at=NOON,
    state="parked",
)
DELIVERY = DeliveryView(
    event_id="e",
    event_type="tips.tip.received.v1",
    subject="tip/1",
    queue="lx.reporting.keep_fact",
    state=DeliveryState.SENT,
    created_at=NOON,
    sent_at=NOON,
)


@pytest.fixture
def run(door: Door, monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def opened(_access: ops.Access) -> Iterator[Client]:
        yield Client("http://testserver", client_id="operator", client_secret=SECRET, http=door.http)

    monkeypatch.setattr(ops.Access, "opened", opened)
    return lambda *arguments: CliRunner().invoke(ops.app, list(arguments), catch_exceptions=False)


def test_parked_letters_are_listed_shown_replayed_and_buried(door: Door, run: Any) -> None:
    door.bus.says("list_parked", ParkedList(items=(PARKED,), total=4))
    for method in ("get_parked", "replay_parked", "bury_parked"):
        door.bus.says(method, PARKED)
    listed = run("parked", "list", "--desk", "tips")
    assert listed.exit_code == 0
    assert "tips:parked_1" in listed.stdout
    assert "1 of 4" in listed.stdout
    assert json.loads(run("parked", "list", "--json").stdout)["total"] == 20
    assert json.loads(run("parked", "show", "tips:parked_1").stdout)["error"] == "ContractBroken"
    assert run("parked", "replay", "tips:parked_1", "tips:parked_1").stdout.count("tips:parked_1  parked") == 2
    assert run("parked", "bury", "tips:parked_1", "--reason", "坏了").exit_code == 0
    assert door.bus.asked[-1].request.reason == "坏了"
    assert run("parked", "bury", "tips:parked_1").exit_code == 2


def test_deliveries_are_listed(door: Door, run: Any) -> None:
    door.bus.says("list_deliveries", DeliveryList(items=(DELIVERY,)))
    listed = run("deliveries", "--desk", "tips", "--subject", "tip/1", "--state", "sent")
    assert listed.exit_code == 0
    assert "lx.reporting.keep_fact" in listed.stdout
    assert json.loads(run("deliveries", "--json").stdout)["unreachable"] == []


def test_address_and_secret_come_from_the_towns_own_folder(tmp_path: Path) -> None:
    access = ops.Access(None, None, None, tmp_path)
    with pytest.raises(Refused, match=r"town\.not_running"):
        access._gateway()
    (tmp_path / "town.json").write_text('{"gateway": "http://127.0.0.1:8003"}')
    (tmp_path / "credentials.json").write_text('{"clients": [{"client_id": "operator", "client_secret": "s"}]}')
    assert access._gateway() == "http://127.0.0.1:8003"
    assert access._secret("operator") == "s"
    with access.opened() as client:
        assert isinstance(client, Client)
    with pytest.raises(Refused, match=r"client\.unknown"):
        access._secret("nobody")
    (tmp_path / "town.json").write_text("{")
    with pytest.raises(Refused, match=r"town\.unreadable"):
        access._gateway()
    given = ops.Access("http://elsewhere", "me", "mine", tmp_path)
    assert (given._gateway(), given._secret("me")) == ("http://elsewhere", "mine")
