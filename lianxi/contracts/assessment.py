"""Appraisal (考核): what persons find, what is proposed as a deduction, how each unit stands, and the folder of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event
from lianxi.contracts.reporting import ClauseView, OrderView, StageReportView, ToolView


class DeductionState(StrEnum):
    """Where a proposed deduction stands; only an applied one costs anything."""

    PROPOSED = "proposed"
    STATED = "stated"
    APPLIED = "applied"
    DROPPED = "dropped"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFinding:
    """A person records a fact about a unit that no data can say by itself, about an item, with its proof."""

    fact: Annotated[str, Len(1, 60)]
    unit: str
    about: Annotated[str, Len(1, 120)]
    proof: tuple[Annotated[str, Len(1, 200)], ...]
    grounds: Annotated[str, Len(1, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawFinding:
    """A finding turns out not to hold; it stays on record with the reason."""

    finding_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A fact that a person has found, or has withdrawn."""

    finding_id: str
    version: int
    fact: str
    unit: str
    about: str
    proof: tuple[str, ...]
    grounds: str
    found_by: str
    found_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateOnDeduction:
    """The unit states its case against a proposed deduction."""

    deduction_id: str
    statement: Annotated[str, Len(1, 4000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideDeduction:
    """A person applies or drops it: never before the unit's statement or the end of its time, never who found it."""

    deduction_id: str
    apply: bool
    grounds: Annotated[str, Len(1, 1000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDeduction:
    """A person takes a proposal back, or a deduction that has been applied; it stays on record with the reason."""

    deduction_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDeduction:
    """Ask for one deduction."""

    deduction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeductions:
    """Ask for a page of deductions: the caller's own, or all for who decides, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """That a proposal was withdrawn, by whom, when and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionView:
    """A proposed deduction: the situation with its facts and proof, the unit's statement, the decision.

    `came_late` says that what was owed came after its time but truly, which never costs more than silence.
    """

    deduction_id: str
    version: int
    unit: str
    trigger: str
    about: str
    facts: tuple[str, ...]
    proof: tuple[str, ...]
    came_late: bool
    tenths: int
    state: DeductionState
    proposed_by: str
    proposed_at: datetime
    statement_due_at: datetime
    statement: str | None = None
    stated_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    grounds: str | None = None
    withdrawals: tuple[Withdrawal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionPage:
    """A page of deductions; `next_cursor` is absent on the last."""

    items: tuple[DeductionView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What the data shows of a situation that is none yet: `wanting` are the facts that only a person can find."""

    trigger: str
    unit: str
    about: str
    facts: tuple[str, ...]
    proof: tuple[str, ...]
    wanting: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBoard:
    """Ask how units stand: the caller's own, or all for who assesses, who is also told of leads and findings."""

    unit: str | None = None
    with_leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardItem:
    """One thing a unit is assessed by: its state, where its proof lies, and what proof is missing.

    `code` is `sentence/L45.1`, `stage_report/…`, `supervision_order/…` or `trigger/…`. `proof` names records and files
    by kind and id, the newest first; `missing` names what would prove it.
    """

    code: str
    clause: str
    state: str
    proofs: int
    proof: tuple[str, ...]
    missing: tuple[str, ...]
    tenths: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBoard:
    """How one unit stands, in tenths of a point; what is proposed costs nothing until a person has decided."""

    unit: str
    of_tenths: int
    taken_tenths: int
    standing_tenths: int
    proposed_tenths: int
    items: tuple[BoardItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The board of the assessment; leads are shown to who assesses only."""

    as_of: datetime
    items: tuple[UnitBoard, ...]
    leads: tuple[Lead, ...] = ()
    findings: tuple[FindingView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetFolder:
    """Ask for everything that an inspection folder (迎检) holds."""

    purpose: Annotated[str, Len(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What an inspection folder holds: returns, orders, tools, deductions with statements and decisions, sentences."""

    as_of: datetime
    policy_version: int
    period_from: date
    period_to: date
    board: tuple[UnitBoard, ...]
    returns: tuple[StageReportView, ...]
    orders: tuple[OrderView, ...]
    tools: tuple[ToolView, ...]
    deductions: tuple[DeductionView, ...]
    findings: tuple[FindingView, ...]
    clauses: tuple[ClauseView, ...]
    figures: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionEvent(Event):
    """What every event of a deduction says; about a unit, never about a person (L88.2)."""

    deduction_id: str
    target: str
    trigger: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionProposed(DeductionEvent):
    """A deduction has been proposed; the unit may state its case."""

    KEY: ClassVar[str] = "reporting.deduction.proposed.v1"

    statement_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionStated(DeductionEvent):
    """The unit has stated its case."""

    KEY: ClassVar[str] = "reporting.deduction.stated.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionDecided(DeductionEvent):
    """A person has applied or dropped a deduction."""

    KEY: ClassVar[str] = "reporting.deduction.decided.v1"

    applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionWithdrawn(DeductionEvent):
    """A deduction has been withdrawn: its grounds are gone, or a person has taken it back."""

    KEY: ClassVar[str] = "reporting.deduction.withdrawn.v1"
