"""What an informant tells is planted with marks, and the marks are searched for where they must not be."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local import processes
from tests.support.sniffing import Tap, tapped
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

TEXT = "楼上每晚有人被关着听课MARKTEXT7731"
NAME = "欧阳测试甲MARKNAME"
PHONE = "13812345678"
PLACE = "七号楼四零二房MARKPLACE"
MARKS = (TEXT, "MARKTEXT7731", NAME, PHONE, PLACE)
# A receipt code in every form in which it may be written down.
FILED = 20


def forms(receipt: str) -> list[str]:
    digits = "".join(letter for letter in receipt if letter.isdigit())
    return [receipt, digits, " ".join(digits[place : place + 4] for place in range(0, 16, 4))]


@pytest.fixture(scope="module")
def planted(whole_town: RunningTown) -> tuple[list[str], Tap]:
    """Tips, looks at their status, messages and an agency's own tip, with everything that crossed the bus meanwhile."""
    receipts = []
    with tapped(whole_town.amqp_url()) as tap, whole_town.http() as resident, whole_town.http("police") as police:
        for _ in range(FILED):
            receipts.append(file_publicly(resident))
        headers = {"Lianxi-Receipt": receipts[0]}
        wait_until(lambda: resident.get("/v1/public/tips/status", headers=headers).status_code == 200, 30, "the tip")
        answer = resident.post("/v1/public/tips/messages", headers=headers, json={"text": f"{TEXT} {PHONE}"})
        assert answer.status_code in {200, 201}, answer.text
        wrong = {"Lianxi-Receipt": "9999-8888-7777-6666"}
        assert resident.get("/v1/public/tips/status", headers=wrong).status_code == 404
        key = {"Idempotency-Key": secrets.token_hex(16)}
        tip = {
            "category": "person_held",
            "village": "village/banyan",
            "place": PLACE,
            "text": f"{TEXT},联系人:{NAME},电话{PHONE}",
        }
        answer = police.post("/v1/tips", json={**tip, "channel": "phone"}, headers=key)
        assert answer.status_code == 201, answer.text
        tip_id = answer.json()["tip_id"]
        assert police.get(f"/v1/tips/{tip_id}").status_code == 200
        wait_until(lambda: len(tap.events()) > 3 * FILED, 60, "the events")
    return receipts, tap


def file_publicly(resident: httpx2.Client) -> str:
    body = {
        "category": "rental_gathering",
        "village": "village/banyan",
        "place": PLACE,
        "text": f"我叫{NAME},电话{PHONE}。{TEXT}",
        "contact": {"name": NAME, "phone": PHONE},
    }
    answer = resident.post("/v1/public/tips", json=body)
    assert answer.status_code == 201, answer.text
    receipt: str = answer.json()["receipt"]
    return receipt


@pytest.mark.criterion("2.2")
def test_no_letter_on_the_bus_holds_a_receipt_code(planted: tuple[list[str], Tap]) -> None:
    receipts, tap = planted
    everything = "\n".join(each.everything() for each in tap.letters)
    assert len(tap.letters) > FILED
    for receipt in receipts:
        for form in forms(receipt):
            assert form not in everything


def test_no_event_or_intake_letter_holds_what_was_told(planted: tuple[list[str], Tap]) -> None:
    _, tap = planted
    durable = [each for each in tap.letters if each.properties.delivery_mode == 2]
    assert {each.exchange for each in durable} >= {"lx.events", "lx.intake", "lx.receipts"}
    for letter in durable:
        for mark in MARKS:
            assert mark not in letter.everything(), letter.key
            assert json.dumps(mark)[1:-1] not in letter.everything(), letter.key


def test_transient_letters_hold_no_phone(planted: tuple[list[str], Tap]) -> None:
    _, tap = planted
    transient = [each for each in tap.letters if each.properties.delivery_mode == 1]
    assert transient
    for letter in transient:
        assert PHONE not in letter.everything(), letter.key


@pytest.mark.criterion("2.2")
def test_no_log_line_holds_what_was_told(planted: tuple[list[str], Tap], whole_town: RunningTown) -> None:
    receipts, _ = planted
    logs = whole_town.all_logs()
    for mark in (*MARKS, *(form for receipt in receipts for form in forms(receipt))):
        assert mark not in logs
        assert json.dumps(mark)[1:-1] not in logs


def test_no_metric_holds_what_was_told(planted: tuple[list[str], Tap], whole_town: RunningTown) -> None:
    receipts, _ = planted
    for name in (*processes.DESKS, "relay", "gateway"):
        text = httpx2.get(f"{whole_town.health_url(name)}/metrics", timeout=10, trust_env=False).text
        assert "lianxi_" in text
        for mark in (*MARKS, *receipts, "127.0.0.1"):
            assert mark not in text, name
        assert "tip_" not in {line.split("{")[0] for line in text.splitlines()}


@pytest.mark.criterion("2.2")
def test_no_file_of_the_database_the_broker_or_the_spool_holds_a_receipt_code(
    planted: tuple[list[str], Tap], whole_town: RunningTown
) -> None:
    receipts, _ = planted
    codes = [form.encode() for receipt in receipts for form in forms(receipt)]
    searched = 0
    for path in whole_town.places.root.rglob("*"):
        content = _read(path)
        searched += len(content)
        for code in codes:
            assert code not in content, path.name
    assert searched > 1_000_000


def test_the_vault_is_sealed(planted: tuple[list[str], Tap], whole_town: RunningTown) -> None:
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](whole_town.mongo_url) as client:
        rows = list(client.lianxi_tips.informants.find())
        assert len(rows) >= FILED
        stored = str(rows) + str(list(client.lianxi_tips.tips.find()))
    assert NAME not in stored
    assert PHONE not in stored


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


@pytest.mark.criterion("8.4")
def test_an_identity_is_opened_by_two_agencies_and_by_nobody_alone(whole_town: RunningTown) -> None:
    phone = f"139{secrets.randbelow(10**8):08d}"
    tip = {"category": "rental_gathering", "village": "village/banyan", "place": PLACE, "text": "夜里有人讲课"}
    with (
        whole_town.http("police") as police,
        whole_town.http("custodian") as custodian,
        whole_town.http("operator") as operator,
        whole_town.http() as resident,
    ):
        answer = police.post("/v1/tips", json={**tip, "contact": {"phone": phone}}, headers=_key())
        tip_id = answer.json()["tip_id"]
        assert police.get(f"/v1/tips/{tip_id}").status_code == 200
        wish = {"kind": "safety", "motive": "嫌疑人扬言报复,需通知其避险"}
        asked = police.post(f"/v1/tips/{tip_id}/vault/requests", json=wish, headers=_key())
        assert asked.status_code == 201, asked.text
        path = asked.headers["Location"]
        alone = police.get(path)
        assert (alone.status_code, alone.json()["code"]) == (422, "opening.second_key_missing")
        wait_until(lambda: _attempts(whole_town) >= 1, 20, "the attempt to be counted")
        own = police.post(f"{path}/decide", json={"approve": True, "reason": "本人批准本人的申请"}, headers=_key())
        assert own.status_code == 403
        yes = {"approve": True, "reason": "情况紧急,准予查看"}
        assert custodian.post(f"{path}/decide", json=yes, headers=_key()).status_code == 200
        opened = police.get(path)
        assert opened.json()["identity"]["phone"] == phone
        assert opened.headers["Cache-Control"] == "no-store"
        listed = custodian.get("/v1/vault/requests")
        assert listed.json()["items"][0]["state"] == "approved"
        others = [custodian.get(path), listed, police.get(f"/v1/tips/{tip_id}"), police.get("/v1/tips")]
        keys = operator.get("/v1/ops/vault-keys").json()["items"]
        assert [(each["is_current"], each["is_held"]) for each in keys] == [(True, True)]
        assert resident.get(path).status_code == 401
    assert {each.status_code for each in others} == {200}
    assert phone not in "".join(each.text for each in others)
    assert phone not in whole_town.all_logs()
    assert not any(phone.encode() in _read(path) for path in whole_town.places.root.rglob("*"))


@pytest.mark.criterion("8.5")
def test_a_person_of_a_case_is_read_by_its_desk_and_lies_in_clear_nowhere(whole_town: RunningTown) -> None:
    name, phone, said = "上官测试乙MARKPERSON", f"139{secrets.randbelow(10**8):08d}", "夜里讲课的就是他MARKSTATED"
    opening = {"owner": "market/desk", "kind": "headcount_reward", "basis": "Regulation art. 7(1)"}
    told = {"role": "organiser", "name": name, "phone": phone, "statement": said, "certainty": "observed"}
    why = {"source": "现场检查笔录", "basis": "《禁止传销条例》第十四条"}
    with (
        tapped(whole_town.amqp_url()) as tap,
        whole_town.http("market") as market,
        whole_town.http("police") as police,
        whole_town.http("office") as office,
    ):
        case = market.post("/v1/cases", json=opening, headers=_key()).json()["case_id"]
        kept, cleared = (
            market.post(f"/v1/cases/{case}/parties", json={**told, **why}, headers=_key()) for _ in range(2)
        )
        assert (kept.status_code, cleared.status_code) == (201, 201), kept.text
        path, cleared_path = kept.headers["Location"], cleared.headers["Location"]
        read = market.get(path)
        assert (read.json()["person"]["name"], read.json()["person"]["standing_zh"]) == (name, "涉嫌组织者")
        gone = market.post(f"{cleared_path}/clear", json={"reason": said, **why}, headers=_key())
        assert gone.json()["standing"] == "cleared"
        listed = market.get(f"/v1/cases/{case}/parties").json()["items"]
        assert [each["party_id"] for each in listed] == [read.json()["party_id"]]
        assert market.get(cleared_path).status_code == 404
        assert market.get(f"{cleared_path}?including=cleared").json()["person"]["name"] == name
        others = [police.get(path), office.get(path), police.get(cleared_path), police.get(f"/v1/cases/{case}/parties")]
        assert [each.status_code for each in others] == [404, 403, 404, 404]
        closing = {"outcome": "not_established", "reason": "facts_not_established", "grounds": "facts and articles"}
        assert market.post(f"/v1/cases/{case}/close", json=closing, headers=_key()).status_code == 200
        wait_until(lambda: market.get(path).json()["erased_at"] is not None, 30, "the person to be erased")
        assert market.get(path).json()["person"]["name"] is None
        wait_until(lambda: "cases.party.cleared.v1" in {each.key for each in tap.events()}, 30, "the events")
    letters = "\n".join(each.everything() for each in tap.letters)
    for secret in (name, phone, said):
        for form in (secret, json.dumps(secret)[1:-1]):
            assert form not in letters
            assert form not in whole_town.all_logs()
            assert not any(form.encode() in _read(file) for file in whole_town.places.root.rglob("*"))


def _key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def _attempts(town: RunningTown) -> float:
    text = httpx2.get(f"{town.health_url('tips')}/metrics", timeout=10, trust_env=False).text
    line = next(each for each in text.splitlines() if each.startswith("lianxi_vault_attempts_total "))
    return float(line.split()[1])
