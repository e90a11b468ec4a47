"""Keeping and deleting as it is asked for over the door: separate rights, one preview, a file that can be checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lianxi.contracts.certificates import CertificateContent, sign_certificate
from lianxi.contracts.receipts import Verdict, public_key_of, verify_receipt_file
from lianxi.contracts.retention import (
    DecideRun,
    HoldItem,
    HoldList,
    HoldView,
    LiftHold,
    RetentionPreview,
    RowPreview,
    RunState,
    RunView,
)
from tests.support.gateway_fakes import NOON, Door

KEY = Ed25519PrivateKey.generate().private_bytes_raw().hex()
HOLDS, RUNS = "/v1/retention/holds", "/v1/retention/runs"
HELD = HoldView(item="tip/tip_1", reason="行政复议", by="office", at=NOON)
RUN = RunView(
    run_id="retention_run_1", version=1, state=RunState.PROPOSED, asked_by="auditor", asked_at=NOON, decided_by=None,
    decided_at=None, waits_for=(), rows=(), finished_at=None, certificate=None,
)  # fmt: skip


@pytest.mark.criterion("24")
def test_the_preview_is_of_all_desks_that_purge(door: Door) -> None:
    row = RowPreview(rule="visit", due=3, held=1, waiting=0, oldest_on=date(2024, 1, 2))
    door.bus.says("preview_retention", RetentionPreview(items=(row,)))

    told = door.http.get("/v1/retention/preview", headers=door.headers("auditor"))

    assert sorted(each.service for each in door.bus.asked) == ["cases", "inspections", "tips"]
    assert told.json()["items"] == 3 * [{"rule": "visit", "due": 3, "held": 1, "waiting": 0, "oldest_on": "2024-01-02"}]


@pytest.mark.criterion("24")
def test_a_hold_is_set_by_one_right_and_lifted_by_another(door: Door) -> None:
    door.bus.says("hold_item", HELD)
    door.bus.says("lift_hold", HoldView(item=HELD.item))
    body = {"item": HELD.item, "reason": HELD.reason}

    def set_by(role: str) -> int:
        return door.http.post(HOLDS, json=body, headers=door.headers(role, key=f"set-{role}")).status_code

    def lifted_by(role: str) -> int:
        return door.http.delete(f"{HOLDS}/{HELD.item}", headers=door.headers(role, key=f"lift-{role}")).status_code

    assert (set_by("office"), set_by("auditor"), set_by("desk")) == (201, 403, 403)
    assert (lifted_by("auditor"), lifted_by("office"), lifted_by("desk")) == (200, 403, 403)
    assert [(each.service, each.request) for each in door.bus.asked] == [
        ("tips", HoldItem(item="tip/tip_1", reason="行政复议")),
        ("tips", LiftHold(item="tip/tip_1")),
    ]


@pytest.mark.parametrize("item", ["transfer/transfer_1", "joint_operation/joint_operation_1"])
def test_a_matter_or_an_operation_is_held_where_it_is_kept(door: Door, item: str) -> None:
    door.bus.says("hold_item", replace(HELD, item=item))
    body = {"item": item, "reason": HELD.reason}
    assert door.http.post(HOLDS, json=body, headers=door.headers("office", key="k")).status_code == 201
    assert [each.service for each in door.bus.asked] == ["cases"]


def test_what_nobody_keeps_cannot_be_held(door: Door) -> None:
    headers = door.headers("office", key="k")
    refused = door.http.post(HOLDS, json={"item": "notice/n_1", "reason": "行政复议"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "item.not_found")


def test_holds_of_all_desks_are_one_list_the_latest_first(door: Door) -> None:
    door.bus.says("list_holds", HoldList(items=(HELD, replace(HELD, item="tip/tip_2"))))
    told = door.http.get(HOLDS, params={"limit": 4}, headers=door.headers("auditor")).json()["items"]
    assert [each["item"] for each in told] == 3 * ["tip/tip_2"] + ["tip/tip_1"]


@pytest.mark.criterion("24")
def test_a_run_is_proposed_confirmed_and_certified(door: Door) -> None:
    door.bus.says("propose_run", RUN)
    door.bus.says("decide_run", replace(RUN, state=RunState.RUNNING, decided_by="office"))
    door.bus.says("get_run", RUN)
    auditor = door.headers("auditor", key="propose")
    proposed = [door.http.post(RUNS, headers=auditor) for _ in range(2)]
    path = f"{RUNS}/{RUN.run_id}"
    confirmed = door.http.post(f"{path}/decide", json={"approve": True}, headers=door.headers("office", key="confirm"))

    assert [each.headers["Location"] for each in proposed] == [path, path]
    assert confirmed.json()["state"] == "running"
    assert [each.request for each in door.bus.asked][1:] == [DecideRun(run_id=RUN.run_id, approve=True)]
    early = door.http.get(f"{path}/certificate", headers=door.headers("auditor"))
    assert (early.status_code, early.json()["code"]) == (404, "certificate.not_found")

    content = CertificateContent(
        run_id=RUN.run_id, policy_version=1, rows=(), asked_by="auditor", asked_at=NOON, confirmed_by="office",
        confirmed_at=NOON, finished_at=NOON,
    )  # fmt: skip
    door.bus.says("get_run", replace(RUN, state=RunState.FINISHED, certificate=sign_certificate(content, KEY)))
    file = door.http.get(f"{path}/certificate", headers=door.headers("auditor"))
    assert verify_receipt_file(file.content, [public_key_of(KEY)]) is Verdict.VALID
    assert "attachment" in file.headers["Content-Disposition"]


@pytest.mark.parametrize("path", ["/v1/retention", "/v1/retention/preview", RUNS, HOLDS])
def test_desks_read_nothing_of_it(door: Door, path: str) -> None:
    told = door.http.get(path, headers=door.headers("desk"))
    assert (told.status_code, told.json()["code"]) == (403, "right.missing")
    assert door.bus.asked == []
