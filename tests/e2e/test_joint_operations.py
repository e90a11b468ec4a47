"""A joint operation on the real town: planned, promised, commanded, ended; other agencies find nothing before."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lianxi.contracts.receipts import Verdict, public_key_of, verify_receipt_file
from lianxi.kernel.clock import SystemClock
from lianxi.policy.load import read_policy
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "policy"
PATH = "/v1/joint-operations"
ADDRESS, COMMAND = "榕树头联勤巷十一号四零四", "police/public-security"
PART = {"office", "police", "market", "tenancy"}
COUNTS = {"dens_closed": 2, "persons_rescued": 1, "persons_dispersed": 23, "persons_aided": 9}


def plan() -> dict[str, Any]:
    now = SystemClock().now()
    return {
        "title": "冬季联勤",
        "plan": "两组入场,一组守后门",
        "places": [
            {"kind": "venue", "village": "village/banyan", "address": ADDRESS, "legal_ground": "禁止传销条例第十四条"}
        ],
        "forces": [
            {"desk": COMMAND, "heads": 8},
            {"desk": "market/desk", "heads": 4},
            {"desk": "tenancy/desk", "heads": 2},
        ],
        "commander": COMMAND,
        "starts_at": (now + timedelta(hours=2)).isoformat(),
        "ends_at": (now + timedelta(hours=6)).isoformat(),
    }


def done(http: httpx2.Client, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = http.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.criterion("11.2")
def test_an_operation_runs_from_plan_to_counts_and_no_other_agency_finds_it_before_it_stands_down(
    town: RunningTown,
) -> None:
    agencies = set(read_policy(SHIPPED).agencies)
    with ExitStack() as stack:
        door = {agency: stack.enter_context(town.http(agency)) for agency in sorted(agencies)}
        outsiders = [door[agency] for agency in sorted(agencies - PART)]
        assert len(outsiders) == 9
        assert done(door["market"], PATH, plan(), 403)["code"] == "right.missing"
        item = done(door["office"], PATH, plan(), 201)["operation_id"]
        at = f"{PATH}/{item}"

        def nobody_knows() -> None:
            for outsider in outsiders:
                assert outsider.get(at).status_code == 404

        nobody_knows()
        done(outsiders[0], f"{at}/arrive", {"desk": "market/desk", "heads": 1}, 404)
        done(door["market"], f"{at}/promise", {"desk": "market/desk", "heads": 4})
        done(door["tenancy"], f"{at}/promise", {"desk": "tenancy/desk", "heads": 1, "reason": "一人值班"})
        assert done(door["office"], f"{at}/activate", {"officer": "office:a"}, 403)["code"] == "right.missing"
        done(door["market"], f"{at}/activate", {"officer": "market:a"}, 403)
        done(door["police"], f"{at}/activate", {"officer": "police:officer-3"})
        for agency, desk, heads in (("police", COMMAND, 9), ("market", "market/desk", 4)):
            done(door[agency], f"{at}/arrive", {"desk": desk, "heads": heads})
        nobody_knows()
        assert all(item not in outsider.get(PATH).text for outsider in outsiders)
        body = {"owner": "market/desk", "kind": "entry_fee", "basis": "禁止传销条例"}
        case_id = done(door["market"], "/v1/cases", body, 201)["case_id"]
        done(door["market"], f"{at}/follow-ups", {"case_id": case_id})
        ended = done(door["police"], f"{at}/stand-down", COUNTS)

        counted = [(each["asked"], each["promised"], each["arrived"]) for each in ended["forces"]]
        assert counted == [(8, None, 9), (4, 4, 4), (2, 1, 0)]
        assert {name: ended["results"][name] for name in COUNTS} == COUNTS
        assert [each["what"] for each in ended["log"]] == ["planned", "activated", "stood_down"]
        for outsider in outsiders:
            seen = outsider.get(at)
            assert seen.status_code == 200
            assert ADDRESS not in seen.text
            assert case_id not in seen.text
        listed = outsiders[0].get(PATH).text
        assert item in listed
        assert ADDRESS not in listed
        assert ADDRESS in door["tenancy"].get(at).text

        def noticed(agency: str) -> int:
            notices = door[agency].get("/v1/notices", params={"limit": 200}).json()["items"]
            return sum(each["about"] == f"joint_operation/{item}" for each in notices)

        wait_until(lambda: noticed("tenancy") == 3, 30, "planned, started and ended, told to who takes part")
        assert all(noticed(agency) == 0 for agency in agencies - PART)


@pytest.mark.criterion("11.3")
def test_a_report_to_the_city_is_announced_by_couriers_and_its_sending_is_proved(town: RunningTown) -> None:
    with town.http("police") as police, town.http("market") as market:
        happened = SystemClock().now() - timedelta(minutes=5)
        body = {"kind": "joint_operation", "title": "联勤情况", "text": "关停一处", "happened_at": happened.isoformat()}
        written = done(police, "/v1/upward-reports", body, 201)
        at = f"/v1/upward-reports/{written['report_id']}"
        assert market.get(at).status_code == 404
        assert police.get(f"{at}/proof").status_code == 404

        def told() -> list[int]:
            return [len(each["told"]) for each in police.get(at).json()["addressees"]]

        wait_until(lambda: told() == [2, 1], 30, "the couriers have each message")
        for each in written["addressees"]:
            sending = {"addressee": each["addressee"], "way": "fax", "reference": "F-1", "proof_sha256": "cd" * 32}
            done(police, f"{at}/sent", sending)
        proof = police.get(f"{at}/proof")
        key = public_key_of((town.places.keys / "reporting-signing.key").read_text("ascii").strip())
        assert verify_receipt_file(proof.content, [key]) is Verdict.VALID
        assert verify_receipt_file(proof.content.replace(b"F-1", b"F-2", 1), [key]) is Verdict.ALTERED
        assert "关停一处" not in proof.text
