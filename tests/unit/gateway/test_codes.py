"""A receipt code that an officer hands over, and how its informant changes it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import receipts
from lianxi.contracts.tips import SubmitTip
from lianxi.kernel.errors import Conflict, NotFound
from tests.support.gateway_fakes import Door
from tests.unit.gateway.test_public import STATUS, TIP

CODE_PATH = "/v1/public/tips/code"


def take_down(door: Door, channel: str, key: str = "taken-1", **more: Any) -> Any:
    return door.http.post("/v1/tips", json={**TIP, "channel": channel, **more}, headers=door.headers(key=key))


def handed_in(door: Door) -> SubmitTip:
    command = door.bus.handed_in[-1][2]
    assert isinstance(command, SubmitTip)
    return command


@pytest.mark.parametrize(
    ("channel", "wish"), [("phone", None), ("walk_in", None), ("phone", True), ("letter", True), ("walk_in", True)]
)
def test_an_officer_gets_a_code_for_an_informant_who_is_there(door: Door, channel: str, wish: bool | None) -> None:
    answer = take_down(door, channel, wants_receipt=wish)
    assert answer.status_code == 201
    told = answer.json()
    assert receipts.read_code(told["receipt"]) is not None
    assert told["receipt_must_change"] is True
    command = handed_in(door)
    assert command.is_receipt_temporary
    assert command.receipt_verifier is not None
    assert len(command.receipt_verifier) == 64
    again = take_down(door, channel, wants_receipt=wish)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == told
    assert len(door.bus.handed_in) == 1


@pytest.mark.parametrize(("channel", "wish"), [("agency", None), ("letter", None), ("phone", False), ("patrol", None)])
def test_where_nobody_is_there_no_code_is_made(door: Door, channel: str, wish: bool | None) -> None:
    told = take_down(door, channel, wants_receipt=wish).json()
    assert ("receipt" in told, told["receipt_must_change"]) == (False, False)
    assert (handed_in(door).receipt_verifier, handed_in(door).is_receipt_temporary) == (None, False)


def test_an_agencys_own_tip_is_refused_a_code(door: Door) -> None:
    answer = take_down(door, "agency", wants_receipt=True)
    assert (answer.status_code, answer.json()["code"]) == (422, "receipt.nobody_there")


@pytest.mark.criterion("2.4")
def test_a_code_from_an_officer_is_changed_before_it_shows_anything(door: Door) -> None:
    told = take_down(door, "phone").json()
    verifiers = [handed_in(door).receipt_verifier]

    def find(request: Any, _caller: Any) -> Any:
        if request.receipt_verifier != verifiers[-1]:
            raise NotFound("receipt.unknown")
        if len(verifiers) == 1:
            raise Conflict("receipt.must_change")
        return STATUS

    def change(request: Any, _caller: Any) -> Any:
        assert request.receipt_verifier == verifiers[-1]
        verifiers.append(request.new_verifier)
        return STATUS

    door.bus.answers.update(find_tip_by_receipt=find, change_receipt=change)
    old = {"Lianxi-Receipt": told["receipt"]}
    refused = door.http.get("/v1/public/tips/status", headers=old)
    assert (refused.status_code, refused.json()["code"]) == (409, "receipt.must_change")
    keyed = {**old, "Idempotency-Key": "change-1"}
    changed, again = (door.http.post(CODE_PATH, headers=keyed) for _ in range(2))
    assert changed.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert changed.json() == again.json()
    assert set(changed.json()) == {"receipt", "tip_number", "received_at"}
    assert changed.json()["tip_number"] == STATUS.number
    assert len(verifiers) == 2
    assert verifiers[0] != verifiers[1]
    assert door.http.get("/v1/public/tips/status", headers=old).status_code == 404
    new = {"Lianxi-Receipt": changed.json()["receipt"]}
    assert door.http.get("/v1/public/tips/status", headers=new).status_code == 200


def test_a_change_without_a_key_or_of_an_unknown_code_is_refused(door: Door) -> None:
    old = {"Lianxi-Receipt": "1234-5678-9012-3456"}
    assert door.http.post(CODE_PATH, headers=old).json()["code"] == "idempotency.key_missing"
    keyed = {**old, "Idempotency-Key": "change-1"}
    answers = [door.http.post(CODE_PATH, headers=keyed) for _ in range(6)]
    assert [each.status_code for each in answers] == [404] * 5 + [429]


def test_no_answer_that_is_kept_for_a_replay_holds_a_code(door: Door) -> None:
    door.bus.says("change_receipt", STATUS)
    first = take_down(door, "walk_in").json()["receipt"]
    headers = {"Lianxi-Receipt": first, "Idempotency-Key": "change-1"}
    second = door.http.post(CODE_PATH, headers=headers).json()["receipt"]
    kept = [door.house.answers._unlock(each.answer).body for each in door.ledger.remembered.values() if each.answer]
    assert len(kept) == 2
    for code in (first, second):
        assert not any(code.encode() in body or code.replace("-", "").encode() in body for body in kept)
