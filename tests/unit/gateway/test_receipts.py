from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import receipts
from gateway.outside_key import OutsideKey
from gateway.receipts import Verifiers
from lianxi.kernel.errors import Broken, TooBusy
from tests.support.gateway_fakes import settings

KEY = OutsideKey("11" * 32)
OTHER = OutsideKey("33" * 32)


@pytest.mark.criterion("2.2")
@pytest.mark.parametrize(
    "written",
    [
        "1234-5678-9012-3456",
        "1234567890123456",
        " 1234 5678 9012 3456 ",
        "１２３４５６７８９０１２３４５６",
        "1234—5678–9012‑3456",
        "1234 5678\t9012 3456",
    ],
)
def test_a_code_is_read_as_people_write_it(written: str) -> None:
    assert receipts.read_code(written) == "1234567890123456"


@pytest.mark.parametrize("written", ["", "123", "1234-5678-9012-345", "12345678901234567", "abcd-efgh-ijkl-mnop"])
def test_what_is_no_code_is_none(written: str) -> None:
    assert receipts.read_code(written) is None


@given(st.text(max_size=40))
def test_reading_never_fails_and_answers_sixteen_digits_or_nothing(written: str) -> None:
    code = receipts.read_code(written)
    assert code is None or (len(code) == 16 and code.isascii() and code.isdigit())


@pytest.mark.criterion("2.2")
def test_codes_are_sixteen_digits_shown_in_fours_and_differ() -> None:
    codes = {receipts.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == 16 and code.isdigit() for code in codes)
    assert receipts.shown("1234567890123456") == "1234-5678-9012-3456"


def test_a_derived_code_is_the_same_for_the_same_parts_and_spreads_over_all_digits() -> None:
    assert receipts.derived_code(KEY, "public", "k") == receipts.derived_code(KEY, "public", "k")
    assert receipts.derived_code(KEY, "public", "k") != receipts.derived_code(OTHER, "public", "k")
    first = Counter(receipts.derived_code(KEY, str(each))[0] for each in range(2_000))
    assert set(first) == set("0123456789")
    assert max(first.values()) < 280


def test_parts_never_run_together() -> None:
    assert KEY.derive("x", "ab", "c") != KEY.derive("x", "a", "bc")
    assert KEY.derive("x", "a") != KEY.derive("y", "a")


@pytest.mark.criterion("2.2")
def test_production_pays_argon2id_of_the_stated_cost_and_a_code_has_other_verifiers_elsewhere(tmp_path: Path) -> None:
    given = settings(tmp_path)
    fields = type(given).model_fields
    production = {name: fields[name].default for name in ("gateway_argon2_kibibytes", "gateway_argon2_passes")}
    assert production["gateway_argon2_kibibytes"] >= 19 * 1024
    assert production["gateway_argon2_passes"] >= 2
    dear = given.model_copy(update=production)
    here, there = Verifiers(KEY, dear), Verifiers(OTHER, dear)

    async def work() -> tuple[str, str, str]:
        code = "1234-5678-9012-3456"
        return await here.verifier(code), await here.verifier(code.replace("-", " ")), await there.verifier(code)

    same, again, elsewhere = asyncio.run(work())
    assert same == again != elsewhere
    assert len(same) == 64
    here.close()
    there.close()


def test_more_look_ups_than_may_wait_are_told_to_come_back(tmp_path: Path) -> None:
    verifiers = Verifiers(KEY, settings(tmp_path, gateway_argon2_threads=1, gateway_argon2_waiting=1))

    async def work() -> list[object]:
        return list(await asyncio.gather(*(verifiers.verifier("x") for _ in range(5)), return_exceptions=True))

    answers = asyncio.run(work())
    assert sum(isinstance(each, TooBusy) for each in answers) == 3
    verifiers.close()


def test_a_key_of_another_length_is_refused_and_a_lock_opens_only_with_its_key() -> None:
    with pytest.raises(Broken, match=r"settings\.key_unusable"):
        OutsideKey("11")
    locked = KEY.lock("answers", b"n" * 12, b"content")
    assert KEY.unlock("answers", locked) == b"content"
    with pytest.raises(Broken, match=r"key\.mismatch"):
        OTHER.unlock("answers", locked)
    with pytest.raises(Broken, match=r"key\.mismatch"):
        KEY.unlock("other purpose", locked)
