"""The broker goes while a desk has a batch in hand: what could not be acknowledged comes again, and counts once.

Desk and database are held still in turn, so that the broker goes at no other moment.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pymongo import MongoClient

from tests.chaos.filing import Filed, Filing, check_effects
from tests.chaos.sizes import size
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
DESK = {"desk": "tips"}


@contextmanager
def held_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def reading(town: RunningTown, name: str, **labels: str) -> float:
    """Read what the tips desk counts."""
    text = httpx2.get(f"{town.health_url('tips')}/metrics", timeout=10, trust_env=False).text
    samples = (each for family in text_string_to_metric_families(text) for each in family.samples)
    wanted = {**DESK, **labels}.items()
    return sum(each.value for each in samples if each.name == name and wanted <= each.labels.items())


def taken_in(town: RunningTown) -> float:
    return reading(town, "lianxi_events_handled_total", handler="intake", outcome="done")


def written(town: RunningTown, filed: Filed) -> int:
    with MongoClient[dict[str, int]](town.mongo_url) as client:
        return client.lianxi_tips.tips.count_documents({"number": {"$in": sorted(filed.numbers)}})


@pytest.mark.criterion("4.2")
def test_a_broker_that_goes_in_the_middle_of_a_batch_brings_it_again_to_no_effect(town: RunningTown) -> None:
    tips = size(40, 200)
    before = taken_in(town)
    with ExitStack() as stack:
        with held_still(town.pid("tips")):
            filed = Filing(town, agency=tips).wait(timeout=60)
            stack.enter_context(held_still(town.pid("database")))
        wait_until(lambda: reading(town, "lianxi_in_flight") > 0, 15, "a batch in the desk's hands")
        assert taken_in(town) == before
        town.kill("broker")
    once = wait_until(lambda: written(town, filed), 30, "the batch to be written without a broker")
    assert 0 < once <= tips
    town.start("broker")
    check_effects(town, filed)
    wait_until(lambda: taken_in(town) >= before + once + tips, 30, "the whole batch to have come a second time")
    assert written(town, filed) == tips
