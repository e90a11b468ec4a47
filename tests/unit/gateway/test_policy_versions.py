"""The gateway takes up what is published while it runs, and only whoever operates the town moves tips."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from lianxi.cli import ops
from lianxi.contracts.operations import MigrateItems, MigrationResult, StateCount
from lianxi.contracts.tips import TipState
from lianxi.policy.policy import Policy
from lianxi.sdk.client import Client
from tests.support.gateway_fakes import NOON, POLICY, SECRET, Door, open_door
from tests.support.waiting import wait_until

MIGRATIONS = "/v1/plan/policy/migrations"
BODY = {"from_version": 1, "to_version": 2}
TIP = {"category": "boats", "place": "码头", "text": "夜里有船"}


CASES_COUNT = [{"state": "sent", "items": 2, "kind": "referral"}]
REPORTING_COUNT = [{"state": "due", "items": 5, "kind": "stage_report"}]


def counted(moved: int, left: int, rows: Sequence[Mapping[str, Any]] = ()) -> MigrationResult:
    found = tuple(StateCount(**row) for row in rows) or (StateCount(state=TipState.DISPATCHED, items=moved + left),)
    return MigrationResult(from_version=1, to_version=2, dry_run=not moved, found=found, moved=moved, left=left)


def with_boats() -> Policy:
    route = replace(POLICY.routes[0], category="boats", lane="normal")
    return replace(POLICY, routes=(route, *POLICY.routes))


def file_tip(door: Door, key: str) -> int:
    return door.http.post("/v1/tips", json=TIP, headers=door.headers("police", key=key)).status_code


@pytest.mark.criterion("7.3")
def test_a_version_published_meanwhile_is_taken_up_and_a_spoiled_one_is_not(tmp_path: Path) -> None:
    with open_door(tmp_path, policy_versions_dir=tmp_path / "versions") as door:
        assert file_tip(door, "a") == 422
        shelf = door.house.shelf
        shelf.publish(with_boats(), by="office", note="n", now=NOON)
        wait_until(lambda: door.house.policy.version == 2, 5, "version 2")
        assert file_tip(door, "b") == 201
        told = door.http.get("/v1/plan/policy/routing", headers=door.headers("police")).json()
        assert told["policy_version"] == 2

        assert shelf.folder is not None
        pointer = shelf.folder / shelf.programme / "current"
        pointer.chmod(0o644)
        pointer.write_text("7", encoding="ascii")
        with capture_logs() as logs:
            wait_until(lambda: logs, 5, "a word about version 7")
        assert [each["event"] for each in logs] == ["policy_version_refused"]
        assert "policy.version_missing" in logs[0]["reason"]
        assert door.house.policy.version == 2


@pytest.mark.criterion("7.3")
def test_items_of_three_desks_are_counted_unless_it_is_said_that_they_move(door: Door) -> None:
    answers = [counted(0, 3), counted(0, 2, CASES_COUNT), counted(0, 5, REPORTING_COUNT)]
    door.bus.answers["migrate_items"] = lambda _request, _caller: answers.pop(0)
    answer = door.http.post(MIGRATIONS, json=BODY, headers=door.headers("office", key="k"))

    assert answer.status_code == 200
    assert answer.json() == {
        **BODY,
        "dry_run": True,
        "found": [{"state": "dispatched", "items": 3, "kind": "tip"}, *CASES_COUNT, *REPORTING_COUNT],
        "moved": 0,
        "left": 10,
        "desks": [
            {"desk": "tips", "moved": 0, "left": 3},
            {"desk": "cases", "moved": 0, "left": 2},
            {"desk": "reporting", "moved": 0, "left": 5},
        ],
    }
    assert [each.request for each in door.bus.asked[-3:]] == [MigrateItems(from_version=1, to_version=2)] * 3
    assert [each.service for each in door.bus.asked[-3:]] == ["tips", "cases", "reporting"]
    for wrong in ({**BODY, "at_most": 501}, {**BODY, "from_version": 0}, {"from_version": 1}):
        refused = door.http.post(MIGRATIONS, json=wrong, headers=door.headers("office", key="w"))
        assert refused.status_code == 422
    narrow = door.http.post(MIGRATIONS, json=BODY, headers=door.headers("narrow", key="n"))
    assert (narrow.status_code, narrow.json()["code"]) == (403, "scope.missing")


@pytest.mark.criterion("7.3")
def test_the_operators_command_goes_on_until_nothing_is_left(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    # One answer for each of the three desks and each call: cases have nothing to move, reporting one item more.
    tips = [counted(2, 3), counted(2, 1), counted(1, 0), counted(0, 0)]
    answers = [each for told in tips for each in (told, counted(0, 0), counted(told.moved // 2, 0))]
    door.bus.answers["migrate_items"] = lambda request, _caller: (
        answers.pop(0) if not request.dry_run else counted(0, 5)
    )

    @contextmanager
    def opened(_access: ops.Access) -> Iterator[Client]:
        yield Client("http://testserver", client_id="office", client_secret=SECRET, http=door.http)

    monkeypatch.setattr(ops.Access, "opened", opened)
    command = ["policy-migrate", "--from", "1", "--to", "2"]
    dry = CliRunner().invoke(ops.app, command, catch_exceptions=False)
    real = CliRunner().invoke(ops.app, [*command, "--move"], catch_exceptions=False)

    assert dry.stdout.endswith("15 would move\n")
    assert real.stdout.endswith("7 moved, 0 left\n")
    assert answers == []


@pytest.mark.criterion("7.5")
def test_a_client_written_into_the_list_is_known_without_a_new_start(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_clients_refresh_seconds=0.01) as door:
        file = tmp_path / "clients.json"
        rows = json.loads(file.read_text(encoding="utf-8"))
        written = json.dumps([*rows, {**rows[0], "client_id": "harbour", "agency": "harbour"}])
        # Half a list is not taken over, and does not stand in the way of the whole one.
        file.write_text(written[:-2], encoding="utf-8")
        os.utime(file, ns=(1, 1))
        wait_until(lambda: door.house.register._read_at == 1, 5, "the list to be looked at")
        assert door.house.register.find("harbour") is None
        file.write_text(written, encoding="utf-8")
        wait_until(lambda: door.house.register.find("harbour") is not None, 5, "the new client")
        assert door.token("harbour")
