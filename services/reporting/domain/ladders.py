"""How a demand climbs its ladder: which rungs have been reached, said once each, to the desks that they tell."""

from __future__ import annotations

from datetime import datetime

from lianxi.contracts.reporting import ReportingRungReached
from lianxi.kernel.clock import local_date
from lianxi.policy.clockwork import RunningClock, fire, next_rung_at, rung_at, rungs_due, stop
from services.reporting.policy import Steps


def begun(clock: str, owner: str, started_at: datetime, due_at: datetime) -> RunningClock:
    """Start the clock of a demand with a named last day: nothing of the law is worked out, the day says it all.

    Clause: L81.2, L90.1.
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


def climbed(
    item: str, clock: RunningClock, steps: Steps, now: datetime
) -> tuple[RunningClock, tuple[ReportingRungReached, ...]]:
    """Say every rung that has been reached and not been said.

    Clause: L81.2, L90.1; criterion 3.3.
    """
    due = rungs_due(clock, steps.ladder, now)
    said = tuple(
        ReportingRungReached(
            item=item,
            clock=clock.clock,
            ladder=steps.ladder.code,
            rung=rung.code,
            mark=rung.mark,
            owner=clock.owner,
            receivers=steps.told(rung, clock.owner),
            acknowledge=rung.acknowledge,
            due_at=clock.due_at,
            reached_at=rung_at(clock, rung),
        )
        for rung in due
    )
    return fire(clock, due), said


def stopped(
    item: str, clock: RunningClock, steps: Steps, now: datetime
) -> tuple[RunningClock, tuple[ReportingRungReached, ...]]:
    """Stop a clock by the act that it asks for; what had been reached before is still said.

    Clause: L81.2; criterion 3.3.
    """
    after, said = climbed(item, clock, steps, now)
    return stop(after, now), said


def looked_at_next(clock: RunningClock, steps: Steps) -> datetime | None:
    """Say when a sweep has to look again; never when nothing is left to climb.

    Clause: L81.2.
    """
    return next_rung_at(clock, steps.ladder)
