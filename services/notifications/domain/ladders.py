"""How a limit of this desk climbs its ladder: which rungs have been reached, said once each whoever sweeps."""

from __future__ import annotations

from datetime import datetime

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.kernel.clock import local_date
from lianxi.policy.clockwork import RunningClock, fire, rung_at, rungs_due
from services.notifications.policy.campaigns import Steps


def begun(clock: str, owner: str, started_at: datetime, due_at: datetime) -> RunningClock:
    """Start a clock whose end is named: nothing of the law is worked out.

    Clause: L65.1, L81.2.
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
    item: str, clock: RunningClock, steps: Steps, now: datetime, about: str = ""
) -> tuple[RunningClock, tuple[NotificationsRungReached, ...]]:
    """Say every rung that has been reached and not been said.

    Clause: L81.2; criteria 3.3, 18.3.
    """
    due = rungs_due(clock, steps.ladder, now)
    said = tuple(
        NotificationsRungReached(
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
            about=about or item,
        )
        for rung in due
    )
    return fire(clock, due), said
