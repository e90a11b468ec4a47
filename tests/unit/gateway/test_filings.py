"""The proof of filing: signed at the door, checked by anybody, and silent about what was told."""

from __future__ import annotations

import json
import random
import re
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.filings import squares
from lianxi.cli.main import app
from lianxi.contracts.filings import content_hash, is_content_of, new_opening
from lianxi.contracts.receipts import Verdict, public_key_of, receipt_bytes, verify_receipt_file
from lianxi.kernel.errors import Malformed
from lianxi.policy.model import Telephone
from tests.support.gateway_fakes import POLICY, Door, open_door
from tests.support.pictures import photo
from tests.unit.gateway.test_pages import FORM, file, hidden

PUBLIC = public_key_of("33" * 32)
OTHER = public_key_of("44" * 32)
TEXT = "夜里二十多人在三楼听课"
TIP = {
    "category": "rental_gathering",
    "village": "banyan",
    "place": "榕树街 12 号",
    "text": TEXT,
    "happened_at": "2026-03-01T20:30:00+08:00",
    "people_count": 20,
}
CONTENT = {**TIP, "village": "village/banyan"}
DICTATED = {**TIP, "channel": "phone"}


def filed(door: Door, **more: Any) -> dict[str, Any]:
    answer = door.http.post("/v1/public/tips", json={**TIP, **more}, headers={"Idempotency-Key": secrets.token_hex(8)})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.criterion("2.5")
def test_the_answer_to_a_tip_proves_number_hour_and_content_to_anybody(door: Door) -> None:
    told = filed(door)
    statement, opening = told["proof"]["statement"], told["proof"]["opening"]

    assert verify_receipt_file(receipt_bytes(statement), [PUBLIC]) is Verdict.VALID
    assert verify_receipt_file(receipt_bytes(statement), [OTHER]) is Verdict.UNKNOWN_KEY
    assert statement["tip_number"] == told["tip_number"]
    assert statement["received_at"] == told["received_at"] == "2026-03-02T04:00:00+00:00"  # no minute of 04:17:09
    assert is_content_of(statement, CONTENT, opening)
    for name, value in {"text": TEXT + "。", "place": None, "people_count": 21, "category": "other"}.items():
        assert not is_content_of(statement, {**CONTENT, name: value}, opening)
    assert not is_content_of(statement, CONTENT, new_opening())


@pytest.mark.criterion("2.5")
def test_a_thousand_random_flips_of_the_proof_are_all_found(door: Door) -> None:
    body, chance = receipt_bytes(filed(door)["proof"]["statement"]), random.Random(20261128)
    for _ in range(1_000):
        flipped = bytearray(body)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        assert verify_receipt_file(bytes(flipped), [PUBLIC]) is not Verdict.VALID


@pytest.mark.criterion("2.5")
def test_every_byte_of_the_proof_is_under_the_signature(door: Door) -> None:
    body = receipt_bytes(filed(door)["proof"]["statement"])
    for place in range(len(body)):
        assert verify_receipt_file(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], [PUBLIC]) is not (
            Verdict.VALID
        )


@pytest.mark.criterion("2.5")
def test_a_proof_holds_nothing_of_the_content_and_no_code(door: Door) -> None:
    told = filed(door, contact={"phone": "13800138000"})
    proof = json.dumps(told["proof"], ensure_ascii=False)

    assert set(told["proof"]["statement"]) == {
        *("kind", "tip_number", "received_at", "content_hash", "key_id", "algorithm", "signature"),
    }
    for secret in (TEXT, "banyan", "12 号", "rental_gathering", "13800138000", "20:30", told["receipt"]):
        assert secret not in proof
    assert told["receipt"].replace("-", "") not in proof
    assert told["proof"]["opening"] not in json.dumps(told["proof"]["statement"])
    # The same words twice have two hashes, so that nobody finds a text by trying.
    assert filed(door)["proof"]["statement"]["content_hash"] != told["proof"]["statement"]["content_hash"]


@pytest.mark.criterion("2.5")
def test_a_replay_shows_the_same_proof_and_nothing_kept_holds_it(door: Door) -> None:
    headers = {"Idempotency-Key": "the-same"}
    first, again = (door.http.post("/v1/public/tips", json=TIP, headers=headers) for _ in range(2))

    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    command = door.bus.handed_in[-1][2]
    for secret in (first.json()["proof"]["opening"], first.json()["proof"]["statement"]["signature"]):
        assert secret not in repr(command)


@pytest.mark.criterion("2.5")
def test_the_proof_is_signed_while_the_broker_is_away(door: Door) -> None:
    door.bus.is_connected = False

    assert verify_receipt_file(receipt_bytes(filed(door)["proof"]["statement"]), [PUBLIC]) is Verdict.VALID


@pytest.mark.criterion("2.5")
def test_pictures_are_part_of_what_is_proven(door: Door) -> None:
    sent = door.http.post(
        "/v1/public/attachments", content=photo("JPEG"), headers={"Content-Type": "image/jpeg"}
    ).json()
    proof = filed(door, attachments=[sent["attachment"]])["proof"]

    assert is_content_of(proof["statement"], {**CONTENT, "pictures": [sent["sha256"]]}, proof["opening"])
    assert not is_content_of(proof["statement"], CONTENT, proof["opening"])


@pytest.mark.criterion("2.5")
def test_whoever_telephones_is_given_a_proof_too(door: Door) -> None:
    answer = door.http.post("/v1/tips", json=DICTATED, headers=door.headers("police", key="by-phone"))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    statement = told["proof"]["statement"]

    assert verify_receipt_file(receipt_bytes(statement), [PUBLIC]) is Verdict.VALID
    assert (statement["tip_number"], statement["received_at"]) == (told["number"], "2026-03-02T04:00:00+00:00")
    assert is_content_of(statement, CONTENT, told["proof"]["opening"])
    nobody = door.http.post("/v1/tips", json={**DICTATED, "channel": "agency"}, headers=door.headers("police", key="k"))
    assert "proof" not in nobody.json() or nobody.json()["proof"] is None


@pytest.mark.criterion("2.5")
def test_the_slip_carries_the_proof_as_a_square_code_and_hands_it_over_as_a_file(door: Door) -> None:
    receipt = file(door)
    slip = receipt.text.partition('<section class="slip"')[2].partition("</section>")[0]
    saved = door.http.post("/report/proof", data=hidden(receipt))

    assert verify_receipt_file(saved.content, [PUBLIC]) is Verdict.VALID
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    assert squares(saved.json()) in slip
    opening = re.search(r"<code>([0-9a-f-]{39})</code>", slip)
    assert opening is not None
    told = {name: FORM[name] for name in ("text", "place", "category", "village")}
    content: dict[str, Any] = {**told, "happened_at": FORM["happened_at"] + "+08:00", "people_count": 20}
    assert is_content_of(saved.json(), content, opening[1])
    assert TEXT not in slip
    assert door.http.post("/report/proof", data={"ticket": "x"}).status_code == 403


@pytest.mark.criterion("2.5")
def test_the_command_checks_a_proof_with_and_without_its_content(door: Door, tmp_path: Path) -> None:
    proof = filed(door)["proof"]
    (tmp_path / "proof.json").write_bytes(receipt_bytes(proof["statement"]))
    (tmp_path / "keys.txt").write_text(PUBLIC + "\n", encoding="ascii")
    (tmp_path / "others.txt").write_text(OTHER + "\n", encoding="ascii")
    (tmp_path / "told.json").write_text(json.dumps(CONTENT), encoding="utf-8")
    (tmp_path / "other.json").write_text(json.dumps({**CONTENT, "text": "别的话"}), encoding="utf-8")
    written = "-".join(re.findall("....", proof["opening"]))

    def run(*more: str, keys: str = "keys.txt") -> tuple[int, str]:
        arguments = ["receipt", "verify", str(tmp_path / "proof.json"), "--key", str(tmp_path / keys), *more]
        result = CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, arguments)
        return result.exit_code, result.stdout.strip()

    assert run() == (0, "valid")
    assert run(keys="others.txt") == (2, "unknown key")
    assert run("--content", str(tmp_path / "told.json"), "--opening", written) == (0, "valid")
    assert run("--content", str(tmp_path / "other.json"), "--opening", written) == (1, "altered: content")
    assert run("--content", str(tmp_path / "told.json"), "--opening", new_opening()) == (1, "altered: content")
    (tmp_path / "proof.json").write_bytes(receipt_bytes({**proof["statement"], "tip_number": "DY-2026-0000-0000"}))
    assert run() == (1, "altered")


@given(text=st.text(max_size=40), other=st.text(max_size=40))
def test_only_white_space_and_composition_are_levelled(text: str, other: str) -> None:
    opening = "ab" * 16
    one, two = ({"text": each} for each in (text, other))
    try:
        is_same = content_hash(one, opening) == content_hash(two, opening)
    except Malformed:
        return
    assert content_hash({"text": f" {text}\r\n"}, opening) == content_hash(one, opening)
    if text.isalnum() and text.isascii() and other.isalnum() and other.isascii():
        assert is_same == (text == other)


@pytest.mark.parametrize(
    ("content", "opening"),
    [({"sender": "x"}, "ab" * 16), ({}, ""), ({}, "ab"), ({}, "zz" * 16), ({"happened_at": "once"}, "ab" * 16)],
)
def test_what_is_no_content_or_no_opening_is_refused(content: dict[str, Any], opening: str) -> None:
    with pytest.raises(Malformed):
        content_hash(content, opening)


@pytest.mark.criterion("2.4")
def test_the_slip_names_the_telephones_of_the_towns_own_files(tmp_path: Path) -> None:
    programme = POLICY.programme
    office = Telephone(name_zh="打传办", name_en="Office", number="0760-0000 0000")
    changed = replace(POLICY, programme=replace(programme, telephones=(office, *programme.telephones)))
    with open_door(tmp_path) as door:
        door.house.policy = changed
        receipt = file(door)
        slip = receipt.text.partition('<section class="slip"')[2].partition("</section>")[0]
        english = door.http.post("/report/receipt?lang=en", data=hidden(receipt)).text

    assert "打传办 0760-0000 0000 · 报警 110 · 短信报警 12110" in slip
    assert "Office 0760-0000 0000 · Police 110" in english
