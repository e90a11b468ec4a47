"""Too many tips at once: each that is taken in is dealt with in time, the others come again, and no rescue waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.crowding import AWAY_SECONDS, FORGOTTEN_SECONDS, Crowd
from gateway.refusals import TooMany
from lianxi.contracts import codec
from tests.support.gateway_fakes import Door, open_door

TIP = {"category": "other", "place": "x", "text": "y"}


class Hands:
    """A clock's hands, moved by the test."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def crowd(hands: Hands) -> Crowd:
    return Crowd(1.0, 4, hands)


def fill(crowd: Crowd, tips: int) -> None:
    for number in range(tips):
        crowd.handing_in(f"tip-{number}", "normal")


def is_full(crowd: Crowd) -> bool:
    try:
        crowd.check()
    except TooMany:
        return True
    return False


def test_a_few_are_always_taken_in(crowd: Crowd) -> None:
    crowd.done("another")
    fill(crowd, 3)
    assert not is_full(crowd)
    fill(crowd, 4)
    assert is_full(crowd)


def test_as_many_as_are_dealt_with_in_time(crowd: Crowd, hands: Hands) -> None:
    for number in range(40):
        crowd.done(f"before-{number}")
        hands.now += 0.05
    assert crowd.most == pytest.approx(20, abs=2)
    fill(crowd, 15)
    assert not is_full(crowd)
    fill(crowd, 30)
    assert is_full(crowd)
    for number in range(15):
        crowd.done(f"tip-{number}")
    assert not is_full(crowd)


def test_whoever_is_told_to_come_again_is_told_when(crowd: Crowd, hands: Hands) -> None:
    for number in range(20):
        crowd.done(f"before-{number}")
        hands.now += 0.05
    fill(crowd, 80)
    with pytest.raises(TooMany) as refused:
        crowd.check()
    assert 2 <= refused.value.retry_after_seconds <= 4


def test_when_nothing_is_heard_the_desks_are_away_and_everything_is_kept_for_them(crowd: Crowd, hands: Hands) -> None:
    crowd.done("another")
    fill(crowd, 100)
    assert is_full(crowd)
    hands.now += AWAY_SECONDS + 0.1
    assert not is_full(crowd)


def test_a_flood_at_a_quiet_hour_does_not_pass_for_desks_that_are_away(crowd: Crowd, hands: Hands) -> None:
    hands.now += 3_600
    fill(crowd, 4)
    assert is_full(crowd)
    hands.now += AWAY_SECONDS + 0.1
    assert not is_full(crowd), "nothing is heard although somebody waits: they are away"
    hands.now += FORGOTTEN_SECONDS
    assert not is_full(crowd)
    crowd.done("another")
    fill(crowd, 4)
    assert is_full(crowd), "they are back"


def line_up(crowd: Crowd, hands: Hands, tips: int, *, heard_every: int) -> None:
    for number in range(tips):
        crowd.handing_in(f"tip-{number}", "normal")
        hands.now += 0.1
        if number % heard_every == 0:
            crowd.done(f"tip-{number // heard_every}")


def test_a_line_that_moves_too_slowly_is_seen_before_any_rate_is_known(hands: Hands) -> None:
    crowd = Crowd(1.0, 60, hands)
    line_up(crowd, hands, 10, heard_every=2)
    assert not is_full(crowd), "nobody has waited for long yet"
    line_up(crowd, hands, 60, heard_every=3)
    assert crowd.under_way < 60
    assert is_full(crowd)
    hands.now += 1.1
    assert not is_full(crowd), "a line that stands is a desk that starts anew, and no crowd"


def test_a_few_that_wait_for_long_are_bad_luck_and_no_crowd(hands: Hands) -> None:
    crowd = Crowd(1.0, 64, hands)
    fill(crowd, 15)
    hands.now += 2
    crowd.done("another")
    assert not is_full(crowd)


def test_who_was_overtaken_stands_in_nobodys_way(hands: Hands) -> None:
    crowd = Crowd(1.0, 8, hands)
    for number in range(7):
        crowd.handing_in(f"known-already-{number}", "normal")
    hands.now += 1.5
    crowd.handing_in("tip", "normal")
    crowd.done("tip")
    assert crowd.under_way == 0


def test_what_is_never_heard_of_again_is_forgotten(crowd: Crowd, hands: Hands) -> None:
    fill(crowd, 100)
    hands.now += FORGOTTEN_SECONDS + 0.1
    crowd.done("another")
    assert crowd.under_way == 0


def test_a_quiet_hour_is_not_taken_for_what_is_possible(crowd: Crowd, hands: Hands) -> None:
    for number in range(100):
        crowd.done(f"before-{number}")
        hands.now += 0.01
    busy = crowd.most
    hands.now += 10
    crowd.done("one")
    assert crowd.most > busy * 0.6


def test_while_somebody_waits_for_long_a_better_hour_is_not_taken_for_what_is_possible(hands: Hands) -> None:
    crowd = Crowd(1.0, 4, hands)
    for number in range(100):
        crowd.done(f"before-{number}")
        hands.now += 0.01
    assert crowd.most > 50
    fill(crowd, 40)
    for number in range(10):
        hands.now += 0.2
        crowd.done(f"tip-{number}")
    hands.now += 0.1
    crowd.done("tip-10")
    assert crowd.most < 15, "five a second are dealt with now"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"subject":1}'])
def test_an_unreadable_letter_is_passed_over(crowd: Crowd, body: bytes) -> None:
    crowd.heard(body)


def test_a_letter_names_its_tip(crowd: Crowd) -> None:
    crowd.handing_in("tip-1", "normal")
    crowd.heard(codec.to_bytes({"subject": "tip/tip-1"}))
    assert crowd.under_way == 0


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[Door]:
    """A gateway for which time stands still and one tip under way is enough."""
    with open_door(folder, gateway_tips_always=1, gateway_tip_seconds=0.1) as door:
        now = time.monotonic()
        door.house.crowd._now = lambda: now
        door.house.crowd.done("another")
        yield door


def file(door: Door, category: str, path: str = "/v1/public/tips", **more: Any) -> Any:
    return door.http.post(path, json={**TIP, "category": category}, **more)


@pytest.mark.criterion("17.3")
def test_at_the_door_the_others_are_put_off_and_a_rescue_never_is(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path) as door:
        assert file(door, "other").status_code == 201
        for path, mine in (("/v1/public/tips", {}), ("/v1/tips", door.headers("police", key="k"))):
            put_off = file(door, "other", path, headers=mine)
            assert (put_off.status_code, put_off.json()["code"]) == (429, "intake.crowded")
            assert int(put_off.headers["Retry-After"]) >= 1
            assert put_off.json()["retryable"] is True
            assert file(door, "person_held", path, headers=mine).status_code == 201
        assert door.http.get("/v1/tips", headers=door.headers("police")).status_code != 429, "only intake is put off"


def test_a_request_put_off_has_left_nothing_behind_and_is_taken_under_its_key_afterwards(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path) as door:
        first, second = door.headers("police", key="k-1"), door.headers("police", key="k-2")
        taken = file(door, "other", "/v1/tips", headers=first)
        assert file(door, "other", "/v1/tips", headers=second).status_code == 429
        assert len(door.bus.handed_in) == len(door.ledger.remembered) == 1
        door.house.crowd.done(taken.json()["tip_id"])
        assert file(door, "other", "/v1/tips", headers=second).status_code == 201
        assert len(door.bus.handed_in) == 2


def test_the_page_that_takes_a_report_in_says_so_too(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path) as door:
        assert file(door, "other").status_code == 201
        page = door.http.post("/report/receipt", data={"danger": "no", "category": "other", "text": "x", "place": "y"})
        assert page.status_code == 429
        assert int(page.headers["Retry-After"]) >= 1
        assert "text/html" in page.headers["Content-Type"]
