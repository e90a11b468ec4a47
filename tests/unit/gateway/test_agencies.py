from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lianxi.contracts.inspections import Grade, RentalPage, RentalView, VisitPlanView
from lianxi.contracts.operations import DeliveryList, ParkedList, ParkedView
from lianxi.contracts.tips import Channel, SubmitTip, TipKind, TipPage, TipState, TipView
from lianxi.kernel.errors import (
    BrokerDown,
    Conflict,
    Forbidden,
    NotFound,
    RuleBroken,
    StoreDown,
    TimedOut,
    TooBusy,
)
from tests.support.gateway_fakes import NOON, Door

TIP_ID = "tip_00000000000000000000000001"
TIP = {"category": "online_scheme", "village": "banyan", "text": "群里拉人", "channel": "phone"}
VIEW = TipView(
    tip_id=TIP_ID,
    number="DY-2026-XXXX-XXXX",
    version=3,
    kind=TipKind.TIP,
    channel=Channel.PHONE,
    category="other",
    lane="normal",
    state=TipState.ACCEPTED,
    village=None,
    rental_code=None,
    is_anonymous=True,
    text="…",
    place=None,
    received_at=NOON,
    lead="police/station",
    copies=(),
    dispatches=(),
    clocks=(),
    verification=None,
    next_owner=None,
    case_id=None,
    outcome=None,
    messages=(),
    timeline=(),
)
RENTAL = RentalView(
    rental_code="R-1",
    version=1,
    village="village/banyan",
    address="一号",
    rooms=3,
    is_registered=True,
    assistant=None,
    grade=Grade.ORDINARY,
    grade_reason="",
    grade_expires_on=None,
    last_visit_on=None,
    next_visit_due_on=date(2026, 4, 1),
    brought_forward_because=None,
)
VISIT = {
    "visit_id": "visit_0123456789abcdef",
    "rental_code": "R-1",
    "assistant": "a-07",
    "outcome": "done",
    "entry_basis": "consent",
    "findings": ["nothing_unusual"],
    "visited_at": "2026-03-02T11:00:00+08:00",
}
PARKED = ParkedView(
    parked_id="parked_1",
    service="tips",
    queue="lx.tips.start_clock",
    event_id="e",
    event_type="t",
    subject="tip/1",
    attempts=3,
    error="ContractBroken",
    parked_at=NOON,
    state="parked",
)


def test_a_tip_filed_by_an_agency_is_handed_in_once_and_can_be_asked_for_at_once(door: Door) -> None:
    first = door.http.post("/v1/tips", json=TIP, headers=door.headers(key="k-1"))
    again = door.http.post("/v1/tips", json=TIP, headers=door.headers(key="k-1"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"] == f"/v1/tips/{first.json()['tip_id']}"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(door.bus.handed_in) == 1
    command = door.bus.handed_in[0][2]
    assert isinstance(command, SubmitTip)
    assert (command.submitted_by, command.village) == ("police", "village/banyan")
    tries: list[int] = []

    def slowly(_request: Any, _caller: Any) -> TipView:
        tries.append(1)
        if len(tries) < 3:
            raise NotFound("tip.not_found")
        return VIEW

    door.bus.answers["get_tip"] = slowly
    assert door.http.get(first.headers["Location"], headers=door.headers()).status_code == 200
    tries.clear()
    assert door.http.get(f"/v1/tips/{TIP_ID}", headers=door.headers()).status_code == 404
    assert len(tries) == 1


def test_another_agencys_key_is_another_key(door: Door) -> None:
    mine = door.http.post("/v1/tips", json=TIP, headers=door.headers("police", key="k-1")).json()
    theirs = door.http.post("/v1/tips", json=TIP, headers=door.headers("market", key="k-1")).json()
    assert mine["tip_id"] != theirs["tip_id"]


def test_with_the_database_away_intake_goes_on_and_decisions_wait(door: Door) -> None:
    headers = door.headers(key="k-1")
    door.bus.says("accept_tip", VIEW)
    door.ledger.is_away = True
    first = door.http.post("/v1/tips", json=TIP, headers=headers)
    again = door.http.post("/v1/tips", json=TIP, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["tip_id"] == again.json()["tip_id"]
    assert door.http.post("/v1/visits", json=VISIT, headers=headers).status_code == 201
    waiting = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers=headers)
    assert (waiting.status_code, waiting.json()["code"], waiting.json()["retryable"]) == (503, "store.down", True)
    assert int(waiting.headers["Retry-After"]) > 0


def test_with_the_broker_away_an_agency_is_told_to_come_back(door: Door) -> None:
    headers = door.headers(key="k-1")
    door.bus.is_connected = False
    for answer in (
        door.http.post("/v1/tips", json=TIP, headers=headers),
        door.http.post("/v1/visits", json=VISIT, headers=headers),
        door.http.get("/v1/tips", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "broker.away")
    door.bus.is_connected = True
    assert door.http.post("/v1/tips", json=TIP, headers=headers).status_code == 201


def test_a_decision_is_asked_once_and_carries_its_version(door: Door) -> None:
    door.bus.says("accept_tip", VIEW)
    headers = {**door.headers(key="k-1"), "If-Match": '"2"'}
    answers = [door.http.post(f"/v1/tips/{TIP_ID}/accept", headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"] == '"3"'
    assert len(door.bus.asked) == 1
    asked = door.bus.asked[0]
    assert (asked.service, asked.request.tip_id, asked.request.expected_version) == ("tips", TIP_ID, 2)
    assert (asked.caller.agency, asked.caller.command_id is None) == ("police", False)


@pytest.mark.criterion("14.2")
def test_a_write_without_a_key_and_a_key_used_otherwise_are_refused(door: Door) -> None:
    door.bus.says("dispatch_tip", VIEW)
    path = f"/v1/tips/{TIP_ID}/dispatch"
    body = {"lead": "market/desk", "reason": "网上传销"}
    missing = door.http.post(path, json=body, headers=door.headers())
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency.key_missing")
    unreadable = door.http.post(path, json=body, headers={**door.headers(), "Idempotency-Key": "a b"})
    assert unreadable.json()["code"] == "idempotency.key_unreadable"
    headers = door.headers(key="k-1")
    assert door.http.post(path, json=body, headers=headers).status_code == 200
    reused = door.http.post(path, json={**body, "reason": "别的"}, headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency.key_reused")
    quoted = door.http.post(path, json=body, headers=door.headers(key='"k-1"'))
    assert quoted.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("tip.not_found"), 404),
        (Conflict("tip.changed", version=4), 409),
        (Forbidden("tip.not_yours"), 403),
        (RuleBroken("tip.already_closed", clause="L32.1"), 422),
        (StoreDown("store.down"), 503),
        (BrokerDown("desk.away"), 503),
        (TimedOut("desk.silent"), 503),
        (TooBusy("desk.busy"), 429),
    ],
)
def test_what_a_desk_says_becomes_its_status(door: Door, error: Exception, status: int) -> None:
    door.bus.says("accept_tip", error)
    answer = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers=door.headers(key="k"))
    assert (answer.status_code, answer.json()["code"]) == (status, str(error).split(" ")[0])
    assert answer.json()["clause"] == getattr(error, "clause", None)
    assert ("Retry-After" in answer.headers) == answer.json()["retryable"] == (status in {429, 503})


def test_a_stale_if_match_is_a_failed_precondition(door: Door) -> None:
    door.bus.says("accept_tip", Conflict("tip.changed", version=4, expected=2))
    answer = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers={**door.headers(key="k"), "If-Match": '"2"'})
    assert (answer.status_code, answer.json()["facts"]) == (412, {"version": 4, "expected": 2})
    bad = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers={**door.headers(key="k2"), "If-Match": "two"})
    assert (bad.status_code, bad.json()["code"]) == (400, "if_match.unreadable")


def test_what_did_not_happen_may_be_tried_again_under_its_key(door: Door) -> None:
    headers = door.headers(key="k-1")
    path = f"/v1/tips/{TIP_ID}/accept"
    for error in (TimedOut("desk.silent"), NotFound("tip.not_found")):
        door.bus.says("accept_tip", error)
        assert door.http.post(path, headers=headers).status_code in {404, 503}
    door.bus.says("accept_tip", VIEW)
    assert door.http.post(path, headers=headers).status_code == 200
    # The desk sees the same command each time, so that it does it once whatever was lost on the way.
    assert len({asked.caller.command_id for asked in door.bus.asked}) == 1


def test_a_desks_refusal_is_an_answer_that_is_given_again(door: Door) -> None:
    door.bus.says("accept_tip", RuleBroken("tip.already_closed"))
    headers = door.headers(key="k-1")
    first = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers=headers)
    door.bus.says("accept_tip", VIEW)
    again = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers=headers)
    assert (first.status_code, again.status_code) == (422, 422)
    assert first.content == again.content
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.criterion("14.2")
def test_a_visit_is_known_by_its_own_id(door: Door) -> None:
    first = door.http.post("/v1/visits", json=VISIT, headers=door.headers())
    again = door.http.post("/v1/visits", json=VISIT, headers=door.headers(key="another"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == "/v1/visits/visit_0123456789abcdef"
    other = door.http.post("/v1/visits", json={**VISIT, "outcome": "nobody_in"}, headers=door.headers())
    assert (other.status_code, other.json()["code"]) == (409, "visit.other_content")
    assert len(door.bus.handed_in) == 2, "the desk keeps what is different beside what it has"
    assert door.bus.handed_in[0][:2] == ("inspections", "normal")


def test_pages_say_where_the_next_one_is(door: Door) -> None:
    door.bus.says("list_tips", TipPage(items=(), next_cursor="abc"))
    answer = door.http.get("/v1/tips?limit=2&state=accepted&cursor=old", headers=door.headers())
    assert answer.headers["Link"] == '</v1/tips?limit=2&state=accepted&cursor=abc>; rel="next"'
    assert door.bus.asked[0].request.cursor == "old"
    door.bus.says("list_rentals", RentalPage(items=(RENTAL,)))
    last = door.http.get("/v1/rentals?village=banyan", headers=door.headers())
    assert "Link" not in last.headers
    assert door.bus.asked[-1].request.village == "village/banyan"


def test_a_rental_is_put_on_the_register_and_the_plan_is_of_the_towns_day(door: Door) -> None:
    door.bus.says("register_rental", RENTAL)
    body = {"village": "village/banyan", "address": "一号", "rooms": 3, "is_registered": True}
    answer = door.http.put("/v1/rentals/R-1", json=body, headers=door.headers(key="k"))
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert door.bus.asked[0].request.rental_code == "R-1"
    door.bus.says("get_visit_plan", VisitPlanView(on=date(2026, 3, 2), items=()))
    assert door.http.get("/v1/visit-plan", headers=door.headers()).status_code == 200
    assert door.bus.asked[-1].request.on == date(2026, 3, 2)


def test_parked_letters_of_all_desks_come_together_though_one_is_away(door: Door) -> None:
    def parked(_request: Any, _caller: Any) -> ParkedList:
        service = door.bus.asked[-1].service
        if service == "cases":
            raise TimedOut("desk.silent")
        return ParkedList(items=(PARKED,) if service == "tips" else (), total=1 if service == "tips" else 0)

    door.bus.answers["list_parked"] = parked
    told = door.http.get("/v1/ops/parked", headers=door.headers("operator")).json()
    assert [row["parked_id"] for row in told["items"]] == ["tips:parked_1"]
    assert (told["total"], told["unreachable"]) == (1, ["cases"])
    door.bus.says("list_parked", TimedOut("desk.silent"))
    assert door.http.get("/v1/ops/parked", headers=door.headers("operator")).status_code == 503


def test_a_parked_letter_is_shown_replayed_and_buried_at_its_own_desk(door: Door) -> None:
    for method in ("get_parked", "replay_parked", "bury_parked"):
        door.bus.says(method, PARKED)
    at = "/v1/ops/parked/tips:parked_1"
    assert door.http.get(at, headers=door.headers("operator")).json()["parked_id"] == "tips:parked_1"
    assert door.http.post(f"{at}/replay", headers=door.headers("operator", key="a")).status_code == 200
    burial = door.http.post(f"{at}/bury", json={"reason": "坏了"}, headers=door.headers("operator", key="b"))
    assert burial.status_code == 200
    assert [(each.service, each.method, each.request.parked_id) for each in door.bus.asked] == [
        ("tips", "get_parked", "parked_1"),
        ("tips", "replay_parked", "parked_1"),
        ("tips", "bury_parked", "parked_1"),
    ]
    assert door.http.get("/v1/ops/parked/nodesk:x", headers=door.headers("operator")).status_code == 404


def test_the_delivery_ledger_can_be_asked_for_one_item(door: Door) -> None:
    door.bus.says("list_deliveries", DeliveryList(items=()))
    path = "/v1/deliveries?service=tips&subject=tip/tip_1&state=parked"
    answer = door.http.get(path, headers=door.headers("operator"))
    assert answer.json() == {"items": [], "unreachable": []}
    assert [(each.service, each.request.subject) for each in door.bus.asked] == [("tips", "tip/tip_1")]


def test_an_answer_that_breaks_its_contract_is_our_failure(door: Door) -> None:
    door.bus.says("get_tip", {"tip_id": 1, "secret": "x"})
    answer = door.http.get(f"/v1/tips/{TIP_ID}", headers=door.headers())
    assert (answer.status_code, answer.json()["code"]) == (500, "contract.unreadable")
