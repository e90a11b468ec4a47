"""How units stand, and what is searched for situations: read only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lianxi.contracts.assessment import (
    Board,
    DeductionPage,
    DeductionView,
    FindingView,
    Folder,
    GetBoard,
    GetFolder,
    ListDeductions,
    UnitBoard,
)
from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import (
    ClauseView,
    ListClauses,
    ListOrders,
    ListStageReports,
    ListTools,
    OrderState,
    OrderView,
    StageReportList,
    StageReportState,
    StageReportView,
)
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.kernel.errors import NotFound
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR, LARGEST_PAGE, newest_first
from lianxi.store.unit import Stored
from services.reporting.documents import (
    DeductionDocument,
    EventFactDocument,
    FindingDocument,
    MajorEventDocument,
    StageReportDocument,
    SupervisionOrderDocument,
)
from services.reporting.domain import boards, deductions, findings, situations
from services.reporting.domain.boards import Evidence
from services.reporting.domain.cells import figures_in
from services.reporting.domain.deductions import Deduction
from services.reporting.domain.findings import Finding
from services.reporting.domain.major_events import MajorEvent
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.domain.situations import Known, Observation
from services.reporting.policy import Plan
from services.reporting.policy.assessment import AssessmentRules
from services.reporting.views.cells import CellViews
from services.reporting.views.clauses import ClauseViews
from services.reporting.views.demands import NOT_READ, OrderViews, ToolViews
from services.reporting.views.written import SearchedFacts

LINKS = 3
"""How many records a sentence's proof links to, the newest first."""
LOOKED_THROUGH = 1_000
"""How many of a unit's newest facts are looked through for such records."""


class AssessmentRecords:
    """Reads everything that is searched, within the programme's own time."""

    def __init__(self, rules: AssessmentRules) -> None:
        self._begins_at = local_midnight(rules.begins_on)
        self._facts = SearchedFacts(self._begins_at)

    def known(self, now: datetime) -> Known:
        """Read what may show a situation: what was missed or late, what ran out, and what was substantiated."""
        reports = {"state": {"$in": [StageReportState.MISSED.value, StageReportState.FILED_LATE.value]}}
        orders = {"state": OrderState.ISSUED.value, "due_at": {"$gt": FLOOR, "$lte": now}}
        majors = {"known_at": {"$gte": self._begins_at}}
        return Known(
            now=now,
            reports=[each.state for each in _all(StageReportDocument, StageReport, reports)],
            orders=[each.state for each in _all(SupervisionOrderDocument, SupervisionOrder, orders)],
            majors=[each.state for each in _all(MajorEventDocument, MajorEvent, majors)],
            facts=self._facts.look(now),
        )

    def standing_findings(self) -> Sequence[Finding]:
        """Read the findings that stand."""
        return [each.state for each in self.findings() if each.state.withdrawn_at is None]

    def findings(self) -> Sequence[Stored[Finding]]:
        """Read every finding."""
        return _all(FindingDocument, Finding, {"found_at": {"$gt": FLOOR}})

    def deductions(self) -> Sequence[Stored[Deduction]]:
        """Read every deduction."""
        return _all(DeductionDocument, Deduction, {"proposed_at": {"$gt": FLOOR}})

    def latest(self, unit: str, now: datetime) -> Mapping[str, tuple[str, ...]]:
        """Name, by type of event, the newest records that prove what a unit did."""
        found: dict[str, tuple[str, ...]] = {}
        cursor: str | None = None
        for _ in range(LOOKED_THROUGH // LARGEST_PAGE):
            rows, cursor = newest_first(
                EventFactDocument._get_collection(),
                {"agencies": unit},
                "at",
                now=now,
                cursor=cursor,
                limit=LARGEST_PAGE,
            )
            for row in rows:
                known = found.get(row["event_type"], ())
                if len(known) < LINKS and row["subject"] not in known:
                    found[row["event_type"]] = (*known, row["subject"])
            if cursor is None:
                break
        return found


class Observing(Protocol):
    """Where observations are read."""

    def observations(self) -> Sequence[Observation]:
        """Say what the data shows and what persons have found."""
        ...


class Reports(Protocol):
    """Where stage reports are listed."""

    def list_stage_reports(self, request: ListStageReports, caller: Caller) -> StageReportList:
        """List those that a caller may see."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What a reader may see of everything that boards and folders are made of."""

    deductions: Sequence[Stored[Deduction]]
    returns: tuple[StageReportView, ...]
    orders: tuple[OrderView, ...]
    sentences: tuple[ClauseView, ...]


@dataclass(frozen=True)
class AssessmentViews:
    """Read-only answers about the appraisal."""

    records: AssessmentRecords
    observing: Observing
    reports: Reports
    clauses: ClauseViews
    orders: OrderViews
    tools: ToolViews
    past: CellViews
    plan: Plan
    rules: AssessmentRules
    clock: Clock

    def list_deductions(self, request: ListDeductions, caller: Caller) -> DeductionPage:
        """Show a page of the caller's deductions, or of all for who decides, newest first."""
        rows, following = newest_first(
            DeductionDocument._get_collection(),
            {} if caller.sees_all else {"unit": caller.agency},
            "proposed_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        return DeductionPage(items=tuple(_view(row) for row in rows), next_cursor=following)

    def get_board(self, request: GetBoard, caller: Caller) -> Board:
        """Show how units stand: the caller's own with every item, all of them to who assesses; one by name.

        Raises:
            NotFound: agency.not_found, also for another unit's.
        """
        unit = request.unit if caller.sees_all else caller.agency
        if request.unit not in {None, unit} or (unit is not None and unit not in self.rules.units):
            raise NotFound("agency.not_found")
        units = self.rules.units if unit is None else (unit,)
        boards_shown = self._boards(units, self._kept(caller), is_whole=unit is not None)
        if not (caller.sees_all and request.with_leads):
            return Board(as_of=self.clock.now(), items=boards_shown)
        return Board(
            as_of=self.clock.now(),
            items=boards_shown,
            leads=situations.leads(self.rules, self.observing.observations()),
            findings=self._findings(),
        )

    def get_folder(self, request: GetFolder, caller: Caller) -> Folder:
        """Gather what an inspection folder holds: everything to who sees all, a unit's own to the unit."""
        units = self.rules.units if caller.sees_all else (caller.agency,)
        today = local_date(self.clock.now())
        period = self.past.days(self.plan.begins_on, today).values()
        kept = self._kept(caller)
        return Folder(
            as_of=self.clock.now(),
            policy_version=self.rules.policy_version,
            period_from=self.plan.begins_on,
            period_to=today,
            board=self._boards(units, kept, is_whole=True),
            returns=kept.returns,
            orders=kept.orders,
            tools=_every(lambda cursor: self.tools.list_tools(ListTools(limit=LARGEST_PAGE, cursor=cursor), caller)),
            deductions=tuple(
                deductions.as_view(each.state, each.version) for each in kept.deductions if each.state.unit in units
            ),
            findings=tuple(each for each in self._findings() if each.unit in units),
            clauses=kept.sentences,
            figures={unit: figures_in(period, unit, self.plan.patrols) for unit in units},
        )

    def _kept(self, caller: Caller) -> _Kept:
        """Read once what boards and folders are made of."""
        return _Kept(
            deductions=self.records.deductions(),
            returns=self.reports.list_stage_reports(ListStageReports(), caller).items,
            orders=_every(
                lambda cursor: self.orders.list_orders(ListOrders(limit=LARGEST_PAGE, cursor=cursor), caller)
            ),
            sentences=self.clauses.list_clauses(ListClauses(), caller).items,
        )

    def _boards(self, units: Iterable[str], kept: _Kept, *, is_whole: bool) -> tuple[UnitBoard, ...]:
        now = self.clock.now()
        known = [each.state for each in kept.deductions]
        return tuple(
            boards.board_of(
                unit,
                Evidence(
                    sentences=kept.sentences,
                    returns=kept.returns,
                    orders=kept.orders,
                    deductions=known,
                    latest=self.records.latest(unit, now) if is_whole else {},
                ),
                self.rules,
            )
            for unit in units
        )

    def _findings(self) -> tuple[FindingView, ...]:
        return tuple(findings.as_view(each.state, each.version) for each in self.records.findings())


def _every(page_at: Callable[[str | None], Any]) -> tuple[Any, ...]:
    """Read a list to its end, page by page."""
    page = page_at(None)
    found: tuple[Any, ...] = page.items
    while page.next_cursor:
        page = page_at(page.next_cursor)
        found += page.items
    return found


def _all(document: type[Any], kind: type[Any], asked: Mapping[str, Any]) -> list[Stored[Any]]:
    with reaching_the_store():
        rows = list(document._get_collection().find(asked, NOT_READ))
    return [Stored(row["_version"], as_state(kind, {**row, "id": row["_id"]})) for row in rows]


def _view(row: dict[str, Any]) -> DeductionView:
    return deductions.as_view(as_state(Deduction, {**row, "id": row["_id"]}), row["_version"])
