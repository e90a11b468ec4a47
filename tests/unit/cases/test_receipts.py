from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts.cases import PAPERS, Paper, PaperStatus
from lianxi.contracts.receipts import (
    ReceiptContent,
    Verdict,
    altered_papers,
    key_id_of,
    paper_sha256,
    public_key_of,
    receipt_bytes,
    sign_receipt,
    verify_receipt,
    verify_receipt_file,
)
from services.cases.store import ReceiptBook
from tests.unit.cases.desk import MemoryCollection

KEY = Ed25519PrivateKey.generate().private_bytes_raw().hex()
PUBLIC = public_key_of(KEY)
FILES = {name: f"the {name} of 案件".encode() for name in PAPERS if name != "other"}
CONTENT = ReceiptContent(
    number="police/2026/000001",
    referral_id="referral_1",
    case_number="DYAJ-2026-0000-0012",
    sender="market/desk",
    receiver="police/economic",
    papers=(
        *(Paper(name=name, status=PaperStatus.ATTACHED, sha256=paper_sha256(body)) for name, body in FILES.items()),
        Paper(name="other", status=PaperStatus.NONE, reason="没有其他材料"),
    ),
    received_at=datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC),
    signed_by="police:officer-7",
)
RECEIPT = sign_receipt(CONTENT, KEY)
BODY = receipt_bytes(RECEIPT)


@pytest.mark.criterion("1.4")
def test_a_receipt_as_signed_is_valid_whatever_reads_and_lays_it_out() -> None:
    assert verify_receipt_file(BODY, [PUBLIC]) is Verdict.VALID
    assert verify_receipt(json.loads(json.dumps(RECEIPT, indent=4)), [PUBLIC]) is Verdict.VALID


@pytest.mark.criterion("1.4")
def test_a_receipt_of_a_key_that_is_not_trusted_is_told_apart() -> None:
    other = public_key_of(Ed25519PrivateKey.generate().private_bytes_raw().hex())

    assert verify_receipt_file(BODY, [other]) is Verdict.UNKNOWN_KEY
    assert verify_receipt_file(BODY, []) is Verdict.UNKNOWN_KEY
    assert verify_receipt_file(BODY, [other, PUBLIC]) is Verdict.VALID


@pytest.mark.criterion("1.4")
def test_a_thousand_random_flips_of_the_receipt_are_all_found() -> None:
    chance = random.Random(20261123)
    for _ in range(1_000):
        flipped = bytearray(BODY)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)

        assert verify_receipt_file(bytes(flipped), [PUBLIC]) is not Verdict.VALID


@pytest.mark.criterion("1.4")
def test_a_thousand_random_flips_of_the_papers_are_all_found() -> None:
    chance = random.Random(5)
    assert altered_papers(RECEIPT, FILES) == ()
    for _ in range(1_000):
        name = chance.choice(list(FILES))
        flipped = bytearray(FILES[name])
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)

        assert altered_papers(RECEIPT, {**FILES, name: bytes(flipped)}) == (name,)


@pytest.mark.criterion("1.4")
@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255))
def test_any_other_byte_anywhere_is_found(place: int, byte: int) -> None:
    changed = BODY[:place] + bytes([byte]) + BODY[place + 1 :]

    assert (verify_receipt_file(changed, [PUBLIC]) is Verdict.VALID) == (changed == BODY)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=300))
def test_anything_at_all_is_read_without_falling_over(body: bytes) -> None:
    assert verify_receipt_file(body, [PUBLIC]) is not Verdict.VALID


@pytest.mark.parametrize(
    "change",
    [
        {"signature": RECEIPT["signature"].upper()},
        {"signature": None},
        {"signature": 5},
        {"signature": "zz"},
        {"dossier": []},
        {"dossier": None},
        {"dossier_sha256": "0" * 64},
        {"number": "police/2026/000002"},
        {"amount": 1.5},
        {"amount": float("nan")},
        {"amount": 2**60},
        {"added": "after signing"},
    ],
)
def test_what_is_changed_in_a_receipt_is_found(change: dict[str, Any]) -> None:
    assert verify_receipt({**RECEIPT, **change}, [PUBLIC]) is Verdict.ALTERED


def test_a_name_written_twice_or_white_space_added_is_found() -> None:
    assert verify_receipt_file(BODY + b"\n", [PUBLIC]) is Verdict.ALTERED
    twice = BODY.replace(b'{"algorithm"', b'{"number":"x","algorithm"', 1)
    assert twice != BODY
    assert verify_receipt_file(twice, [PUBLIC]) is Verdict.ALTERED
    assert verify_receipt_file(b"[" * 10_000, [PUBLIC]) is Verdict.ALTERED


def test_a_receipt_says_which_key_signed_it() -> None:
    assert RECEIPT["key_id"] == key_id_of(PUBLIC)
    assert sign_receipt(replace(CONTENT, number="police/2026/000002"), KEY)["signature"] != RECEIPT["signature"]


def numbered(number: str) -> dict[str, Any]:
    return {"number": number}


@pytest.mark.criterion("1.4")
def test_twenty_receipts_at_once_are_numbered_one_to_twenty_without_a_gap() -> None:
    rows = MemoryCollection("referral_id")
    with ThreadPoolExecutor(20) as pool:
        # Each with a book of its own, as in twenty processes.
        issued = list(
            pool.map(lambda each: ReceiptBook(lambda: rows).issue(f"r{each}", "police", 2026, numbered), range(20))
        )

    assert sorted(each["number"] for each in issued) == [f"police/2026/{place:06d}" for place in range(1, 21)]
    assert sorted(rows.rows) == sorted(each["number"] for each in issued)


@pytest.mark.criterion("1.4")
def test_one_referral_signed_for_by_many_at_once_has_one_receipt() -> None:
    rows = MemoryCollection("referral_id")
    with ThreadPoolExecutor(20) as pool:
        issued = list(pool.map(lambda _: ReceiptBook(lambda: rows).issue("r1", "police", 2026, numbered), range(20)))

    assert {each["number"] for each in issued} == {"police/2026/000001"}
    assert len(rows.rows) == 1


def test_numbers_begin_anew_for_each_agency_and_year() -> None:
    rows = MemoryCollection("referral_id")
    book = ReceiptBook(lambda: rows)
    issued = [
        book.issue("r1", "police", 2026, numbered),
        book.issue("r2", "police", 2027, numbered),
        book.issue("r3", "procuratorate", 2026, numbered),
        book.issue("r4", "police", 2026, numbered),
    ]

    assert [each["number"] for each in issued] == [
        "police/2026/000001",
        "police/2027/000001",
        "procuratorate/2026/000001",
        "police/2026/000002",
    ]


@settings(max_examples=40, deadline=None)
@given(taken=st.integers(0, 400))
def test_the_next_number_is_found_however_many_there_are(taken: int) -> None:
    rows = MemoryCollection("referral_id")
    for place in range(1, taken + 1):
        number = f"police/2026/{place:06d}"
        rows.rows[number] = {"_id": number, "referral_id": f"old{place}", "receipt": {}}

    issued = ReceiptBook(lambda: rows).issue("new", "police", 2026, numbered)

    assert issued["number"] == f"police/2026/{taken + 1:06d}"
