"""A time limit on an item of this desk: it runs, it is met or breached, and it climbs its ladder.

The clock itself is the policy's own (`lianxi.policy.clockwork`). Nothing here pauses or extends one: the limits of a
criminal referral are nobody's to move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from lianxi.contracts.cases import CaseRungReached
from lianxi.policy.clockwork import RunningClock, fire, next_rung_at, rung_at, rung_facts, rungs_due, stop
from lianxi.policy.supervision import Rung
from services.cases.policy import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. It is met by the act it asks for; what came late stays marked by `breached_at`."""

    running: RunningClock
    breached_at: datetime | None = None

    @property
    def clock(self) -> str:
        """Which limit it is."""
        return self.running.clock

    @property
    def owner(self) -> str:
        """The desk that has to act."""
        return self.running.owner

    @property
    def started_at(self) -> datetime:
        """When it started."""
        return self.running.started_at

    @property
    def due_at(self) -> datetime:
        """When it ends."""
        return self.running.due_at

    @property
    def met_at(self) -> datetime | None:
        """When it was met."""
        return self.running.stopped_at

    @property
    def is_running(self) -> bool:
        """Say whether it can still be kept."""
        return self.met_at is None and self.breached_at is None


Told = tuple[CaseRungReached, ...]


def started(rules: Rules, clock: str, owner: str, at: datetime, came_in_on: date) -> Limit:
    """Start a limit, by the row of law in force when its item came in.

    Clause: L32.1.
    """
    return Limit(running=rules.start(clock, owner, at, came_in_on))


def met(limit: Limit, at: datetime) -> Limit:
    """End a limit by the act it asks for; a second act changes nothing.

    Clause: L32.1.
    """
    return replace(limit, running=stop(limit.running, at))


def has_passed(limit: Limit, now: datetime) -> bool:
    """Say whether a limit has passed unmet and is not yet marked.

    Clause: L32.1.
    """
    return limit.is_running and limit.due_at <= now


def seen_to(item: str, limit: Limit, now: datetime, rules: Rules) -> tuple[Limit, Told]:
    """Mark a limit that has passed and fire its rungs that are due, each once; a second look changes nothing.

    Clause: L81.2 (criteria 1.2, 3.3).
    """
    reached = rungs_due(limit.running, rules.ladder(limit.running), now)
    breached_at = now if has_passed(limit, now) else limit.breached_at
    climbed = replace(limit, running=fire(limit.running, reached), breached_at=breached_at)
    return climbed, tuple(_told(item, climbed.running, rung, rules) for rung in reached)


def met_in_hindsight(item: str, limit: Limit, at: datetime, rules: Rules) -> tuple[Limit, Told]:
    """End a limit by an act that shows only now what it asked for, and mark it if that was too late.

    Nobody could have been reminded, so of its rungs only those from its end on are told.

    Clause: L32.1, L81.2.
    """
    running = replace(limit.running, stopped_at=at)
    reached = rungs_due(running, rules.ladder(running), at)
    breached_at = at if limit.breached_at is None and limit.due_at <= at else limit.breached_at
    climbed = replace(limit, running=fire(running, reached), breached_at=breached_at)
    late = tuple(rung for rung in reached if rung_at(running, rung) >= limit.due_at)
    return climbed, tuple(_told(item, running, rung, rules) for rung in late)


def next_look(limits: Sequence[Limit], rules: Rules) -> datetime | None:
    """Say when a sweep has to look again: at the next rung or end of any limit; never when nothing is left.

    Clause: L81.2 (criterion 3.3).
    """
    rungs = [next_rung_at(each.running, rules.ladder(each.running)) for each in limits]
    ends = [each.due_at for each in limits if each.is_running]
    return min((each for each in (*rungs, *ends) if each is not None), default=None)


def late_since(limits: Sequence[Limit]) -> datetime | None:
    """Say since when a limit has been marked that is still unmet.

    Clause: L81.2.
    """
    return min((each.breached_at for each in limits if each.breached_at and not each.met_at), default=None)


def _told(item: str, running: RunningClock, rung: Rung, rules: Rules) -> CaseRungReached:
    return CaseRungReached(
        item=item,
        receivers=rules.receivers(rung, running.owner),
        **rung_facts(running, rules.ladder(running), rung),
    )
