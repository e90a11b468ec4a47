"""Handing a matter over from the police to an administrative agency, because it is no crime; refusing it; arbitration.

No event names a person or holds anybody's words: units, codes of reasons, numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from annotated_types import Len

from lianxi.contracts.cases import Paper
from lianxi.contracts.envelope import Event


class TransferGround(StrEnum):
    """Why the police hand a matter over: no crime, a decision not to file, or a criminal case that was dropped."""

    NO_CRIME = "no_crime"
    NOT_FILED = "not_filed"
    CASE_DROPPED = "case_dropped"


class TransferRefusal(StrEnum):
    """Why a unit refuses a matter; whatever it says besides is its text."""

    NOT_COMPETENT = "not_competent"
    OTHER_TERRITORY = "other_territory"
    DUPLICATE = "duplicate"


class TransferState(StrEnum):
    """Where a matter that is handed over stands."""

    SENT = "sent"
    REFUSED = "refused"
    ARBITRATING = "arbitrating"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTransfer:
    """Hand a matter over; `reference` is the police's own number of it, `referral_id` what it once came by."""

    sender: str
    receiver: str
    ground: TransferGround
    basis: Annotated[str, Len(1, 500)]
    reference: Annotated[str, Len(1, 60)]
    papers: tuple[Paper, ...]
    referral_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptTransfer:
    """Sign the receipt, and have the matter."""

    transfer_id: str
    desk: str
    officer: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseTransfer:
    """Refuse a matter, with a reason of the list and what there is to say about it."""

    transfer_id: str
    reason: TransferRefusal
    text: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendTransfer:
    """Hand a refused matter over again: to another desk, or to the same with more to say."""

    transfer_id: str
    receiver: str
    basis: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArbitrateTransfer:
    """Decide as the office who takes a matter that was refused twice."""

    transfer_id: str
    receiver: str
    grounds: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTransfer:
    """Ask for one matter that is handed over."""

    transfer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTransfers:
    """Ask for a page of the matters that the caller's desks sent or were sent, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """Which unit refused a matter, when, and why."""

    by: str
    reason: TransferRefusal
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArbitrationView:
    """What the office decided, by whom, when, and on what grounds."""

    receiver: str
    by: str
    grounds: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """A matter that is handed over as its sides and the office read it."""

    transfer_id: str
    version: int
    sender: str
    receiver: str
    ground: TransferGround
    basis: str
    reference: str
    referral_id: str | None
    papers: tuple[Paper, ...]
    state: TransferState
    sent_at: datetime
    refusals: tuple[RefusalView, ...]
    arbitration: ArbitrationView | None
    receipt: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPage:
    """A page of matters; `next_cursor` is absent on the last."""

    items: tuple[TransferView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEvent(Event):
    """What every event of a matter that is handed over says (L32.1, L81.2)."""

    transfer_id: str
    sender: str
    receiver: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSent(TransferEvent):
    """A matter has been handed over to a desk; `is_binding` when the office has decided whose it is."""

    KEY: ClassVar[str] = "cases.transfer.sent.v1"

    is_binding: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAccepted(TransferEvent):
    """A matter has been taken on, under a signed receipt."""

    KEY: ClassVar[str] = "cases.transfer.accepted.v1"

    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRefused(TransferEvent):
    """A desk has refused a matter; `receiver` is the desk that refused."""

    KEY: ClassVar[str] = "cases.transfer.refused.v1"

    reason: TransferRefusal
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDisputed(TransferEvent):
    """A matter was refused a second time: the office has to say whose it is."""

    KEY: ClassVar[str] = "cases.transfer.disputed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferArbitrated(TransferEvent):
    """The office has said whose a matter is, and that binds."""

    KEY: ClassVar[str] = "cases.transfer.arbitrated.v1"
