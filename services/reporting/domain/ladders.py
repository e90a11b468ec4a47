"""How a demand climbs its ladder: which rungs have been reached, said once each, to the desks that they tell."""

from __future__ import annotations

from datetime import datetime

from lianxi.contracts.reporting import ReportingRungReached
from lianxi.policy.clockwork import RunningClock, fire, next_rung_at, rung_facts, rungs_due, stop
from services.reporting.policy import Steps


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
            receivers=steps.told(rung, clock.owner),
            **rung_facts(clock, steps.ladder, rung),
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
