"""Supervision orders and stage reports finish under the version of the policy that they began with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.contracts.reporting import (
    AnswerOrder,
    FileStageReport,
    IssueOrder,
    ListStageReports,
    ReportingRungReached,
    ReviewOrder,
)
from lianxi.kernel.clock import FixedClock, local_midnight
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.book import Migration, PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from services.reporting.domain import orders, returns
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.migrating import MigrationDesk
from services.reporting.handlers.orders import OrderDesk
from services.reporting.handlers.stage_reports import ReportingDesk, report_id_of
from services.reporting.policy import ORDER_CLOCK, RETURN_CLOCK, owed_returns, read_demands, read_plan
from services.reporting.store import ORDERS, REPORTS
from tests.support.running import MemoryRunning
from tests.unit.reporting.conftest import MORNING, SHIPPED, MemoryFacts, MemoryShelf
from tests.unit.reporting.test_orders import order_desk

OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c")
FIRST = read_policy(SHIPPED)
MOVED_TO = date(2016, 3, 31)


def second() -> Policy:
    """Version 2: ladders with one rung at the tenth of the way, and another last date for reports."""
    ladders = {FIRST.ladder_for(clock).code for clock in (ORDER_CLOCK, RETURN_CLOCK)}
    rung = replace(FIRST.ladder_for(ORDER_CLOCK).rungs[0], code="tenth", at_percent=10)
    return replace(
        FIRST,
        version=2,
        ladders=tuple(replace(row, rungs=(rung,)) if row.code in ladders else row for row in FIRST.ladders),
        returns=(*FIRST.returns[:-1], replace(FIRST.returns[-1], due_on=MOVED_TO)),
    )


@dataclass
class Town:
    """The desk's two kinds of items in memory, under a book that can be exchanged."""

    clock: FixedClock
    kept: MemoryAggregates[StageReport]
    book: MemoryAggregates[SupervisionOrder]
    reports: ReportingDesk
    orders: OrderDesk

    def go_over(self, read: Callable[[int], Policy] | None = None) -> None:
        """What a desk does when version 2 is put in force."""
        versions = {1: FIRST, 2: second()}
        demands = read_demands(PolicyBook(versions[2], read or versions.__getitem__))
        self.reports = replace(self.reports, demands=demands, plan=read_plan(versions[2]))
        self.orders = replace(self.orders, demands=demands)

    def issue(self) -> str:
        asked = IssueOrder(target="market/desk", about="tip/tip_1", question="为何未核查", due_on=date(2015, 10, 30))
        return self.orders.issue_order(asked, OFFICE).order_id

    def rungs(self, item: str) -> list[str]:
        announced = [*self.kept.announced, *self.book.announced]
        return [e.data["rung"] for e in announced if e.type == ReportingRungReached.KEY and e.data["item"] == item]

    def report(self, report_id: str) -> StageReport:
        return self.kept.get(report_id).state


@pytest.fixture(name="town")
def town_in_memory() -> Town:
    clock = FixedClock(MORNING)
    kept: MemoryAggregates[StageReport] = MemoryAggregates(REPORTS, clock)
    book: MemoryAggregates[SupervisionOrder] = MemoryAggregates(ORDERS, clock)
    facts, demands = MemoryFacts(), read_demands(PolicyBook(FIRST))
    reports = ReportingDesk(kept, MemoryShelf(kept), facts, facts, read_plan(FIRST), demands, clock)
    return Town(clock, kept, book, reports, order_desk(book, reports, demands, clock))


def owed_by_market(policy: Policy, due_on: date) -> str:
    return next(report_id_of(e) for e in owed_returns(policy) if (e.agency, e.due_on) == ("market", due_on))


def ladder_of(clock: str) -> list[str]:
    return [rung.code for rung in FIRST.ladder_for(clock).rungs]


def lost(number: int) -> Policy:
    raise PolicyBroken("policy.version_tampered", version=number)


@pytest.mark.criterion("7.3")
def test_an_order_climbs_the_ladder_of_its_version(town: Town) -> None:
    old = town.issue()
    town.go_over()
    town.clock.advance(timedelta(hours=1))
    new = town.issue()
    town.clock.advance(timedelta(days=400))

    town.orders.press()

    assert town.rungs(f"supervision_order/{old}") == ladder_of(ORDER_CLOCK)
    assert town.rungs(f"supervision_order/{new}") == ["tenth"]
    assert [town.book.get(each).state.policy_version for each in (old, new)] == [1, 2]


@pytest.mark.criterion("7.3")
def test_a_later_round_of_an_order_climbs_the_ladder_of_its_version_too(town: Town) -> None:
    order_id = town.issue()
    town.go_over()
    town.orders.answer_order(AnswerOrder(order_id=order_id, answer="已核查"), MARKET)
    rejected = ReviewOrder(order_id=order_id, accept=False, remark="没有附证据", new_due_on=date(2015, 11, 20))
    town.orders.review_order(rejected, OFFICE)
    town.clock.advance(timedelta(days=400))

    town.orders.press()

    assert town.rungs(f"supervision_order/{order_id}") == ladder_of(ORDER_CLOCK)


@pytest.mark.criterion("7.3")
def test_a_report_climbs_the_ladder_of_its_version(town: Town) -> None:
    town.reports.open_returns()
    town.go_over()
    town.reports.open_returns()
    old = owed_by_market(FIRST, FIRST.returns[-2].due_on)
    new = owed_by_market(second(), MOVED_TO)
    town.clock.instant = local_midnight(MOVED_TO + timedelta(days=400))

    town.reports.remind()

    assert town.rungs(f"stage_report/{old}") == ladder_of(RETURN_CLOCK)
    assert town.rungs(f"stage_report/{new}") == ["tenth"]
    assert [town.report(each).policy_version for each in (old, new)] == [1, 2]


@pytest.mark.criterion("7.3")
def test_a_report_whose_date_a_new_version_drops_is_still_listed_missed_and_filed(town: Town) -> None:
    town.reports.open_returns()
    town.go_over()
    dropped = owed_by_market(FIRST, FIRST.returns[-1].due_on)
    town.clock.instant = local_midnight(FIRST.returns[-1].due_on + timedelta(days=2))

    town.reports.open_returns()

    def listed() -> dict[str, str]:
        found = town.reports.list_stage_reports(ListStageReports(), MARKET).items
        return {each.report_id: each.state for each in found}

    assert listed()[dropped] == "missed"
    written = FileStageReport(report_id=dropped, practice="a", results="b", problems="c", advice="d")
    town.reports.file_stage_report(written, MARKET)
    assert listed()[dropped] == "filed_late"


@pytest.mark.criterion("7.3")
def test_what_a_report_had_due_before_it_was_filed_is_told_by_its_own_version(town: Town) -> None:
    town.reports.open_returns()
    town.go_over()
    old = owed_by_market(FIRST, FIRST.returns[-2].due_on)
    town.clock.instant = local_midnight(MOVED_TO)

    written = FileStageReport(report_id=old, practice="a", results="b", problems="c", advice="d")
    town.reports.file_stage_report(written, MARKET)

    assert town.rungs(f"stage_report/{old}") == ladder_of(RETURN_CLOCK)


@pytest.mark.criterion("7.3")
def test_what_was_stored_before_versions_were_kept_runs_as_version_one(town: Town) -> None:
    town.reports.open_returns()
    order = as_fields(town.book.get(town.issue()).state)
    report = as_fields(town.report(owed_by_market(FIRST, FIRST.returns[0].due_on)))
    del order["policy_version"], report["policy_version"]

    assert as_state(SupervisionOrder, order).policy_version == 1
    assert as_state(StageReport, report).policy_version == 1


@pytest.mark.criterion("7.3")
def test_a_version_that_cannot_be_read_holds_up_nothing_but_its_own_items(town: Town) -> None:
    town.reports.open_returns()
    old_order, old_report = town.issue(), owed_by_market(FIRST, FIRST.returns[-2].due_on)
    town.go_over(lost)
    town.reports.open_returns()
    town.clock.advance(timedelta(hours=1))
    new_order, new_report = town.issue(), owed_by_market(second(), MOVED_TO)
    town.clock.instant = local_midnight(MOVED_TO + timedelta(days=400))

    for sweep in (town.orders.press, town.reports.remind):
        with pytest.raises(PolicyBroken, match=r"policy\.version_tampered"):
            sweep()

    assert [town.rungs(f"supervision_order/{each}") for each in (old_order, new_order)] == [[], ["tenth"]]
    assert [town.rungs(f"stage_report/{each}") for each in (old_report, new_report)] == [[], ["tenth"]]


def migrate(town: Town, **more: object) -> MigrationResult:
    fields = {"from_version": 1, "to_version": 2, "dry_run": False, **more}
    running = MemoryRunning(town.book, orders.RUNNING), MemoryRunning(town.kept, returns.RUNNING)
    desk = MigrationDesk(town.book, town.kept, *running, town.orders.demands, town.clock)
    return desk.migrate_items(MigrateItems(**fields), OFFICE)  # type: ignore[arg-type]


@pytest.mark.criterion("7.3")
def test_a_migration_moves_once_says_so_and_keeps_the_days_that_were_named(town: Town) -> None:
    town.reports.open_returns()
    order_id, report_id = town.issue(), owed_by_market(FIRST, FIRST.returns[-2].due_on)
    before = town.book.get(order_id).state
    town.go_over()

    counted = migrate(town, dry_run=True)
    assert (town.book.get(order_id).state, counted.moved) == (before, 0)
    results = [migrate(town), migrate(town)]

    assert [(each.moved, each.left) for each in results] == [(counted.left, 0), (0, 0)]
    entry = Migration(from_version=1, to_version=2, by="clerk-1", at=town.clock.now())
    order, report = town.book.get(order_id).state, town.report(report_id)
    assert (order.policy_version, order.migrations) == (report.policy_version, report.migrations) == (2, (entry,))
    assert (order.due_at, order.clock) == (before.due_at, before.clock)
    assert order.next_rung_at == before.issued_at + (before.due_at - before.issued_at) / 10
    town.clock.advance(timedelta(days=400))
    town.orders.press()
    assert town.rungs(f"supervision_order/{order_id}") == ["tenth"]


@pytest.mark.criterion("7.3")
def test_a_report_that_the_new_version_does_not_owe_stays_under_its_own(town: Town) -> None:
    town.reports.open_returns()
    town.go_over()
    dropped = owed_by_market(FIRST, FIRST.returns[-1].due_on)

    assert migrate(town).left == 0
    assert town.report(dropped).policy_version == 1


@pytest.mark.criterion("7.3")
def test_an_answered_order_is_moved_and_stays_still_and_an_accepted_one_is_not_moved(town: Town) -> None:
    waiting = town.issue()
    town.orders.answer_order(AnswerOrder(order_id=waiting, answer="已核查"), MARKET)
    town.clock.advance(timedelta(hours=1))
    accepted = town.issue()
    town.orders.answer_order(AnswerOrder(order_id=accepted, answer="已核查"), MARKET)
    town.orders.review_order(ReviewOrder(order_id=accepted, accept=True), OFFICE)
    town.go_over(lost)

    assert migrate(town).moved == 1
    assert town.book.get(waiting).state.next_rung_at is None
    assert [town.book.get(each).state.policy_version for each in (waiting, accepted)] == [2, 1]


@pytest.mark.criterion("7.3")
def test_what_the_old_ladder_had_due_is_said_before_an_item_is_moved(town: Town) -> None:
    town.reports.open_returns()
    report_id = owed_by_market(FIRST, FIRST.returns[-2].due_on)
    town.go_over()
    town.clock.instant = local_midnight(MOVED_TO + timedelta(days=400))

    migrate(town)
    town.reports.remind()

    assert town.rungs(f"stage_report/{report_id}") == [*ladder_of(RETURN_CLOCK), "tenth"]
