"""An official leaves: everything held goes to a successor in one action, with one receipt."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.people.departed import DepartedWatch
from gateway.people.handing_over import HandingOver
from gateway.people.sessions import COOKIE
from lianxi.contracts.envelope import Caller
from lianxi.contracts.handover import CountHeld, HandItemsOver, Held, HeldCount, HeldItems, ListHeld
from lianxi.kernel.errors import BrokerDown
from tests.support.gateway_fakes import Door
from tests.unit.gateway.test_people import csrf_of, door, sign_in

__all__ = ["door"]


@dataclass
class Town:
    """What officials hold, by officer; one desk may be away."""

    held: dict[str, list[str]] = field(default_factory=dict)
    is_away: bool = False

    def list_held(self, request: ListHeld, _caller: Caller) -> HeldItems:
        return HeldItems(items=tuple(Held(kind="tip", item_id=each) for each in self.held.get(request.officer, [])))

    def hand_items_over(self, request: HandItemsOver, _caller: Caller) -> HeldItems:
        if self.is_away:
            raise BrokerDown("broker.away")
        moved = self.held.pop(request.leaver, [])
        self.held.setdefault(request.successor, []).extend(moved)
        return HeldItems(items=tuple(Held(kind="tip", item_id=each) for each in moved))

    def count_held(self, request: CountHeld, _caller: Caller) -> HeldCount:
        return HeldCount(items=sum(len(self.held.get(each, [])) for each in request.officers))


@pytest.fixture
def town(door: Door) -> Town:
    town = Town({"account_absent": [f"tip_{number:03}" for number in range(500)]})
    for name in ("list_held", "hand_items_over", "count_held"):
        door.bus.answers[name] = getattr(town, name)
    return town


BODY = {"successor": "account_desk", "reason": "轮岗"}
PATH = "/v1/accounts/account_absent/hand-over"


@pytest.mark.criterion("23")
def test_everything_goes_over_in_one_action_with_one_receipt_for_both(door: Door, town: Town) -> None:
    told = csrf_of(door, "admin")
    listed = door.http.get("/v1/accounts/account_absent/held").json()
    answer = door.http.post(PATH, json=BODY, headers=told)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    for part in ("roles", "desks", "areas", "keys"):
        assert receipt[part] == listed[part]
    assert {each["item_id"] for each in receipt["items"]} == {each["item_id"] for each in listed["items"]}
    assert len({each["item_id"] for each in receipt["items"]}) == 500

    people = door.ledger.people.accounts
    leaver, successor = people["account_absent"], people["account_desk"]
    assert leaver.departed_at is not None
    assert (leaver.roles, leaver.desks, leaver.keeps) == ((), (), ())
    assert {"desk", "case_lead"} == set(successor.roles)
    assert set(successor.desks) == {"police/station", "police/economic"}
    assert town.held.get("account_absent", []) == []
    noted = [line["what"] for line in door.ledger.noted if line["kind"] == "write"]
    assert noted[-1] == f"account.handed_over {receipt['hand_over_id']} {receipt['sha256']}"

    csrf_of(door, "desk")
    read = door.http.get(f"/v1/hand-overs/{receipt['hand_over_id']}")
    assert read.json() == receipt
    csrf_of(door, "market-admin")
    assert door.http.get(f"/v1/hand-overs/{receipt['hand_over_id']}").status_code == 404


@pytest.mark.criterion("23")
def test_whoever_has_left_is_out_at_once_and_cannot_come_back(door: Door, town: Town) -> None:
    csrf_of(door, "absent")
    theirs = door.http.cookies[COOKIE]
    told = csrf_of(door, "admin")
    assert door.http.post(PATH, json=BODY, headers=told).status_code == 201
    door.http.cookies.clear()
    door.http.cookies.set(COOKIE, theirs)
    assert door.http.get("/v1/me").status_code == 401
    door.clock.advance(timedelta(seconds=31))
    assert sign_in(door, "absent").status_code == 401


@pytest.mark.criterion("23")
def test_what_was_cut_off_goes_on_under_its_key_and_the_receipt_is_whole(door: Door, town: Town) -> None:
    told = csrf_of(door, "admin")
    town.is_away = True
    assert door.http.post(PATH, json=BODY, headers=told).status_code == 503
    town.is_away = False
    answer = door.http.post(PATH, json=BODY, headers=told)
    assert answer.status_code == 201, answer.text
    assert len({each["item_id"] for each in answer.json()["items"]}) == 500
    assert answer.json()["roles"] == ["case_lead"]
    assert town.held["account_desk"] == [f"tip_{number:03}" for number in range(500)]
    assert door.http.post(PATH, json=BODY, headers=told).json() == answer.json()


@pytest.mark.criterion("23")
def test_a_rotation_leaves_the_account_open_and_empty(door: Door, town: Town) -> None:
    told = csrf_of(door, "admin")
    assert door.http.post(PATH, json={**BODY, "departs": False}, headers=told).status_code == 201
    door.http.cookies.clear()
    door.clock.advance(timedelta(seconds=31))
    signed_in = sign_in(door, "absent")
    assert signed_in.status_code == 200
    assert signed_in.json()["roles"] == []


@pytest.mark.criterion("23")
def test_what_a_closed_account_holds_is_found_by_the_nightly_look(door: Door, town: Town) -> None:
    told = csrf_of(door, "admin")
    watch = DepartedWatch(HandingOver(door.ledger.people, door.house.ask, door.clock), 60)
    assert door.http.post(PATH, json=BODY, headers=told).status_code == 201
    assert asyncio.run(watch.look()) == 0
    # A machine names an officer who has left: the nightly look is what finds it.
    town.held["account_absent"] = ["tip_late"]
    assert asyncio.run(watch.look()) == 3


@pytest.mark.criterion("23")
@pytest.mark.parametrize(
    ("account", "body", "refusal"),
    [
        ("account_absent", {"successor": "account_absent"}, "hand_over.same_person"),
        ("account_absent", {"successor": "account_market-admin"}, "account.not_found"),
        ("account_admin", {"successor": "account_desk"}, "account.own"),
        ("account_market-admin", {"successor": "account_desk"}, "account.not_found"),
    ],
)
def test_a_hand_over_that_makes_no_sense_moves_nothing(
    door: Door, town: Town, account: str, body: dict[str, Any], refusal: str
) -> None:
    told = csrf_of(door, "admin")
    before = dict(door.ledger.people.accounts)
    answer = door.http.post(f"/v1/accounts/{account}/hand-over", json={"reason": "轮岗", **body}, headers=told)
    assert answer.json()["code"] == refusal
    assert door.ledger.people.accounts == before | {}
    assert len(town.held["account_absent"]) == 500


def test_two_hand_overs_are_two_receipts(door: Door, town: Town, tmp_path: Path) -> None:
    told = csrf_of(door, "admin")
    first = door.http.post(PATH, json=BODY, headers=told).json()
    again = door.http.post(PATH, json=BODY, headers={**told, "Idempotency-Key": "another"})
    assert again.json()["code"] == "account.departed"
    assert first["finished_at"]
