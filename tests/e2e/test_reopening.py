"""An informant has a closed tip taken up again on the running town, by nothing but the receipt code."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import pytest

from lianxi.kernel.ids import derived_id
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

FILED = {"service_code": "online_scheme", "description": "群里拉人交会费", "address_id": "442000-7"}
WHY = {"text": "二楼还在讲课"}


def act(desk: httpx2.Client, tip_id: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    version = desk.get(f"/v1/tips/{tip_id}").headers["ETag"]
    headers = {"If-Match": version, "Idempotency-Key": secrets.token_hex(16)}
    answer = desk.post(f"/v1/tips/{tip_id}/{path}", json=body, headers=headers)
    assert answer.status_code == httpx2.codes.OK, answer.text
    done: dict[str, Any] = answer.json()
    return done


def ended(desk: httpx2.Client, tip_id: str) -> None:
    act(desk, tip_id, "accept")
    act(desk, tip_id, "verify", {"outcome": "not_substantiated"})
    act(desk, tip_id, "close", {"outcome": "未发现传销活动"})


def running(desk: httpx2.Client, tip_id: str) -> list[Any]:
    clocks = desk.get(f"/v1/tips/{tip_id}").json()["clocks"]
    return [each for each in clocks if each["stopped_at"] is None]


@pytest.mark.criterion("9.2")
def test_whoever_holds_the_code_of_a_closed_tip_has_it_taken_up_once(town: RunningTown) -> None:
    with town.http() as resident, town.http("market") as market:
        (filed,) = resident.post("/open311/v2/requests.json", data=FILED).json()
        tip_id, code = derived_id("tip", filed["token"]), {"Lianxi-Receipt": filed["receipt"]}
        wait_until(
            lambda: market.get(f"/v1/tips/{tip_id}").status_code == 200 and running(market, tip_id), 30, "the tip"
        )

        def ask() -> httpx2.Response:
            return resident.post("/v1/public/tips/reopening", json=WHY, headers=code)

        assert (ask().status_code, ask().json()["code"]) == (409, "tip.not_closed")
        ended(market, tip_id)
        assert running(market, tip_id) == []
        assert resident.get("/v1/public/tips/status", headers=code).json()["reopen_until"]

        answer = ask()
        assert answer.status_code == httpx2.codes.OK, answer.text
        assert answer.json()["reopen_until"] is None
        assert answer.json()["messages"][-1]["text"] == WHY["text"]
        again = market.get(f"/v1/tips/{tip_id}").json()
        assert (again["state"], again["messages"][-1]["author"]) == ("dispatched", "informant")
        assert any(each["what"] == "tip.reopened" for each in again["timeline"])
        wait_until(lambda: running(market, tip_id), 30, "its limit to run from the new notice")

        ended(market, tip_id)
        assert (ask().status_code, ask().json()["code"]) == (409, "reopening.once_only")
