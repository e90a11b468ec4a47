"""Where facts, stage reports, supervision orders and tools of governance are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lianxi.kernel.clock import Clock
from lianxi.kernel.ids import random_id
from lianxi.store.connect import insert_new, reaching_the_store
from lianxi.store.facts import add_facts
from lianxi.store.mapping import as_fields
from lianxi.store.migrating import RunningItems
from lianxi.store.outbox import Announcer
from lianxi.store.pages import FLOOR
from lianxi.store.unit import AggregateStore
from services.reporting.documents import (
    BulletinDocument,
    CellDocument,
    DeductionDocument,
    EventFactDocument,
    FindingDocument,
    MajorEventDocument,
    MeetingDecisionDocument,
    MeetingDocument,
    PublicityDocument,
    PublicityGapDocument,
    RetentionRunDocument,
    StageReportDocument,
    SupervisionOrderDocument,
    ToolDocument,
    UpwardReportDocument,
)
from services.reporting.domain import orders, returns
from services.reporting.domain.bulletins import Bulletin
from services.reporting.domain.cells import SHAPE, Cell, KeptCell
from services.reporting.domain.decisions import Owed
from services.reporting.domain.deductions import Deduction
from services.reporting.domain.facts import Fact
from services.reporting.domain.findings import Finding
from services.reporting.domain.major_events import MajorEvent, announced_at
from services.reporting.domain.meetings import Meeting
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.publicity import Activity, Gap
from services.reporting.domain.retention_runs import RetentionRun
from services.reporting.domain.returns import StageReport
from services.reporting.domain.tools import Tool
from services.reporting.domain.upward_reports import UpwardReport

REPORTS = Announcer(service="reporting", noun="stage_report")
ORDERS = Announcer(service="reporting", noun="supervision_order")
TOOLS = Announcer(service="reporting", noun="tool")
RETENTION_RUNS = Announcer(service="reporting", noun="retention_run")
BULLETINS = Announcer(service="reporting", noun="bulletin")
FINDINGS = Announcer(service="reporting", noun="finding")
DEDUCTIONS = Announcer(service="reporting", noun="deduction")
UPWARD_REPORTS = Announcer(service="reporting", noun="upward_report")
MAJOR_EVENTS = Announcer(service="reporting", noun="major_event")
MEETINGS = Announcer(service="reporting", noun="meeting")
MEETING_DECISIONS = Announcer(service="reporting", noun="meeting_decision")
PUBLICITY = Announcer(service="reporting", noun="publicity")
PUBLICITY_GAPS = Announcer(service="reporting", noun="publicity_gap")
HANDLER = "reporting.keep_fact"
PROMPT = timedelta(seconds=5)
"""A fact that took longer from getting its time to lying in the database may have been passed by what counts."""

POSITION = f"{SHAPE}/#"
"""The document that says how far all days are counted; it lies before the days, and is read before them."""


@dataclass(frozen=True)
class FactStore:
    """Writes facts, each once."""

    clock: Clock
    cells: CellStore

    def add(self, facts: Mapping[str, Fact]) -> bool:
        """Write the facts of some events, by the events' ids; those that are written already stay.

        Says whether all were new and lay there in time to be counted where they are expected.
        """
        now = self.clock.now()
        rows = {event_id: {**as_fields(fact), "kept_at": now} for event_id, fact in facts.items()}
        are_new = add_facts(EventFactDocument, HANDLER, rows)
        return are_new and self.cells.counted_upto() < now and self.clock.now() - now < PROMPT


class CellStore:
    """Keeps the cells of days. Each is replaced as a whole and only where nobody else has moved it since it was read.

    So a cell and the instant up to which facts are in it can never part, whoever is killed between which two writes.
    """

    def __init__(self) -> None:
        self._seen: datetime | None = None

    def counted_upto(self) -> datetime:
        """Say how far days were counted when it was last read; a clock that was set back is behind it."""
        if self._seen is None:
            self._seen = self.read(())[0]
        return FLOOR if self._seen is None else self._seen

    def read(self, days: Collection[date]) -> tuple[datetime | None, dict[date, KeptCell]]:
        """Read how far all days are counted, if they are, and then the cells of some days."""
        asked = {"_id": {"$in": [POSITION, *map(_cell_id, sorted(days))]}}
        with reaching_the_store():
            rows = {row["_id"]: row for row in CellDocument._get_collection().find(asked)}
        position = rows.pop(POSITION, None)
        self._seen = self._seen if position is None else position["upto"]
        cells = (_kept_cell(row) for row in rows.values())
        return None if position is None else position["upto"], {each.day: each for each in cells}

    def doubted(self) -> Sequence[KeptCell]:
        """Read the cells that are in doubt."""
        with reaching_the_store():
            rows = list(CellDocument._get_collection().find({"doubt": {"$gt": ""}}))
        return [_kept_cell(row) for row in rows if row["_id"].startswith(f"{SHAPE}/")]

    def put(self, before: KeptCell | None, after: KeptCell) -> bool:
        """Put a cell in place of the one that was read; say whether that was still there."""
        row = _cell_row(after)
        if before is None:
            return not insert_new(CellDocument._get_collection(), [row])
        expected = {"_id": row["_id"], "upto": before.upto, "doubt": before.doubt}
        with reaching_the_store():
            changed = CellDocument._get_collection().replace_one(expected, row)
        return bool(changed.matched_count)

    def advance(self, before: datetime | None, after: datetime) -> bool:
        """Say how far all days are counted now, unless somebody else has said more."""
        if before is None:
            return not insert_new(CellDocument._get_collection(), [{"_id": POSITION, "upto": after}])
        expected = {"_id": POSITION, "upto": before}
        with reaching_the_store():
            changed = CellDocument._get_collection().update_one(expected, {"$set": {"upto": after}})
        return bool(changed.matched_count)

    def doubt(self, days: Collection[date]) -> None:
        """Have some days counted anew, however often that has been asked before."""
        for day in sorted(days):
            fresh = {"day": day.isoformat(), "upto": FLOOR}
            change = {"$set": {"doubt": random_id("doubt")}, "$setOnInsert": fresh}
            with reaching_the_store():
                CellDocument._get_collection().update_one({"_id": _cell_id(day)}, change, upsert=True)


def _cell_id(day: date) -> str:
    return f"{SHAPE}/{day.isoformat()}"


def _kept_cell(row: Mapping[str, Any]) -> KeptCell:
    cell = Cell(
        happened=dict(row.get("happened", ())),
        figures=row.get("figures", {}),
        asked={notice: (whose, until) for notice, (whose, until) in row.get("asked", {}).items()},
        acknowledged=tuple((notice, at) for notice, at in row.get("acknowledged", ())),
    )
    return KeptCell(day=date.fromisoformat(row["day"]), upto=row["upto"], doubt=row.get("doubt"), cell=cell)


def _cell_row(kept: KeptCell) -> dict[str, Any]:
    row = {"_id": _cell_id(kept.day), "day": kept.day.isoformat(), "upto": kept.upto, "doubt": kept.doubt}
    cell = kept.cell
    counted = {"happened": [list(each) for each in cell.happened.items()], "figures": cell.figures}
    notices = {
        "asked": {notice: list(each) for notice, each in cell.asked.items()},
        "acknowledged": [list(each) for each in cell.acknowledged],
    }
    return {name: value for name, value in row.items() if value is not None} | counted | notices


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


def written_bulletins(clock: Clock) -> AggregateStore[Bulletin]:
    """Open the collection of bulletins."""
    return AggregateStore(BulletinDocument, Bulletin, BULLETINS, clock)


def found_facts(clock: Clock) -> AggregateStore[Finding]:
    """Open the collection of findings."""
    return AggregateStore(FindingDocument, Finding, FINDINGS, clock)


def proposed_deductions(clock: Clock) -> AggregateStore[Deduction]:
    """Open the collection of deductions."""
    return AggregateStore(DeductionDocument, Deduction, DEDUCTIONS, clock)


def major_events(clock: Clock) -> AggregateStore[MajorEvent]:
    """Open the collection of major events."""
    return AggregateStore(MajorEventDocument, MajorEvent, MAJOR_EVENTS, clock, announced_at)


def upward_reports(clock: Clock) -> AggregateStore[UpwardReport]:
    """Open the collection of reports upward."""
    return AggregateStore(UpwardReportDocument, UpwardReport, UPWARD_REPORTS, clock)


def meetings(clock: Clock) -> AggregateStore[Meeting]:
    """Open the collection of meetings."""
    return AggregateStore(MeetingDocument, Meeting, MEETINGS, clock)


def meeting_decisions(clock: Clock) -> AggregateStore[Owed]:
    """Open the collection of what meetings decided."""
    return AggregateStore(MeetingDecisionDocument, Owed, MEETING_DECISIONS, clock)


def publicity(clock: Clock) -> AggregateStore[Activity]:
    """Open the register of publicity."""
    return AggregateStore(PublicityDocument, Activity, PUBLICITY, clock)


def publicity_gaps(clock: Clock) -> AggregateStore[Gap]:
    """Open the collection of periods that had no publicity."""
    return AggregateStore(PublicityGapDocument, Gap, PUBLICITY_GAPS, clock)
