"""Sounding an alarm on a tip that is here already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from lianxi.contracts.alarms import RaiseAlarm
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import Clock
from lianxi.policy.book import PolicyBook
from lianxi.store.unit import Aggregates, Stored
from services.tips.domain import alarms, clocks
from services.tips.domain.tip import Decision, Tip


@dataclass(frozen=True)
class AlarmHandlers:
    """The use case of the fast lane that no intake saw."""

    tips: Aggregates[Tip]
    policies: PolicyBook
    clock: Clock

    def raise_alarm(self, request: RaiseAlarm, caller: Caller) -> Stored[Tip]:
        """Put a tip on the fast lane; all that follows from it goes there.

        Emits: TipDispatched, RescueRaised, TipClockStarted.
        Raises:
            NotFound: tip.not_found.
            Conflict: tip.already_verified, tip.already_closed, tip.alarm_sounding.
        """
        now = self.clock.now()

        def decide(tip: Tip) -> Decision:
            policy = self.policies.version(tip.policy_version)
            sound = partial(alarms.raise_alarm, mark=request.mark, policy=policy, caller=caller, now=now)
            return clocks.on_time(tip, policy, now, sound)

        cause = replace(caller.cause(), lane="rescue")
        return self.tips.change(request.tip_id, decide, cause, expected_version=request.expected_version)
