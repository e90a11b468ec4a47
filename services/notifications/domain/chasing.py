"""Whoever wants a signature and gets none is not left alone: the ladder of all limits climbs until a person signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.contracts.clocks import RungReached
from lianxi.contracts.registry import EVENTS
from lianxi.policy.clockwork import RunningClock, next_rung_at, start_named
from services.notifications.domain.ladders import climbed
from services.notifications.domain.notices import Notice
from services.notifications.policy.campaigns import Steps

SIGNING_CLOCK = "acknowledge"
RUNGS = frozenset(key for key, event in EVENTS.items() if issubclass(event, RungReached))
"""What a ladder itself says: the ladder goes on calling by itself, so that its notices climb none of their own."""


def followed(notice: Notice, steps: Steps) -> Notice:
    """Say when a notice that wants a signature is looked at first.

    Clause: L79.2, L81.2; criterion 18.3.
    """
    if not notice.is_open or notice.acknowledge_by is None or notice.event_type in RUNGS:
        return notice
    return replace(notice, next_rung_at=next_rung_at(_clock(notice, notice.acknowledge_by), steps.ladder))


def chased(notice: Notice, steps: Steps, now: datetime) -> tuple[Notice, tuple[NotificationsRungReached, ...]]:
    """Say every rung that an unsigned notice has come to, once whoever sweeps; a signed one says none.

    Clause: L79.2, L81.2; criteria 3.3, 18.3.
    """
    if not notice.is_open or notice.next_rung_at is None or notice.acknowledge_by is None:
        return notice, ()
    clock, said = climbed(f"notice/{notice.id}", _clock(notice, notice.acknowledge_by), steps, now, about=notice.about)
    return replace(notice, fired=clock.fired, next_rung_at=next_rung_at(clock, steps.ladder)), said


def _clock(notice: Notice, due_at: datetime) -> RunningClock:
    return replace(start_named(SIGNING_CLOCK, notice.desk, notice.delivered_at, due_at), fired=notice.fired)
