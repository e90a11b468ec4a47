"""Officials at the door: signing in, sessions, invitations, standing in."""

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
from gateway.people.slowing import DEVICE_COOKIE
from lianxi.contracts.tips import TipPage
from tests.support.gateway_fakes import Door, open_door

PASSWORD = "four words in a row"
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
SECRETS = {name: second_factor.new_secret() for name in ("admin", "other-admin", "desk", "absent", "market-admin")}
SEATS = {
    "admin": ("police", ["administrator"], []),
    "other-admin": ("police", ["administrator"], []),
    "desk": ("police", ["desk"], ["police/station"]),
    "absent": ("police", ["case_lead"], ["police/economic"]),
    "market-admin": ("market", ["administrator"], []),
}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    rows = [
        {
            "account_id": f"account_{name}",
            "name": name,
            "shown_name": name,
            "agency": agency,
            "roles": roles,
            "desks": desks,
            "areas": [],
            "keeps": [],
            "password_hash": HASHED,
            "totp_secret": SECRETS[name],
        }
        for name, (agency, roles, desks) in SEATS.items()
    ]
    (tmp_path / "people.json").write_text(json.dumps(rows), encoding="utf-8")
    with open_door(tmp_path, gateway_people_file=tmp_path / "people.json") as opened:
        yield opened


def code(door: Door, name: str) -> str:
    return second_factor.code_of(SECRETS[name], door.clock.now())


def sign_in(door: Door, name: str, password: str = PASSWORD, given: str | None = None) -> Any:
    body = {"name": name, "password": password, "code": code(door, name) if given is None else given}
    return door.http.post("/v1/session", json=body)


def csrf_of(door: Door, name: str) -> dict[str, str]:
    """Sign in anew and answer what a write of this session carries."""
    door.http.cookies.delete(COOKIE) if COOKIE in door.http.cookies else None
    door.clock.advance(timedelta(seconds=31))
    answer = sign_in(door, name)
    assert answer.status_code == 200, answer.text
    return {"Lianxi-CSRF": answer.json()["csrf"], "Idempotency-Key": f"{name}-{door.clock.now().timestamp()}"}


def test_an_official_signs_in_reads_and_signs_out(door: Door) -> None:
    door.bus.says("list_tips", TipPage(items=()))
    assert door.http.get("/v1/tips").status_code == 401
    signed_in = sign_in(door, "desk")
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["roles"] == ["desk"]
    cookies = [value for name, value in signed_in.headers.multi_items() if name == "set-cookie"]
    assert len(cookies) == 2
    assert all("HttpOnly" in each and "SameSite=strict" in each for each in cookies)
    assert door.http.get("/v1/tips").status_code == 200
    caller = door.bus.asked[-1].caller
    assert (caller.actor, caller.agency, caller.is_person) == ("account_desk", "police", True)
    assert caller.desks == ("police/station",)
    assert door.http.delete("/v1/session", headers={"Lianxi-CSRF": signed_in.json()["csrf"]}).status_code == 204
    assert door.http.get("/v1/tips").status_code == 401
    assert door.ledger.people.sessions == {}


@pytest.mark.criterion("13.2")
def test_wrong_name_password_and_code_are_answered_alike_and_kept(door: Door) -> None:
    answers = [
        sign_in(door, "desk", password="another password").json(),
        sign_in(door, "desk", given="000000").json(),
        door.http.post("/v1/session", json={"name": "nobody", "password": PASSWORD, "code": "000000"}).json(),
    ]
    told = [{name: each[name] for name in ("code", "detail", "status", "title")} for each in answers]
    assert told[0] == told[1] == told[2]
    assert told[0]["code"] == "sign_in.refused"
    noted = [(line["kind"], line["actor"]) for line in door.ledger.noted]
    assert noted == [("sign_in_failed", "account_desk")] * 2 + [("sign_in_failed", "unknown")]


def test_a_code_counts_once(door: Door) -> None:
    assert sign_in(door, "desk").status_code == 200
    assert sign_in(door, "desk").status_code == 401
    door.clock.advance(timedelta(seconds=30))
    assert sign_in(door, "desk").status_code == 200


@pytest.mark.criterion("23")
def test_a_stranger_cannot_lock_an_official_out(door: Door) -> None:
    """The official's own device, known by its cookie, is let in however often a stranger has tried the name."""
    assert sign_in(door, "desk").status_code == 200
    device = door.http.cookies[DEVICE_COOKIE]
    door.http.cookies.clear()
    answers = [sign_in(door, "desk", password=f"guess {each}").status_code for each in range(20)]
    assert answers[:5] == [401] * 5
    assert set(answers[5:]) == {429}
    door.clock.advance(timedelta(seconds=31))
    assert sign_in(door, "desk").status_code == 429
    door.http.cookies.set(DEVICE_COOKIE, device)
    assert sign_in(door, "desk").status_code == 200


def test_a_device_of_one_account_opens_no_lane_for_another(door: Door) -> None:
    assert sign_in(door, "desk").status_code == 200
    for each in range(5):
        sign_in(door, "absent", password=f"guess {each}")
    assert sign_in(door, "absent").status_code == 429


def test_a_write_without_the_sessions_own_token_is_refused(door: Door) -> None:
    sign_in(door, "admin")
    body = {"name": "new", "shown_name": "新", "roles": ["desk"]}
    refused = door.http.post("/v1/accounts", json=body, headers={"Idempotency-Key": "k1"})
    assert (refused.status_code, refused.json()["code"]) == (403, "session.not_meant")
    other = {"Idempotency-Key": "k1", "Lianxi-CSRF": "0" * 64}
    assert door.http.post("/v1/accounts", json=body, headers=other).status_code == 403


def test_a_session_ends_when_idle_and_in_any_case(door: Door) -> None:
    door.bus.says("list_tips", TipPage(items=()))
    sign_in(door, "desk")
    for _ in range(3):
        door.clock.advance(timedelta(minutes=29))
        assert door.http.get("/v1/tips").status_code == 200
    door.clock.advance(timedelta(minutes=31))
    assert door.http.get("/v1/tips").json()["code"] == "session.over"
    sign_in(door, "desk")
    for _ in range(28):
        door.clock.advance(timedelta(minutes=21))
        assert door.http.get("/v1/tips").status_code == 200
    door.clock.advance(timedelta(minutes=21))
    assert door.http.get("/v1/tips").status_code == 401


def test_an_invited_official_takes_the_account_up_once(door: Door) -> None:
    told = csrf_of(door, "admin")
    body = {"name": "Newcomer", "shown_name": "新同事", "roles": ["desk"], "desks": ["police/station"]}
    invited = door.http.post("/v1/accounts", json=body, headers=told)
    assert invited.status_code == 201, invited.text
    invitation = invited.json()["invitation"]
    assert invitation not in str(door.ledger.people.accounts)
    door.http.cookies.clear()
    secret = door.http.post("/v1/invitations/second-factor", json={"invitation": invitation}).json()["secret"]
    now = second_factor.code_of(secret, door.clock.now())
    short = {"invitation": invitation, "password": "short", "code": now}
    assert door.http.post("/v1/invitations/take-up", json=short).json()["code"] == "password.too_short"
    taken = door.http.post("/v1/invitations/take-up", json={**short, "password": PASSWORD})
    assert taken.status_code == 200, taken.text
    recovery = taken.json()["recovery_codes"]
    assert len(recovery) == 10
    again = door.http.post("/v1/invitations/take-up", json={**short, "password": PASSWORD})
    assert again.json()["code"] == "invitation.over"
    used = {"name": "newcomer", "password": PASSWORD, "code": recovery[0]}
    assert door.http.post("/v1/session", json=used).status_code == 200
    assert door.http.post("/v1/session", json=used).status_code == 401


def test_password_and_second_factor_are_changed_and_end_every_session(door: Door) -> None:
    told = csrf_of(door, "desk")
    changed = {"password": PASSWORD, "new_password": "a much better password"}
    assert door.http.post("/v1/me/password", json=changed, headers=told).status_code == 204
    assert door.http.get("/v1/me").status_code == 401
    door.clock.advance(timedelta(seconds=31))
    signed_in = sign_in(door, "desk", password="a much better password")
    told = {"Lianxi-CSRF": signed_in.json()["csrf"]}
    offered = door.http.get("/v1/me/second-factor").json()
    assert offered["picture"].startswith("<svg")
    now = second_factor.code_of(offered["secret"], door.clock.now())
    assert door.http.post("/v1/me/second-factor", json={"code": now}, headers=told).status_code == 200
    assert door.http.get("/v1/me").status_code == 401
    assert sign_in(door, "desk", password="a much better password").status_code == 401


def test_an_administrator_gives_only_what_the_agency_has_and_nothing_to_oneself(door: Door) -> None:
    told = csrf_of(door, "admin")

    def set_duties(account: str, **body: Any) -> tuple[int, str]:
        key = {**told, "Idempotency-Key": f"{account}-{sorted(body.items())}"[:100].replace(" ", "")}
        answer = door.http.post(f"/v1/accounts/account_{account}/duties", json=body, headers=key)
        return answer.status_code, answer.json().get("code", "")

    assert set_duties("desk", roles=["office"]) == (422, "account.role_not_here")
    assert set_duties("desk", roles=["custodian"]) == (422, "account.role_not_here")
    assert set_duties("desk", roles=["desk"], desks=["market/desk"]) == (422, "account.desk_not_here")
    assert set_duties("admin", roles=["administrator", "case_lead"]) == (403, "account.own")
    assert set_duties("market-admin", roles=["desk"]) == (404, "account.not_found")
    assert set_duties("desk", roles=["desk", "case_officer"], desks=["police/station"]) == (200, "")
    assert door.ledger.people.accounts["account_desk"].roles == ("desk", "case_officer")
    noted = [line["what"] for line in door.ledger.noted if line["kind"] == "write"]
    assert noted[-1] == "account.duties desk case_officer account_desk"


@pytest.mark.criterion("8.6")
def test_the_host_of_the_office_gives_nobody_the_offices_rights(door: Door) -> None:
    told = csrf_of(door, "market-admin")
    body = {"name": "guest", "shown_name": "客", "roles": ["office"]}
    assert door.http.post("/v1/accounts", json=body, headers=told).json()["code"] == "account.role_not_here"


@pytest.mark.criterion("23")
def test_standing_in_begins_and_ends_by_its_dates_and_is_done_in_ones_own_name(door: Door) -> None:
    door.bus.says("list_tips", TipPage(items=()))
    told = csrf_of(door, "admin")
    start, end = door.clock.now() + timedelta(hours=1), door.clock.now() + timedelta(hours=2)
    body = {
        "stands_in_for": "account_absent",
        "begins_at": start.isoformat(),
        "ends_at": end.isoformat(),
        "reason": "休假",
    }
    assert door.http.post("/v1/accounts/account_desk/acting", json=body, headers=told).status_code == 201

    def may() -> tuple[list[str], list[str]]:
        csrf_of(door, "desk")
        me = door.http.get("/v1/me").json()
        return me["roles"], [each["stands_in_for"] for each in me["acting"]]

    assert may() == (["desk"], [])
    door.clock.advance(timedelta(hours=1))
    assert may() == (["desk", "case_lead"], ["account_absent"])
    door.http.get("/v1/tips")
    assert door.bus.asked[-1].caller.actor == "account_desk"
    assert "police/economic" in door.bus.asked[-1].caller.desks
    door.clock.advance(timedelta(hours=1))
    assert may() == (["desk"], [])


@pytest.mark.criterion("23")
@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"stands_in_for": "account_desk"}, "acting.same_person"),
        ({"stands_in_for": "account_market-admin"}, "account.not_found"),
        ({"ends_at": "2026-03-01T00:00:00Z"}, "acting.too_long"),
        ({"ends_at": "2026-12-01T00:00:00Z"}, "acting.too_long"),
    ],
)
def test_standing_in_is_refused_where_it_makes_no_sense(door: Door, change: dict[str, str], refusal: str) -> None:
    told = csrf_of(door, "admin")
    body = {
        "stands_in_for": "account_absent",
        "begins_at": "2026-03-02T00:00:00Z",
        "ends_at": "2026-03-05T00:00:00Z",
        "reason": "休假",
        **change,
    }
    answer = door.http.post("/v1/accounts/account_desk/acting", json=body, headers=told)
    assert answer.json()["code"] == refusal
