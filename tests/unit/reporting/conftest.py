from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lianxi.kernel.clock import FixedClock
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy, rolled
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.outbox import Announcer
from lianxi.store.unit import Stored
from services.reporting.domain.cells import Cell, cells_of
from services.reporting.domain.facts import Fact
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.stage_reports import ReportingDesk
from services.reporting.policy import Demands, Plan, read_demands, read_plan

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"
MORNING = datetime(2015, 10, 20, 1, 0, tzinfo=UTC)


@dataclass
class MemoryFacts:
    """Facts in memory, written and read back as the database would."""

    rows: dict[str, Fact] = field(default_factory=dict)

    def add(self, facts: Mapping[str, Fact]) -> bool:
        are_new = self.rows.keys().isdisjoint(facts)
        for event_id, fact in facts.items():
            self.rows.setdefault(event_id, as_state(Fact, as_fields(fact)))
        return are_new

    def days(self, first: date, last: date) -> dict[date, Cell]:
        return {day: cell for day, cell in cells_of(self.rows.values()).items() if first <= day <= last}

    def doubt(self, days: Collection[date]) -> None:
        """Nothing is counted ahead here, so that nothing is ever in doubt."""


@dataclass(frozen=True)
class MemoryShelf:
    """Reads many reports at once from memory."""

    kept: MemoryAggregates[StageReport]

    def reports(self, report_ids: Sequence[str]) -> Mapping[str, Stored[StageReport]]:
        found = {report_id: self.kept.find(report_id) for report_id in report_ids}
        return {report_id: each for report_id, each in found.items() if each is not None}

    def of_other_versions(self, policy_version: int) -> Mapping[str, Stored[StageReport]]:
        others = [each.id for each in self.kept.all() if each.policy_version != policy_version]
        return self.reports(others)

    def to_remind(self, now: datetime) -> Sequence[str]:
        return [each.id for each in self.kept.all() if each.next_rung_at is not None and each.next_rung_at <= now]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read_policy(SHIPPED)


@pytest.fixture(scope="session")
def rolled_policy(policy: Policy) -> Policy:
    return rolled(policy, 7 * 52)


@pytest.fixture(scope="session")
def plan(policy: Policy) -> Plan:
    return read_plan(policy)


@pytest.fixture(scope="session")
def demands(policy: Policy) -> Demands:
    return read_demands(PolicyBook(policy))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def facts() -> MemoryFacts:
    return MemoryFacts()


@pytest.fixture
def kept(clock: FixedClock) -> MemoryAggregates[StageReport]:
    return MemoryAggregates(Announcer(service="reporting", noun="stage_report"), clock)


@pytest.fixture
def desk(
    kept: MemoryAggregates[StageReport], facts: MemoryFacts, plan: Plan, demands: Demands, clock: FixedClock
) -> ReportingDesk:
    return ReportingDesk(kept, MemoryShelf(kept), facts, facts, plan, demands, clock)
