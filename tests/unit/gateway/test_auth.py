from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from gateway.principal import SCOPES
from lianxi.contracts.tips import TipPage
from tests.support.gateway_fakes import NOON, SECRET, Door, open_door

EMPTY = TipPage(items=())


def ask(door: Door, token: str) -> Any:
    return door.http.get("/v1/tips", headers={"Authorization": f"Bearer {token}"})


def claims(**other: Any) -> dict[str, Any]:
    now = int(NOON.timestamp())
    plain = {"iss": "lianxi", "aud": "lianxi-gateway", "sub": "police", "iat": now, "exp": now + 60, "jti": "1"}
    return {**plain, "scope": "tips:read", **other}


def signed(key: str = "22" * 32, algorithm: str = "HS256", **other: Any) -> str:
    return jwt.encode(claims(**other), bytes.fromhex(key), algorithm)


def test_a_token_by_form_and_by_basic_lives_a_quarter_of_an_hour(door: Door) -> None:
    door.bus.says("list_tips", EMPTY)
    form = {"grant_type": "client_credentials", "client_id": "police", "client_secret": SECRET}
    told = door.http.post("/oauth/token", data=form)
    assert told.status_code == 200
    assert told.headers["Cache-Control"] == "no-store"
    body = told.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert set(body["scope"].split()) == set(SCOPES)
    basic = base64.b64encode(f"police:{SECRET}".encode()).decode()
    by_basic = door.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", "scope": "tips:read unheard:of"},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert by_basic.json()["scope"] == "tips:read"
    assert ask(door, body["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"grant_type": "client_credentials", "client_id": "police", "client_secret": "no"}, 401, "client.unknown"),
        ({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": SECRET}, 401, "client.unknown"),
        ({"grant_type": "client_credentials"}, 401, "client.unknown"),
        ({"grant_type": "password", "client_id": "police", "client_secret": SECRET}, 400, "grant.unsupported"),
        ({}, 400, "grant.unreadable"),
    ],
)
def test_no_token_for_whom_is_not_known(door: Door, form: dict[str, str], status: int, code: str) -> None:
    answer = door.http.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"] in {"invalid_client", "unsupported_grant_type", "invalid_request"}


def test_without_a_token_the_door_says_which_one_it_wants(door: Door) -> None:
    answer = door.http.get("/v1/tips")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "token",
    [
        signed("44" * 32),
        signed("22" * 64, algorithm="HS512"),
        signed(iss="somebody"),
        signed(aud="elsewhere"),
        signed(exp="soon"),
        jwt.encode(claims(), "", "none"),
        jwt.encode({key: value for key, value in claims().items() if key != "exp"}, bytes.fromhex("22" * 32), "HS256"),
        signed()[:-2] + "AA",
        "x",
        "a.b.c",
        "é" * 30,
    ],
)
def test_foreign_and_altered_tokens_are_refused(door: Door, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode("latin-1")}
    answer = door.http.get("/v1/tips", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token.unreadable")


def test_an_expired_token_is_refused_by_the_towns_own_clock(door: Door) -> None:
    door.bus.says("list_tips", EMPTY)
    token = door.token()
    door.clock.advance(timedelta(minutes=14, seconds=59))
    assert ask(door, token).status_code == 200
    door.clock.advance(timedelta(seconds=1))
    assert ask(door, token).json()["code"] == "token.expired"


def test_a_scope_that_is_missing_is_named(door: Door) -> None:
    answer = ask(door, door.token("narrow"))
    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["facts"]) == ("scope.missing", {"scope": "tips:read"})


def test_a_revoked_client_is_refused_at_the_next_reading_of_the_list(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_clients_refresh_seconds=0.01) as door:
        token = door.token()
        assert asyncio.run(door.ledger.revoke_client("police", NOON))
        while ask(door, token).status_code != 401:
            pass
        assert ask(door, token).json()["code"] == "token.client_revoked"
        form = {"grant_type": "client_credentials", "client_id": "police", "client_secret": SECRET}
        assert door.http.post("/oauth/token", data=form).status_code == 401


def test_the_list_is_read_often_enough_to_refuse_a_revoked_client_within_five_seconds(door: Door) -> None:
    assert door.settings.gateway_clients_refresh_seconds <= 2.5


def test_a_restart_does_not_give_a_revoked_client_its_rights_back(door: Door, tmp_path: Path) -> None:
    asyncio.run(door.ledger.revoke_client("police", NOON))
    with open_door(tmp_path / "next", ledger=door.ledger) as later:
        form = {"grant_type": "client_credentials", "client_id": "police", "client_secret": SECRET}
        assert later.http.post("/oauth/token", data=form).status_code == 401


def test_with_the_database_away_the_last_known_list_holds(door: Door) -> None:
    door.bus.says("list_tips", EMPTY)
    token = door.token()
    door.ledger.is_away = True
    assert ask(door, token).status_code == 200


def test_a_list_that_could_never_be_read_lets_nobody_in_and_says_when_to_come_back(door: Door, tmp_path: Path) -> None:
    door.ledger.is_away = True
    with open_door(tmp_path / "next", ledger=door.ledger) as later:
        form = {"grant_type": "client_credentials", "client_id": "police", "client_secret": SECRET}
        answer = later.http.post("/oauth/token", data=form)
        assert (answer.status_code, answer.json()["code"]) == (503, "clients.unknown_yet")
        assert int(answer.headers["Retry-After"]) > 0
        assert later.http.get("/readyz").status_code == 503
        assert later.http.get("/healthz").status_code == 200


def test_the_request_audit_names_who_and_what_came_of_it_and_loses_nothing_on_a_clean_stop(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_audit_flush_seconds=60) as door:
        door.bus.says("list_tips", EMPTY)
        headers = {**door.headers(), "X-Correlation-Id": "correlation-0001"}
        for _ in range(700):
            assert door.http.get("/v1/tips?limit=7", headers=headers).status_code == 200
        door.http.get("/v1/cases/case_00000000000000000000000000", headers=headers)
    rows = door.ledger.requests
    assert len(rows) == 701
    assert (rows[0].actor, rows[0].route, rows[0].status, rows[0].correlation_id) == (
        "police",
        "/v1/tips",
        200,
        "correlation-0001",
    )
    assert (rows[-1].route, rows[-1].status, rows[-1].code) == ("/v1/cases/{case_id}", 404, "get_case.nothing_here")
    assert "case_0000" not in json.dumps([str(row) for row in rows])
