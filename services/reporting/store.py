"""Where facts, stage reports, supervision orders and tools of governance are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lianxi.kernel.clock import Clock
from lianxi.store.facts import add_facts
from lianxi.store.mapping import as_fields
from lianxi.store.migrating import RunningItems
from lianxi.store.outbox import Announcer
from lianxi.store.unit import AggregateStore
from services.reporting.documents import (
    EventFactDocument,
    MajorEventDocument,
    RetentionRunDocument,
    StageReportDocument,
    SupervisionOrderDocument,
    ToolDocument,
)
from services.reporting.domain import orders, returns
from services.reporting.domain.facts import Fact
from services.reporting.domain.major_events import MajorEvent, announced_at
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.retention_runs import RetentionRun
from services.reporting.domain.returns import StageReport
from services.reporting.domain.tools import Tool

REPORTS = Announcer(service="reporting", noun="stage_report")
ORDERS = Announcer(service="reporting", noun="supervision_order")
TOOLS = Announcer(service="reporting", noun="tool")
RETENTION_RUNS = Announcer(service="reporting", noun="retention_run")
MAJOR_EVENTS = Announcer(service="reporting", noun="major_event")
HANDLER = "reporting.keep_fact"


@dataclass(frozen=True)
class FactStore:
    """Writes facts, each once."""

    clock: Clock

    def add(self, facts: Mapping[str, Fact]) -> None:
        """Write the facts of some events, by the events' ids; those that are written already stay."""
        now = self.clock.now()
        rows = {event_id: {**as_fields(fact), "kept_at": now} for event_id, fact in facts.items()}
        add_facts(EventFactDocument, HANDLER, rows)


def stage_reports(clock: Clock) -> AggregateStore[StageReport]:
    """Open the collection of stage reports."""
    return AggregateStore(StageReportDocument, StageReport, REPORTS, clock)


def supervision_orders(clock: Clock) -> AggregateStore[SupervisionOrder]:
    """Open the collection of supervision orders."""
    return AggregateStore(SupervisionOrderDocument, SupervisionOrder, ORDERS, clock)


def running() -> tuple[RunningItems, RunningItems]:
    """Open what tells which orders and which stage reports still run under which version of the policy."""
    return RunningItems(SupervisionOrderDocument, orders.RUNNING), RunningItems(StageReportDocument, returns.RUNNING)


def retention_runs(clock: Clock) -> AggregateStore[RetentionRun]:
    """Open the collection of runs that purge."""
    return AggregateStore(RetentionRunDocument, RetentionRun, RETENTION_RUNS, clock)


def governance_tools(clock: Clock) -> AggregateStore[Tool]:
    """Open the collection of tools of governance."""
    return AggregateStore(ToolDocument, Tool, TOOLS, clock)


def major_events(clock: Clock) -> AggregateStore[MajorEvent]:
    """Open the collection of major events."""
    return AggregateStore(MajorEventDocument, MajorEvent, MAJOR_EVENTS, clock, announced_at)
