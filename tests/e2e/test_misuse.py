"""How a system of this kind is misused, tried at the door (the numbers are those of domain 5.7).

Shown elsewhere: 1 and 7 in test_planted.py and test_identities.py, 6 with retention, 8 in test_planted.py, 10 in
tests/unit/policy/test_lint.py, 12 in test_anonymous.py, 15 with the parties of cases.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial

import httpx2

from lianxi.kernel.clock import SystemClock, local_date
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

RESCUE = {
    "category": "person_held",
    "village": "village/banyan",
    "text": "三楼有人被关着,喊救命",
    "channel": "phone",
    "wants_receipt": False,
}


def _key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def _case(market: httpx2.Client) -> str:
    body = {"owner": "market/desk", "kind": "entry_fee", "basis": "禁止传销条例"}
    answer = market.post("/v1/cases", json=body, headers=_key())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


def test_2_an_agency_neither_lists_nor_reads_nor_closes_anothers_cases(town: RunningTown) -> None:
    with town.http("market") as market, town.http("transport") as stranger:
        case_id = _case(market)
        assert case_id not in stranger.get("/v1/cases", params={"limit": 200}).text
        assert stranger.get(f"/v1/cases/{case_id}").status_code == 404
        body = {"outcome": "not_established", "reason": "facts_not_established", "grounds": "与我无关"}
        assert stranger.post(f"/v1/cases/{case_id}/close", json=body, headers=_key()).status_code in {404, 422}
        assert market.get(f"/v1/cases/{case_id}").json()["state"] == "open"


def test_3_nobody_learns_whether_a_person_is_known(town: RunningTown) -> None:
    """There is no question to ask: a path for it is unknown, and a parameter for it is refused or not heard."""
    with town.http("tenancy") as landlords_friend:
        for path in ("/v1/parties", "/v1/persons", "/v1/people", "/v1/blacklist", "/v1/parties?name=王某"):
            answer = landlords_friend.get(path)
            assert answer.status_code in {404, 405}, path
        one = landlords_friend.get("/v1/parties/party_00000000000000000000000000")
        other = landlords_friend.get("/v1/parties/party_11111111111111111111111111")
    told = [{name: each.json()[name] for name in ("code", "detail", "status")} for each in (one, other)]
    assert told[0] == told[1]
    assert one.status_code in {403, 404}


def test_4_a_second_call_for_help_about_the_same_place_is_never_held_back(town: RunningTown) -> None:
    with town.http("police") as police:
        filed = [police.post("/v1/tips", json=RESCUE, headers=_key()).json()["tip_id"] for _ in range(3)]
        assert len(set(filed)) == 3

        def alarms() -> int:
            notices = police.get("/v1/notices", params={"limit": 200}).json()["items"]
            return len({each["about"] for each in notices} & {f"tip/{tip_id}" for tip_id in filed})

        wait_until(lambda: alarms() == 3, 30, "an alarm for each")


def test_5_nothing_is_deleted_or_put_back_in_time(town: RunningTown) -> None:
    with town.http("police") as police, town.http("office") as office, town.http("market") as market:
        tip_id = police.post("/v1/tips", json=RESCUE, headers=_key()).json()["tip_id"]
        case_id = _case(market)
        for http in (police, office, market):
            for path in (f"/v1/tips/{tip_id}", f"/v1/cases/{case_id}", "/v1/audit/entries"):
                assert http.delete(path).status_code in {404, 405}, path
        early = (SystemClock().now() - timedelta(days=30)).isoformat()
        for field in ("received_at", "at", "listed_at"):
            answer = police.post("/v1/tips", json={**RESCUE, field: early}, headers=_key())
            assert answer.status_code == 422, field
        answer = market.post(
            "/v1/cases",
            json={"owner": "market/desk", "kind": "entry_fee", "basis": "条例", "opened_at": early},
            headers=_key(),
        )
        assert answer.status_code == 422


def test_9_a_case_is_not_closed_without_grounds(town: RunningTown) -> None:
    with town.http("market") as market:
        case_id = _case(market)
        for grounds in ({}, {"grounds": ""}, {"grounds": "   "}):
            body = {"outcome": "not_established", "reason": "facts_not_established", **grounds}
            answer = market.post(f"/v1/cases/{case_id}/close", json=body, headers=_key())
            assert answer.status_code == 422, answer.text
        assert market.get(f"/v1/cases/{case_id}").json()["state"] == "open"


def _rental(tenancy: httpx2.Client) -> str:
    code = f"R-misuse-{secrets.token_hex(3)}"
    body = {"village": "village/banyan", "address": "榕树头 9 号", "rooms": 6, "is_registered": True}
    answer = tenancy.put(f"/v1/rentals/{code}", json=body, headers=_key())
    assert answer.status_code in {200, 201}, answer.text
    return code


def test_13_a_grade_is_not_changed_without_reason_and_end(town: RunningTown) -> None:
    with town.http("tenancy") as tenancy:
        code = _rental(tenancy)
        later = (local_date(SystemClock().now()) + timedelta(days=90)).isoformat()
        whole = {
            "grade": "key",
            "reason": "消防通道堵塞",
            "approved_by": "tenancy:head",
            "expires_on": later,
        }
        for missing in ("reason", "expires_on", "approved_by"):
            body = {name: value for name, value in whole.items() if name != missing}
            assert tenancy.post(f"/v1/rentals/{code}/grade", json=body, headers=_key()).status_code == 422, missing
        blank = {**whole, "reason": " "}
        assert tenancy.post(f"/v1/rentals/{code}/grade", json=blank, headers=_key()).status_code == 422
        assert tenancy.get(f"/v1/rentals/{code}").json()["grade"] == "ordinary"


def test_14_a_refused_visit_changes_no_grade(town: RunningTown) -> None:
    with town.http("tenancy") as tenancy:
        code = _rental(tenancy)
        visit_id = f"visit-{secrets.token_hex(12)}"
        body = {
            "visit_id": visit_id,
            "rental_code": code,
            "assistant": "assistant-4",
            "outcome": "refused",
            "entry_basis": "not_entered",
            "findings": [],
            "visited_at": SystemClock().now().isoformat(),
        }
        answer = tenancy.post("/v1/visits", json=body, headers=_key())
        assert answer.status_code in {200, 201}, answer.text
        wait_until(lambda: tenancy.get(f"/v1/visits/{visit_id}").status_code == 200, 20, "the visit to be recorded")
        assert tenancy.get(f"/v1/rentals/{code}").json()["grade"] == "ordinary"


def test_11_two_units_of_one_official_are_told_each(town: RunningTown) -> None:
    """Notices go to desks, never to persons: whoever sits for two units gets both."""
    with town.http("police") as police, town.http("tenancy") as tenancy, town.http("office") as office:
        body = {**RESCUE, "category": "rental_gathering"}
        tip_id = police.post("/v1/tips", json=body, headers=_key()).json()["tip_id"]
        for http in (police, tenancy, office):
            wait_until(partial(_is_told, http, tip_id), 30, "each unit's own notice")


def _is_told(http: httpx2.Client, tip_id: str) -> bool:
    notices = http.get("/v1/notices", params={"limit": 200}).json()["items"]
    return any(each["about"] == f"tip/{tip_id}" for each in notices)
