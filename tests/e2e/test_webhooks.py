"""Webhooks through the door of a running town, to a receiver on this machine that verifies what it gets."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import pytest

from tests.support.hook_receiver import Receiver, receiving
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)
TIP = {"category": "rental_gathering", "village": "village/banyan", "text": "三楼每天中午有人上课"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def done(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    return dict(answer.json())


@pytest.mark.criterion("14.3")
@pytest.mark.criterion("4.3")
def test_an_agencys_own_system_hears_signed_in_order_again_after_a_failure_and_as_often_as_it_wants(
    town: RunningTown,
) -> None:
    with (
        receiving(Receiver(lambda before: 500 if before < 1 else 200)) as mine,
        receiving(Receiver()) as strangers,
        town.http("police") as police,
        town.http("education") as education,
    ):
        hook = done(police.post("/v1/webhooks", json={"address": mine.url}, headers=key()))
        mine.secret = hook["secret"]
        other = done(education.post("/v1/webhooks", json={"address": strangers.url}, headers=key()))
        tip_id = done(police.post("/v1/tips", json=TIP, headers=key()))["tip_id"]
        about = f"tip/{tip_id}"  # what other tests have left on its way is heard too
        wait_until(lambda: mine.ids(500), 20, "the first try")
        done(police.post(f"/v1/tips/{tip_id}/accept", headers=key()))
        wait_until(lambda: len(mine.of(about)) >= 2, 30, "both events, after the first had failed")

        kept = mine.of(about)
        assert [each["type"] for each in kept[:2]] == [f"tips.tip.{each}.v1" for each in ("dispatched", "accepted")]
        assert all(held for _, held, _ in mine.seen), "every signature verifies"
        # The one that failed may be about another test's tip, and of two tips either may come first.
        assert len(mine.ids(500)) == 1
        wait_until(lambda: set(mine.ids(500)) <= set(mine.ids()), 30, "what failed, under its own id")
        assert {*kept[0]["data"]} == {"item", "href", "due_at"}
        assert police.get(kept[0]["data"]["href"]).status_code == 200

        first = kept[0]["id"]
        again = done(police.post(f"/v1/webhooks/{hook['hook_id']}/replay", json={"from_event": first}, headers=key()))
        assert again["replayed"] >= 2
        wait_until(lambda: mine.ids().count(first) == 2, 20, "the replay")
        told = done(police.post(f"/v1/webhooks/{hook['hook_id']}/test", headers=key()))
        wait_until(lambda: told["event_id"] in mine.ids(), 20, "the test event")

        def log() -> set[tuple[str, str]]:
            rows = police.get(f"/v1/webhooks/{hook['hook_id']}/deliveries").json()["items"]
            return {(each["event_id"], each["state"]) for each in rows}

        wait_until(lambda: {(first, "delivered"), (told["event_id"], "delivered")} <= log(), 10, "the log")
        assert strangers.of(about) == strangers.of(about, 500) == [], (
            "an agency that the tip does not involve hears nothing of it"
        )
        assert education.get(f"/v1/webhooks/{hook['hook_id']}/deliveries").status_code == 404
        for agency, each in ((police, hook), (education, other)):
            done(agency.delete(f"/v1/webhooks/{each['hook_id']}", headers=key()))
