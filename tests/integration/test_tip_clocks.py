"""Thousands of open clocks in a real database (twenty in full numbers): swept in time, each rung told once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import mongoengine
import pytest

from lianxi.contracts.envelope import Lane
from lianxi.contracts.tips import TipRungReached
from lianxi.kernel.clock import FixedClock
from lianxi.store.mapping import as_fields
from services.tips.documents import TipDocument
from services.tips.domain.clocks import watched
from services.tips.domain.tip import Clock, Tip
from services.tips.handlers.tips import RUNGS_A_SWEEP, TipHandlers
from services.tips.store import RungWatch, open_tips
from tests.chaos.sizes import size
from tests.support.town import Database
from tests.unit.tips.desk import TipDesk, shipped_policy, submission

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]
OPEN = size(5_000, 20_000)
DUE = 400
SWEPT_SECONDS = 10
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


@pytest.fixture(scope="module", autouse=True)
def open_clocks(database_server: Database) -> Iterator[None]:
    """Fill a desk with open clocks: some come to a rung now, some in an hour, some in two, most of them in weeks."""
    mongoengine.connect(
        "tip_clocks", alias="tips", host=database_server.url, tz_aware=True, uuidRepresentation="standard"
    )
    TipDocument.ensure_indexes()
    tip = open_tip()
    half = (tip.clocks[0].due_at - tip.clocks[0].started_at) / 2
    rows = []
    for number in range(OPEN):
        rung_in = timedelta(hours=number // DUE) if number < 3 * DUE else half - timedelta(seconds=number)
        each = moved(tip, number, half - rung_in)
        row = {**as_fields(each), "_id": each.id, "_version": 1, "_outbox": []}
        row.pop("id")
        rows.append(row)
    TipDocument._get_collection().insert_many(rows)
    yield
    mongoengine.disconnect("tips")


def open_tip() -> Tip:
    desk = TipDesk()
    desk.clock.instant = NOW
    desk.deliver(desk.submit(submission(is_anonymous=False, received_at=NOW)))
    return desk.tip()


def moved(tip: Tip, number: int, by: timedelta) -> Tip:
    """The same tip under another id, with its clock started earlier."""
    (clock,) = tip.clocks
    running = replace(
        clock.running,
        started_at=clock.started_at - by,
        first_due_at=clock.running.first_due_at - by,
        due_at=clock.due_at - by,
    )
    tip = replace(
        tip,
        id=f"tip_{number}",
        receipt=f"verifier-{number}",
        clocks=(Clock(dispatch_id=clock.dispatch_id, running=running),),
    )
    return watched(tip, shipped_policy())


class Meeting:
    """A watch that lets sweepers look at one and the same moment, so that they go for the same clocks."""

    def __init__(self, sweepers: int) -> None:
        self._all_here = threading.Barrier(sweepers)

    def due(self, now: datetime, at_most: int) -> Sequence[tuple[str, Lane]]:
        found = RungWatch().due(now, at_most)
        self._all_here.wait(timeout=30)
        return found


def sweeper(watch: Any, now: datetime) -> TipHandlers:
    clock = FixedClock(now)
    return replace(TipDesk().handlers, tips=open_tips(clock), clock=clock, watch=watch)


def told(batch: int) -> Counter[tuple[str, str]]:
    ids = [f"tip_{number}" for number in range(batch * DUE, (batch + 1) * DUE)]
    rows = TipDocument._get_collection().find({"_id": {"$in": ids}}, {"_outbox": 1})
    letters = [each["event"] for row in rows for each in row["_outbox"]]
    assert {each["type"] for each in letters} <= {TipRungReached.KEY}
    return Counter((each["data"]["item"], each["data"]["rung"]) for each in letters)


def once_each(batch: int) -> Counter[tuple[str, str]]:
    return Counter({(f"tip_{number}", "half"): 1 for number in range(batch * DUE, (batch + 1) * DUE)})


@pytest.mark.criterion("3.6")
@pytest.mark.alone
def test_thousands_of_open_clocks_are_swept_within_ten_seconds() -> None:
    handlers = sweeper(RungWatch(), NOW)

    begun = time.monotonic()
    handlers.climb_ladders()
    taken = time.monotonic() - begun

    begun = time.monotonic()
    handlers.climb_ladders()
    idle = time.monotonic() - begun

    print(f"{OPEN} open clocks, {DUE} due: swept in {taken:.2f} s; nothing due: {idle:.3f} s")
    assert told(0) == once_each(0)
    assert max(taken, idle) <= SWEPT_SECONDS


@pytest.mark.criterion("3.3")
def test_two_sweepers_at_once_tell_each_rung_once() -> None:
    meeting = Meeting(2)

    def sweep(handlers: TipHandlers) -> None:
        # Twice: what the first test would have swept may be waiting too, and a sweep has an end.
        handlers.climb_ladders()
        handlers.climb_ladders()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(sweep, sweeper(meeting, LATER)) for _ in range(2)]:
            done.result()

    assert told(1) == once_each(1)
    assert RungWatch().due(LATER, RUNGS_A_SWEEP) == []


def test_rescues_come_first_and_a_sweep_has_an_end() -> None:
    last = f"tip_{3 * DUE - 1}"
    TipDocument._get_collection().update_one({"_id": last}, {"$set": {"lane": "rescue"}})

    found = RungWatch().due(LATEST, 50)

    assert len(found) == 50
    assert found[0] == (last, "rescue")
    assert {lane for _, lane in found[1:]} == {"normal"}
