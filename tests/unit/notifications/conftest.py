from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lianxi.contracts.envelope import Cause, Lane
from lianxi.kernel.clock import FixedClock
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.outbox import Announcer
from services.notifications.domain import Notice
from services.notifications.handlers import NoticeDesk

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"
MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class CountedTray:
    """Counts over the tray in memory what the views count in the database."""

    tray: MemoryAggregates[Notice]

    def overdue_by_agency(self, now: datetime) -> Mapping[str, int]:
        owed = [each for each in self.tray.all() if each.is_open and each.acknowledge_by is not None]
        return Counter(each.agency for each in owed if each.acknowledge_by is not None and each.acknowledge_by <= now)

    def to_chase(self, now: datetime) -> list[str]:
        return [each.id for each in self.tray.all() if each.next_rung_at is not None and each.next_rung_at <= now]

    def unanswered_alarms(self) -> int:
        return sum(each.is_open and each.lane == "rescue" for each in self.tray.all())


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read_policy(SHIPPED)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def tray(clock: FixedClock) -> MemoryAggregates[Notice]:
    return MemoryAggregates(Announcer(service="notifications", noun="notice"), clock)


@pytest.fixture
def desk(tray: MemoryAggregates[Notice], policy: Policy, clock: FixedClock) -> NoticeDesk:
    return NoticeDesk(tray, CountedTray(tray), policy, clock)


@pytest.fixture
def letter() -> Callable[..., Cause]:
    """Makes the cause that comes with an event."""

    def make(event_id: str = "event-1", subject: str = "tip/tip_1", lane: Lane = "normal") -> Cause:
        return Cause(
            actor="clerk-7",
            correlation_id="correlation-1",
            causation_id=event_id,
            event_id=event_id,
            lane=lane,
            subject=subject,
            at=MORNING,
        )

    return make
