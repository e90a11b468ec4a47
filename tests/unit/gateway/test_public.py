from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import receipts
from lianxi.contracts.sealing import CONTACT, CONTENT, Opener
from lianxi.contracts.tips import MessageView, StatusStep, SubmitTip, TipState, TipStatusView
from lianxi.kernel.errors import NotFound
from tests.support.gateway_fakes import Door, open_door

TEXT = "楼上每晚有人听课"
TIP: dict[str, Any] = {
    "category": "rental_gathering",
    "village": "village/banyan",
    "place": "七号楼",
    "text": TEXT,
    "contact": {"phone": "13800000000"},
}
STATUS = TipStatusView(
    number="DY-2026-XXXX-XXXX",
    state=TipState.DISPATCHED,
    received_at=datetime(2026, 3, 2, 4, tzinfo=UTC),
    steps=(StatusStep(code="received"), StatusStep(code="something_new")),
    verification=None,
    outcome=None,
    messages=(MessageView(author="desk", text="谢谢", posted_at=datetime(2026, 3, 2, 5, tzinfo=UTC)),),
)


def handed_in(door: Door, place: int = -1) -> SubmitTip:
    command = door.bus.handed_in[place][2]
    assert isinstance(command, SubmitTip)
    return command


def test_a_tip_is_sealed_named_and_answered_with_a_receipt(door: Door) -> None:
    answer = door.http.post("/v1/public/tips", json=TIP)
    assert answer.status_code == 201
    told = answer.json()
    assert set(told) == {"receipt", "tip_number", "received_at", "next_steps", "proof"}
    assert receipts.read_code(told["receipt"]) is not None
    assert told["received_at"] == "2026-03-02T04:00:00+00:00"
    service, lane, _, cause = door.bus.handed_in[0]
    command = handed_in(door)
    assert (service, lane, cause.actor, cause.lane) == ("tips", "normal", "public", "normal")
    assert (command.number, command.village, command.is_anonymous) == (told["tip_number"], "village/banyan", False)
    opener = Opener((door.settings.gateway_spool_dir.parent / "seal-private").read_text())
    assert opener.open(command.content, CONTENT)["text"] == TEXT
    assert command.contact is not None
    assert opener.open(command.contact, CONTACT) == {"phone": "13800000000"}


def test_somebody_held_goes_on_the_rescue_lane(door: Door) -> None:
    assert door.http.post("/v1/public/tips", json={**TIP, "category": "person_held"}).status_code == 201
    assert door.bus.handed_in[0][1] == "rescue"


@pytest.mark.criterion("2.2")
def test_only_the_verifier_leaves_the_gateway_and_nothing_holds_the_code(door: Door) -> None:
    told = door.http.post("/v1/public/tips", json=TIP, headers={"Idempotency-Key": "k-1"}).json()
    digits = told["receipt"].replace("-", "")
    kept = f"{door.bus.handed_in} {door.ledger.remembered} {door.ledger.requests}"
    assert digits not in kept
    assert told["receipt"] not in kept
    assert TEXT not in kept
    verifier = handed_in(door).receipt_verifier
    assert verifier is not None
    assert len(verifier) == 64


def test_the_same_key_and_body_get_the_same_receipt_and_one_tip(door: Door) -> None:
    first = door.http.post("/v1/public/tips", json=TIP, headers={"Idempotency-Key": "k-1"})
    again = door.http.post("/v1/public/tips", json=TIP, headers={"Idempotency-Key": "k-1"})
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(door.bus.handed_in) == 1
    other = door.http.post("/v1/public/tips", json={**TIP, "text": "别的"}, headers={"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.key_reused")


def test_with_the_database_away_a_replay_lands_on_the_same_tip(door: Door) -> None:
    door.ledger.is_away = True
    first = door.http.post("/v1/public/tips", json=TIP, headers={"Idempotency-Key": "k-1"})
    again = door.http.post("/v1/public/tips", json=TIP, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["receipt"] == again.json()["receipt"]
    assert handed_in(door, 0).tip_id == handed_in(door, 1).tip_id
    other = door.http.post("/v1/public/tips", json={**TIP, "text": "别的"}, headers={"Idempotency-Key": "k-1"})
    assert other.status_code == 201
    assert handed_in(door).tip_id != handed_in(door, 0).tip_id


def test_a_filled_trap_is_refused_openly_so_that_no_informant_is_lost(door: Door) -> None:
    answer = door.http.post("/v1/public/tips", json={**TIP, "website": "http://x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "form.trap_filled")
    assert door.bus.handed_in == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"category": "nothing"}, "tip.category_unknown"),
        ({"village": "village/atlantis"}, "village.unknown"),
        ({"village": None, "place": None}, "request.invalid"),
        ({"text": "a\u0000b"}, "request.invalid"),
        ({"happened_at": "0001-01-01T00:00:00+14:00"}, "request.invalid"),
        ({"happened_at": "2026-03-01T10:00:00"}, "request.invalid"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_once(door: Door, wrong: dict[str, Any], code: str) -> None:
    answer = door.http.post("/v1/public/tips", json={**TIP, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert door.bus.handed_in == []


def test_a_code_however_written_reads_the_status_in_the_readers_language(door: Door) -> None:
    receipt = door.http.post("/v1/public/tips", json=TIP).json()["receipt"]
    door.bus.says("find_tip_by_receipt", STATUS)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in receipt.replace("-", "")).encode()
    told: dict[str, Any] = {}
    for written in (receipt.encode(), receipt.replace("-", " ").encode(), full_width):
        answer = door.http.get("/v1/public/tips/status", headers={b"Lianxi-Receipt": written})
        assert answer.status_code == 200, answer.text
        assert door.bus.asked[-1].request.receipt_verifier == handed_in(door).receipt_verifier
        told = answer.json()
    assert told["tip_number"] == STATUS.number
    assert [step["text"] for step in told["steps"]] == ["已收到您的线索", "有新的进展"]
    english = door.http.get(
        "/v1/public/tips/status", headers={"Lianxi-Receipt": receipt, "Accept-Language": "en-GB,zh;q=0.1"}
    )
    assert english.json()["steps"][0]["text"] == "Your tip has been received"


def test_a_status_asked_for_a_moment_after_filing_waits_for_the_desk(door: Door) -> None:
    receipt = door.http.post("/v1/public/tips", json=TIP).json()["receipt"]
    tries: list[int] = []

    def slowly(_request: Any, _caller: Any) -> TipStatusView:
        tries.append(1)
        if len(tries) < 3:
            raise NotFound("receipt.not_found")
        return STATUS

    door.bus.answers["find_tip_by_receipt"] = slowly
    assert door.http.get("/v1/public/tips/status", headers={"Lianxi-Receipt": receipt}).status_code == 200
    assert len(tries) == 3


@pytest.mark.criterion("2.3")
def test_wrong_codes_are_answered_alike_to_the_last_byte_at_the_same_cost(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_wrong_codes=100) as door:
        answers = [
            door.http.get("/v1/public/tips/status", headers={"Lianxi-Receipt": code})
            for code in ("1234-5678-9012-3456", "12", "no code", "", "9" * 300)
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["code"] == "receipt.not_found"
        # Each of them went all the way: a verifier was worked out and the desk was asked.
        assert len(door.bus.asked) == 5
        assert all(len(each.request.receipt_verifier) == 64 for each in door.bus.asked)


def test_a_message_is_sealed_and_found_by_the_verifier(door: Door) -> None:
    receipt = door.http.post("/v1/public/tips", json=TIP).json()["receipt"]
    door.bus.says("post_informant_message", STATUS)
    headers = {"Lianxi-Receipt": receipt, "Idempotency-Key": "m-1"}
    answers = [door.http.post("/v1/public/tips/messages", json={"text": "又来人了"}, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    asked = [each for each in door.bus.asked if each.method == "post_informant_message"]
    assert len(asked) == 1
    assert "又来人了" not in str(asked[0].request)
    assert asked[0].request.receipt_verifier == handed_in(door).receipt_verifier
    assert asked[0].caller.command_id is not None


def test_a_missing_code_is_said_to_be_missing(door: Door) -> None:
    answer = door.http.get("/v1/public/tips/status")
    assert (answer.status_code, answer.json()["code"]) == (400, "receipt.missing")


def test_public_requests_leave_the_route_and_the_hour_only(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        door.http.post("/v1/public/tips", json=TIP)
    rows = [row for row in door.ledger.requests if row.route.startswith("/v1/public")]
    assert [(row.actor, row.correlation_id, row.at.minute, row.at.second) for row in rows] == [("public", None, 0, 0)]
    assert "testclient" not in str(rows)
