"""One line of everything that happened in a case: its own steps, tasks, evidence, transfers, its tip and its visits.

A line says what happened to which item and when; what anybody wrote stays with the item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Len

from lianxi.contracts.attachments import PublicKey
from lianxi.contracts.cases import CaseView
from lianxi.contracts.envelope import Event
from lianxi.contracts.evidence import EvidenceView

Source = Literal["case", "task", "evidence", "referral", "assistance", "tip", "visit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One thing that happened: `what` is its code within its source, `about` the item, `by` a desk or a person's id."""

    at: datetime
    source: Source
    what: str
    about: str
    by: str | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTimeline:
    """Everything that happened, the oldest first; `left_out` names sources that did not answer, or are not for you."""

    case_id: str
    number: str
    owner: str
    lines: tuple[TimelineLine, ...]
    tip_id: str | None = None
    rental_code: str | None = None
    left_out: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTimeline:
    """Ask for what happened in a case, as far as its desk knows."""

    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCase:
    """Take a case's file along, for a purpose, which is written down before anything leaves."""

    case_id: str
    purpose: Annotated[str, Len(1, 300)]
    answer_key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file of evidence that goes along: where it lies, and its key under the seal of whoever asked."""

    evidence_id: str
    file: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExport:
    """What goes along: the case, its evidence, its receipts, and the number of the export."""

    export_id: str
    exported_at: datetime
    case: CaseView
    evidence: tuple[EvidenceView, ...]
    files: tuple[ExportedFile, ...]
    receipts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignBundle:
    """Ask the cases desk to sign the digest of what an export's manifest says."""

    case_id: str
    export_id: str
    manifest_sha256: Annotated[str, Len(64, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSignature:
    """The signed statement; `lianxi.contracts.bundles` checks it."""

    signature: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExported(Event):
    """A case's file has been taken along; the purpose stays in the case."""

    KEY: ClassVar[str] = "cases.case.exported.v1"

    case_id: str
    owner: str
    export_id: str
    evidence_count: int
    exported_at: datetime
