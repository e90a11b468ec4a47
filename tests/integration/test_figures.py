"""Figures over the real database: every tip and dwelling counted once, and each agency its own only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import mongoengine
import pytest

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.figures import GetPublicFigures, GetTipFigures, GetVisitFigures
from lianxi.contracts.inspections import Grade
from lianxi.contracts.tips import TipReceived, TipState
from lianxi.kernel.clock import FixedClock, local_date, local_midnight
from lianxi.store.journal import CHAIN
from lianxi.store.mapping import as_fields
from services.inspections.documents import RentalDocument
from services.inspections.store import rentals as open_rentals
from services.inspections.views.figures import VisitFigureViews, coverage_table
from services.reporting.documents import CellDocument, EventFactDocument
from services.reporting.domain.cells import cells_of
from services.reporting.domain.facts import Fact
from services.reporting.handlers.counting import Counting
from services.reporting.policy import read_plan
from services.reporting.store import CellStore, FactStore
from services.reporting.views.cells import CellViews, FactRows
from services.reporting.views.figures import PublicFigureViews
from services.tips.documents import TipDocument
from services.tips.domain.tip import Tip
from services.tips.store import open_tips
from services.tips.views.figure_table import FigureTable
from services.tips.views.figures import TipFigureViews
from tests.support.town import Database
from tests.unit.inspections import desk as inspections_desk
from tests.unit.inspections.desk import InspectionsInMemory
from tests.unit.reporting.test_cells import fact as cells_fact
from tests.unit.reporting.test_figures import AT
from tests.unit.tips.desk import TipDesk, shipped_policy, submission

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
OFFICE = Caller(actor="clerk", agency="office", correlation_id="c", rows=("all",))
DOCUMENTS: dict[str, Any] = {"tips": TipDocument, "inspections": RentalDocument, "reporting": EventFactDocument}
EARLIER = timedelta(days=20)
OPEN, LATE, CLOSED, OLD = 30, 7, 5, 11


@pytest.fixture
def connected(database: Database) -> Iterator[None]:
    for alias, document in DOCUMENTS.items():
        client = mongoengine.connect(
            f"figures_{alias}", alias=alias, host=database.url, tz_aware=True, uuidRepresentation="standard"
        )
        client.drop_database(f"figures_{alias}")
        document.ensure_indexes()
    yield
    for alias in DOCUMENTS:
        mongoengine.disconnect(alias)


def open_tip() -> Tip:
    desk = TipDesk()
    desk.clock.instant = NOW - EARLIER
    desk.deliver(desk.submit(submission(received_at=NOW - EARLIER)))
    return desk.tip()


def row_of(tip: Tip, number: int, **changed: Any) -> dict[str, Any]:
    fields = as_fields(replace(tip, id=f"tip_{number:026d}", receipt=f"verifier-{number}", **changed))
    return {
        **{name: value for name, value in fields.items() if name != "id"},
        "_id": f"tip_{number:026d}",
        "_version": 1,
    }


def moved(tip: Tip, by: timedelta) -> dict[str, Any]:
    (clock,) = tip.clocks
    running = replace(clock.running, due_at=clock.running.due_at + by)
    return {"clocks": (replace(clock, running=running),)}


def test_tips_are_counted_by_desk_week_and_village(connected: None) -> None:
    tip, clock = open_tip(), FixedClock(NOW)
    due = tip.clocks[0].running.due_at
    late, soon = NOW - timedelta(days=2) - due, NOW + timedelta(days=2) - due
    rows = [row_of(tip, number, **moved(tip, late if number < LATE else soon)) for number in range(OPEN)]
    rows += [row_of(tip, 100 + number, state=TipState.CLOSED) for number in range(CLOSED)]
    long_ago = NOW - timedelta(days=100)
    rows += [row_of(tip, 200 + number, state=TipState.CLOSED, listed_at=long_ago) for number in range(OLD)]
    TipDocument._get_collection().insert_many(rows)
    views = TipFigureViews(clock, FigureTable(clock))
    told = views.get_tip_figures(GetTipFigures(), OFFICE)
    (desk,) = told.desks
    assert (desk.desk, desk.open, desk.late) == (tip.lead, OPEN, LATE)
    assert desk.longest_late == f"tip_{0:026d}"
    assert desk.next_due_at is not None
    assert desk.next_due_at > NOW
    assert [each.week_from for each in told.weeks] == [
        date(2026, 10, 5) + timedelta(days=7 * each) for each in range(8)
    ]
    assert sum(each.count for each in told.weeks) == OPEN + CLOSED
    assert [(each.village, each.count) for each in told.villages] == [(tip.village, OPEN + CLOSED)]
    TipDocument._get_collection().insert_many([row_of(tip, 300, listed_at=NOW - timedelta(hours=30))])
    again = views.get_tip_figures(GetTipFigures(), OFFICE)
    assert sum(each.count for each in again.weeks) == OPEN + CLOSED + 1
    TipDocument._get_collection().delete_one({"_id": f"tip_{300:026d}"})
    own = Caller(actor="p", agency=tip.lead.partition("/")[0], correlation_id="c", rows=("own_agency",))
    assert views.get_tip_figures(GetTipFigures(), own).desks == told.desks
    other = Caller(actor="f", agency="finance", correlation_id="c", rows=("own_agency",))
    nothing = views.get_tip_figures(GetTipFigures(), other)
    assert (nothing.desks, nothing.villages, sum(each.count for each in nothing.weeks)) == ((), (), 0)


def test_a_table_that_is_kept_up_counts_what_the_database_holds(connected: None) -> None:
    collection, clock = TipDocument._get_collection(), FixedClock(NOW)
    chain = collection.database[CHAIN]
    for each in (collection, chain):
        each.delete_many({})
    tip, tips, table = open_tip(), open_tips(clock), FigureTable(clock)
    collection.insert_many([row_of(tip, number) for number in range(OPEN)])
    kept, read = TipFigureViews(clock, table), TipFigureViews(clock, FigureTable(clock))

    def close(number: int) -> None:
        def closed(each: Tip) -> tuple[Tip, tuple[()]]:
            return replace(each, state=TipState.CLOSED), ()

        tips.change(f"tip_{number:026d}", closed, Cause(actor="a", correlation_id="c", command_id=f"close-{number}"))

    def chained(place: int, number: int) -> None:
        """As the relay does: the line into the chain, and away from the tip."""
        chain.insert_one({"_id": place, "item": f"tip/tip_{number:026d}", "kind": "write"})
        collection.update_one({"_id": f"tip_{number:026d}"}, {"$set": {"_audit": []}, "$unset": {"_outbox_due": ""}})

    def check(still_open: int) -> None:
        told = kept.get_tip_figures(GetTipFigures(), OFFICE)
        assert told == read.get_tip_figures(GetTipFigures(), OFFICE)
        assert [each.open for each in told.desks] == [still_open]

    check(OPEN)
    table.keep_up()
    check(OPEN)
    close(1)
    check(OPEN - 1)  # its line waits
    close(2)
    chained(1, 1)
    chained(2, 2)
    check(OPEN - 2)  # its line is chained
    chain.insert_many([{"_id": 3 + each, "item": "tip/x", "kind": "read"} for each in range(60)])
    close(3)
    chained(63, 3)
    check(OPEN - 3)  # far behind in the chain
    tips.add(replace(tip, id=f"tip_{500:026d}", receipt="r-500"), (), Cause(actor="a", correlation_id="c"))
    check(OPEN - 2)
    clock.advance(timedelta(days=70))
    table.keep_up()
    check(OPEN - 2)


def test_dwellings_are_counted_by_village_and_grade(connected: None) -> None:
    inspections = InspectionsInMemory()
    for number, village in enumerate(("village/banyan", "village/banyan", "village/old-ferry")):
        inspections.desk.register_rental(
            inspections_desk.registering(f"R-{number}", village=village), inspections_desk.TENANCY
        )
    rows = [{**as_fields(each), "_id": each.id, "_version": 1} for each in inspections.rentals.all()]
    for row in rows:
        row.pop("id")
    rows[0]["next_visit_due_on"] = "2026-11-01"
    RentalDocument._get_collection().insert_many(rows)
    table = coverage_table()
    views = VisitFigureViews(inspections.clock, table)
    told = views.get_visit_figures(GetVisitFigures(), OFFICE)
    assert [(each.village, each.grade, each.rentals, each.on_time) for each in told.items] == [
        ("village/banyan", Grade.ORDINARY, 2, 1),
        ("village/old-ferry", Grade.ORDINARY, 1, 1),
    ]
    table.keep_up()
    assert views.get_visit_figures(GetVisitFigures(), OFFICE) == told
    rental = replace(inspections.rentals.all()[0], id="R-9")
    open_rentals(inspections.clock).add(rental, (), Cause(actor="a", correlation_id="c"))
    ended = Cause(actor="a", correlation_id="c", command_id="end")
    open_rentals(inspections.clock).change("R-9", lambda each: (replace(each, grade=Grade.KEY), ()), ended)
    anew = VisitFigureViews(inspections.clock, coverage_table()).get_visit_figures(GetVisitFigures(), OFFICE)
    assert views.get_visit_figures(GetVisitFigures(), OFFICE) == anew
    assert [each.rentals for each in anew.items if each.grade is Grade.KEY] == [1]
    assert views.get_visit_figures(GetVisitFigures(), inspections_desk.caller("market")).items == ()


def test_everybody_s_numbers_end_with_last_week_and_tell_nothing_small(connected: None) -> None:
    plan, clock = read_plan(shipped_policy()), FixedClock(NOW)
    monday = local_midnight(date(2026, 11, 23))
    told_at = [monday - timedelta(hours=each + 1) for each in range(9)] + [monday + timedelta(hours=1)] * 3
    EventFactDocument._get_collection().insert_many(
        {"_id": f"fact-{number}", "event_type": TipReceived.KEY, "at": at, "kept_at": at, "subject": "tip/x"}
        for number, at in enumerate(told_at)
    )
    written = FactRows()
    views = PublicFigureViews(CellViews(CellStore(), written, clock), plan, clock)
    told = views.get_public_figures(GetPublicFigures(), OFFICE)
    counts = {each.code: each.count for each in told.items}
    assert told.upto == date(2026, 11, 22)
    assert counts == {"tips_received": 9, "tips_closed": 0, "visits": 0, "cases_opened": 0, "cases_closed": 0}
    clock.advance(timedelta(days=-7))
    assert {each.count for each in views.get_public_figures(GetPublicFigures(), OFFICE).items} == {0}
    EventFactDocument._get_collection().delete_many({"_id": {"$in": [f"fact-{number}" for number in range(5)]}})
    clock.advance(timedelta(days=7))
    assert {each.code: each.count for each in views.get_public_figures(GetPublicFigures(), OFFICE).items}[
        "tips_received"
    ] is None


class Killed(Exception):
    """The process ends here."""


class KilledBeforeAdvancing(CellStore):
    """Writes cells, and is killed before it can say so."""

    def advance(self, before: datetime | None, after: datetime) -> bool:
        raise Killed


@pytest.mark.criterion("4.2")
def test_cells_in_the_real_database_come_to_what_the_facts_do(connected: None) -> None:
    for document in (EventFactDocument, CellDocument):
        document._get_collection().delete_many({})
    clock, cells, written = FixedClock(NOW), CellStore(), FactRows()
    store, counting, views = FactStore(clock, cells), Counting(cells, written, clock), CellViews(cells, written, clock)
    first, last = local_date(AT) - timedelta(days=4), local_date(AT) + timedelta(days=4)
    facts = {f"event-{number}": cells_fact(number) for number in range(60)}
    everything = list(facts.items())

    def hear(batch: list[tuple[str, Fact]]) -> None:
        if not store.add(dict(batch)):
            cells.doubt({local_date(each.at) for _, each in batch})
        clock.advance(timedelta(seconds=30))

    hear(everything[:30])
    with pytest.raises(Killed):
        replace(counting, cells=KilledBeforeAdvancing()).count()
    counting.count()
    assert views.days(first, last) == cells_of(each for _, each in everything[:30])
    hear(everything[20:50])  # a third of them once more
    assert {each.day for each in cells.doubted()} == {local_date(each.at) for _, each in everything[20:50]}
    assert views.days(first, last) == cells_of(each for _, each in everything[:50])
    counting.count()
    assert cells.doubted() == []
    hear(everything[50:])
    counting.count()
    kept = cells.read([first + timedelta(days=each) for each in range(9)])[1]
    assert {day: each.cell for day, each in kept.items()} == cells_of(facts.values())
    CellDocument._get_collection().delete_many({})
    counting.count()
    anew = cells.read(kept)[1]
    assert {day: each.cell for day, each in anew.items()} == cells_of(facts.values())
