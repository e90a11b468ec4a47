"""A public warning from a decided case to the page and the feed, and back."""

from __future__ import annotations

import uuid
from typing import Any

import httpx2
import pytest

from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
CLOSING = {"outcome": "penalty_decided", "reason": "decision_served", "grounds": "证据充分,依法作出处罚决定。"}


def send(client: httpx2.Client, path: str, **body: Any) -> httpx2.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})


def test_the_public_is_warned_after_two_agencies_and_reads_it_when_it_is_taken_back(town: RunningTown) -> None:
    title = f"警惕“高薪文员”招聘 {uuid.uuid4().hex[:6]}"
    with town.http("market") as market, town.http("office") as office, town.http() as anybody:
        case = send(market, "/v1/cases", owner="market/desk", kind="entry_fee", basis="《禁止传销条例》第七条").json()
        draft = {"case_id": case["case_id"], "title": title, "text": "收会费、拉人头就是传销。"}
        refused = send(market, "/v1/warnings", **draft)
        assert (refused.status_code, refused.json()["code"]) == (422, "warning.not_verified")
        send(market, f"/v1/cases/{case['case_id']}/close", **CLOSING).raise_for_status()
        drafted = wait_until(
            lambda: (made := send(market, "/v1/warnings", **draft)).status_code == 201 and made.json(),
            20,
            "the end of the case to be known",
        )
        at = f"/v1/warnings/{drafted['warning_id']}"
        assert title not in anybody.get("/warnings").text
        approval = {"organ": "market_regulation", "reference": "中市监警〔2026〕3号", "approved_on": "2026-11-20"}
        assert send(market, f"{at}/publish", **approval).status_code == 403
        send(office, f"{at}/publish", **approval).raise_for_status()

        page, feed = anybody.get("/warnings"), anybody.get("/v1/public/warnings.atom")
        assert title in page.text
        assert case["number"] not in page.text
        assert feed.headers["Content-Type"].startswith("application/atom+xml")
        assert f"<title>{title}</title>" in feed.text
        again = anybody.get("/v1/public/warnings", headers={"If-None-Match": _tag(anybody)})
        assert again.status_code == 304

        send(office, f"{at}/withdraw", reason="单位名称有误。").raise_for_status()
        told = anybody.get("/v1/public/warnings").json()["items"]
        assert [(each["text"], each["reason"]) for each in told if each["title"] == title] == [(None, "单位名称有误。")]
        assert "单位名称有误。" in anybody.get("/warnings").text


def _tag(anybody: httpx2.Client) -> str:
    return str(anybody.get("/v1/public/warnings").headers["ETag"])
