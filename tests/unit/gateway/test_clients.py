"""Keys that officials make for machines, and the hooks that speak for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from gateway.people import second_factor
from gateway.people.sessions import COOKIE
from lianxi.contracts.webhooks import HookDeliveryPage, HookState, StoppedWebhooks, WebhookList, WebhookView
from tests.support.gateway_fakes import NOON, Door, open_door

PASSWORD = "four words in a row"
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
FACTOR = second_factor.new_secret()
SEATS = {
    "desk": ("police", ["desk", "case_officer"], ["police/station"]),
    "admin": ("police", ["administrator"], []),
    "market": ("market", ["desk"], ["market/desk"]),
}
HOOK = WebhookView(
    hook_id="hook_1", version=1, agency="police", client_id="police", address="https://a.example/", events=(),
    state=HookState.ACTIVE, registered_at=NOON, registered_by="police", ends_at=None, old_secret_until=None,
    failing_since=None, trouble=None, delivered=0, waiting=0, parked=0, secret="whsec_x",
)  # fmt: skip


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    rows = [
        {
            "account_id": f"account_{name}", "name": name, "shown_name": name, "agency": agency, "roles": roles,
            "desks": desks, "areas": [], "keeps": [], "password_hash": HASHED, "totp_secret": FACTOR,
        }
        for name, (agency, roles, desks) in SEATS.items()
    ]  # fmt: skip
    (tmp_path / "people.json").write_text(json.dumps(rows), encoding="utf-8")
    with open_door(tmp_path, gateway_people_file=tmp_path / "people.json") as opened:
        opened.bus.says("stop_webhooks_of", StoppedWebhooks(stopped=1))
        yield opened


def signed_in(door: Door, name: str) -> dict[str, str]:
    door.http.cookies.delete(COOKIE) if COOKIE in door.http.cookies else None
    door.clock.advance(timedelta(seconds=31))
    code = second_factor.code_of(FACTOR, door.clock.now())
    answer = door.http.post("/v1/session", json={"name": name, "password": PASSWORD, "code": code})
    assert answer.status_code == 200, answer.text
    return {"Lianxi-CSRF": answer.json()["csrf"], "Idempotency-Key": f"{name}-{door.clock.now().timestamp()}"}


def make(door: Door, name: str = "desk", **more: Any) -> Any:
    body = {"label": "档案系统", "scopes": ["tips:read", "notices:write"], **more}
    return door.http.post("/v1/clients", json=body, headers=signed_in(door, name))


def token(door: Door, made: dict[str, str]) -> Any:
    form = {"client_id": made["client_id"], "client_secret": made["client_secret"], "grant_type": "client_credentials"}
    return door.http.post("/oauth/token", data=form)


def as_machine(door: Door, made: dict[str, str]) -> dict[str, str]:
    door.http.cookies.clear()
    return {"Authorization": f"Bearer {token(door, made).json()['access_token']}", "Idempotency-Key": "m"}


@pytest.mark.criterion("14.1")
def test_an_official_makes_a_key_that_may_do_what_the_official_may_and_no_more(door: Door) -> None:
    made = make(door).json()
    assert (made["agency"], made["roles"], made["desks"]) == ("police", ["desk", "case_officer"], ["police/station"])
    door.bus.says("list_webhooks", WebhookList(items=()))
    headers = as_machine(door, made)
    assert door.http.get("/v1/webhooks", headers=headers).status_code == 403, "notices:read was not given"
    assert door.http.post("/v1/tips/t/accept", headers=headers).json()["code"] == "scope.missing"
    door.http.get("/v1/tips/tip_1", headers=headers)
    caller = door.bus.asked[-1].caller
    assert (caller.actor, caller.agency, caller.desks) == (made["client_id"], "police", ("police/station",))
    assert not caller.is_person


@pytest.mark.criterion("14.1")
def test_the_secret_is_shown_once_and_kept_nowhere(door: Door) -> None:
    answer = make(door)
    secret = answer.json()["client_secret"]
    assert answer.headers["Cache-Control"] == "no-store"
    listed = door.http.get("/v1/clients")
    assert answer.json()["client_id"] in listed.text
    assert secret not in listed.text
    assert secret not in repr(door.ledger._clients)
    assert [each["what"] for each in door.ledger.noted][-1] == f"key.made {answer.json()['client_id']}"
    account = door.ledger.people.accounts["account_desk"]
    assert answer.json()["client_id"] in account.keeps, "whoever follows the official takes the key over"


@pytest.mark.criterion("14.1")
def test_a_key_ends_on_its_day_and_at_once_when_it_is_revoked(door: Door) -> None:
    short, long = make(door, days=1).json(), make(door, days=366).json()
    headers = as_machine(door, long)
    assert token(door, short).status_code == token(door, long).status_code == 200
    door.clock.advance(timedelta(days=1, minutes=1))
    assert token(door, short).status_code == 401
    admin = signed_in(door, "admin")
    gone = door.http.request("DELETE", f"/v1/clients/{long['client_id']}", headers=admin)
    assert gone.status_code == 200, gone.text
    assert door.bus.asked[-1].request.client_id == long["client_id"]
    assert door.http.get("/v1/tips/tip_1", headers=headers).json()["code"] in {"token.client_revoked", "token.expired"}
    assert token(door, long).status_code == 401


@pytest.mark.parametrize(
    ("name", "more", "status", "code"),
    [
        ("desk", {"scopes": ["people:write"]}, 422, "key.scope_unknown"),
        ("desk", {"scopes": ["no:such"]}, 422, "key.scope_unknown"),
        ("desk", {"days": 400}, 422, "request.invalid"),
        ("admin", {}, 403, "right.missing"),
    ],
)
def test_what_a_key_may_not_be(door: Door, name: str, more: dict[str, Any], status: int, code: str) -> None:
    answer = make(door, name, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_machine_makes_no_keys_and_another_agencys_are_not_there(door: Door) -> None:
    body = {"label": "x", "scopes": ["tips:read"]}
    answer = door.http.post("/v1/clients", json=body, headers=door.headers(key="k"))
    assert (answer.status_code, answer.json()["code"]) == (403, "key.person_needed")
    mine = make(door).json()["client_id"]
    headers = signed_in(door, "market")
    assert door.http.request("DELETE", f"/v1/clients/{mine}", headers=headers).status_code == 404
    assert door.http.get(f"/v1/clients/{mine}/calls").status_code == 404
    kept = door.http.request("DELETE", "/v1/clients/market", headers=signed_in(door, "market"))
    assert (kept.status_code, kept.json()["code"]) == (409, "key.kept_by_deployment")


def test_what_a_key_asked_is_shown_newest_first(door: Door) -> None:
    made = make(door).json()
    headers = as_machine(door, made)
    door.http.get("/v1/tips/tip_1", headers=headers)
    door.clock.advance(timedelta(seconds=1))
    door.http.get("/v1/rewards", headers=headers)
    signed_in(door, "desk")
    door.http.portal.call(door.house.audit.flush)  # type: ignore[union-attr]
    calls = door.http.get(f"/v1/clients/{made['client_id']}/calls").json()["items"]
    assert [(each["route"], each["status"]) for each in calls] == [("/v1/rewards", 403), ("/v1/tips/{tip_id}", 404)]


@pytest.mark.criterion("14.3")
def test_a_hook_speaks_for_a_key_of_the_agency_and_for_no_others(door: Door) -> None:
    door.bus.says("register_webhook", HOOK)
    body = {"address": "https://a.example/in"}
    answer = door.http.post("/v1/webhooks", json=body, headers=door.headers(key="k"))
    assert (answer.status_code, answer.json()["secret"]) == (201, "whsec_x")
    asked = door.bus.asked[-1].request
    assert (asked.client_id, asked.roles) == ("police", ("desk", "case_officer", "case_lead"))
    other = door.http.post("/v1/webhooks", json={**body, "client_id": "market"}, headers=door.headers(key="l"))
    assert (other.status_code, other.json()["code"]) == (403, "key.not_yours")
    made = make(door).json()
    unnamed = door.http.post("/v1/webhooks", json=body, headers=signed_in(door, "desk"))
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "webhook.key_needed")
    foreign = door.http.post("/v1/webhooks", json={**body, "client_id": "market"}, headers=signed_in(door, "desk"))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "key.not_found")
    mine = {**body, "client_id": made["client_id"]}
    assert door.http.post("/v1/webhooks", json=mine, headers=signed_in(door, "desk")).status_code == 201
    asked = door.bus.asked[-1].request
    assert (asked.roles, asked.desks) == (("desk", "case_officer"), ("police/station",))
    assert asked.ends_at is not None


def test_hooks_are_listed_turned_tested_replayed_and_ended(door: Door) -> None:
    door.bus.says("list_webhooks", WebhookList(items=(HOOK,)))
    door.bus.says("list_hook_deliveries", HookDeliveryPage(items=()))
    for method in ("rotate_webhook", "delete_webhook"):
        door.bus.says(method, HOOK)
    at = "/v1/webhooks/hook_1"
    assert door.http.get("/v1/webhooks", headers=door.headers()).json()["items"][0]["hook_id"] == "hook_1"
    assert door.http.get(f"{at}/deliveries?state=parked", headers=door.headers()).status_code == 200
    assert door.http.post(f"{at}/rotate", headers=door.headers(key="a")).status_code == 200
    assert door.http.delete(at, headers=door.headers(key="b")).status_code == 200
    assert door.http.post(f"{at}/replay", json={"from_event": "event-12"}, headers=door.headers(key="c")).status_code
    assert [each.method for each in door.bus.asked] == [
        "list_webhooks", "list_hook_deliveries", "rotate_webhook", "delete_webhook", "replay_webhook",
    ]  # fmt: skip
    assert door.http.get("/v1/webhooks", headers=door.headers("finance")).status_code == 403
