"""What the tips desk is asked about informants' identities, and what it tells of being asked.

Only one answer can hold an identity: `OpenedView.identity`, for whoever asked, after another person's yes, for a day;
and it crosses the broker sealed to a key that the gateway made for this one answer.
Events say that something happened and never what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event


class OpeningKind(StrEnum):
    """For what kind of reason an identity is wanted; the informant is told this, and not the words."""

    SAFETY = "safety"
    EVIDENCE = "evidence"
    LEGAL_DUTY = "legal_duty"
    REWARD = "reward"


class OpeningState(StrEnum):
    """Where a request to open stands. *Expired* covers both: nobody answered in a day, or a day of reading is over."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOpening:
    """Ask to open what is kept of a tip's informant."""

    tip_id: str
    kind: OpeningKind
    motive: Annotated[str, Len(1, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideOpening:
    """Say yes or no, by a custodian of another agency; the informant is told unless a law forbids it, named here."""

    tip_id: str
    request_id: str
    approve: bool
    reason: Annotated[str, Len(1, 1000)]
    withheld_ground: Annotated[str, Len(1, 500)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOpening:
    """Take a request back, by whoever asked."""

    tip_id: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOpening:
    """Ask for one request; whoever asked for it reads the identity by this while the second key holds.

    Args:
        answer_key: the public key, as hex, that an identity is sealed to.
    """

    tip_id: str
    request_id: str
    answer_key: Annotated[str, Len(64, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOpenings:
    """Ask for a page of requests, newest first: a custodian's or an auditor's all, anybody else's own."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CountVaultKeys:
    """Ask how many records lie under which key."""


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an informant left, word for word."""

    name: str | None = None
    phone: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningView:
    """A request to open."""

    request_id: str
    tip_id: str
    version: int
    kind: OpeningKind
    motive: str
    state: OpeningState
    asked_by: str
    asked_agency: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    withheld_ground: str | None
    read_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedView(OpeningView):
    """A request to open; `identity` is there for whoever asked, between the second person's yes and its end.

    No role has a right to it by the permission table, so that nothing is cut here: the second key alone gives it.
    The tips desk never makes one of these; the gateway does, of what was sealed to it.
    """

    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedOpening:
    """A request to open as it crosses the broker; `identity` is an `Identity` sealed to the question's key."""

    opening: OpeningView
    identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPage:
    """A page of requests, none with an identity; `next_cursor` is absent on the last."""

    items: tuple[OpeningView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKey:
    """A key of the vault, and how many records it still locks; one that locks none and is not current may go."""

    key_id: str
    records: int
    is_current: bool
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKeys:
    """The keys of the vault."""

    items: tuple[VaultKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningNotice:
    """What an informant reads of an opening: that it happened, when, and for what kind of reason."""

    opened_at: datetime
    kind: OpeningKind


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningAsked(Event):
    """Somebody wants an informant's identity; it waits for a custodian of another agency (domain A-10)."""

    KEY: ClassVar[str] = "tips.opening.asked.v1"

    request_id: str
    tip_id: str
    kind: OpeningKind
    agency: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningDecided(Event):
    """A custodian has said yes or no to opening an informant's identity."""

    KEY: ClassVar[str] = "tips.opening.decided.v1"

    request_id: str
    tip_id: str
    agency: str
    is_approved: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningAttempted(Event):
    """Somebody tried to read an identity without the second key: an alarm for the office (domain 5.7, 8)."""

    KEY: ClassVar[str] = "tips.opening.attempted.v1"

    request_id: str
    tip_id: str
    agency: str
    state: OpeningState
    attempted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOpened(Event):
    """An identity has been read, under two persons' keys."""

    KEY: ClassVar[str] = "tips.identity.opened.v1"

    request_id: str
    tip_id: str
    kind: OpeningKind
    agency: str
    opened_at: datetime
