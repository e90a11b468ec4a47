"""Kill anything at any moment while tips are filed: whatever was answered 201 happens, once."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from pymongo import MongoClient

from tests.chaos.filing import Filing, check_effects
from tests.chaos.sizes import size
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]
VICTIMS = ("tips", "notifications", "reporting", "inspections", "cases", "relay", "gateway")
NEVER = threading.Event()


@pytest.mark.criterion("4.2")
def test_whatever_is_killed_every_accepted_tip_happens_once(town: RunningTown) -> None:
    chance = random.Random(20151119)
    kills, tips = size(7, 50), size(150, 500)
    filing = Filing(town, agency=tips - tips // 10, public=tips // 10, per_second=25)
    for number in range(kills):
        victim = VICTIMS[number % len(VICTIMS)]
        NEVER.wait(chance.uniform(0.0, 1.0))
        town.kill(victim)
        town.start(victim)
    filed = filing.wait(timeout=300)
    assert len(filed) == tips
    check_effects(town, filed)


def test_a_broker_that_is_restarted_on_the_way_changes_nothing(town: RunningTown) -> None:
    filing = Filing(town, agency=size(60, 180), public=size(10, 20), per_second=20)
    wait_until(lambda: filing.done > 20, 60, "some tips before the restart")
    town.kill("broker")
    town.start("broker")
    filed = filing.wait(timeout=300)
    assert len(filed) == size(70, 200)
    check_effects(town, filed)


@pytest.mark.criterion("4.5")
def test_a_broker_that_is_away_loses_nothing_and_is_caught_up_with(town: RunningTown) -> None:
    seconds = size(8, 600)
    filing = Filing(town, agency=size(100, 6000), public=size(60, 6000), per_second=20)
    wait_until(lambda: filing.done > 20, 60, "some tips before the broker goes")
    town.kill("broker")
    with town.http() as resident:
        answer = resident.post(
            "/v1/public/tips", json={"category": "other", "village": "village/banyan", "text": "断网时"}
        )
        assert answer.status_code == 201, answer.text
    with town.http("police") as police:
        refused = police.get("/v1/tips")
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert int(refused.headers["retry-after"]) > 0
    NEVER.wait(seconds)
    town.start("broker")
    filed = filing.wait(timeout=seconds + 300)
    check_effects(town, filed, timeout=120)


def test_a_database_that_is_away_is_waited_for(town: RunningTown) -> None:
    first = Filing(town, agency=20).wait(timeout=60)
    check_effects(town, first)
    parked = _parked(town)
    town.kill("database")
    during = Filing(town, agency=20, public=5)
    filed = during.wait(timeout=120)
    with town.http("police") as police:
        refused = wait_until(lambda: _unavailable(police.get("/v1/tips")), 30, "an answer without the database")
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
    town.start("database")
    check_effects(town, filed)
    assert _parked(town) == parked


def _parked(town: RunningTown) -> int:
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        return client.lianxi_tips.parked.count_documents({})


def _unavailable(answer: Any) -> Any:
    return answer if answer.status_code == 503 else None
