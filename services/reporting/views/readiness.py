"""How ready the town is: read only."""

from __future__ import annotations

from dataclasses import dataclass

from lianxi.contracts.envelope import Caller
from lianxi.contracts.readiness import GetReadiness, ReadinessView
from lianxi.kernel.clock import Clock
from lianxi.policy.policy import Policy
from services.reporting.domain import readiness
from services.reporting.policy import Plan
from services.reporting.views.assessment import AssessmentRecords
from services.reporting.views.clauses import FactViews


@dataclass(frozen=True)
class ReadinessViews:
    """Put together from what is counted, and from what persons have decided."""

    policy: Policy
    plan: Plan
    past: FactViews
    records: AssessmentRecords
    clock: Clock

    def get_readiness(self, request: GetReadiness, caller: Caller) -> ReadinessView:
        """Show every indicator and every veto."""
        sentences = {row.clause: row.sentence for row in self.plan.sentences}
        known = [each.state for each in self.records.deductions()]
        seen = [(each, caller.sees_all or each.unit == caller.agency) for each in known]
        return ReadinessView(
            as_of=self.clock.now(),
            policy_version=self.policy.version,
            items=readiness.indicators(self.policy.readiness, self.past.tallies(), sentences),
            vetoes=readiness.vetoes(self.policy.vetoes, seen, sentences),
        )
