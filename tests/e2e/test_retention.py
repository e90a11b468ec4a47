"""A run that purges in a whole town: two persons start it, every desk takes part, and its certificate checks alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.contracts.receipts import public_key_of
from lianxi.store.retention import ids_sha256
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)
TEXT = "五楼东户每天早晨有人集中听课"
TIP = {"category": "rental_gathering", "village": "village/banyan", "text": TEXT, "contact": {"phone": "13800001234"}}


def closed_tip(town: RunningTown, public: httpx2.Client) -> tuple[str, str]:
    """Take a tip from the public form to its end as not substantiated; answers its id and receipt code."""
    filed = public.post("/v1/public/tips", json=TIP, headers={"Idempotency-Key": "retention-tip"}).json()
    code, number = filed["receipt"], filed["tip_number"]
    with town.http("police") as police:

        def mine() -> Any:
            listed = police.get("/v1/tips", params={"limit": 50}).json()["items"]
            return next((each["tip_id"] for each in listed if each["number"] == number), None)

        path = f"/v1/tips/{wait_until(mine, 20, 'the tip at its desk')}"
        for step, body in (
            ("accept?officer=officer-1", None),
            ("verify", {"outcome": "not_substantiated"}),
            ("close", {"outcome": "已核查,未发现问题。"}),
        ):
            told = police.post(f"{path}/{step}", json=body, headers={"Idempotency-Key": f"retention-{step[:5]}"})
            assert told.status_code == 200, told.text
    return path.rpartition("/")[2], code


def aged(town: RunningTown, tip_id: str) -> None:
    """Let a tip have been closed for long; the clocks of a town that others use stay where they are."""
    since = datetime.now(UTC) - timedelta(days=400)
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        tips = client["lianxi_tips"]["tips"]
        wait_until(lambda: tips.find_one({"_id": tip_id, "_outbox.0": {"$exists": False}}), 20, "the relay's pick-up")
        tips.update_one({"_id": tip_id}, {"$set": {"keeping.since": since, "identity.since": since}})


@pytest.mark.criterion("24")
def test_two_persons_purge_what_is_due_and_anybody_checks_the_certificate(town: RunningTown, tmp_path: Path) -> None:
    with town.http() as public, town.http("auditor") as auditor, town.http("office") as office:
        tip_id, code = closed_tip(town, public)
        aged(town, tip_id)
        headers = {"Lianxi-Receipt": code}
        assert public.get("/v1/public/tips/status", headers=headers).status_code == 200

        preview = auditor.get("/v1/retention/preview").json()["items"]
        run = auditor.post("/v1/retention/runs", headers={"Idempotency-Key": "retention-run"}).json()
        path = f"/v1/retention/runs/{run['run_id']}"
        own = auditor.post(f"{path}/decide", json={"approve": True}, headers={"Idempotency-Key": "retention-own"})
        assert (own.status_code, own.json()["code"]) == (403, "retention_run.same_person")
        office.post(f"{path}/decide", json={"approve": True}, headers={"Idempotency-Key": "retention-yes"})
        done = wait_until(lambda: ended(auditor, path), 60, "the end of the run")
        file = tmp_path / "certificate.json"
        file.write_bytes(auditor.get(f"{path}/certificate").content)

        rows = {row["rule"]: row for row in done["rows"]}
        assert {row["rule"]: row["due"] for row in preview} == {rule: row["count"] for rule, row in rows.items()}
        assert rows["tip-not-substantiated"]["sha256"] == ids_sha256([tip_id])
        unknown = public.get("/v1/public/tips/status", headers={"Lianxi-Receipt": code[:-1] + "0"})
        gone = public.get("/v1/public/tips/status", headers=headers)
        assert (gone.status_code, gone.json()["code"]) == (unknown.status_code, unknown.json()["code"])
        assert auditor.get("/v1/retention").json()["last_run_on"] is not None
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        kept = client["lianxi_tips"]
        assert TEXT not in "".join(repr(row) for name in kept.list_collection_names() for row in kept[name].find())
        assert kept["informants"].find_one({"_id": tip_id}) is None
    checked_alone(town, file, tmp_path / "keys")


def ended(auditor: httpx2.Client, path: str) -> Any:
    told = auditor.get(path).json()
    return told if told["state"] == "finished" else None


def checked_alone(town: RunningTown, file: Path, keys: Path) -> None:
    keys.write_text(public_key_of((town.places.keys / "reporting-signing.key").read_text("ascii")), "ascii")
    verify = ["receipt", "verify", str(file), "--key", str(keys)]
    assert CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, verify).exit_code == 0
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    assert CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, verify).exit_code == 1
