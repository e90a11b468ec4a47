"""What the cases desk does as time goes by: rungs are told and limits marked, each once, by however many sweepers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lianxi.contracts.envelope import Cause
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Refused
from lianxi.runtime import metrics
from lianxi.store.unit import Aggregates
from services.cases import policy
from services.cases.domain import assistance as assistance_rules
from services.cases.domain import referrals as referral_rules
from services.cases.domain.assistance import Assistance
from services.cases.domain.referrals import CriminalReferral
from services.cases.policy import CasesPolicy

MEASURED_CLOCKS = (
    policy.HEAD_DECIDES,
    policy.TRANSFER,
    policy.FORWARD,
    policy.TELL_MISSING,
    policy.SUPPLEMENT,
    policy.POLICE_DECIDE,
    policy.ASK_AGAIN,
    policy.DECIDE_AGAIN,
    policy.ASK_PROCURATORATE,
    policy.HAND_OVER,
    policy.ASSIST,
)


class DueClocks(Protocol):
    """Who knows which clocks want looking at."""

    def due_referrals(self, now: datetime) -> Sequence[str]:
        """Name referrals with a rung or an end of a limit that has been reached and not yet told."""
        ...

    def due_assistance(self, now: datetime) -> Sequence[str]:
        """Name requests with a rung or an end of their limit that has been reached and not yet told."""
        ...

    def breached_clocks(self, now: datetime) -> Mapping[str, int]:
        """Count the limits that have passed and are still unmet, by clock."""
        ...


@dataclass(frozen=True)
class ClockKeeper:
    """Looks at the clocks of referrals and of requests for assistance."""

    referrals: Aggregates[CriminalReferral]
    assistance: Aggregates[Assistance]
    due: DueClocks
    policy: CasesPolicy
    clock: Clock

    def climb_ladders(self) -> None:
        """Tell the rungs that were reached and mark the limits that have passed.

        Emits: ClockBreached, CaseRungReached.
        Raises:
            Refused, Broken: the first of what kept single items back; the others have been dealt with.
        """
        now = self.clock.now()
        kept_back = [*self._see_to_referrals(now), *self._see_to_assistance(now)]
        counted = self.due.breached_clocks(now)
        for clock in MEASURED_CLOCKS:
            metrics.clocks_breached.labels(clock=clock).set(counted.get(clock, 0))
        if kept_back:
            raise kept_back[0]

    def _see_to_referrals(self, now: datetime) -> Iterator[Refused | Broken]:
        for each in self.due.due_referrals(now):
            try:
                self.referrals.change(
                    each,
                    lambda found: referral_rules.see_to_clocks(found, now, self.policy.rules_of(found)),
                    _sweep(each),
                )
            except (Refused, Broken) as error:
                yield error

    def _see_to_assistance(self, now: datetime) -> Iterator[Refused | Broken]:
        for each in self.due.due_assistance(now):
            try:
                self.assistance.change(
                    each,
                    lambda found: assistance_rules.see_to_clock(found, now, self.policy.rules_of(found)),
                    _sweep(each),
                )
            except (Refused, Broken) as error:
                yield error


def _sweep(item_id: str) -> Cause:
    # Neither an event nor a command: a sweeper that comes second finds nothing to tell and writes nothing.
    return Cause(actor="desk:cases", correlation_id=item_id)
