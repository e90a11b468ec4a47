"""The audit through the door: what was done and read stands in the chains, which hold when checked offline."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from deploy.local.credentials import Keys
from lianxi.store.unit import digest_of
from tests.chaos.filing import TIP
from tests.support.town import RunningTown
from tests.support.waiting import wait_until


def lianxi(town: RunningTown, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lianxi.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)


def file_tip(town: RunningTown) -> str:
    with town.http("police") as police:
        answer = police.post("/v1/tips", json=TIP, headers={"Idempotency-Key": secrets.token_hex(16)})
        assert answer.status_code == 201
        tip_id = str(answer.json()["tip_id"])
        wait_until(lambda: police.get(f"/v1/tips/{tip_id}").status_code == 200, 20, "the tip to be there")
    return tip_id


@pytest.mark.criterion("13.1")
@pytest.mark.criterion("13.2")
@pytest.mark.criterion("13.3")
def test_what_is_done_read_and_tried_is_chained_and_the_chain_holds_offline(town: RunningTown, tmp_path: Path) -> None:
    tip_id = file_tip(town)
    with town.http("market") as stranger, town.http("police") as police, town.http("auditor") as auditor:
        assert stranger.get(f"/v1/tips/{tip_id}").status_code == 404
        read = police.get("/v1/audit/reads", params={"item": f"tip/{tip_id}"})
        assert stranger.get("/v1/audit/reads", params={"item": f"tip/{tip_id}"}).status_code == 404
        assert stranger.get("/v1/audit/entries", params={"service": "tips"}).status_code == 403
        everybody = auditor.get("/v1/audit/reads", params={"item": f"tip/{tip_id}"})
    form = {"grant_type": "client_credentials", "client_id": "police", "client_secret": "not the secret"}
    assert httpx2.post(f"{town.gateway_url}/oauth/token", data=form, trust_env=False).status_code == 401

    assert {each["actor"] for each in read.json()["items"]} == {"police"}
    assert everybody.json()["total"] >= read.json()["total"] > 0
    keys, heads = Keys(town.places.keys), town.places.audit_heads
    found: dict[str, list[str]] = {}

    def chained(service: str, *wanted: str) -> bool:
        into = tmp_path / f"{service}.ndjson"
        place = ("--folder", str(town.places.root))
        run = lianxi(town, "audit", *place, "export", "--service", service, "--into", str(into))
        assert run.returncode == 0, run.stderr
        found[service] = into.read_text(encoding="utf-8").splitlines()
        return all(any(each in line for line in found[service]) for each in wanted)

    wanted = [f'"item":"tip/{tip_id}","kind":"{kind}"' for kind in ("write", "read", "refused")]
    wait_until(lambda: chained("tips", *wanted), 30, "the tip's lines in the chain")
    wait_until(lambda: chained("gateway", '"actor":"police"', '"sign_in_failed"'), 30, "the failed sign-in")
    wait_until(lambda: chained("gateway", '"what":"audit.export tips 0"'), 30, "the export itself")
    wait_until(heads.exists, 30, "a signed head")
    for service in ("tips", "gateway"):
        verify = (
            *("audit", "verify", str(tmp_path / f"{service}.ndjson"), "--heads", str(heads)),
            *("--key", str(keys.audit_public)),
        )
        assert lianxi(town, *verify).stdout.startswith("whole:")
        (tmp_path / f"{service}.ndjson").write_text("\n".join(found[service][1:]), encoding="utf-8")
        broken = lianxi(town, *verify)
        assert (broken.returncode, broken.stdout[:18]) == (1, "broken at entry 1:")


@pytest.mark.criterion("13.1")
def test_data_that_were_altered_behind_the_system_differ_from_their_digest(town: RunningTown) -> None:
    tip_id = file_tip(town)
    with MongoClient[dict[str, Any]](town.mongo_url, tz_aware=True) as client:
        tips = client.lianxi_tips

        def both() -> tuple[dict[str, Any], dict[str, Any]] | None:
            """The tip and the line of the audit that was written with this version of it."""
            row = tips.tips.find_one({"_id": tip_id}) or {}
            line = tips.audit_chain.find_one({"item": f"tip/{tip_id}", "version": row.get("_version")})
            return None if line is None else (row, line)

        def pair() -> tuple[dict[str, Any], dict[str, Any]]:
            found = both()
            while found is None:
                wait_until(lambda: both() is not None, 30, "the tip's line")
                found = both()
            return found

        row, line = pair()
        fields = {name: value for name, value in row.items() if name[0] != "_"} | {"id": tip_id}
        assert digest_of(fields) == line["digest"]
        assert digest_of({**fields, "category": "other"}) != line["digest"]


@pytest.mark.criterion("13.3")
def test_the_office_and_auditors_see_who_reads_unusually_much_and_agencies_do_not(town: RunningTown) -> None:
    tip_id = file_tip(town)
    with town.http("police") as police, town.http("office") as office:
        for _ in range(5):
            police.get(f"/v1/tips/{tip_id}")

        def readers() -> set[str]:
            told = office.get("/v1/audit/unusual").json()
            assert told["unreachable"] == []
            return {each["actor"] for each in told["items"]}

        wait_until(lambda: "police" in readers(), 30, "the police's readings to be counted")
        assert police.get("/v1/audit/unusual").status_code == 403
