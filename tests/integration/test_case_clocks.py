"""The clocks of referrals and requests on the real database: twenty thousand of them, racing and restarted sweepers."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import mongoengine
import pytest

from lianxi.kernel.clock import FixedClock
from lianxi.store.mapping import as_fields
from services.cases import store
from services.cases.documents import DOCUMENTS, AssistanceDocument, CriminalReferralDocument
from services.cases.handlers import ClockKeeper
from services.cases.views import MOST_DUE, CaseViews
from tests.chaos.sizes import size
from tests.support.town import Database
from tests.unit.cases.desk import NOW, CasesInMemory, shipped_rules

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]
OPEN = size(5_000, 20_000)
DUE_EVERY = 250
BATCH = 1_000
LONGEST_SWEEP_SECONDS = 10
_NUMBERS = itertools.count()


@pytest.fixture
def connected(database: Database) -> Iterator[None]:
    # A database for each test: dropping twenty thousand documents takes longer than sweeping them.
    mongoengine.connect(
        f"case_clocks_{next(_NUMBERS)}",
        alias="cases",
        host=database.url,
        tz_aware=True,
        uuidRepresentation="standard",
    )
    for document in DOCUMENTS:
        document.ensure_indexes()
    yield
    mongoengine.disconnect("cases")


def sweeper(now: datetime) -> ClockKeeper:
    """A sweeper as a desk that was just started has one: it knows nothing but the database."""
    clock = FixedClock(now)
    return ClockKeeper(store.referrals(clock), store.assistance(clock), CaseViews(clock), shipped_rules(), clock)


def fill(document: Any, state: Any, amount: int, started_later: timedelta) -> None:
    """Lay out open items; of all but each 250th the next rung lies well ahead."""
    fields = as_fields(state)
    fields.pop("id")
    ahead = {**fields, "next_rung_at": state.next_rung_at + started_later}
    rows = [
        {
            "_id": f"{document.__name__}-{place}",
            **(fields if place % DUE_EVERY == 0 else ahead),
            "_version": 1,
            "_outbox": [],
            "_inbox": [],
            "_cmds": [],
        }
        for place in range(amount)
    ]
    for first in range(0, amount, BATCH):
        document._get_collection().insert_many(rows[first : first + BATCH])


def told(*documents: Any) -> Counter[tuple[str, str, str]]:
    """Count what was announced, by item, clock and rung; a breach stands as the rung of its own."""
    found: Counter[tuple[str, str, str]] = Counter()
    for document in documents:
        for row in document._get_collection().find({"_version": {"$gt": 1}}, {"_outbox": 1}):
            for each in row["_outbox"]:
                data = each["event"]["data"]
                found[row["_id"], data.get("clock", ""), data.get("rung", "breached")] += 1
    return found


@pytest.mark.criterion("3.6")
@pytest.mark.alone
def test_thousands_of_open_clocks_are_swept_in_ten_seconds(connected: None) -> None:
    town = CasesInMemory()
    referral = town.referrals.get(town.sent().referral_id).state
    request = town.assistance.get(town.request_help().assistance_id).state
    fill(CriminalReferralDocument, referral, OPEN // 2, timedelta(days=300))
    fill(AssistanceDocument, request, OPEN // 2, timedelta(days=300))
    due_each = OPEN // 2 // DUE_EVERY

    began = time.monotonic()
    sweeper(NOW + timedelta(days=12)).climb_ladders()
    took = time.monotonic() - began

    rungs = Counter(rung for _, _, rung in told(CriminalReferralDocument, AssistanceDocument).elements())
    assert took <= LONGEST_SWEEP_SECONDS
    assert rungs == {
        "half": 2 * due_each,
        "four-fifths": due_each,
        "over": due_each,
        "far-over": due_each,
        "breached": due_each,
    }


@pytest.mark.criterion("3.3")
def test_more_clocks_than_one_sweep_takes_are_told_once_by_sweepers_that_race(connected: None) -> None:
    town = CasesInMemory()
    request = town.assistance.get(town.request_help().assistance_id).state
    amount = MOST_DUE + 100
    rows = [replace(request, id=f"request-{place}") for place in range(amount)]
    documents = [{"_id": fields.pop("id"), **fields} for fields in map(as_fields, rows)]
    AssistanceDocument._get_collection().insert_many(
        [{**each, "_version": 1, "_outbox": [], "_inbox": [], "_cmds": []} for each in documents]
    )

    for _ in range(2):
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(sweeper(request.limit.due_at).climb_ladders) for _ in range(2)]:
                done.result()

    found = told(AssistanceDocument)
    assert set(found.values()) == {1}
    assert Counter(rung for _, _, rung in found) == {"half": amount, "four-fifths": amount, "over": amount}


@pytest.mark.criterion("1.2")
def test_a_desk_that_is_started_again_tells_nothing_twice(connected: None) -> None:
    town = CasesInMemory()
    fields = as_fields(town.referrals.get(town.sent().referral_id).state)
    row = {"_id": fields.pop("id"), **fields, "_version": 1, "_outbox": [], "_inbox": [], "_cmds": []}
    CriminalReferralDocument._get_collection().insert_one(row)
    due_at = town.seen(row["_id"]).clocks[-1].due_at

    sweeper(due_at - timedelta(seconds=1)).climb_ladders()
    assert [rung for _, _, rung in told(CriminalReferralDocument)] == ["half", "four-fifths"]
    for seconds in (1, 2, 60):
        sweeper(due_at + timedelta(seconds=seconds)).climb_ladders()

    assert told(CriminalReferralDocument) == {
        (row["_id"], "T-34", rung): 1 for rung in ("half", "four-fifths", "over", "breached")
    }
    kept = store.referrals(town.clock).get(row["_id"]).state
    assert kept.breached_since == due_at + timedelta(seconds=1)
    assert [each.started_at for each in kept.clocks] == [NOW] * 3
