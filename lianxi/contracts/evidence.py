"""Evidence of a case: what is told of it, who holds it, and what was ever done with it.

A file of evidence never crosses the bus. It lies encrypted in a folder under the SHA-256 of what lies there; its key,
its own SHA-256 and what it shows cross only sealed. Events say ids, digests and sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.attachments import PublicKey, SealedKey
from lianxi.contracts.envelope import Event

Why = Annotated[str, Len(1, 300)]
Where = Annotated[str, Len(1, 120)]


class EvidenceKind(StrEnum):
    """What a file is evidence as."""

    DOCUMENT = "document"
    PHOTOGRAPH = "photograph"
    RECORDING = "recording"
    DATA = "data"
    OBJECT = "object"


class EvidenceState(StrEnum):
    """Where evidence stands."""

    HELD = "held"
    OFFERED = "offered"
    DESTRUCTION_ASKED = "destruction_asked"
    DESTROYED = "destroyed"


class CustodyAct(StrEnum):
    """What was done with evidence."""

    COLLECT = "collect"
    SEAL = "seal"
    VIEW = "view"
    COPY = "copy"
    HAND_OVER = "hand_over"
    RETURN = "return"
    RECEIVE = "receive"
    DECLINE = "decline"
    TAKE_BACK = "take_back"
    ASK_DESTRUCTION = "ask_destruction"
    REFUSE_DESTRUCTION = "refuse_destruction"
    DESTROY = "destroy"
    FIND_ALTERED = "find_altered"
    FIND_WHOLE = "find_whole"


class Looking(StrEnum):
    """Why a file of evidence is opened: to look at it here, or to take a copy along."""

    VIEW = "view"
    COPY = "copy"


# --- commands and questions


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectEvidence:
    """Take a file into a case. `sealed` holds key, SHA-256, label, reason and place, encrypted to the cases desk."""

    case_id: str
    kind: EvidenceKind
    file: Annotated[str, Len(1, 90)]
    media_type: str
    size: int
    sealed: SealedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SealEvidence:
    """Note under which number the thing or its carrier was sealed."""

    evidence_id: str
    seal_number: Annotated[str, Len(1, 60)]
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEvidence:
    """Offer evidence to another desk; whoever offers it holds it until that desk has confirmed."""

    evidence_id: str
    receiver: str
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEvidence:
    """Offer evidence back to the desk that it came from; that desk confirms too."""

    evidence_id: str
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveEvidence:
    """Confirm that what was offered is there; from now on this desk holds it."""

    evidence_id: str
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineEvidence:
    """Say that what was offered is not taken, and why; whoever offered it holds it as before."""

    evidence_id: str
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEvidenceBack:
    """Take an offer back that nobody has confirmed."""

    evidence_id: str
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskDestruction:
    """Ask that evidence be destroyed, by a recorded decision."""

    evidence_id: str
    decision_reference: Annotated[str, Len(1, 60)]
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideDestruction:
    """Another person approves that evidence be destroyed, or refuses."""

    evidence_id: str
    approve: bool
    why: Why
    where: Where
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEvidence:
    """Have a file hashed now, without waiting for its night."""

    evidence_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEvidence:
    """Ask for all evidence of a case, as it was collected."""

    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetEvidence:
    """Ask for one piece of evidence with everything that was done with it."""

    evidence_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEvidence:
    """Ask for a file's key, sealed to a key that was made for this question; why and where go into its custody."""

    evidence_id: str
    looking: Looking
    why: Why
    where: Where
    answer_key: PublicKey


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEntry:
    """One thing that was done with evidence: by whom, for which desk, when, where and why; `to` is the other desk."""

    act: CustodyAct
    by: str
    desk: str
    at: datetime
    why: str
    where: str
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destruction:
    """The decision by which evidence is to be destroyed, and who asked for it."""

    decision_reference: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """A piece of evidence as its readers see it; `altered_at` is when its file was found to be another than it was."""

    evidence_id: str
    version: int
    case_id: str
    owner: str
    holder: str
    offered_to: str | None
    receivers: tuple[str, ...]
    kind: EvidenceKind
    label: str
    media_type: str
    size: int
    sha256: str
    state: EvidenceState
    seal_number: str | None
    collected_at: datetime
    checked_at: datetime
    altered_at: datetime | None
    destruction: Destruction | None
    custody: tuple[CustodyEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceList:
    """All evidence of a case; what is in a case has an end, so that there is one page."""

    items: tuple[EvidenceView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceKey:
    """Where a file of evidence lies, and its key under the seal of whoever asked; cut from who may not see it."""

    evidence_id: str
    case_id: str
    owner: str
    holder: str
    receivers: tuple[str, ...]
    media_type: str
    file: str
    sealed: SealedKey


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceEvent(Event):
    """What every event of evidence says: which, of which case and desk, by its digest."""

    evidence_id: str
    case_id: str
    owner: str
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCollected(EvidenceEvent):
    """A file has been taken into a case."""

    KEY: ClassVar[str] = "cases.evidence.collected.v1"

    kind: EvidenceKind
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceOffered(EvidenceEvent):
    """Evidence has been offered to a desk, which must confirm; until then its sender holds it."""

    KEY: ClassVar[str] = "cases.evidence.offered.v1"

    sender: str
    receiver: str
    is_return: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReceived(EvidenceEvent):
    """A desk has confirmed that it holds what was offered."""

    KEY: ClassVar[str] = "cases.evidence.received.v1"

    sender: str
    receiver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDeclined(EvidenceEvent):
    """A desk has not taken what was offered, or the offer was taken back; its sender holds it as before."""

    KEY: ClassVar[str] = "cases.evidence.declined.v1"

    sender: str
    receiver: str
    is_taken_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionAsked(EvidenceEvent):
    """Somebody has asked that evidence be destroyed; another person decides."""

    KEY: ClassVar[str] = "cases.evidence.destruction_asked.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionRefused(EvidenceEvent):
    """Another person has refused that evidence be destroyed."""

    KEY: ClassVar[str] = "cases.evidence.destruction_refused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDestroyed(EvidenceEvent):
    """Evidence has been destroyed by a decision that two people stand for, or because its case was kept long enough."""

    KEY: ClassVar[str] = "cases.evidence.destroyed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAltered(EvidenceEvent):
    """A file of evidence is gone, or is no longer what it was at intake: announced once; `receiver` is who holds it."""

    KEY: ClassVar[str] = "cases.evidence.altered.v1"

    receiver: str
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecovered(EvidenceEvent):
    """A file that had been altered is what it was at intake again."""

    KEY: ClassVar[str] = "cases.evidence.recovered.v1"
