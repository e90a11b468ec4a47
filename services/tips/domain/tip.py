"""A tip: its one lead desk, its rounds of dispatch, its clocks, its dialogue, and who may know of it.

A tip has exactly one lead desk from its first moment to its last: the lead of its latest dispatch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lianxi.contracts.clocks import ChangeState, ClockChange
from lianxi.contracts.envelope import Caller, Event, Lane
from lianxi.contracts.tips import Channel, ReturnReason, TipKind, TipState, VerificationOutcome
from lianxi.contracts.vault import OpeningKind
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import Conflict, Forbidden, NotFound
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.retention import NOT_COUNTED, Keeping

OFFICE = "office"
RETURNS_AT_MOST = 2
NO_RECEIPT = "none/"
WHOLE_DAYS = frozenset({"cd", "wd"})


class Author(StrEnum):
    """Who wrote a message of a dialogue; the informant is nobody more than that."""

    INFORMANT = "informant"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One giving of a tip to a lead desk.

    `delivered_at` is when the lead's notice lay in its tray; `settled_at` is when what its clock asks for was done, or
    fell away.
    """

    dispatch_id: str
    round: int
    lead: str
    copies: tuple[str, ...]
    clause: str
    reason: str
    dispatched_at: datetime
    delivered_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One time limit of one dispatch, as it runs; an alarm's belongs to the dispatch with which it was raised."""

    dispatch_id: str
    running: RunningClock

    @property
    def clock(self) -> str:
        """Which limit it is."""
        return self.running.clock

    @property
    def desk(self) -> str:
        """The desk whose time it is."""
        return self.running.owner

    @property
    def started_at(self) -> datetime:
        """When it began to run."""
        return self.running.started_at

    @property
    def due_at(self) -> datetime:
        """When it ends; a pause that nobody ends is counted to its last instant."""
        return self.running.due_at

    @property
    def stopped_at(self) -> datetime | None:
        """When what it asks for was done, or fell away."""
        return self.running.stopped_at


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedChange:
    """A request to pause, resume or extend a clock: who asked, and the other person who decided."""

    change_id: str
    dispatch_id: str
    clock: str
    change: ClockChange
    reason: str
    asked_by: str
    asked_at: datetime
    state: ChangeState = ChangeState.ASKED
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One giving back of a tip."""

    desk: str
    reason: ReturnReason
    suggested_desk: str
    round: int
    returned_at: datetime
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the dialogue; what an informant wrote is kept sealed as it came, beside what both sides read."""

    author: Author
    desk: str | None
    sealed: str | None
    text: str
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One opening of what is kept of the informant; the informant reads of it unless a recorded law forbids it."""

    opening_id: str
    kind: OpeningKind
    opened_at: datetime
    is_withheld: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One picture: where it lies, encrypted, and its key under the desk's seal. It has no name but its number."""

    number: int
    author: Author
    file: str
    media_type: str
    size: int
    sealed: str
    attached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline."""

    at: datetime
    what: str
    by: str
    clause: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """That a closed tip was taken up again, and how it had ended; why stands in the dialogue, and only there."""

    at: datetime
    verification: VerificationOutcome | None
    next_owner: str | None
    outcome: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """A tip.

    `received_at` and `tie_break` fix who was first, exactly, and are shown to nobody; `listed_at` is what lists and
    desks see, levelled to the hour when the tip is anonymous. `receipt` is the verifier of a receipt code, or for a tip
    without one a word that no verifier can be (`no_receipt`); it is temporary when an officer has seen it.
    `agencies` holds who may read it. `next_rung_at` is when
    a sweep has to look at its clocks next. `policy_version` is the version of the policy that the tip runs under.
    `reference` is the number under which another system knows it. `unread_since` is when the oldest reply was written
    that the informant has not read; when informants read is noted nowhere.
    `visit_id` is the visit that saw what the tip is about, if one did.
    `officer` is whoever took it on for the lead, `filed_by` the official who handed it in.
    `public_on` is the midnight before a tip came in of which everybody may know how it stands; most have none.
    `keeping` says how long its words are kept; `identity` likewise, if the vault keeps anything of its informant.
    """

    id: str
    number: str
    kind: TipKind
    channel: Channel
    category: str
    lane: Lane
    state: TipState
    village: str | None
    rental_code: str | None
    is_anonymous: bool
    sealed_content: str | None
    redacted_text: str
    redacted_place: str | None
    receipt: str
    submitted_by: str
    received_at: datetime
    tie_break: int
    listed_at: datetime
    dispatches: tuple[Dispatch, ...] = ()
    agencies: tuple[str, ...] = ()
    returns: tuple[Returned, ...] = ()
    clocks: tuple[Clock, ...] = ()
    clock_changes: tuple[AskedChange, ...] = ()
    next_rung_at: datetime | None = None
    messages: tuple[Message, ...] = ()
    timeline: tuple[Line, ...] = ()
    verification: VerificationOutcome | None = None
    next_owner: str | None = None
    case_id: str | None = None
    outcome: str | None = None
    policy_version: int = 1
    openings: tuple[Opened, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    is_receipt_temporary: bool = False
    source: str | None = None
    reference: str | None = None
    unread_since: datetime | None = None
    officer: str | None = None
    filed_by: str | None = None
    keeping: Keeping = NOT_COUNTED
    identity: Keeping | None = None
    visit_id: str | None = None
    public_on: datetime | None = None
    reopenings: tuple[Reopening, ...] = ()

    @property
    def dispatch(self) -> Dispatch:
        """The dispatch that holds now."""
        return self.dispatches[-1]

    @property
    def lead(self) -> str:
        """The one desk that leads."""
        return self.dispatch.lead

    @property
    def submitter(self) -> str | None:
        """The agency that handed the tip in for somebody or found it; it goes on reading what became of it."""
        return None if self.channel in (Channel.WEB, Channel.PATROL) else self.submitted_by

    @property
    def is_arbitrated(self) -> bool:
        """Whether it was given back twice, so that the office's word on its lead is the last."""
        return len(self.returns) >= RETURNS_AT_MOST

    def shown(self, instant: datetime) -> datetime:
        """Say when something happened as it may be told: to the hour when the tip is anonymous."""
        return level_to_hour(instant) if self.is_anonymous else instant

    def shown_end(self, clock: RunningClock) -> datetime:
        """Say when a clock ends as it may be told: the end of a limit in days is a midnight and tells nothing."""
        return clock.due_at if clock.unit in WHOLE_DAYS else self.shown(clock.due_at)


Decision = tuple[Tip, Sequence[Event]]


def may_read(tip: Tip, caller: Caller) -> bool:
    """Say whether a caller may know of a tip: its submitter, its lead, copies and next owner; or all by right.

    Whose right ends at what is their own, as a liaison's, knows of what they handed in themselves.
    Of a purged tip nobody may: what remains of it is there to be counted.

    Clause: none (domain 5.4, 5.5).
    """
    if caller.sees_own_only:
        return not tip.keeping.is_purged and tip.filed_by == caller.actor
    return not tip.keeping.is_purged and (caller.sees_all or caller.agency in tip.agencies)


def has_held(tip: Tip, caller: Caller) -> bool:
    """Say whether a caller's agency has ever had a tip before it.

    Clause: none (domain 5.4).
    """
    if caller.sees_own_only:
        return may_read(tip, caller)
    desks = [desk for each in tip.dispatches for desk in (each.lead, *each.copies)]
    return may_read(tip, caller) or (not tip.keeping.is_purged and any(caller.holds(desk) for desk in desks))


def check_readable(tip: Tip, caller: Caller) -> None:
    """Refuse a caller who may not know of a tip, in the words for one that is not there.

    Clause: none (domain K-02).
    Raises:
        NotFound: tip.not_found.
    """
    if not may_read(tip, caller):
        raise NotFound("tip.not_found")


def check_mine(tip: Tip, caller: Caller, *desks: str | None) -> None:
    """Refuse a caller whose agency holds none of some desks.

    Clause: none (domain 5.4).
    Raises:
        NotFound: tip.not_found.
        Forbidden: tip.not_yours.
    """
    check_readable(tip, caller)
    if not any(desk is not None and caller.holds(desk) for desk in desks):
        raise Forbidden("tip.not_yours")


def check_undecided(tip: Tip) -> None:
    """Refuse what may only be done before verifying has come to a result.

    Clause: none.
    Raises:
        Conflict: tip.already_verified, tip.already_closed.
    """
    if tip.state is TipState.CLOSED:
        raise Conflict("tip.already_closed")
    if tip.state is TipState.VERIFIED:
        raise Conflict("tip.already_verified")


def readers(*desks: str | None) -> tuple[str, ...]:
    """List the agencies of some desks, and the office.

    Clause: L81.2.
    """
    return tuple(sorted({OFFICE, *(desk.partition("/")[0] for desk in desks if desk is not None)}))


def no_receipt(tip_id: str) -> str:
    """Say what stands in the place of a receipt verifier when a tip has none: unique, and no verifier begins like it.

    Clause: none.
    """
    return f"{NO_RECEIPT}{tip_id}"


def told(tip: Tip, line: Line) -> Tip:
    """Add a line where its time puts it, so that what is heard out of order reads in order.

    Clause: none.
    """
    return replace(tip, timeline=tuple(sorted((*tip.timeline, line), key=lambda each: each.at)))
