"""Officials through the door of a real town: they sign in, take on, stand aside, and hand over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pyotp
import pytest

from deploy.local.places import read_json
from tests.chaos.filing import TIP
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

PASSWORD = "four made-up words in a row"


@dataclass
class Official:
    """One signed-in official."""

    http: httpx2.Client
    account_id: str
    csrf: str

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path)

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        headers = {"Lianxi-CSRF": self.csrf, "Idempotency-Key": secrets.token_hex(16)}
        return self.http.post(path, json=body, headers=headers)


@contextmanager
def signed_in(town: RunningTown, name: str, password: str, code: str) -> Iterator[Official]:
    with httpx2.Client(base_url=town.gateway_url, trust_env=False, timeout=20) as http:
        answer = http.post("/v1/session", json={"name": name, "password": password, "code": code})
        assert answer.status_code == 200, answer.text
        yield Official(http, answer.json()["account_id"], answer.json()["csrf"])


@contextmanager
def administrator(town: RunningTown, agency: str) -> Iterator[Official]:
    people = {row["name"]: row for row in (read_json(town.places.credentials_file) or {})["people"]}
    row = people[f"{agency}-admin"]
    code = pyotp.TOTP(row["totp_secret"]).at(datetime.now(UTC))
    with signed_in(town, row["name"], row["password"], code) as official:
        yield official


@contextmanager
def newcomer(town: RunningTown, by: Official, **duties: Any) -> Iterator[Official]:
    """Invite an official, take the account up, and sign in: by a recovery code, for the other one is used up."""
    name = f"official-{secrets.token_hex(4)}"
    invited = by.post("/v1/accounts", {"name": name, "shown_name": "新同事", **duties})
    assert invited.status_code == 201, invited.text
    invitation = invited.json()["invitation"]
    with town.http() as anybody:
        offered = anybody.post("/v1/invitations/second-factor", json={"invitation": invitation}).json()
        code = pyotp.TOTP(offered["secret"]).at(datetime.now(UTC))
        body = {"invitation": invitation, "password": PASSWORD, "code": code}
        taken = anybody.post("/v1/invitations/take-up", json=body)
        assert taken.status_code == 200, taken.text
    with signed_in(town, name, PASSWORD, taken.json()["recovery_codes"][0]) as official:
        yield official


def file_tip(town: RunningTown) -> str:
    with town.http("market") as agency:
        answer = agency.post("/v1/tips", json=TIP, headers={"Idempotency-Key": secrets.token_hex(16)})
        assert answer.status_code == 201
        return str(answer.json()["tip_id"])


@pytest.mark.criterion("23")
@pytest.mark.criterion("8.1")
def test_an_official_takes_a_tip_on_and_hands_everything_over_on_leaving(town: RunningTown) -> None:
    tip_id = file_tip(town)
    at_desk = {"roles": ["desk", "case_officer"], "desks": ["police/station"]}
    elsewhere = {"roles": ["desk"], "desks": ["police/economic"]}
    with (
        administrator(town, "police") as admin,
        newcomer(town, admin, **at_desk) as leaver,
        newcomer(town, admin, **elsewhere) as successor,
    ):
        wait_until(lambda: leaver.get(f"/v1/tips/{tip_id}").status_code == 200, 20, "the tip to be there")
        assert leaver.post(f"/v1/tips/{tip_id}/accept").status_code == 200
        assert leaver.get(f"/v1/tips/{tip_id}").json()["officer"] == leaver.account_id
        wait_until(lambda: leaver.get("/v1/notices").json()["items"], 20, "a notice to be at the desk")
        notices = leaver.get("/v1/notices").json()["items"]
        assert {each["desk"] for each in notices} == {"police/station"}
        # The same agency, another desk: a row of one's own desk is not a row of the agency.
        assert {each["desk"] for each in successor.get("/v1/notices").json()["items"]} <= {"police/economic"}
        assert successor.get(f"/v1/notices/{notices[0]['notice_id']}").status_code == 404

        mine = {"service": "tips", "kind": "tip", "item_id": tip_id}
        held = admin.get(f"/v1/accounts/{leaver.account_id}/held").json()
        assert mine in held["items"]
        assert any(each["kind"] == "notice" for each in held["items"])
        body = {"successor": successor.account_id, "reason": "轮岗"}
        answer = admin.post(f"/v1/accounts/{leaver.account_id}/hand-over", body)
        assert answer.status_code == 201, answer.text
        receipt = answer.json()

        assert mine in receipt["items"]
        left = admin.get(f"/v1/accounts/{leaver.account_id}/held").json()
        assert not any(left[part] for part in ("roles", "desks", "areas", "keys", "items"))
        assert successor.get(f"/v1/hand-overs/{receipt['hand_over_id']}").json() == receipt
        assert successor.get(f"/v1/tips/{tip_id}").json()["officer"] == successor.account_id
        assert successor.get(f"/v1/notices/{notices[0]['notice_id']}").status_code == 200
        assert leaver.get("/v1/me").status_code == 401
