"""The report of a major event upward: its timer runs from the first knowledge, its text may be sent in parts.

A late report is a late report and no longer a missing one: late truth never counts worse than silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.major_events import (
    MajorEventKnown,
    MajorEventReported,
    MajorEventSupplemented,
    MajorEventUnreported,
    MajorEventView,
    MajorKind,
    MajorState,
    ReportMajorEvent,
    ReportPart,
)
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.clockwork import RunningClock
from services.reporting.domain.ladders import climbed, looked_at_next, stopped
from services.reporting.domain.orders import REFERENCE
from services.reporting.policy import Steps

CLAUSE = "L88.2"
NOUN = "major_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One text of a report.

    Clause: L88.2.
    """

    text: str
    is_complete: bool
    sent_at: datetime
    sent_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEvent:
    """One major event. `is_missed` is the fact that its time passed without a report; it stays when one comes late.

    A report that came late is late and no more missing.

    What an anonymous tip told is shown to the hour (`is_levelled`); the timer itself runs exactly.

    Clause: L88.2.
    """

    id: str
    owner: str
    agency: str
    kind: MajorKind | None
    about: str | None
    state: MajorState
    known_at: datetime
    due_at: datetime
    clock: RunningClock
    next_rung_at: datetime | None
    is_levelled: bool = False
    is_missed: bool = False
    reported_at: datetime | None = None
    parts: tuple[Part, ...] = ()
    policy_version: int = 1

    def shown(self, instant: datetime) -> datetime:
        """Say when something was known as it may be told."""
        return level_to_hour(instant) if self.is_levelled else instant


Decision = tuple[MajorEvent, Sequence[Event]]


def known(
    event_id: str, clock: RunningClock, steps: Steps, about: str | None, *, is_levelled: bool = False
) -> Decision:
    """Open a major event at the first knowledge of it, from which its timer runs.

    Clause: L88.2; criterion 17.2.
    """
    found = MajorEvent(
        id=event_id,
        owner=clock.owner,
        agency=clock.owner.partition("/")[0],
        kind=None,
        about=about,
        state=MajorState.KNOWN,
        known_at=clock.started_at,
        due_at=clock.due_at,
        clock=clock,
        next_rung_at=_looked_at(clock, steps, is_missed=False),
        is_levelled=is_levelled,
        policy_version=steps.policy_version,
    )
    said = MajorEventKnown(
        event_id=event_id,
        owner=found.owner,
        due_at=found.shown(found.due_at),
        known_at=found.shown(found.known_at),
    )
    return found, (said,)


def pressed(event: MajorEvent, steps: Steps, now: datetime) -> Decision:
    """Climb the ladder of a report that has not come; once its time is over, say so once.

    Clause: L88.2; criteria 3.3, 17.2.
    """
    clock, rungs = climbed(f"{NOUN}/{event.id}", event.clock, steps, now)
    said: list[Event] = [
        replace(each, due_at=event.shown(each.due_at), reached_at=event.shown(each.reached_at)) for each in rungs
    ]
    if event.state is MajorState.KNOWN and not event.is_missed and now >= event.due_at:
        event = replace(event, is_missed=True)
        said.append(MajorEventUnreported(event_id=event.id, owner=event.owner, due_at=event.shown(event.due_at)))
    return replace(event, clock=clock, next_rung_at=_looked_at(clock, steps, is_missed=event.is_missed)), said


def _looked_at(clock: RunningClock, steps: Steps, *, is_missed: bool) -> datetime | None:
    """A sweep looks at the next rung, and when the time is over, whatever rungs the ladder has."""
    moments = [looked_at_next(clock, steps), None if is_missed else clock.due_at]
    return min((moment for moment in moments if moment is not None), default=None)


def known_earlier(event: MajorEvent, clock: RunningClock, steps: Steps) -> Decision:
    """Let the timer run from an earlier knowledge than the one that opened the event; a later one changes nothing.

    Clause: L88.2; criterion 17.2.
    """
    if event.state is not MajorState.KNOWN or clock.started_at >= event.known_at:
        return event, ()
    clock = replace(clock, fired=event.clock.fired)
    return (
        replace(
            event,
            known_at=clock.started_at,
            due_at=clock.due_at,
            clock=clock,
            next_rung_at=_looked_at(clock, steps, is_missed=event.is_missed),
        ),
        (),
    )


def reported(event: MajorEvent, asked: ReportMajorEvent, steps: Steps, caller: Caller, now: datetime) -> Decision:
    """Take the first report of a major event; it may say little, but whether it is in time is settled by it.

    Clause: L88.2; criterion 17.2.
    Raises:
        Forbidden: major_event.not_yours.
        Conflict: major_event.already_reported.
    """
    check_mine(event, caller)
    if event.state is not MajorState.KNOWN:
        raise Conflict("major_event.already_reported")
    event, pressing = pressed(event, steps, now)
    clock, _ = stopped(f"{NOUN}/{event.id}", event.clock, steps, now)
    event = replace(
        event,
        kind=asked.kind,
        state=MajorState.COMPLETE if asked.is_complete else MajorState.REPORTED,
        clock=clock,
        next_rung_at=None,
        reported_at=now,
        parts=(Part(text=asked.text, is_complete=asked.is_complete, sent_at=now, sent_by=caller.actor),),
    )
    said = MajorEventReported(
        event_id=event.id,
        owner=event.owner,
        due_at=event.shown(event.due_at),
        kind=asked.kind,
        is_late=event.is_missed,
        is_complete=asked.is_complete,
        reported_at=now,
    )
    return event, (*pressing, said)


def supplemented(event: MajorEvent, text: str, is_complete: bool, caller: Caller, now: datetime) -> Decision:
    """Add to a report; whether it came in time is not changed by it.

    Clause: L88.2; criterion 17.2.
    Raises:
        Forbidden: major_event.not_yours.
        Conflict: major_event.not_reported, major_event.complete.
    """
    check_mine(event, caller)
    if event.state is MajorState.KNOWN:
        raise Conflict("major_event.not_reported")
    if event.state is MajorState.COMPLETE:
        raise Conflict("major_event.complete")
    part = Part(text=text, is_complete=is_complete, sent_at=now, sent_by=caller.actor)
    state = MajorState.COMPLETE if is_complete else MajorState.REPORTED
    said = MajorEventSupplemented(
        event_id=event.id,
        owner=event.owner,
        due_at=event.shown(event.due_at),
        is_complete=is_complete,
        supplemented_at=now,
    )
    return replace(event, state=state, parts=(*event.parts, part)), (said,)


def first_known(asked: ReportMajorEvent, now: datetime) -> datetime:
    """Say from when a reported event was known.

    Clause: L88.2.
    Raises:
        RuleBroken: major_event.known_later, major_event.about_unreadable.
    """
    if asked.about is not None and not REFERENCE.fullmatch(asked.about):
        raise RuleBroken("major_event.about_unreadable", clause=CLAUSE)
    if asked.known_at is not None and asked.known_at > now:
        raise RuleBroken("major_event.known_later", clause=CLAUSE)
    return asked.known_at or now


def check_mine(event: MajorEvent, caller: Caller) -> None:
    """Refuse whoever is not the unit whose report it is, nor the office.

    Clause: none (domain 5.4).
    Raises:
        NotFound: major_event.not_found.
        Forbidden: major_event.not_yours.
    """
    shown_to(event, caller)
    if not (caller.is_office or caller.holds(event.owner)):
        raise Forbidden("major_event.not_yours")


def shown_to(event: MajorEvent, caller: Caller) -> MajorEvent:
    """Show a major event to its unit, and to whoever sees all.

    Clause: none (domain 5.4).
    Raises:
        NotFound: major_event.not_found, also for another unit's.
    """
    if not (caller.sees_all or caller.holds(event.owner)):
        raise NotFound("major_event.not_found")
    return event


def announced_at(event: MajorEvent, now: datetime) -> datetime:
    """Say at which instant what happens to an event is announced: its opening by an anonymous tip to the hour.

    Clause: none (criterion 2.7).
    """
    return event.shown(now) if event.state is MajorState.KNOWN else now


def as_view(event: MajorEvent, version: int, now: datetime) -> MajorEventView:
    """Write a major event as its unit and the office read it; missing is worked out from the time there is now.

    Clause: L88.2; criterion 17.2.
    """
    return MajorEventView(
        event_id=event.id,
        version=version,
        owner=event.owner,
        kind=event.kind,
        about=event.about,
        state=event.state,
        known_at=event.shown(event.known_at),
        due_at=event.shown(event.due_at),
        reported_at=event.reported_at,
        is_late=event.is_missed and event.reported_at is not None,
        is_missing=event.state is MajorState.KNOWN and now >= event.due_at,
        rungs=event.clock.fired,
        parts=tuple(
            ReportPart(text=each.text, is_complete=each.is_complete, sent_at=each.sent_at) for each in event.parts
        ),
    )
