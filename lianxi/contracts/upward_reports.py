"""Reports upward to addressees of the city (上报): what was written, how each addressee was told and sent it, proof.

The text stays with the reporting desk; no event and no message to the outside carries it. Addressees are receivers of
`outside.toml`, by code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import rfc8785
from annotated_types import Len

from lianxi.contracts.envelope import Event

UpwardTitle = Annotated[str, Len(1, 120)]
UpwardText = Annotated[str, Len(1, 8000)]
UpwardReference = Annotated[str, Len(1, 80)]


class UpwardKind(StrEnum):
    """What is reported; the policy says to whom."""

    JOINT_OPERATION = "joint_operation"
    MAJOR_EVENT = "major_event"
    SUMMARY = "summary"


class UpwardState(StrEnum):
    """Where a report stands: *sent* once each addressee was sent it, *received* once each has said so."""

    WRITTEN = "written"
    SENT = "sent"
    RECEIVED = "received"


class SendingWay(StrEnum):
    """By which way the text itself went; a message to a telephone is none, for it carries a number and no text."""

    DOCUMENT_SYSTEM = "document_system"
    FAX = "fax"
    POST = "post"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteUpwardReport:
    """Write a report upward. `happened_at` is when what it tells of happened: from there its time is counted.

    `papers` are the SHA-256 of what goes with it, `about` names the item (`joint_operation/…`).
    """

    kind: UpwardKind
    title: UpwardTitle
    text: UpwardText
    happened_at: datetime
    about: str | None = None
    desk: str | None = None
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSending:
    """Say that an addressee was sent it: by which way, under which reference, and the SHA-256 of what confirms it."""

    report_id: str
    addressee: str
    way: SendingWay
    reference: UpwardReference
    proof_sha256: str
    sent_at: datetime | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReceipt:
    """Say that an addressee confirmed it, under the addressee's own reference."""

    report_id: str
    addressee: str
    reference: UpwardReference
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUpwardReport:
    """Ask for one report."""

    report_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpwardProof:
    """Ask for the signed proof of sending."""

    report_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUpwardReports:
    """Ask for a page of reports, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """A courier has taken the message that announces the report."""

    channel: str
    delivery_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentView:
    """How it was sent, when, and what proves it."""

    way: SendingWay
    reference: str
    proof_sha256: str
    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedView:
    """What the addressee said."""

    reference: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddresseeView:
    """An addressee of the city, and what became of its copy; `minutes` of a sending count from what happened."""

    addressee: str
    party: str
    name_zh: str
    name_en: str
    told: tuple[ToldView, ...]
    sent: SentView | None
    received: ReceivedView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardReportView:
    """A report upward with its addressees."""

    report_id: str
    version: int
    number: str
    owner: str
    kind: UpwardKind
    about: str | None
    state: UpwardState
    happened_at: datetime
    written_at: datetime
    title: str
    text: str
    papers: tuple[str, ...]
    content_sha256: str
    addressees: tuple[AddresseeView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardReportPage:
    """A page of reports; `next_cursor` is absent on the last."""

    items: tuple[UpwardReportView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardProof:
    """The signed statement of who was sent what when, as `lianxi receipt verify` checks it."""

    report_id: str
    owner: str
    statement: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _UpwardEvent(Event):
    """What every event of a report upward says: which, of what kind, by which desk."""

    report_id: str
    category: UpwardKind
    owner: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardReportWritten(_UpwardEvent):
    """A report upward was written; its addressees are to be told of its number."""

    KEY: ClassVar[str] = "reporting.upward_report.written.v1"

    number: str
    addressees: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardReportSent(_UpwardEvent):
    """An addressee was sent a report, so many minutes after what happened; `is_last` when all have been."""

    KEY: ClassVar[str] = "reporting.upward_report.sent.v1"

    addressee: str
    way: SendingWay
    minutes: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardReportReceived(_UpwardEvent):
    """An addressee confirmed a report."""

    KEY: ClassVar[str] = "reporting.upward_report.received.v1"

    addressee: str


def content_digest(
    number: str, kind: UpwardKind, happened_at: datetime, title: str, text: str, papers: Sequence[str]
) -> str:
    """Work out the SHA-256 over the canonical JSON (RFC 8785) of what is reported; its proof of sending names it."""
    plain = {
        "number": number,
        "kind": kind.value,
        "happened_at": happened_at.isoformat(),
        "title": title,
        "text": text,
        "papers": list(papers),
    }
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
