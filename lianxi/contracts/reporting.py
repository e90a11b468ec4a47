"""What the reporting desk (通报考核) answers and announces: the plan's sentences, obligations, stage reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.clocks import RungReached
from lianxi.contracts.envelope import Event


class StageReportState(StrEnum):
    """Where a unit's stage report stands. A late report is still a report (domain 3.4)."""

    NOT_DUE = "not_due"
    DUE = "due"
    MISSED = "missed"
    FILED = "filed"
    FILED_LATE = "filed_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClauses:
    """Ask for the plan's sentences with what each owes and what has kept it so far."""

    only_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListObligations:
    """Ask what the caller's agency owes."""

    agency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStageReports:
    """Ask for stage reports: the caller's own, or all for the office."""

    agency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStageReportDraft:
    """Ask for a stage report pre-filled with the system's own figures."""

    report_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStageReport:
    """File a stage report in its four parts (L79.2, L90.1); `figures` that differ from the system's need a remark."""

    report_id: str
    practice: Annotated[str, Len(1, 4000)]
    results: Annotated[str, Len(1, 4000)]
    problems: Annotated[str, Len(1, 4000)]
    advice: Annotated[str, Len(1, 4000)]
    figures: Mapping[str, int] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseView:
    """One sentence of the plan: who owes it, what runs, and what has kept it so far."""

    clause: str
    sentence: str
    resolved: str
    lead: tuple[str, ...]
    support: tuple[str, ...]
    feature: str
    status: str
    kept_by: tuple[str, ...]
    proofs: int
    last_proof_at: datetime | None
    state: str
    next_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseList:
    """All sentences, in the plan's order, with totals by state."""

    items: tuple[ClauseView, ...]
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReportView:
    """One unit's stage report for one date; `bounces` counts the tips it gave back in the report's period.

    `figures` are the system's own, `stated` those that the unit wrote beside them, `remarks` why they differ.
    """

    report_id: str
    version: int
    agency: str
    due_on: date
    state: StageReportState
    filed_at: datetime | None
    practice: str | None
    results: str | None
    problems: str | None
    advice: str | None
    figures: Mapping[str, int]
    figures_sha256: str | None
    bounces: int = 0
    stated: Mapping[str, int] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReportList:
    """Stage reports by date and unit."""

    items: tuple[StageReportView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReportDraft:
    """A stage report pre-filled from what happened in its period: figures, and a sentence for each."""

    report_id: str
    agency: str
    period_from: date
    period_to: date
    due_on: date
    figures: Mapping[str, int]
    practice: str
    results: str
    problems: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDue(Event):
    """A unit's stage report falls due (L90.1)."""

    KEY: ClassVar[str] = "reporting.return.due.v1"

    report_id: str
    agency: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFiled(Event):
    """A unit has filed its stage report (L90.1)."""

    KEY: ClassVar[str] = "reporting.return.filed.v1"

    report_id: str
    agency: str
    due_on: date
    filed_at: datetime
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMissed(Event):
    """A unit's day has passed without its stage report."""

    KEY: ClassVar[str] = "reporting.return.missed.v1"

    report_id: str
    agency: str
    due_on: date


# --- supervision (督办) and the tools of governance ------------------------------------------------------------------


class OrderState(StrEnum):
    """Where a supervision order stands."""

    ISSUED = "issued"
    ANSWERED = "answered"
    ACCEPTED = "accepted"


class ToolKind(StrEnum):
    """The ordered tools of governance (L88.2); a tool is proposed by data and decided by people."""

    WARN_TALK = "warn_talk"
    ADMONISH = "admonish"
    YELLOW_CARD = "yellow_card"
    SANCTION_PROPOSAL = "sanction_proposal"
    LISTED_RECTIFICATION = "listed_rectification"
    VETO = "veto"


class ToolState(StrEnum):
    """Where a tool of governance stands."""

    PROPOSED = "proposed"
    STATED = "stated"
    ISSUED = "issued"
    DROPPED = "dropped"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOrder:
    """The office demands an answer from a desk about an item, by a date (L81.2)."""

    target: str
    about: str
    question: Annotated[str, Len(1, 1000)]
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOrdersToLate:
    """The office demands an answer from every unit whose stage report for a date is missing, in one action."""

    report_due_on: date
    question: Annotated[str, Len(1, 1000)]
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOrder:
    """The target answers."""

    order_id: str
    answer: Annotated[str, Len(1, 4000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOrder:
    """The office accepts an answer, or does not and sets a new date."""

    order_id: str
    accept: bool
    remark: Annotated[str, Len(0, 1000)] = ""
    new_due_on: date | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrder:
    """Ask for one supervision order."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrders:
    """Ask for a page of supervision orders: the caller's own, or all for the office, newest first."""

    only_open: bool = False
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNearDue:
    """Ask what falls due for the caller's desks within some days, soonest first (criterion 3.6)."""

    within_days: int = 7
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """A supervision order as the office and its target read it."""

    order_id: str
    number: str
    version: int
    target: str
    about: str
    question: str
    issued_by: str
    issued_at: datetime
    due_at: datetime
    state: OrderState
    answer: str | None
    answered_at: datetime | None
    remark: str | None
    rounds: int
    rungs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """A page of supervision orders; `next_cursor` is absent on the last."""

    items: tuple[OrderView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeTool:
    """Propose a tool of governance for a unit, with trigger and proof; the unit may state its case until a date."""

    target: str
    kind: ToolKind
    trigger: Annotated[str, Len(1, 60)]
    proof: tuple[Annotated[str, Len(1, 200)], ...]
    statement_due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StateOnTool:
    """The unit states its case."""

    tool_id: str
    statement: Annotated[str, Len(1, 4000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideTool:
    """A person issues or drops the tool: never before the unit's statement, or the end of its time for one."""

    tool_id: str
    issue: bool
    grounds: Annotated[str, Len(1, 1000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTool:
    """An issued tool comes to its end."""

    tool_id: str
    grounds: Annotated[str, Len(1, 1000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTool:
    """Ask for one tool of governance."""

    tool_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTools:
    """Ask for a page of tools of governance: the caller's own, or all for the office, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolView:
    """A tool of governance: trigger, proof, the unit's statement, decision, end (criterion 3.5)."""

    tool_id: str
    version: int
    target: str
    kind: ToolKind
    trigger: str
    proof: tuple[str, ...]
    state: ToolState
    proposed_by: str
    proposed_at: datetime
    statement_due_at: datetime
    statement: str | None
    stated_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    grounds: str | None
    ended_at: datetime | None
    end_grounds: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPage:
    """A page of tools of governance; `next_cursor` is absent on the last."""

    items: tuple[ToolView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Event):
    """What every event of a supervision order says."""

    order_id: str
    number: str
    target: str
    about: str
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIssued(OrderEvent):
    """The office has issued a supervision order (L81.2)."""

    KEY: ClassVar[str] = "reporting.supervision_order.issued.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswered(OrderEvent):
    """The target has answered a supervision order."""

    KEY: ClassVar[str] = "reporting.supervision_order.answered.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(OrderEvent):
    """The office has accepted an answer."""

    KEY: ClassVar[str] = "reporting.supervision_order.accepted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected(OrderEvent):
    """The office has not accepted an answer and set a new date."""

    KEY: ClassVar[str] = "reporting.supervision_order.rejected.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingRungReached(RungReached):
    """The clock of a supervision order or a stage report has come to a rung of its ladder (L81.2, L90.1)."""

    KEY: ClassVar[str] = "reporting.clock.rung_reached.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEvent(Event):
    """What every event of a tool of governance says; about a unit, never about a person (L88.2)."""

    tool_id: str
    target: str
    kind: ToolKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolProposed(ToolEvent):
    """A tool has been proposed; the unit may state its case."""

    KEY: ClassVar[str] = "reporting.tool.proposed.v1"

    statement_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStated(ToolEvent):
    """The unit has stated its case."""

    KEY: ClassVar[str] = "reporting.tool.stated.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDecided(ToolEvent):
    """A person has issued or dropped a tool."""

    KEY: ClassVar[str] = "reporting.tool.decided.v1"

    issued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEnded(ToolEvent):
    """An issued tool has come to its end."""

    KEY: ClassVar[str] = "reporting.tool.ended.v1"
