"""What the reporting desk (通报考核) answers and announces: the plan's sentences, obligations, stage reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

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
    """One unit's stage report for one date."""

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
