"""The same event three times, in random order, leaves the same state as once (criterion 4.2)."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pika
import pytest
from pymongo import MongoClient

from lianxi.bus import topology
from lianxi.contracts.registry import SERVICES
from lianxi.store.outbox import AGGREGATES
from tests.chaos.filing import Filing, check_effects, pending
from tests.chaos.sizes import size
from tests.support.sniffing import messages_waiting, tapped
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]
# What a repetition may touch: the marks that tell one decision from the next, never the state.
MARKS = ("_version", "_inbox", "_outbox", "_outbox_due", "_cmds")
WORK_QUEUES = [
    name
    for service in SERVICES
    for handler in topology.SUBSCRIPTIONS[service]
    for name in topology.handler_queues(service, handler)
]
OTHERS = {"reporting": ("facts",), "cases": ("tip_rights",), "tips": ("informants",)}


def state_of(town: RunningTown) -> str:
    digest = hashlib.sha256()
    with MongoClient[dict[str, Any]](town.mongo_url, tz_aware=True) as client:
        for service in SERVICES:
            for name in (*AGGREGATES[service], *OTHERS.get(service, ())):
                rows = sorted(client[f"lianxi_{service}"][name].find(), key=lambda row: str(row["_id"]))
                for row in rows:
                    kept = {key: value for key, value in row.items() if key not in MARKS}
                    digest.update(json.dumps(kept, sort_keys=True, default=str, ensure_ascii=False).encode())
    return digest.hexdigest()


def is_quiet(town: RunningTown) -> bool:
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        if pending(client):
            return False
        desks = [client[f"lianxi_{service}"] for service in SERVICES]
        sent = {(row["_id"], queue) for desk in desks for row in desk.deliveries.find() for queue in row["queues"]}
        settled = {
            (event, row["queue"]) for desk in desks for row in desk.settlements.find() for event in row["events"]
        }
    return sent <= settled and not messages_waiting(town.amqp_url(), WORK_QUEUES)


@pytest.mark.criterion("4.2")
def test_every_event_thrice_in_any_order_is_every_event_once(town: RunningTown) -> None:
    with tapped(town.amqp_url()) as tap:
        filed = Filing(town, agency=size(40, 850)).wait(timeout=300)
        check_effects(town, filed)
        wait_until(lambda: is_quiet(town), 60, "quiet")
        events = tap.events()
    assert len(events) >= size(220, 5_000)
    before = state_of(town)
    again = events * 2
    random.Random(42).shuffle(again)
    with pika.BlockingConnection(pika.URLParameters(town.amqp_url())) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for each in again:
            channel.basic_publish(each.exchange, each.key, each.body, each.properties)
    wait_until(lambda: is_quiet(town), 300, "quiet after the repetitions")
    assert state_of(town) == before
    check_effects(town, filed)
