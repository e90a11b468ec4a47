"""What the appraisal reads from the town's policy: situations, what each may cost, and time for a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.expressions import Expression, read_rule
from lianxi.policy.policy import Policy

TOWN_UNIT = "office"
"""Who stands for the town where a situation is one of the town's: whoever found it out is not made to pay for that."""
SEARCHES = frozenset({
    "phases", "detentions", "stage_reports", "supervision_orders", "tip_limits", "major_leads", "venues", "alarms",
    "late_truths", "major_events", "major_reports",
})  # fmt: skip
"""The records in which facts are searched for, as `found_in` names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRule:
    """One situation: how its facts are joined, in which records each is searched for, and what it may cost."""

    code: str
    rule: Expression
    found_in: Mapping[str, tuple[str, ...]]
    tenths: int
    late_tenths: int
    statement_days: int
    clause: str

    def cost(self, *, came_late: bool) -> int:
        """Say what is proposed; what came late but true never costs more than silence.

        Clause: L88.2 (domain 3.4).
        Units: tenths of a point.
        """
        return min(self.late_tenths, self.tenths) if came_late else self.tenths


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRules:
    """The slice of policy by which units are assessed."""

    triggers: Mapping[str, TriggerRule]
    units: tuple[str, ...]
    of_tenths: int
    programme: str
    begins_on: date
    over_on: date
    policy_version: int

    def searches(self, fact: str) -> frozenset[str]:
        """Name the records in which a fact is searched for.

        Clause: L88.2.
        """
        return frozenset(name for each in self.triggers.values() for name in each.found_in.get(fact, ()))

    @property
    def facts(self) -> frozenset[str]:
        """Name every fact that a situation turns on.

        Clause: L88.2.
        """
        return frozenset(fact for each in self.triggers.values() for fact in each.found_in)


def read_assessment(policies: PolicyBook) -> AssessmentRules:
    """Cut out of the town's policy by what units are assessed.

    Clause: L41.1, L88.2.
    Raises:
        PolicyBroken: policy.search_unknown.
    """
    policy = policies.current
    # The town's own scheme comes first; a plan that gives it no number leaves the city's.
    schemes = sorted(policy.assessment.schemes, key=lambda each: each.level != "town")
    phases = policy.programme.phases
    return AssessmentRules(
        triggers={each.code: each for each in _triggers(policy)},
        units=tuple(policy.agencies),
        of_tenths=next((each.points for each in schemes if each.points), 0) * 10,
        programme=policy.programme.code,
        begins_on=min(policy.programme.issued_on, *(each.starts_on for each in phases)),
        over_on=max(each.ends_on for each in phases),
        policy_version=policy.version,
    )


def _triggers(policy: Policy) -> tuple[TriggerRule, ...]:
    unknown = {name for each in policy.assessment.triggers for fact in each.facts for name in fact.found_in} - SEARCHES
    if unknown:
        raise PolicyBroken("policy.search_unknown", searches=sorted(unknown))
    return tuple(
        TriggerRule(
            code=each.code,
            rule=read_rule(each.rule),
            found_in={fact.code: fact.found_in for fact in each.facts},
            tenths=each.tenths,
            late_tenths=each.late_tenths,
            statement_days=each.reply_within_days,
            clause=each.clause,
        )
        for each in policy.assessment.triggers
    )
