"""Open311 on the running town: of a hundred tips that nobody is to see nobody sees one, of others the days."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from lianxi.kernel.ids import derived_id
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

V2 = "/open311/v2"
SECRET = "planted-lotus"
TOLD = {
    "description": f"群里拉人交会费 {SECRET}",
    "address_id": f"442000-{SECRET}",
    "lat": "22.4612",
    "long": "113.2967",
}
NAMED = {"first_name": f"小明 {SECRET}", "phone": "13800000000"}
YES = {"attribute[publish]": "yes"}
ONLINE = {"service_code": "online_scheme"}
TO_BE_SEEN = [TOLD | NAMED | YES | {"service_code": each} for each in ("online_scheme", "job_lure", "transport_hub")]
HIDDEN = [
    *[TOLD | ONLINE | YES] * 30,  # anonymous, whatever they ask for
    *[TOLD | ONLINE | NAMED] * 20,  # did not ask to be seen
    *[TOLD | ONLINE | NAMED | {"attribute[publish]": "no"}] * 10,
]
BY_FORM = {"text": SECRET, "place": SECRET, "contact": {"name": SECRET}}
CATEGORIES = ("online_scheme", "rental_gathering", "suspected_crime", "other")


def planted(resident: httpx2.Client, police: httpx2.Client) -> tuple[list[str], list[str]]:
    """Plant a hundred tips; what leads to them: tokens, and numbers of those that came another way."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: resident.post(f"{V2}/requests.json", data=each), HIDDEN))
        forms = [{**BY_FORM, "category": CATEGORIES[number % 4]} for number in range(30)]
        public = list(pool.map(lambda each: resident.post("/v1/public/tips", json=each), forms))
        taken = [
            police.post(
                "/v1/tips",
                json={"category": "online_scheme", "text": SECRET, "place": SECRET, "channel": "agency"},
                headers={"Idempotency-Key": f"open311-planted-{number:06}"},
            )
            for number in range(10)
        ]
    assert len(answers) + len(public) + len(taken) == 100
    tokens = [each.json()[0]["token"] for each in answers]
    return tokens, [each.json()["tip_number"] for each in public] + [each.json()["number"] for each in taken]


@pytest.mark.criterion("14.4")
@pytest.mark.timeout(180)
def test_of_a_hundred_planted_tips_nobody_sees_one_and_of_three_how_they_stand(town: RunningTown) -> None:
    with town.http() as resident, town.http("police") as police, town.http("market") as market:
        tokens, numbers = planted(resident, police)
        filed = [resident.post(f"{V2}/requests.json", data=each).json()[0] for each in TO_BE_SEEN]
        hidden = {derived_id("tip", token) for token in tokens}
        shown = {derived_id("tip", each["token"]) for each in filed}
        wait_until(lambda: _kept(town, hidden | shown, numbers) == 103, 60, "every tip to be with its desk")
        numbers += _numbers(town, hidden)
        found = [resident.get(f"{V2}/tokens/{each['token']}.json").json()[0]["service_request_id"] for each in filed]

        answers = [resident.get(f"{V2}/{path}") for path in _everything(numbers, found)]
        by_token = [resident.get(f"{V2}/tokens/{token}.xml") for token in tokens]
        assert {each.status_code for each in by_token} == {404}
        assert {each.status_code for each in answers[len(numbers[:40]) :]} == {200}
        assert {each.status_code for each in answers[: len(numbers[:40])]} == {404}
        said = "".join(each.text for each in (*answers, *by_token))
        assert not [
            each for each in (*numbers, *hidden, *shown, SECRET, "13800000000", "113.29", "market/desk") if each in said
        ]
        listed = {each["service_request_id"] for each in resident.get(f"{V2}/requests.json").json()}
        assert listed >= set(found)
        assert len(found) == 3
        assert not re.search(r"T(?!00:00:00\+08:00)\d\d:", said), "days, never hours"

        _follow(resident, market, derived_id("tip", filed[0]["token"]), found[0], filed[0]["receipt"])


def _follow(resident: httpx2.Client, market: httpx2.Client, tip_id: str, number: str, receipt: str) -> None:
    version = market.get(f"/v1/tips/{tip_id}").headers["ETag"]
    accepted = market.post(
        f"/v1/tips/{tip_id}/accept", headers={"If-Match": version, "Idempotency-Key": f"accept-{tip_id}"}
    )
    assert accepted.status_code == httpx2.codes.OK, accepted.text
    (row,) = resident.get(f"{V2}/requests/{number}.json", headers={"Accept-Language": "en"}).json()
    assert (row["status"], row["status_notes"]) == ("open", "The agency in charge has taken it on and verifies it")

    update = {"service_request_id": number, "description": f"又来了一批人 {SECRET}"}
    added = resident.post(f"{V2}/servicerequestupdates.xml", data=update, headers={"Lianxi-Receipt": receipt})
    assert added.status_code == httpx2.codes.OK, added.text
    assert [each["author"] for each in market.get(f"/v1/tips/{tip_id}").json()["messages"]] == ["informant"]
    assert SECRET not in resident.get(f"{V2}/servicerequestupdates.xml").text


def _everything(numbers: list[str], found: list[str]) -> list[str]:
    wide = "start_date=2026-01-01T00:00:00Z&end_date=2026-12-31T00:00:00Z"
    lists = [f"requests.json?service_request_id={','.join(numbers[start : start + 50])}" for start in range(0, 100, 50)]
    each = ("requests", "servicerequestupdates")
    lists += [f"{what}.{form}{asked}" for what in each for form in ("json", "xml") for asked in ("", f"?{wide}")]
    lists += [f"requests.json?status={status}" for status in ("open", "closed", "open,closed")]
    return [*(f"requests/{number}.json" for number in numbers[:40]), *lists, *(f"requests/{one}.xml" for one in found)]


def _kept(town: RunningTown, ids: set[str], numbers: list[str]) -> int:
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        wanted = {"$or": [{"_id": {"$in": sorted(ids)}}, {"number": {"$in": numbers}}]}
        return client.lianxi_tips.tips.count_documents(wanted)


def _numbers(town: RunningTown, ids: set[str]) -> list[str]:
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        return [row["number"] for row in client.lianxi_tips.tips.find({"_id": {"$in": sorted(ids)}}, {"number": 1})]
