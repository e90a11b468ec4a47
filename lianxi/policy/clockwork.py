"""Running clocks: started, paused, extended, climbed rung by rung, stopped. Plain values; nobody here asks the time.

A clock belongs to a desk and keeps the row of law in force when its item came in. It runs from delivery to `due_at`,
whether or not anybody opens the item. It stands still only for a listed reason that another person has approved, and
all its pauses together take no more than the configured share of its own time: a pause ends by itself when that is
used up. What a pause takes is given back in the limit's own unit, rounded up to whole days for limits in days, so no
pause ever shortens anything.

A desk that sweeps, pauses or extends first fires what is due. Then it does not matter how many sweepers there are, in
which order they come, or how late one is: each rung is fired once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, RuleBroken
from lianxi.policy.calendar import Unit, WorkCalendar, add
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import ExtensionReason, Ladder, PauseReason, Rung

CLAUSE = "L81.2"
WHOLE = 100
NO_TIME = timedelta(0)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
Listed = TypeVar("Listed", PauseReason, ExtensionReason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch in which a clock stands still. It ends when somebody resumes it, at `ends_by` at the latest."""

    reason: str
    asked_by: str
    approved_by: str
    from_at: datetime
    ends_by: datetime
    resumed_at: datetime | None = None

    @property
    def end(self) -> datetime:
        """The instant from which the clock runs again."""
        return self.ends_by if self.resumed_at is None else self.resumed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """More time, given once for a listed reason."""

    reason: str
    asked_by: str
    approved_by: str
    at: datetime
    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningClock:
    """One limit running on one item. `clock` is the limit, `rule` the row of it that holds for this item.

    `first_due_at` is the end before any pause or extension. `fired` holds the codes of rungs that were fired, sorted.
    """

    clock: str
    rule: str
    unit: Unit
    owner: str
    came_in_on: date
    started_at: datetime
    first_due_at: datetime
    due_at: datetime
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    fired: tuple[str, ...] = ()
    stopped_at: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Say whether the clock stands still.

        Clause: none (criterion 3.2).
        """
        return bool(self.pauses) and self.pauses[-1].from_at <= now < self.pauses[-1].end

    @property
    def paused_for(self) -> timedelta:
        """All the time for which it has stood, or may stand, still."""
        return sum((pause.end - pause.from_at for pause in self.pauses), NO_TIME)


def start(policy: Policy, clock_id: str, owner: str, started_at: datetime, came_in_on: date) -> RunningClock:
    """Start a limit on a desk's item, by the row of law in force when the item came in.

    Clause: L32.1, L81.2 (criteria 2.9, 3.2).
    Raises:
        Refused: clock.unknown, clock.not_in_force.
        RuleBroken: clock.at_once for what is an act and no deadline.
    """
    rule = policy.clock(clock_id, came_in_on)
    if not rule.amount:
        raise RuleBroken("clock.at_once", clause=rule.clause, clock=clock_id)
    due_at = policy.deadline(clock_id, started_at, came_in_on=came_in_on)
    return RunningClock(
        clock=rule.clock,
        rule=rule.id,
        unit=rule.unit,
        owner=owner,
        came_in_on=came_in_on,
        started_at=started_at,
        first_due_at=due_at,
        due_at=due_at,
    )


def start_named(clock: str, owner: str, started_at: datetime, due_at: datetime) -> RunningClock:
    """Start the clock of what ends on a named day: nothing of the law is worked out, the day says it all.

    Clause: L81.2.
    """
    return RunningClock(
        clock=clock,
        rule=clock,
        unit="cd",
        owner=owner,
        came_in_on=local_date(started_at),
        started_at=started_at,
        first_due_at=due_at,
        due_at=due_at,
    )


def pause(
    policy: Policy, clock: RunningClock, reason: str, asked_by: str, approved_by: str, at: datetime
) -> RunningClock:
    """Let a clock stand still, for a listed reason that another person has approved.

    Clause: L81.2 (criterion 3.2; domain K-09).
    Raises:
        RuleBroken: clock.reason_unlisted, clock.pause_share_used.
        Forbidden: clock.own_approval.
        Conflict: clock.stopped, clock.passed, clock.paused, clock.out_of_order.
    """
    _must_run(clock, at)
    _other_person(clock, asked_by, approved_by)
    _listed(policy.pause_reasons, clock, reason)
    share = (clock.first_due_at - clock.started_at) * policy.pause_limit.max_share_percent / WHOLE
    left = share - clock.paused_for
    if left <= NO_TIME:
        raise RuleBroken("clock.pause_share_used", clause=CLAUSE, percent=policy.pause_limit.max_share_percent)
    held = Pause(reason=reason, asked_by=asked_by, approved_by=approved_by, from_at=at, ends_by=at + left)
    return _with_due(replace(clock, pauses=(*clock.pauses, held)), policy.calendar)


def resume(policy: Policy, clock: RunningClock, at: datetime) -> RunningClock:
    """Let a paused clock run again; one whose pause has ended by itself is told so.

    Clause: L81.2 (criterion 3.2).
    Raises:
        Conflict: clock.stopped, clock.not_paused.
    """
    if clock.stopped_at is not None:
        raise Conflict("clock.stopped")
    if not clock.is_paused(at):
        raise Conflict("clock.not_paused")
    held = replace(clock.pauses[-1], resumed_at=at)
    return _with_due(replace(clock, pauses=(*clock.pauses[:-1], held)), policy.calendar)


def extend(
    policy: Policy, clock: RunningClock, reason: str, asked_by: str, approved_by: str, at: datetime
) -> RunningClock:
    """Give a clock more time before it has passed, for a listed reason that another person has approved.

    Clause: L32.1, L81.2 (criterion 3.2; T-01x, A-06).
    Raises:
        RuleBroken: clock.reason_unlisted, clock.extended_before.
        Forbidden: clock.own_approval.
        Conflict: clock.stopped, clock.passed, clock.paused, clock.out_of_order.
    """
    _must_run(clock, at)
    _other_person(clock, asked_by, approved_by)
    listed = _listed(policy.extension_reasons, clock, reason)
    if sum(given.reason == reason for given in clock.extensions) >= listed.at_most:
        raise RuleBroken("clock.extended_before", clause=listed.clause, at_most=listed.at_most)
    given = Extension(
        reason=reason,
        asked_by=asked_by,
        approved_by=approved_by,
        at=at,
        amount=listed.amount,
        unit=listed.unit,
    )
    return _with_due(replace(clock, extensions=(*clock.extensions, given)), policy.calendar)


def stop(clock: RunningClock, at: datetime) -> RunningClock:
    """Stop a clock by the act it asks for; a second stop changes nothing.

    Clause: L81.2.
    """
    return clock if clock.stopped_at is not None else replace(clock, stopped_at=max(at, clock.started_at))


def rung_at(clock: RunningClock, rung: Rung) -> datetime:
    """Say when a rung is reached; one that falls into a pause waits for the pause to end.

    Clause: L81.2 (criterion 3.3).
    """
    if rung.at_percent is not None:
        moment = clock.started_at + (clock.due_at - clock.started_at) * rung.at_percent / WHOLE
    elif rung.at_minutes is not None:
        moment = clock.started_at + timedelta(minutes=rung.at_minutes)
    else:
        moment = max(clock.started_at, clock.due_at - DAY * ((rung.days_before or 0) + 1))
    for held in clock.pauses:
        if held.from_at <= moment < held.end:
            moment = held.end
    return moment


def rungs_due(clock: RunningClock, ladder: Ladder, now: datetime) -> tuple[Rung, ...]:
    """List the rungs that have been reached and not fired, in the order in which they were reached.

    Once a clock has stopped, only what was reached before it stopped is still told.

    Clause: L81.2 (criterion 3.3).
    """
    until = now if clock.stopped_at is None else min(now, clock.stopped_at)
    return tuple(rung for moment, rung in _waiting(clock, ladder) if moment <= until)


def rung_facts(clock: RunningClock, ladder: Ladder, rung: Rung) -> dict[str, Any]:
    """Say of a rung that has been reached what every desk announces alike: all but the item and who is told.

    Clause: L81.2.
    """
    return {
        "clock": clock.clock,
        "ladder": ladder.code,
        "rung": rung.code,
        "mark": rung.mark,
        "owner": clock.owner,
        "acknowledge": rung.acknowledge,
        "due_at": clock.due_at,
        "reached_at": rung_at(clock, rung),
    }


def next_rung_at(clock: RunningClock, ladder: Ladder) -> datetime | None:
    """Say when a sweep has to look at this clock next; never again when nothing is left to fire.

    Clause: L81.2 (criterion 3.3).
    """
    waiting = _waiting(clock, ladder)
    if not waiting or (clock.stopped_at is not None and waiting[0][0] > clock.stopped_at):
        return None
    return waiting[0][0]


def fire(clock: RunningClock, rungs: tuple[Rung, ...]) -> RunningClock:
    """Note rungs as fired; one that was fired before stays fired once.

    Clause: L81.2 (criterion 3.3).
    """
    return replace(clock, fired=tuple(sorted({*clock.fired, *(rung.code for rung in rungs)})))


def _waiting(clock: RunningClock, ladder: Ladder) -> list[tuple[datetime, Rung]]:
    """Sorting keeps the ladder's own order for rungs of one moment."""
    waiting = [(rung_at(clock, rung), rung) for rung in ladder.rungs if rung.code not in clock.fired]
    return sorted(waiting, key=lambda found: found[0])


def _must_run(clock: RunningClock, at: datetime) -> None:
    if clock.stopped_at is not None:
        raise Conflict("clock.stopped")
    if at >= clock.due_at:
        raise Conflict("clock.passed")
    if clock.is_paused(at):
        raise Conflict("clock.paused")
    if at < max([clock.started_at, *(held.end for held in clock.pauses)]):
        raise Conflict("clock.out_of_order")


def _other_person(clock: RunningClock, asked_by: str, approved_by: str) -> None:
    if not approved_by.strip() or approved_by.strip() in {asked_by.strip(), clock.owner}:
        raise Forbidden("clock.own_approval", clause=CLAUSE)


def _listed(rows: tuple[Listed, ...], clock: RunningClock, reason: str) -> Listed:
    for row in rows:
        if row.code == reason and clock.clock in row.clocks and row.in_force(clock.came_in_on):
            return row
    raise RuleBroken("clock.reason_unlisted", clause=CLAUSE, reason=reason, clock=clock.clock)


def _with_due(clock: RunningClock, calendar: WorkCalendar) -> RunningClock:
    """Work the end out anew: the first end, what extensions add, then what pauses took."""
    due_at = clock.first_due_at
    for given in clock.extensions:
        due_at = add(_last_instant(due_at, given.unit), given.amount, given.unit, calendar)
    return replace(clock, due_at=_after_pauses(clock, due_at, calendar))


def _after_pauses(clock: RunningClock, due_at: datetime, calendar: WorkCalendar) -> datetime:
    if not clock.pauses:
        return due_at
    if clock.unit in {"min", "h"}:
        return due_at + clock.paused_for
    lost = clock.paused_for
    if clock.unit == "wd":
        lost = sum((_working_time(held, calendar) for held in clock.pauses), NO_TIME)
    return add(_last_instant(due_at, clock.unit), -(-lost // DAY), clock.unit, calendar)


def _last_instant(due_at: datetime, unit: Unit) -> datetime:
    """A limit in days ends at the midnight after its last day: the day before is the one to count from."""
    return due_at if unit in {"min", "h"} else due_at - INSTANT


def _working_time(held: Pause, calendar: WorkCalendar) -> timedelta:
    on = local_date(held.from_at)
    lost = NO_TIME
    while (begins := local_midnight(on)) < held.end:
        if calendar.is_working_day(on):
            lost += min(held.end, begins + DAY) - max(held.from_at, begins)
        on += DAY
    return lost
