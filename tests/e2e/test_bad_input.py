"""Bad input never wins: a clear 4xx problem document, no 5xx, nothing stored."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from tests.support.town import RunningTown

TIP = {"category": "rental_gathering", "village": "village/banyan", "text": "有人聚集。"}
NESTED = b"[" * 1_000 + b"]" * 1_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not json": b"{",
    "half a word": b'{"category": "rental',
    "not an object": b"[]",
    "a number": b"7",
    "not a number": b'{"category": NaN}',
    "a huge number": b'{"people_count": ' + b"9" * 5_000 + b"}",
    "nested a thousand deep": b'{"text": ' + NESTED + b"}",
    "bad utf-8": b'{"category": "\xff\xfe"}',
    "a lone surrogate": b'{"category": "other", "village": "village/banyan", "text": "\\ud800"}',
    "wrong types": json.dumps({**TIP, "text": 7, "category": ["x"]}).encode(),
    "an unknown field": json.dumps({**TIP, "blacklist": True}).encode(),
    "an unknown category": json.dumps({**TIP, "category": "nothing_known"}).encode(),
    "an empty text": json.dumps({**TIP, "text": ""}).encode(),
    "a text too long": json.dumps({**TIP, "text": "长" * 100_000}).encode(),
    "a null byte": json.dumps({**TIP, "text": "a\u0000b"}).encode(),
    "ten megabytes": b'{"text": "' + b"a" * 10_000_000 + b'"}',
}


@pytest.fixture(scope="module")
def guarded(whole_town: RunningTown) -> Iterator[RunningTown]:
    """The town, which must hold exactly as many tips afterwards as before."""
    with MongoClient[dict[str, Any]](whole_town.mongo_url) as client:
        before = client.lianxi_tips.tips.count_documents({})
        yield whole_town
        assert client.lianxi_tips.tips.count_documents({}) == before


def is_problem(answer: httpx2.Response) -> None:
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["code"]
    assert problem["title"]
    assert "aaaaaaaaaa" not in answer.text
    assert "长长长" not in answer.text


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("path", ["/v1/public/tips", "/v1/tips"])
def test_a_body_that_is_not_a_tip_is_refused_with_a_reason(guarded: RunningTown, path: str, body: bytes) -> None:
    with guarded.http("police") as http:
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        is_problem(http.post(path, content=body, headers=headers))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tips/x/accept",
        "/v1/tips/x/verify",
        "/v1/visits",
        "/v1/cases",
        "/v1/criminal-referrals",
        "/v1/notices/x/acknowledge",
        "/v1/stage-reports/x/file",
        "/v1/rentals/x/grade",
    ],
)
def test_every_writing_door_refuses_garbage(guarded: RunningTown, path: str) -> None:
    with guarded.http("police") as http:
        for body in (b"{", b"[]", b'{"nothing_known": 1}', b'{"a": ' + NESTED + b"}", b"\xff"):
            headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
            is_problem(http.post(path, content=body, headers=headers))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "image/png"]
)
def test_another_kind_of_content_is_refused(guarded: RunningTown, kind: str) -> None:
    with guarded.http("police") as http:
        headers = {"Content-Type": kind, "Idempotency-Key": secrets.token_hex(16)}
        is_problem(http.post("/v1/tips", content=json.dumps(TIP).encode(), headers=headers))


@pytest.mark.parametrize(
    "token",
    ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwb2xpY2UifQ.", "Ж" * 40, "a" * 5_000],
    ids=["short", "three parts", "no algorithm", "not ascii", "long"],
)
def test_a_token_that_is_not_ours_is_refused(guarded: RunningTown, token: str) -> None:
    with guarded.http() as http:
        answer = http.get("/v1/tips", headers={b"Authorization": f"Bearer {token}".encode()})
        is_problem(answer)
        assert answer.status_code in {400, 401, 431}


def test_a_token_of_another_agency_writes_nothing_in_its_name(guarded: RunningTown) -> None:
    with guarded.http("transport") as http:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        case = {"owner": "market/desk", "kind": "entry_fee", "basis": "7(2)"}
        answer = http.post("/v1/cases", json=case, headers=key)
        is_problem(answer)
        assert answer.status_code == 403


def test_scopes_are_kept(guarded: RunningTown) -> None:
    token = guarded.token("police", scopes="tips:read")
    with guarded.http() as http:
        http.headers["Authorization"] = f"Bearer {token}"
        assert http.get("/v1/tips").status_code == 200
        for answer in (
            http.get("/v1/cases"),
            http.get("/v1/ops/parked"),
            http.post("/v1/tips", json=TIP, headers={"Idempotency-Key": secrets.token_hex(16)}),
        ):
            is_problem(answer)
            assert answer.status_code == 403


def test_wrong_secrets_get_no_token(guarded: RunningTown) -> None:
    with guarded.http() as http:
        for client_id, secret in (("police", "wrong"), ("nobody", "wrong"), ("", "")):
            form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
            answer = http.post("/oauth/token", data=form)
            assert answer.status_code in {400, 401}, answer.text
