"""How a limit of this desk climbs its ladder: which rungs have been reached, said once each whoever sweeps."""

from __future__ import annotations

from datetime import datetime

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.policy.clockwork import RunningClock, fire, rung_facts, rungs_due
from services.notifications.policy.campaigns import Steps


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
            receivers=steps.told(rung, clock.owner),
            about=about or item,
            **rung_facts(clock, steps.ladder, rung),
        )
        for rung in due
    )
    return fire(clock, due), said
