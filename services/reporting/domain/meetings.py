"""Meetings: called with an agenda that data fills, held with attendance by unit, closed with what is left parked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.meetings import (
    AgendaItemView,
    CallMeeting,
    DecisionView,
    ItemOutcome,
    ItemSource,
    MeetingCalled,
    MeetingCancelled,
    MeetingClosed,
    MeetingHeld,
    MeetingKind,
    MeetingLine,
    MeetingState,
    MeetingView,
    Presence,
    ProposeItem,
    SeatPresence,
    SeatView,
    SettleItem,
)
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from services.reporting.domain.orders import REFERENCE
from services.reporting.policy.conference import Conference

CLAUSE = "L78.2"
NOUN = "meeting"
OPEN_TO_ALL = frozenset({MeetingKind.CONFERENCE, MeetingKind.OPENING})
PREPARED = frozenset({MeetingState.CALLED, MeetingState.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """One item of an agenda.

    Clause: L78.2.
    """

    id: str
    source: ItemSource
    title: str = ""
    about: str | None = None
    agency: str | None = None
    due_on: date | None = None
    outcome: ItemOutcome = ItemOutcome.OPEN
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """Whether somebody came for a unit on its seat.

    Clause: L10.1.
    """

    seat: str
    unit: str | None
    presence: Presence
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One meeting. Until it is held, `agenda` has what people proposed; what data proposes is frozen into it then.

    Clause: L78.2, L78.3, L83.2.
    """

    id: str
    kind: MeetingKind
    title: str
    place: str
    held_at: datetime
    state: MeetingState
    agencies: tuple[str, ...]
    called_by: str
    called_at: datetime
    agenda: tuple[AgendaItem, ...] = ()
    attendance: tuple[Attended, ...] = ()
    summary: str = ""
    closed_at: datetime | None = None


Decision = tuple[Meeting, tuple[Event, ...]]
Decide = Callable[[Meeting], Decision]


def called(meeting_id: str, asked: CallMeeting, conference: Conference, now: datetime, actor: str) -> Decision:
    """Call a meeting: every member to the conference, the named units to one about cases.

    Clause: L78.2, L78.3, L83.2.
    Raises:
        RuleBroken: meeting.in_past, meeting.nobody_invited.
        NotFound: agency.not_found.
    """
    if asked.held_at <= now:
        raise RuleBroken("meeting.in_past", clause=CLAUSE)
    if not asked.agencies and asked.kind not in OPEN_TO_ALL:
        raise RuleBroken("meeting.nobody_invited", clause="L78.3")
    wanted = conference.members if asked.kind in OPEN_TO_ALL else asked.agencies
    meeting = Meeting(
        id=meeting_id,
        kind=asked.kind,
        title=asked.title,
        place=asked.place,
        held_at=asked.held_at,
        state=MeetingState.CALLED,
        agencies=conference.invited(wanted),
        called_by=actor,
        called_at=now,
    )
    return meeting, (_told(MeetingCalled, meeting, conference),)


def cancelled(meeting: Meeting, reason: str, conference: Conference) -> Decision:
    """Call a meeting off.

    Clause: L78.2.
    Raises:
        Conflict: meeting.not_called once it was held.
    """
    _check_state(meeting, {MeetingState.CALLED}, "meeting.not_called")
    after = replace(meeting, state=MeetingState.CANCELLED, summary=reason)
    return after, (_told(MeetingCancelled, after, conference),)


def proposed(meeting: Meeting, asked: ProposeItem, item_id: str, caller: Caller) -> Decision:
    """Put an item on the agenda; while the meeting is held too, for what comes up there.

    Clause: L78.2.
    Raises:
        NotFound: meeting.not_found for whoever is not invited.
        Conflict: meeting.closed.
        RuleBroken: meeting.about_unreadable.
    """
    shown_to(meeting, caller)
    _check_state(meeting, PREPARED, "meeting.closed")
    if asked.about is not None and not REFERENCE.fullmatch(asked.about):
        raise RuleBroken("meeting.about_unreadable", clause=CLAUSE)
    item = AgendaItem(
        id=item_id, source=ItemSource.PROPOSED, title=asked.title, about=asked.about, agency=caller.agency
    )
    return replace(meeting, agenda=(*meeting.agenda, item)), ()


def held(
    meeting: Meeting,
    said: Sequence[SeatPresence],
    found: Sequence[AgendaItem],
    conference: Conference,
    now: datetime,
) -> Decision:
    """Hold a meeting: who came is kept by unit, and what data proposes is frozen into the agenda, once.

    Clause: L10.1, L78.2; criterion 21.
    Raises:
        Conflict: meeting.closed.
        RuleBroken: meeting.too_early, meeting.reason_needed.
        Refused: meeting.seat_unknown.
    """
    _check_state(meeting, PREPARED, "meeting.closed")
    if now < meeting.held_at:
        raise RuleBroken("meeting.too_early", clause=CLAUSE)
    attendance = _attendance(meeting, said, conference)
    is_first = meeting.state is MeetingState.CALLED
    after = replace(
        meeting,
        state=MeetingState.HELD,
        attendance=attendance,
        agenda=(*meeting.agenda, *found) if is_first else meeting.agenda,
    )
    if not is_first:
        return after, ()
    came = Counter(each.presence for each in attendance)
    told = MeetingHeld(
        meeting_id=meeting.id,
        category=meeting.kind,
        held_at=meeting.held_at,
        receivers=conference.desks_of(meeting.agencies),
        present=came[Presence.PRESENT],
        excused=came[Presence.EXCUSED],
        absent=came[Presence.ABSENT],
    )
    return after, (told,)


def _attendance(meeting: Meeting, said: Sequence[SeatPresence], conference: Conference) -> tuple[Attended, ...]:
    seats = conference.seats_of(meeting.agencies, with_leaders=meeting.kind in OPEN_TO_ALL)
    known = {(seat.code, seat.unit) for seat in seats}
    by_place: dict[tuple[str, str | None], SeatPresence] = {}
    for each in said:
        places = [place for place in known if place[0] == each.seat and each.unit in {None, place[1]}]
        if not places:
            raise Refused("meeting.seat_unknown", seat=each.seat, unit=each.unit or "")
        if each.presence is Presence.EXCUSED and not each.reason.strip():
            raise RuleBroken("meeting.reason_needed", clause="L70.1", seat=each.seat)
        by_place |= dict.fromkeys(places, each)
    return tuple(_attended(seat.code, seat.unit, by_place.get((seat.code, seat.unit))) for seat in seats)


def _attended(seat: str, unit: str | None, said: SeatPresence | None) -> Attended:
    if said is None:
        return Attended(seat=seat, unit=unit, presence=Presence.ABSENT)
    return Attended(seat=seat, unit=unit, presence=said.presence, reason=said.reason)


def settled(meeting: Meeting, asked: SettleItem) -> Decision:
    """Say what came of an item.

    Clause: L78.2.
    Raises:
        Conflict: meeting.not_held.
        NotFound: meeting.item_not_found.
    """
    item = item_of(meeting, asked.item_id)
    settled_item = replace(item, outcome=asked.outcome, remark=asked.remark)
    agenda = tuple(settled_item if each.id == item.id else each for each in meeting.agenda)
    return replace(meeting, agenda=agenda), ()


def item_of(meeting: Meeting, item_id: str) -> AgendaItem:
    """Find an item on the agenda of a meeting that is being held.

    Clause: L78.2.
    Raises:
        Conflict: meeting.not_held.
        NotFound: meeting.item_not_found.
    """
    check_held(meeting)
    found = next((each for each in meeting.agenda if each.id == item_id), None)
    if found is None:
        raise NotFound("meeting.item_not_found")
    return found


def check_held(meeting: Meeting) -> None:
    """Let things be decided only while a meeting is held.

    Clause: L78.2.
    Raises:
        Conflict: meeting.not_held.
    """
    _check_state(meeting, {MeetingState.HELD}, "meeting.not_held")


def closed(meeting: Meeting, summary: str, conference: Conference, now: datetime) -> Decision:
    """Close the minutes; what nobody dealt with is parked, so that the next agenda has it by itself.

    Clause: L78.2; criterion 21.
    Raises:
        Conflict: meeting.not_held.
    """
    check_held(meeting)
    agenda = tuple(
        replace(each, outcome=ItemOutcome.PARKED) if each.outcome is ItemOutcome.OPEN else each
        for each in meeting.agenda
    )
    parked = sum(each.outcome is ItemOutcome.PARKED for each in agenda)
    after = replace(
        meeting,
        state=MeetingState.CLOSED,
        agenda=agenda,
        summary=summary,
        closed_at=now,
    )
    told = MeetingClosed(
        meeting_id=meeting.id,
        category=meeting.kind,
        held_at=meeting.held_at,
        receivers=conference.desks_of(meeting.agencies),
        parked=parked,
    )
    return after, (told,)


def carried(meeting: Meeting) -> tuple[AgendaItem, ...]:
    """Name what a closed meeting leaves for the next: what was parked, but for what its data brings up again itself.

    Clause: L78.2; criterion 21.
    """
    by_people = {ItemSource.PROPOSED, ItemSource.PARKED}
    return tuple(each for each in meeting.agenda if each.outcome is ItemOutcome.PARKED and each.source in by_people)


def shown_to(meeting: Meeting, caller: Caller) -> Meeting:
    """Show a meeting to whoever is invited, and to whoever sees all.

    Clause: none (domain 5.4).
    Raises:
        NotFound: meeting.not_found.
    """
    if not (caller.sees_all or caller.agency in meeting.agencies):
        raise NotFound("meeting.not_found")
    return meeting


def for_the_office(caller: Caller) -> None:
    """Let only the office call, hold, decide and close.

    Clause: L24.1.
    Raises:
        Forbidden: meeting.office_only.
    """
    if not caller.is_office:
        raise Forbidden("meeting.office_only", clause="L24.1")


def _check_state(meeting: Meeting, states: frozenset[MeetingState] | set[MeetingState], code: str) -> None:
    if meeting.state not in states:
        raise Conflict(code, state=meeting.state.value)


def _told(kind: type[MeetingCalled | MeetingCancelled], meeting: Meeting, conference: Conference) -> Event:
    return kind(
        meeting_id=meeting.id,
        category=meeting.kind,
        held_at=meeting.held_at,
        receivers=conference.desks_of(meeting.agencies),
    )


def as_line(meeting: Meeting, version: int) -> MeetingLine:
    """Write a meeting as it stands in a list.

    Clause: none.
    """
    return MeetingLine(
        meeting_id=meeting.id,
        version=version,
        kind=meeting.kind,
        title=meeting.title,
        place=meeting.place,
        held_at=meeting.held_at,
        state=meeting.state,
        agencies=meeting.agencies,
    )


def as_view(
    meeting: Meeting,
    version: int,
    agenda: Sequence[AgendaItem],
    decided: tuple[DecisionView, ...],
    conference: Conference,
) -> MeetingView:
    """Write a meeting as whoever is invited reads it: agenda, seats, decisions.

    Clause: L78.2.
    """
    return MeetingView(
        meeting_id=meeting.id,
        version=version,
        kind=meeting.kind,
        title=meeting.title,
        place=meeting.place,
        held_at=meeting.held_at,
        state=meeting.state,
        agencies=meeting.agencies,
        called_by=meeting.called_by,
        agenda=tuple(_item_view(each) for each in agenda),
        seats=_seats(meeting, conference),
        decisions=decided,
        summary=meeting.summary,
        closed_at=meeting.closed_at,
    )


def _seats(meeting: Meeting, conference: Conference) -> tuple[SeatView, ...]:
    if meeting.attendance:
        return tuple(
            SeatView(seat=each.seat, unit=each.unit, presence=each.presence, reason=each.reason)
            for each in meeting.attendance
        )
    seats = conference.seats_of(meeting.agencies, with_leaders=meeting.kind in OPEN_TO_ALL)
    return tuple(SeatView(seat=each.code, unit=each.unit, presence=None, reason="") for each in seats)


def _item_view(item: AgendaItem) -> AgendaItemView:
    return AgendaItemView(
        item_id=item.id,
        source=item.source,
        title=item.title,
        about=item.about,
        agency=item.agency,
        due_on=item.due_on,
        outcome=item.outcome,
        remark=item.remark,
    )
