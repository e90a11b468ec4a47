from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lianxi.contracts.tips import TipPage
from lianxi.sdk.client import Client, Problem, Unreachable
from tests.support.gateway_fakes import SECRET, Door, open_door

TIP = {"category": "other", "place": "x", "text": "y"}
TOKEN = httpx2.Response(200, json={"access_token": "t", "expires_in": 900})
Handler = Callable[[httpx2.Request], httpx2.Response]


def client_of(handler: Handler, waits: list[float], **more: Any) -> Client:
    http = httpx2.Client(base_url="http://gateway", transport=httpx2.MockTransport(handler))
    return Client("http://gateway", http=http, wait=waits.append, **more)


def test_against_the_gateway_itself(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        client = Client("http://testserver", client_id="police", client_secret=SECRET, http=door.http)
        filed = client.post("/v1/tips", TIP, key="k-1")
        assert client.post("/v1/tips", TIP, key="k-1") == filed
        assert len(door.bus.handed_in) == 1
        pages = iter([TipPage(items=(), next_cursor="abc"), TipPage(items=())])
        door.bus.answers["list_tips"] = lambda _request, _caller: next(pages)
        assert list(client.pages("/v1/tips", limit=2)) == []
        assert door.bus.asked[-1].request.cursor == "abc"
        with pytest.raises(Problem) as refused:
            client.get("/v1/cases/case_00000000000000000000000000")
        assert (refused.value.status, refused.value.code) == (404, "get_case.nothing_here")
        assert str(refused.value).startswith("get_case.nothing_here (404): There is no such item")


def test_an_expired_token_is_renewed_once(door: Door) -> None:
    door.bus.says("list_tips", TipPage(items=()))
    client = Client("http://testserver", client_id="police", client_secret=SECRET, http=door.http)
    assert client.get("/v1/tips")["items"] == []
    client._token = "no token of ours"
    assert client.get("/v1/tips")["items"] == []


def test_a_write_is_tried_again_under_one_key_as_long_as_it_was_told_to_wait() -> None:
    keys: list[str] = []
    waits: list[float] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            return httpx2.Response(503, headers={"Retry-After": "7"}, json={"code": "broker.away"})
        if len(keys) == 2:
            raise httpx2.ConnectError("no")
        return httpx2.Response(201, json={"ok": True})

    assert client_of(handler, waits).post("/v1/public/tips", TIP) == {"ok": True}
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert waits == [7.0, 0.8]


def test_what_stays_away_is_said_to_be_away() -> None:
    waits: list[float] = []

    def silent(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no")

    with pytest.raises(Unreachable):
        client_of(silent, waits, tries=2).get("/healthz")
    with pytest.raises(Unreachable):
        client_of(silent, waits, tries=2, client_id="police").get("/v1/tips")
    away = httpx2.Response(503, json={"code": "store.down", "title": "x", "detail": "y"})
    with pytest.raises(Problem, match=r"store\.down"):
        client_of(lambda _request: away, waits, tries=2).get("/healthz")
    with pytest.raises(Problem, match=r"gateway\.unreadable"):
        client_of(lambda _request: httpx2.Response(500, text="<html>"), waits).get("/healthz")


def test_a_version_travels_as_a_precondition() -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return TOKEN if request.url.path == "/oauth/token" else httpx2.Response(200, json={})

    with client_of(handler, [], client_id="police", client_secret="s", language="zh") as client:
        client.post("/v1/tips/tip_1/accept", version=3)
        client.put("/v1/rentals/R-1", {"rooms": 1})
    assert [each.url.path for each in seen] == ["/oauth/token", "/v1/tips/tip_1/accept", "/v1/rentals/R-1"]
    assert seen[1].headers["If-Match"] == '"3"'
    assert seen[1].headers["Authorization"] == "Bearer t"
    assert seen[1].headers["Accept-Language"] == "zh"
    assert "If-Match" not in seen[2].headers
