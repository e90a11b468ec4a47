"""Findings: facts that only a person can establish, each about a unit and an item, with its proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.assessment import FindingView, RecordFinding
from lianxi.kernel.errors import Conflict, RuleBroken
from services.reporting.domain.orders import REFERENCE
from services.reporting.domain.situations import Observation
from services.reporting.policy.assessment import AssessmentRules

CLAUSE = "L88.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fact that a person has found. One that turned out not to hold stays on record.

    Clause: L88.2.
    """

    id: str
    fact: str
    unit: str
    about: str
    proof: tuple[str, ...]
    grounds: str
    found_by: str
    found_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    reason: str | None = None


def recorded(finding_id: str, asked: RecordFinding, rules: AssessmentRules, now: datetime, actor: str) -> Finding:
    """Record a fact with its proof.

    Clause: L88.2; criterion 19.3.
    Raises:
        RuleBroken: finding.fact_unknown, finding.proof_missing, finding.reference_unreadable.
    """
    if asked.fact not in rules.facts:
        raise RuleBroken("finding.fact_unknown", clause=CLAUSE, allowed=sorted(rules.facts))
    if not asked.proof:
        raise RuleBroken("finding.proof_missing", clause=CLAUSE)
    if not all(REFERENCE.fullmatch(each) for each in (asked.about, *asked.proof)):
        raise RuleBroken("finding.reference_unreadable", clause=CLAUSE)
    return Finding(
        id=finding_id,
        fact=asked.fact,
        unit=asked.unit,
        about=asked.about,
        proof=asked.proof,
        grounds=asked.grounds,
        found_by=actor,
        found_at=now,
    )


def withdrawn(finding: Finding, reason: str, now: datetime, actor: str) -> tuple[Finding, tuple[()]]:
    """Take a finding back.

    Clause: L88.2; criterion 19.3.
    Raises:
        Conflict: finding.already_withdrawn.
    """
    if finding.withdrawn_at is not None:
        raise Conflict("finding.already_withdrawn", clause=CLAUSE)
    return replace(finding, withdrawn_by=actor, withdrawn_at=now, reason=reason), ()


def observation(finding: Finding) -> Observation:
    """Say what a finding shows.

    Clause: L88.2.
    """
    return Observation(
        fact=finding.fact,
        unit=finding.unit,
        about=finding.about,
        proof=(f"finding/{finding.id}", *finding.proof),
        found_by=finding.found_by,
    )


def as_view(finding: Finding, version: int) -> FindingView:
    """Write a finding as it is read.

    Clause: none.
    """
    return FindingView(
        finding_id=finding.id,
        version=version,
        fact=finding.fact,
        unit=finding.unit,
        about=finding.about,
        proof=finding.proof,
        grounds=finding.grounds,
        found_by=finding.found_by,
        found_at=finding.found_at,
        withdrawn_by=finding.withdrawn_by,
        withdrawn_at=finding.withdrawn_at,
        reason=finding.reason,
    )
