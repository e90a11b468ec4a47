from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.challenges import Challenges
from gateway.outside_key import OutsideKey
from gateway.refusals import NoSuchThing, TooMany
from gateway.tries import Tries, Wrongs
from lianxi.contracts import proof
from lianxi.kernel.clock import FixedClock
from lianxi.runtime import metrics
from lianxi.sdk.proof import answer_to, solve
from tests.support.gateway_fakes import NOON, Door, open_door, settings
from tests.unit.gateway.test_public import STATUS, TIP

KEY = OutsideKey("11" * 32)
STATUS_PATH = "/v1/public/tips/status"
WRONG = {"Lianxi-Receipt": "1234-5678-9012-3456"}
BITS = 6


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Door]:
    with open_door(tmp_path, gateway_proof_bits=BITS) as door:
        yield door


def ask(door: Door, receipt: str | None = None, given: str | None = None) -> Any:
    headers = dict(WRONG) if receipt is None else {"Lianxi-Receipt": receipt}
    return door.http.get(STATUS_PATH, headers=headers if given is None else {**headers, proof.HEADER: given})


def filed(door: Door) -> str:
    """A tip's receipt code, which the desk knows as the only one."""
    receipt = str(door.http.post("/v1/public/tips", json=TIP).json()["receipt"])
    verifier = door.bus.handed_in[-1][2].receipt_verifier  # type: ignore[attr-defined]

    def tell(request: Any, _caller: Any) -> Any:
        if request.receipt_verifier != verifier:
            raise NoSuchThing("receipt.not_found")
        return STATUS

    door.bus.answers["find_tip_by_receipt"] = tell
    return receipt


@pytest.mark.criterion("2.3")
def test_after_five_wrong_codes_a_bucket_waits_or_proves_work_and_nothing_is_worked_out(guarded: Door) -> None:
    receipt = filed(guarded)
    assert [ask(guarded).status_code for _ in range(7)] == [404] * 5 + [429] * 2
    assert len(guarded.bus.asked) == 5
    refused = ask(guarded, receipt)
    told = refused.json()
    assert (refused.status_code, told["code"], told["facts"]["bits"]) == (429, "receipt.proof_needed", BITS)
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert ask(guarded, receipt, proof.WAIT).status_code == 429
    assert ask(guarded, receipt, answer_to(told)).status_code == 200
    assert ask(guarded, None, answer_to(ask(guarded).json())).status_code == 404


@pytest.mark.criterion("2.3")
def test_above_twenty_wrong_codes_overall_everybody_proves_work_and_nobody_is_shut_out(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_proof_bits=BITS, gateway_wrong_codes=1_000) as door:
        receipt = filed(door)
        assert {ask(door).status_code for _ in range(20)} == {404}
        refused = ask(door, receipt)
        assert (refused.status_code, refused.json()["code"]) == (429, "receipt.proof_needed")
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert ask(door, receipt, answer_to(refused.json())).status_code == 200
        assert ask(door, receipt).status_code == 429
        # However long somebody guesses with proofs, whoever has a code and a proof gets in, and so does who waits.
        for _ in range(5):
            assert ask(door, None, answer_to(ask(door).json())).status_code == 404
        assert ask(door, receipt, answer_to(ask(door, receipt).json())).status_code == 200
        assert ask(door, receipt, proof.WAIT).status_code == 200


def test_a_message_is_guarded_like_a_look_up(guarded: Door) -> None:
    guarded.bus.says("post_informant_message", NoSuchThing("receipt.not_found"))
    path, text = "/v1/public/tips/messages", {"text": "又来人了"}
    statuses = [guarded.http.post(path, json=text, headers=WRONG).status_code for _ in range(6)]
    assert statuses == [404] * 5 + [429]


def test_guessing_is_counted_by_what_came_of_it(guarded: Door) -> None:
    def counted() -> list[float]:
        return [metrics.receipt_tries_total.labels(each)._value.get() for each in ("wrong", "proven", "refused")]

    before = counted()
    for _ in range(6):
        ask(guarded)
    ask(guarded, None, answer_to(ask(guarded).json()))
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [6, 1, 2]


@pytest.mark.criterion("2.3")
def test_a_right_code_is_refused_like_a_wrong_one_when_a_proof_is_missing(guarded: Door) -> None:
    receipt = filed(guarded)
    for _ in range(5):
        ask(guarded)
    wrong, right = ask(guarded).json(), ask(guarded, receipt).json()
    assert wrong.pop("facts").keys() == right.pop("facts").keys() == {"challenge", "bits"}
    assert wrong == right


@pytest.mark.criterion("2.3")
def test_a_proof_is_good_once_for_five_minutes_and_only_for_our_challenge() -> None:
    clock = FixedClock(NOON)
    ours = Challenges(KEY, clock, bits=BITS, seconds=300)
    theirs = Challenges(OutsideKey("33" * 32), clock, bits=BITS, seconds=300)

    def worked() -> str:
        told = ours.new()
        return solve(told.text, told.bits)

    first, second, third = worked(), worked(), worked()
    assert ours.take(first)
    assert not ours.take(first)
    same = first.rpartition(".")[0]
    assert not ours.take(next(f"{same}.x{each}" for each in range(10**6) if proof.is_proof(f"{same}.x{each}", BITS)))
    assert Challenges(KEY, clock, bits=BITS, seconds=300).take(second), "every gateway of a town knows it"
    clock.advance(timedelta(seconds=299))
    assert ours.take(second)
    clock.advance(timedelta(seconds=1))
    assert not ours.take(third)
    other = theirs.new()
    assert not ours.take(solve(other.text, other.bits))
    ours.forget()
    assert not ours._used


def test_a_proof_without_work_or_of_an_easier_challenge_is_none() -> None:
    ours = Challenges(KEY, FixedClock(NOON), bits=20, seconds=300)
    told = ours.new()
    idle = next(f"{told.text}.{each}" for each in range(1_000) if proof.zero_bits(f"{told.text}.{each}") < 20)
    assert not ours.take(idle)
    ends, _, random, mac = told.text.split(".")
    assert not ours.take(solve(f"{ends}.1.{random}.{mac}", 1))
    for bad in ("", ".", "wait", "9" * 300, "1.2.3.4.5", f"{told.text}.{'9' * 41}", f"{told.text}."):
        assert not ours.take(bad)


def test_a_proof_is_what_the_recipe_says() -> None:
    told = Challenges(KEY, FixedClock(NOON), bits=8, seconds=300).new()
    solved = solve(told.text, told.bits)
    assert solved.startswith(f"{told.text}.")
    assert hashlib.sha256(solved.encode()).hexdigest().startswith("00")


def test_wrong_tries_are_forgotten_one_by_one() -> None:
    clock = FixedClock(NOON)
    wrong = Wrongs(5, 600, lambda: (clock.now() - NOON).total_seconds())
    for seconds in (100, 100, 100, 299, 0.5):
        wrong.add("bucket")
        clock.advance(timedelta(seconds=seconds))
    assert (wrong.count("bucket"), wrong.wait_seconds("bucket")) == (5, 1)
    clock.advance(timedelta(seconds=0.5))
    assert (wrong.count("bucket"), wrong.wait_seconds("bucket")) == (4, 100)
    wrong.forget()
    assert len(wrong) == 1
    clock.advance(timedelta(seconds=600))
    wrong.forget()
    assert len(wrong) == 0


async def _look_up(is_right: bool) -> None:
    loop = asyncio.get_running_loop()
    turn = loop.create_future()
    loop.call_soon(turn.set_result, None)  # the others have their turn first
    await turn
    if not is_right:
        raise NoSuchThing("receipt.not_found")


async def _try(tries: Tries, bucket: str, *, given: str | None = None, is_right: bool = False) -> str:
    try:
        async with tries.one(bucket, given):
            await _look_up(is_right)
    except NoSuchThing:
        return "wrong"
    except TooMany:
        return "refused"
    return "right"


def tries_of(folder: Path, **more: Any) -> Tries:
    return Tries(Challenges(KEY, FixedClock(NOON), bits=BITS, seconds=300), settings(folder, **more))


@pytest.mark.criterion("2.3")
def test_many_wrong_tries_at_once_are_no_way_around(tmp_path: Path) -> None:
    async def work() -> list[str]:
        tries = tries_of(tmp_path)
        return list(await asyncio.gather(*(_try(tries, "bucket") for _ in range(40))))

    assert sorted(asyncio.run(work())) == ["refused"] * 35 + ["wrong"] * 5


def test_many_right_tries_at_once_all_get_in(tmp_path: Path) -> None:
    async def work() -> set[str]:
        tries = tries_of(tmp_path)
        answers = set(await asyncio.gather(*(_try(tries, "bucket", is_right=True) for _ in range(40))))
        assert not tries._inside
        return answers

    assert asyncio.run(work()) == {"right"}


def test_the_slow_lane_goes_one_by_one_with_one_place_for_each_bucket(tmp_path: Path) -> None:
    async def work() -> list[str]:
        tries = tries_of(tmp_path, gateway_slowing_seconds=0.01, gateway_slow_lane_places=3)
        for each in range(20):
            assert await _try(tries, f"guesser-{each}") == "wrong"
        whose = ("a", "a", "b", "c", "d")
        answers = await asyncio.gather(*(_try(tries, each, given=proof.WAIT, is_right=True) for each in whose))
        assert not tries.slow_lane._waiting
        return list(answers)

    assert asyncio.run(work()) == ["right", "refused", "right", "right", "refused"]
