"""Fifty informants leave who they are; nothing that leaves the town, or lies in it, tells it but by two keys."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from deploy.local import processes
from tests.support.sniffing import Tap, tapped
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

INFORMANTS = 50
READERS = ("police", "market", "tenancy", "office", "auditor", "custodian", "operator")
HOLDERS = ("police", "office")
WORDS = "三楼的房客说他叫阿强"


@dataclass
class Planted:
    """The fifty, one tip of each, and everything that crossed the bus meanwhile."""

    names: list[str]
    phones: list[str]
    tips: list[str]
    tap: Tap

    def marks(self) -> list[str]:
        return [*self.names, *self.phones]


def _key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def _tip(text: str, name: str, phone: str) -> dict[str, Any]:
    contact = {"name": name, "phone": phone}
    place = {"village": "village/banyan", "place": "榕树头旁边的三层楼"}
    return {"category": "rental_gathering", "text": text, "contact": contact, **place}


@pytest.fixture(scope="module")
def planted(whole_town: RunningTown) -> Iterator[Planted]:
    names = [f"欧阳{secrets.token_hex(5)}" for _ in range(INFORMANTS)]
    phones = [f"139{secrets.randbelow(10**8):08d}" for _ in range(INFORMANTS)]
    tips = []
    with tapped(whole_town.amqp_url()) as tap, whole_town.http() as resident, whole_town.http("police") as police:
        for number, (name, phone) in enumerate(zip(names, phones, strict=True)):
            body = _tip("楼上每晚有人讲课", name, phone)
            by_hand = number % 2
            answer = (
                police.post("/v1/tips", json={**body, "channel": "phone"}, headers=_key())
                if by_hand
                else resident.post("/v1/public/tips", json=body)
            )
            assert answer.status_code == 201, answer.text
            if by_hand:
                tips.append(answer.json()["tip_id"])
        for tip_id in tips:
            assert police.get(f"/v1/tips/{tip_id}").status_code == 200
        wait_until(lambda: len(tap.events()) > 2 * INFORMANTS, 60, "the events")
        yield Planted(names, phones, tips, tap)


def _paths(http: httpx2.Client, tip_id: str) -> list[str]:
    described = http.get("/openapi.json").json()["paths"]
    read = (path for path, item in described.items() if "get" in item)
    return [path.replace("{tip_id}", tip_id) for path in read if "{" not in path.replace("{tip_id}", "")]


@pytest.mark.timeout(240)
@pytest.mark.criterion("8.4")
def test_no_door_tells_an_identity_to_anybody_who_reads_everything(planted: Planted, whole_town: RunningTown) -> None:
    told: list[str] = []
    for client in READERS:
        with whole_town.http(client) as http:
            for path in _paths(http, planted.tips[0]):
                query = {"service": "tips", "item": f"tip/{planted.tips[0]}"}
                answer = http.get(path, params=query)
                assert answer.status_code < 500, (client, path, answer.text)
                told.append(answer.text)
            told += [http.get(f"/v1/tips/{tip_id}").text for tip_id in planted.tips if client in HOLDERS]
    everything = "".join(told)
    assert len(told) > 200
    assert planted.tips[0] in everything
    for mark in planted.marks():
        assert mark not in everything
        assert json.dumps(mark)[1:-1] not in everything


@pytest.mark.criterion("8.4")
def test_no_letter_log_or_metric_tells_an_identity(planted: Planted, whole_town: RunningTown) -> None:
    places = [(each.key, each.everything()) for each in planted.tap.letters]
    places.append(("logs", whole_town.all_logs()))
    for name in (*processes.DESKS, "relay", "gateway"):
        text = httpx2.get(f"{whole_town.health_url(name)}/metrics", timeout=10, trust_env=False).text
        places.append((f"metrics of {name}", text))
    for mark in planted.marks():
        for place, text in places:
            assert mark not in text, place
            assert json.dumps(mark)[1:-1] not in text, place


@pytest.mark.criterion("8.4")
def test_no_field_of_any_database_and_no_file_holds_an_identity(planted: Planted, whole_town: RunningTown) -> None:
    marks = [mark.encode() for mark in planted.marks()]
    with MongoClient[dict[str, Any]](whole_town.mongo_url) as client:
        for name in client.list_database_names():
            for collection in client[name].list_collection_names():
                rows = str(list(client[name][collection].find())).encode()
                assert not [mark for mark in marks if mark in rows], f"{name}.{collection}"
    for path in whole_town.places.root.rglob("*"):
        content = _read(path)
        assert not [mark for mark in marks if mark in content], path.name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


@pytest.mark.criterion("8.4")
def test_the_request_of_the_second_key_crosses_the_bus_sealed(planted: Planted, whole_town: RunningTown) -> None:
    """Opened for the one who asked, an identity is in the answer to the reader and in no letter that led to it."""
    tip_id = planted.tips[0]
    with whole_town.http("police") as police, whole_town.http("custodian") as custodian:
        wish = {"kind": "safety", "motive": "嫌疑人扬言报复,需通知其避险"}
        asked = police.post(f"/v1/tips/{tip_id}/vault/requests", json=wish, headers=_key())
        path = asked.headers["Location"]
        yes = {"approve": True, "reason": "情况紧急,准予查看"}
        assert custodian.post(f"{path}/decide", json=yes, headers=_key()).status_code == 200
        identity = police.get(path).json()["identity"]
    assert identity["phone"] in planted.phones
    wait_until(lambda: any("opening" in each.key for each in planted.tap.letters), 20, "its letters")
    assert not [each.key for each in planted.tap.letters if identity["phone"] in each.everything()]


@pytest.mark.criterion("8.3")
def test_an_informants_words_are_read_for_a_reason_and_the_office_sees_who_did(whole_town: RunningTown) -> None:
    words = f"{WORDS}{secrets.token_hex(4)},电话13912345678"
    with (
        tapped(whole_town.amqp_url()) as tap,
        whole_town.http("police") as police,
        whole_town.http("office") as office,
        whole_town.http("market") as stranger,
        whole_town.http("operator") as operator,
    ):
        body = {"category": "rental_gathering", "village": "village/banyan", "text": words, "channel": "phone"}
        tip_id = police.post("/v1/tips", json=body, headers=_key()).json()["tip_id"]
        assert words not in police.get(f"/v1/tips/{tip_id}").text
        needed = police.get(f"/v1/tips/{tip_id}/words")
        assert (needed.status_code, needed.json()["code"]) == (422, "unmasking.needed")
        reason = {"reason": "原文里的房间号需要核对"}
        assert stranger.post(f"/v1/tips/{tip_id}/unmask", json=reason, headers=_key()).status_code == 404
        assert office.post(f"/v1/tips/{tip_id}/unmask", json=reason, headers=_key()).status_code == 403
        assert operator.get(f"/v1/tips/{tip_id}/words").status_code == 403
        assert police.post(f"/v1/tips/{tip_id}/unmask", json={}, headers=_key()).status_code == 422
        granted = police.post(f"/v1/tips/{tip_id}/unmask", json=reason, headers=_key())
        assert granted.status_code == 201, granted.text
        read = police.get(granted.headers["Location"])
        assert read.json()["text"] == words
        assert read.headers["Cache-Control"] == "no-store"
        listed = next(each for each in office.get("/v1/unmaskings").json()["items"] if each["tip_id"] == tip_id)
        assert (listed["reason"], listed["asked_by"], len(listed["read_at"])) == (reason["reason"], "police", 1)
        assert not [each.key for each in tap.letters if words in each.everything()]
