"""The fast lane over HTTP: told outside, taken on by a person, reported upward; and a reply that nobody reads."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
TIP: dict[str, Any] = {"village": "village/banyan", "text": "三楼有人受伤。"}
WEEK_AND_A_DAY = timedelta(days=8).total_seconds()


def post(http: httpx2.Client, path: str, body: Any = None, **more: Any) -> httpx2.Response:
    answer = http.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)}, **more)
    assert answer.is_success, answer.text
    return answer


def about(http: httpx2.Client, path: str, item: str, **asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = http.get(path, params={"limit": 200, **asked}).json()["items"]
    return [row for row in rows if row.get("about") == item]


@pytest.mark.criterion("17.1")
@pytest.mark.criterion("17.2")
def test_a_major_event_is_told_outside_taken_on_and_reported_upward(town: RunningTown) -> None:
    with town.http("police") as police, town.http("office") as office, town.http("market") as market:
        tip_id = post(police, "/v1/tips", {**TIP, "category": "rental_gathering", "channel": "phone"}).json()["tip_id"]
        raised = post(police, f"/v1/tips/{tip_id}/alarm", {"mark": "major_event"}).json()
        item = f"tip/{tip_id}"
        assert (raised["lane"], raised["lead"]) == ("rescue", "police/command-centre")

        wait_until(
            lambda: len(about(office, "/v1/outside-messages", item, state="delivered")) == 4, 30, "four messages"
        )
        wait_until(lambda: len(about(office, "/v1/major-events", item)) == 1, 30, "the event to be known")
        (known,) = about(office, "/v1/major-events", item)
        assert (known["state"], known["is_late"], known["is_missing"]) == ("known", False, False)
        assert about(market, "/v1/major-events", item) == about(market, "/v1/outside-messages", item) == []
        assert market.get(f"/v1/major-events/{known['event_id']}").status_code == 404

        report = {"kind": "death_or_injury", "text": "一人受伤,已送医", "about": item}
        told = post(police, "/v1/major-events", {**report, "desk": "police/command-centre"}).json()
        assert (told["event_id"], told["state"], told["is_late"]) == (known["event_id"], "reported", False)
        more = post(police, f"/v1/major-events/{told['event_id']}/supplement", {"text": "已出院", "is_complete": True})
        assert (more.json()["state"], len(more.json()["parts"])) == ("complete", 2)
        assert about(office, "/v1/major-events", item, only_late=True) == []

        post(police, f"/v1/tips/{tip_id}/accept?officer=officer-3")
        wait_until(
            lambda: len(about(office, "/v1/outside-messages", item, state="acknowledged")) == 4, 30, "a human's word"
        )
    texts = [json.loads(line)["text"] for line in town.places.outside_mailbox.read_text("utf-8").splitlines()]
    assert not any("受伤" in text or "送医" in text for text in texts)


@pytest.mark.criterion("2.6")
def test_a_reply_that_nobody_reads_is_shown_after_a_week_until_it_is_read(town: RunningTown) -> None:
    with town.http() as public, town.http("market") as market:
        filed = post(public, "/v1/public/tips", {**TIP, "category": "online_scheme"}).json()
        numbers = {"Lianxi-Receipt": filed["receipt"]}

        def mine(**asked: Any) -> list[dict[str, Any]]:
            rows = market.get("/v1/tips", params={"limit": 200, **asked}).json()["items"]
            return [row for row in rows if row["number"] == filed["tip_number"]]

        wait_until(lambda: len(mine()) == 1, 30, "the tip")
        tip_id = mine()[0]["tip_id"]
        post(market, f"/v1/tips/{tip_id}/messages", {"text": "请补充时间"})
        assert mine(unread=True) == []
        town.move_clock(WEEK_AND_A_DAY)
        token = {"Authorization": f"Bearer {town.token('market')}"}
        market.headers.update(token)
        wait_until(lambda: len(mine(unread=True)) == 1, 30, "the unread reply")
        assert market.get(f"/v1/tips/{tip_id}").json()["unread_since"]
        status = public.get("/v1/public/tips/status", headers=numbers)
        assert [each["text"] for each in status.json()["messages"]] == ["请补充时间"]
        assert mine(unread=True) == []
        assert mine(kind="complaint") == []
        assert len(mine(kind="tip")) == 1
