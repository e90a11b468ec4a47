"""Visits become counts by village, grade and month when they have been kept long enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lianxi.contracts.envelope import Cause
from lianxi.contracts.inspections import GetVisit
from lianxi.contracts.retention import RetentionRunStarted
from lianxi.kernel.errors import NotFound
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates, MemoryPartWatch, MemoryShelf
from lianxi.store.retention import PurgePart, ids_sha256, part_of
from services.inspections.handlers import visit_retention
from services.inspections.store import PURGES
from tests.unit.inspections.desk import NOW, POLICY_FILES, TENANCY, InspectionsInMemory, visiting


def purge(town: InspectionsInMemory, days: int) -> PurgePart:
    town.clock.instant = NOW + timedelta(days=days)
    parts: MemoryAggregates[PurgePart] = MemoryAggregates(PURGES, town.clock)
    part = visit_retention(
        town.visits,
        MemoryShelf(town.visits),
        parts,
        MemoryPartWatch(parts),
        PolicyBook(read_policy(POLICY_FILES)),
        town.clock,
    )
    event = RetentionRunStarted(run_id="run_1", policy_version=1, started_at=town.clock.now())
    part.start(event, Cause(actor="system", correlation_id="c", event_id="evt_1"))
    for _ in range(4):
        part.work()
    return parts.get(part_of("run_1", "inspections")).state


@pytest.mark.criterion("24")
def test_a_visit_becomes_a_count_after_two_years() -> None:
    town = InspectionsInMemory()
    town.register()
    town.visit(visiting("visit_1"), visiting("visit_2", at=NOW - timedelta(days=3)))
    assert purge(town, 725).rows[0].count == 0

    told = purge(town, 734)

    assert (told.rows[0].count, told.rows[0].sha256) == (2, ids_sha256(["visit_1", "visit_2"]))
    for visit in town.visits.all():
        assert (visit.rental_code, visit.assistant, visit.submitted_by, visit.findings) == ("", "", "", ())
        assert (visit.village, visit.counts) == ("village/lotus-bay", True)
        assert visit.visited_at == visit.received_at == datetime(2026, 10, 31, 16, tzinfo=UTC)
    with pytest.raises(NotFound, match=r"visit\.not_found"):
        town.desk.get_visit(GetVisit(visit_id="visit_1"), TENANCY)


def test_a_visit_that_comes_again_after_its_purge_moves_nothing() -> None:
    town = InspectionsInMemory()
    town.register()
    town.visit(visiting("visit_1"))
    purge(town, 734)
    before = town.rental()
    town.visit(visiting("visit_1"))
    assert town.rental() == before


@pytest.mark.parametrize("at", [datetime(1999, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_a_wrong_clock_keeps_no_visit_for_ever(at: datetime) -> None:
    town = InspectionsInMemory()
    town.register()
    town.visit(visiting("visit_1", at=at))
    assert purge(town, 734).rows[0].count == 1
