"""The straight way in: the same answers as the long way, and nothing refused or let in that the long way would not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.straight import STRAIGHT, ways_of
from tests.support.gateway_fakes import Door

TIP = {"category": "rental_gathering", "village": "village/banyan", "text": "三楼每天有人上课", "channel": "phone"}
Change = dict[str, Any]


@contextmanager
def the_long_way(door: Door) -> Iterator[None]:
    """Serve everything as the routes stand, for as long as the block runs."""
    way: Any = door.app.middleware_stack
    while type(way).__name__ != "Straight":
        way = next(value for name, value in vars(way).items() if name in ("_app", "app"))
    kept = way._ways
    way._ways = {}
    try:
        yield
    finally:
        way._ways = kept


def answer(door: Door, **change: Any) -> tuple[int, Any, Any]:
    headers = door.headers(change.pop("client", "police"), key=change.pop("key", "one"))
    headers |= change.pop("headers", {})
    content = change.pop("content", None)
    sent = {"content": content} if content is not None else {"json": TIP | change}
    got = door.http.post("/v1/tips", headers={name: value for name, value in headers.items() if value}, **sent)
    told = got.json()
    told.pop("correlation_id", None)
    unlike = {"x-correlation-id", "content-length", "idempotency-replayed", "ratelimit"}
    return got.status_code, told, {name: value for name, value in got.headers.items() if name not in unlike}


def test_every_straight_way_is_a_route_of_the_description(door: Door) -> None:
    assert set(ways_of(door.app.routes)) == STRAIGHT
    assert all("post" in door.app.openapi()["paths"][path] for path in STRAIGHT)


@pytest.mark.criterion("14.2")
def test_a_tip_gets_the_same_answer_on_both_ways(door: Door) -> None:
    straight = answer(door)
    with the_long_way(door):
        assert answer(door) == straight
    assert straight[0] == 201
    assert len(door.bus.handed_in) == 1  # the second was the first one's answer


@pytest.mark.parametrize(
    "change",
    [
        {"content": b"{"},
        {"content": b""},
        {"content": b"null"},
        {"content": b'{"a": 1, "a": 2}'},
        {"content": b"[" * 200},
        {"content": "不".encode("gbk"), "headers": {"Content-Type": "application/json"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"Authorization": ""}},
        {"headers": {"Authorization": "Bearer x.y.z"}},
        {"client": "narrow"},
        {"client": "auditor"},
        {"client": "narrow", "text": ""},
        {"key": None},
        {"headers": {"Idempotency-Key": "with space"}},
        {"text": ""},
        {"unknown": 1},
        {"village": None},
        {"village": "village/nowhere"},
        {"category": "no_such"},
        {"channel": "web"},
        {"channel": "phone", "reference": "AB-12345"},
    ],
    ids=repr,
)
def test_what_is_not_good_is_refused_as_on_the_long_way(door: Door, change: Change) -> None:
    straight = answer(door, **change)
    with the_long_way(door):
        assert answer(door, **change) == straight
    assert straight[0] >= 400
    assert not door.bus.handed_in


@pytest.mark.criterion("14.1")
def test_a_token_that_was_checked_once_still_ends_and_is_still_revoked(door: Door) -> None:
    def send(key: str, authorization: str) -> tuple[int, str]:
        told = door.http.post("/v1/tips", json=TIP, headers={"Authorization": authorization, "Idempotency-Key": key})
        return told.status_code, told.json().get("code", "")

    good = door.headers()["Authorization"]
    assert send("first", good) == (201, "")
    assert send("second", f"{good[:-3]}AAA") == (401, "token.unreadable")
    client = door.house.register.find("police")
    assert client is not None
    door.house.register.learn(replace(client, revoked_at=door.clock.now()))
    assert send("third", good) == (401, "token.client_revoked")
    door.house.register.learn(client)
    assert send("fourth", good) == (201, "")
    door.clock.advance(timedelta(seconds=door.settings.gateway_token_seconds + 1))
    assert send("fifth", good) == (401, "token.expired")
