"""What the tips desk (受理) takes in, answers and announces.

Events never carry an informant's text, a name, a phone or an address finer than a building; times of anonymous tips
are levelled to the hour. What an informant wrote crosses the bus only sealed to this desk's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.attachments import AttachedPicture, AttachmentView
from lianxi.contracts.clocks import ClockChanged, ClockChangeView, RungReached
from lianxi.contracts.envelope import Command, Event, Lane
from lianxi.contracts.rewards import RewardNotice
from lianxi.contracts.vault import OpeningNotice

Sealed = Annotated[str, Len(1, 200_000)]
"""Base64 of a text encrypted to one desk's public key (`lianxi.contracts.sealing`)."""


class TipKind(StrEnum):
    """A report of a violation, or a consumer's complaint; the law gives them different clocks (domain T-01, T-03)."""

    TIP = "tip"
    COMPLAINT = "complaint"


class Channel(StrEnum):
    """How a tip came in (criterion 2.1); the town's own list of sources says which one of these a source is."""

    WEB = "web"
    PHONE = "phone"
    WALK_IN = "walk_in"
    LETTER = "letter"
    AGENCY = "agency"
    PATROL = "patrol"
    LIAISON = "liaison"
    IMPORT = "import"


class TipState(StrEnum):
    """Where a tip stands."""

    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    VERIFIED = "verified"
    CLOSED = "closed"


class VerificationOutcome(StrEnum):
    """What verifying found. *Not substantiated* is neutral: it says nothing about whoever told it."""

    SUBSTANTIATED = "substantiated"
    NOT_SUBSTANTIATED = "not_substantiated"
    INCONCLUSIVE = "inconclusive"


class TellingWay(StrEnum):
    """How an informant was told what was decided, when it was not through this system."""

    PHONE = "phone"
    LETTER = "letter"
    IN_PERSON = "in_person"


class ReturnReason(StrEnum):
    """Why a desk gives a dispatched tip back; the second return of one tip goes to the office."""

    NOT_COMPETENT = "not_competent"
    OTHER_TERRITORY = "other_territory"
    DUPLICATE = "duplicate"


# --- what is taken in on the intake lane


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTip(Command):
    """Take in a tip. Category, lane and place codes travel outside the seal, because routing needs them.

    Shape: `content` seals the JSON ``{"text": …, "place": …, "happened_at": …}``; `contact` seals whatever identifies
    the informant and goes to the vault unopened; `receipt_verifier` is the Argon2id verifier of a receipt code, never
    the code; it is temporary when an officer has seen the code.
    """

    KEY: ClassVar[str] = "tips.submit_tip.v1"

    tip_id: str
    number: str
    kind: TipKind
    channel: Channel
    category: str
    lane: Lane
    village: str | None
    rental_code: str | None
    is_anonymous: bool
    content: Sealed
    contact: Sealed | None
    receipt_verifier: str | None
    submitted_by: str
    received_at: datetime
    attachments: Annotated[tuple[AttachedPicture, ...], Len(0, 5)] = ()
    is_receipt_temporary: bool = False
    source: str | None = None
    filed_by: str | None = None
    """The account of the official who handed it in; never an informant."""
    is_public: bool = False
    """Whether its informant wants everybody to see how it stands; the desk decides whether it may be."""


# --- commands and questions by RPC


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchTip:
    """Give a tip to another lead desk, by the office or the present lead's agency."""

    tip_id: str
    lead: str
    reason: Annotated[str, Len(1, 200)]
    copies: tuple[str, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptTip:
    """Say that the lead desk takes a tip on. A rescue is taken on by a person: a machine names its `officer`."""

    tip_id: str
    officer: Annotated[str, Len(1, 80)] | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTip:
    """Give a dispatched tip back, with a reason of the list, what there is to say, and the desk that should have it."""

    tip_id: str
    reason: ReturnReason
    suggested_desk: str
    explanation: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyTip:
    """Record what verifying found; a substantiated tip names its next owner."""

    tip_id: str
    outcome: VerificationOutcome
    next_owner: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTip:
    """Close a tip with a sentence that its informant will read."""

    tip_id: str
    outcome: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TellInformant:
    """Say that the informant was told what was decided, and how."""

    tip_id: str
    way: TellingWay
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMessage:
    """Write to the informant of a tip, through the system; the text is sealed until the desk keeps it."""

    tip_id: str
    content: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class PostInformantMessage:
    """Write to the desk from the informant's side, known only by the verifier of a receipt code."""

    receipt_verifier: str
    content: Sealed
    attachments: Annotated[tuple[AttachedPicture, ...], Len(0, 5)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenTip:
    """Have a closed tip taken up again, from the informant's side; the reason is sealed as a message is."""

    receipt_verifier: str
    content: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTip:
    """Ask for one tip."""

    tip_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTips:
    """Ask for a page of the tips the caller may see, newest first.

    `unread` asks for those whose informant has not read a reply for seven days, by the oldest such reply.
    """

    state: TipState | None = None
    kind: TipKind | None = None
    unread: bool = False
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTipByReceipt:
    """Ask for a tip's status by the verifier of its receipt code."""

    receipt_verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReceipt:
    """Have another receipt code open a tip: by the verifiers of the one it has and of the one it gets."""

    receipt_verifier: str
    new_verifier: str


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """A running, stopped or passed time limit."""

    clock: str
    desk: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None = None
    paused_since: datetime | None = None
    rungs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchView:
    """One giving of a tip to a lead desk, with copies."""

    dispatch_id: str
    round: int
    lead: str
    copies: tuple[str, ...]
    reason: str
    dispatched_at: datetime
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of what happened, when, by which desk, under which clause."""

    at: datetime
    what: str
    by: str
    clause: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message of the dialogue; numbers that identify people are blanked in what a desk reads."""

    author: str
    text: str
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipView:
    """A tip as the desks that hold it read it: redacted text, levelled times, no identity."""

    tip_id: str
    number: str
    version: int
    kind: TipKind
    channel: Channel
    category: str
    lane: Lane
    state: TipState
    village: str | None
    rental_code: str | None
    is_anonymous: bool
    text: str
    place: str | None
    received_at: datetime
    lead: str
    copies: tuple[str, ...]
    dispatches: tuple[DispatchView, ...]
    clocks: tuple[ClockView, ...]
    verification: VerificationOutcome | None
    next_owner: str | None
    case_id: str | None
    outcome: str | None
    messages: tuple[MessageView, ...]
    timeline: tuple[TimelineEntry, ...]
    clock_changes: tuple[ClockChangeView, ...] = ()
    policy_version: int = 1
    attachments: tuple[AttachmentView, ...] = ()
    officer: str | None = None
    source: str | None = None
    reference: str | None = None
    unread_since: date | None = None
    visit_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TipSummary:
    """A tip as a line of a list: no text."""

    tip_id: str
    number: str
    kind: TipKind
    category: str
    lane: Lane
    state: TipState
    lead: str
    received_at: datetime
    due_at: datetime | None
    next_owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TipPage:
    """A page of tips; `next_cursor` is absent on the last."""

    items: tuple[TipSummary, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusStep:
    """One step of a tip as its informant reads it; the sentence is chosen at the edge from `code`."""

    code: str
    at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TipStatusView:
    """A tip as its informant reads it: no desk's internal words, no other person."""

    number: str
    state: TipState
    received_at: datetime
    steps: tuple[StatusStep, ...]
    verification: VerificationOutcome | None
    outcome: str | None
    messages: tuple[MessageView, ...]
    openings: tuple[OpeningNotice, ...] = ()
    reward: RewardNotice | None = None
    reopen_until: date | None = None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class TipReceived(Event):
    """A tip has been taken in (L32.1, L34.1, L39.1); `visit_id` is the visit that it came of, if it did."""

    KEY: ClassVar[str] = "tips.tip.received.v1"

    tip_id: str
    number: str
    kind: TipKind
    channel: Channel
    category: str
    lane: Lane
    village: str | None
    rental_code: str | None
    is_anonymous: bool
    received_at: datetime
    visit_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TipDispatched(Event):
    """A tip has been given to a lead desk, with copies (L35.1, L81.2).

    Its clock starts when the lead's notice is delivered.
    """

    KEY: ClassVar[str] = "tips.tip.dispatched.v1"

    tip_id: str
    number: str
    category: str
    lane: Lane
    dispatch_id: str
    round: int
    lead: str
    copies: tuple[str, ...]
    clause: str
    dispatched_at: datetime
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TipAccepted(Event):
    """The lead desk has taken a tip on."""

    KEY: ClassVar[str] = "tips.tip.accepted.v1"

    tip_id: str
    desk: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipReturned(Event):
    """A desk has given a tip back."""

    KEY: ClassVar[str] = "tips.tip.returned.v1"

    tip_id: str
    desk: str
    reason: ReturnReason
    suggested_desk: str
    round: int
    returned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipVerified(Event):
    """Verifying has come to a result (Reg. art. 6); a substantiated tip names the desk that owns what follows."""

    KEY: ClassVar[str] = "tips.tip.verified.v1"

    tip_id: str
    number: str
    category: str
    desk: str
    outcome: VerificationOutcome
    next_owner: str | None
    rental_code: str | None
    verified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipClosed(Event):
    """A tip is at its end; its informant can read the outcome."""

    KEY: ClassVar[str] = "tips.tip.closed.v1"

    tip_id: str
    desk: str
    verification: VerificationOutcome | None
    case_id: str | None
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipReopened(Event):
    """A closed tip is open again, because its informant gave a reason; its dispatch to the same lead follows."""

    KEY: ClassVar[str] = "tips.tip.reopened.v1"

    tip_id: str
    lead: str
    reopened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipMessagePosted(Event):
    """Somebody has written in a tip's dialogue; the text stays with the tips desk."""

    KEY: ClassVar[str] = "tips.message.posted.v1"

    tip_id: str
    author: str
    lead: str
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipClockStarted(Event):
    """A time limit runs, from the delivery of the notice to the lead desk, opened or not (criterion 3.2)."""

    KEY: ClassVar[str] = "tips.clock.started.v1"

    tip_id: str
    clock: str
    desk: str
    started_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RescueRaised(Event):
    """A person is said to be held, or it is a major event: an alarm that a human must acknowledge (criterion 17.1).

    `is_levelled` says that `raised_at` is told to the hour, because the tip is anonymous.
    """

    KEY: ClassVar[str] = "tips.rescue.raised.v1"

    tip_id: str
    number: str
    category: str
    lead: str
    village: str | None
    raised_at: datetime
    is_levelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TipRungReached(RungReached):
    """The clock of a tip has come to a rung of its ladder (L81.2)."""

    KEY: ClassVar[str] = "tips.clock.rung_reached.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TipClockPaused(ClockChanged):
    """The clock of a tip stands still, for a listed reason that another person approved."""

    KEY: ClassVar[str] = "tips.clock.paused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TipClockResumed(ClockChanged):
    """The clock of a tip runs on, with the time it stood still added."""

    KEY: ClassVar[str] = "tips.clock.resumed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TipClockExtended(ClockChanged):
    """The clock of a tip has been given more time, for a listed reason that another person approved."""

    KEY: ClassVar[str] = "tips.clock.extended.v1"
