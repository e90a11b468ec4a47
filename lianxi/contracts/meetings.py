"""Meetings of the joint conference: called, held, minuted; what they decide is owed until a day (criterion 21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event

MeetingText = Annotated[str, Len(1, 2000)]
MeetingTitle = Annotated[str, Len(1, 120)]


class MeetingKind(StrEnum):
    """What a meeting is: the conference of all members, the programme's opening, or a few units about a case."""

    CONFERENCE = "conference"
    OPENING = "opening"
    CASES = "cases"


class MeetingState(StrEnum):
    """Where a meeting stands. While it is *held* items are dealt with and decisions taken; *closed* has its minutes."""

    CALLED = "called"
    HELD = "held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Whether a unit came; an excuse has a reason."""

    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"


class ItemSource(StrEnum):
    """Where an item of the agenda comes from: somebody proposed it, or data did, without anybody's doing."""

    PROPOSED = "proposed"
    DECISION_OVERDUE = "decision_overdue"
    DECISION_OPEN = "decision_open"
    PARKED = "parked"
    RETURN_MISSING = "return_missing"
    ORDER_OVERDUE = "order_overdue"
    PUBLICITY_MISSED = "publicity_missed"


class ItemOutcome(StrEnum):
    """What came of an item. One that is *parked* stands on the agenda of the next meeting."""

    OPEN = "open"
    DISCUSSED = "discussed"
    PARKED = "parked"
    DROPPED = "dropped"


class DecisionState(StrEnum):
    """Where a decision stands: its owner owes it, or has done it."""

    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeeting:
    """Call a meeting as the office. The conference and the opening invite every member; `agencies` is for the rest."""

    kind: MeetingKind
    title: MeetingTitle
    place: MeetingTitle
    held_at: datetime
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMeeting:
    """Call a meeting off; what was proposed for it is not carried on."""

    meeting_id: str
    reason: MeetingText
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeItem:
    """Propose an item for the agenda of a meeting that one is invited to. `about` names what it is about: `case/…`."""

    meeting_id: str
    title: MeetingTitle
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPresence:
    """Who came for a seat; without `unit` it is said of every unit that the seat stands for."""

    seat: str
    unit: str | None = None
    presence: Presence
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMeeting:
    """Say who came: the meeting is held, its agenda is settled. Said again it corrects attendance, until minutes close.

    A seat of which nothing is said was absent.
    """

    meeting_id: str
    attendance: tuple[SeatPresence, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleItem:
    """Say what came of an item of the agenda."""

    meeting_id: str
    item_id: str
    outcome: ItemOutcome
    remark: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDecision:
    """Take a decision at a meeting: who owes what by which day. The item it belongs to counts as discussed."""

    meeting_id: str
    what: MeetingText
    owner: str
    due_on: date
    item_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMeeting:
    """Close the minutes. What nobody dealt with is parked for the next meeting."""

    meeting_id: str
    summary: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMeeting:
    """Ask for one meeting."""

    meeting_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMeetings:
    """Ask for a page of meetings, latest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDecisionDone:
    """Report a decision done, with what proves it: items by kind and id, or photographs and papers by their digest."""

    decision_id: str
    note: MeetingText
    proof: tuple[str, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenDecision:
    """Say as the office that a decision is not done, why, and until which day it is owed now."""

    decision_id: str
    due_on: date
    remark: MeetingText
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDecision:
    """Ask for one decision."""

    decision_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDecisions:
    """Ask for a page of decisions, newest first; on demand only those that are open."""

    only_open: bool = False
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItemView:
    """An item of the agenda. What data proposed has no title of its own but for what it names."""

    item_id: str
    source: ItemSource
    title: str
    about: str | None
    agency: str | None
    due_on: date | None
    outcome: ItemOutcome
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """A seat, the unit it stands for (none for a leader's), and whether somebody came for it; not yet said is none."""

    seat: str
    unit: str | None
    presence: Presence | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision: what is owed, by whom, until when, and how it was proved."""

    decision_id: str
    version: int
    meeting_id: str
    item_id: str | None
    what: str
    owner: str
    taken_at: datetime
    due_at: datetime
    state: DecisionState
    is_overdue: bool
    done_at: datetime | None
    note: str | None
    proof: tuple[str, ...]
    remark: str | None
    rounds: int
    rungs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """A page of decisions; `next_cursor` is absent on the last."""

    items: tuple[DecisionView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView:
    """A meeting with its agenda, seats and decisions. Until it is held, the agenda follows the data as it is now."""

    meeting_id: str
    version: int
    kind: MeetingKind
    title: str
    place: str
    held_at: datetime
    state: MeetingState
    agencies: tuple[str, ...]
    called_by: str
    agenda: tuple[AgendaItemView, ...]
    seats: tuple[SeatView, ...]
    decisions: tuple[DecisionView, ...]
    summary: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingLine:
    """A meeting in a list."""

    meeting_id: str
    version: int
    kind: MeetingKind
    title: str
    place: str
    held_at: datetime
    state: MeetingState
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPage:
    """A page of meetings; `next_cursor` is absent on the last."""

    items: tuple[MeetingLine, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingEvent(Event):
    """What every event about a meeting says: which, of what kind, when, and the desks that are invited."""

    meeting_id: str
    category: MeetingKind
    held_at: datetime
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCalled(MeetingEvent):
    """A meeting was called."""

    KEY: ClassVar[str] = "reporting.meeting.called.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCancelled(MeetingEvent):
    """A meeting was called off."""

    KEY: ClassVar[str] = "reporting.meeting.cancelled.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(MeetingEvent):
    """A meeting was held; how many units came, were excused, or were missing."""

    KEY: ClassVar[str] = "reporting.meeting.held.v1"

    present: int
    excused: int
    absent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingClosed(MeetingEvent):
    """A meeting's minutes were closed."""

    KEY: ClassVar[str] = "reporting.meeting.closed.v1"

    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEvent(Event):
    """What every event about a decision says: which, of which meeting, whose it is and until when."""

    decision_id: str
    meeting_id: str
    owner: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTaken(DecisionEvent):
    """A meeting decided that a desk owes something until a day."""

    KEY: ClassVar[str] = "reporting.meeting_decision.taken.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDone(DecisionEvent):
    """A desk reported a decision done, with its proof, in time or late."""

    KEY: ClassVar[str] = "reporting.meeting_decision.done.v1"

    is_late: bool
    done_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReopened(DecisionEvent):
    """The office did not take a decision for done; it is owed until another day."""

    KEY: ClassVar[str] = "reporting.meeting_decision.reopened.v1"
