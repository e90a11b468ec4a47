"""Pictures on desks' pages: how far a tip or a hand-over has come, drawn from what its line and its clocks say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from gateway.console.desk_view import Telling, instant
from gateway.console.drawing.calendars import CalendarWords, Day, calendar_strip
from gateway.console.drawing.sheet import Picture
from gateway.console.drawing.steps import Step, progress_line
from lianxi.kernel.clock import local_date

STRIP_DAYS: Final = 14
_TIP: Final = ("dispatched", "accepted", "verified", "closed")
_HAPPENED: Final = {f"tip.{each}": each for each in _TIP}
_REFERRAL: Final = (
    ("approved", "T-31"),
    ("sent", "T-32"),
    ("accepted", "T-34"),
    ("filed", "T-35"),
    ("handed_over", "T-37"),
)
"""The straight way of a referral, each state with the limit whose end leads there."""
_PLACES: Final = {
    "awaiting_decision": 0,
    "approved": 1,
    "sent": 2,
    "accepted": 3,
    "supplementing": 3,
    "filed": 4,
    "handed_over": 5,
}


def tip_progress(telling: Telling, plain: Mapping[str, Any]) -> Picture | None:
    """Draw how far a tip has come; nothing for whoever may not see where it stands."""
    state = plain.get("state")
    if state not in _TIP:
        return None
    # A tip may be dispatched anew; what holds is the last time of each.
    days = {
        _HAPPENED[each["what"]]: instant(each["at"])
        for each in plain.get("timeline") or ()
        if each["what"] in _HAPPENED
    }
    return _drawn(telling, [(telling.said(f"step.tip.{each}"), days.get(each)) for each in _TIP], _TIP.index(state) + 1)


def referral_progress(telling: Telling, plain: Mapping[str, Any]) -> Picture | None:
    """Draw how far a referral has come on its straight way; nothing where it has left that."""
    place = _PLACES.get(str(plain.get("state")))
    if place is None:
        return None
    met = {each["clock"]: instant(each.get("met_at")) for each in plain.get("clocks") or ()}
    steps = [(telling.state("criminal_referral", state), met.get(clock)) for state, clock in _REFERRAL]
    return _drawn(telling, steps, place)


def due_strip(telling: Telling, ends: Sequence[datetime]) -> Picture | None:
    """Draw on which of the next fourteen days something falls due; nothing where nothing does."""
    # What ends at midnight is due on the day before it.
    due = Counter(local_date(each - timedelta(microseconds=1)) for each in ends)
    days = [telling.today + timedelta(days=each) for each in range(STRIP_DAYS)]
    if not any(due[each] for each in days):
        return None
    drawn = [Day(each, telling.is_worked(each), telling.count(due[each]) if due[each] else "") for each in days]
    said = CalendarWords(
        title=telling.said("strip.title"),
        heads=(telling.said("step.when"), telling.said("office.head_kind"), telling.said("office.head_due")),
        today=telling.said("office.today"),
        worked=telling.said("office.worked"),
        rest=telling.said("office.rest"),
        due=telling.said("strip.due"),
        months=telling.months(),
    )
    return calendar_strip(said, drawn, telling.today)


def _drawn(telling: Telling, steps: Sequence[tuple[str, datetime | None]], done: int) -> Picture:
    drawn = []
    for at, (name, when) in enumerate(steps):
        state: Literal["done", "now", "open"] = "done" if at < done else "now" if at == done else "open"
        drawn.append(
            Step(name, state, telling.said(f"step.{state}"), telling.day(when) if when and state == "done" else "")
        )
    heads = (telling.said("step.head"), telling.said("step.state"), telling.said("step.when"))
    return progress_line(telling.said("step.title"), heads, drawn)
