"""The appraisal at work: facts are found, situations searched for, deductions stated on, decided and withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from lianxi.contracts.assessment import (
    DecideDeduction,
    DeductionView,
    FindingView,
    GetDeduction,
    RecordFinding,
    StateOnDeduction,
    WithdrawDeduction,
    WithdrawFinding,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, NotFound, Refused
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.store.unit import Aggregates, Decide, Stored
from services.reporting.domain import deductions, findings, situations
from services.reporting.domain.deductions import DESK, Deduction
from services.reporting.domain.findings import Finding
from services.reporting.domain.situations import Known, Observation, Situation
from services.reporting.policy.assessment import AssessmentRules


class Records(Protocol):
    """Where everything is read that is searched."""

    def known(self, now: datetime) -> Known:
        """Read what may show a situation."""
        ...

    def standing_findings(self) -> Sequence[Finding]:
        """Read the findings that stand."""
        ...

    def deductions(self) -> Sequence[Stored[Deduction]]:
        """Read every deduction."""
        ...


@dataclass(frozen=True)
class AssessmentDesk:
    """The use cases of the appraisal, with what they need."""

    deductions: Aggregates[Deduction]
    findings: Aggregates[Finding]
    records: Records
    rules: AssessmentRules
    clock: Clock

    def observations(self) -> tuple[Observation, ...]:
        """Say what the data shows and what persons have found."""
        found = situations.observed(self.records.known(self.clock.now()), self.rules)
        return (*found, *map(findings.observation, self.records.standing_findings()))

    def search(self) -> None:
        """Propose what the data shows, and withdraw what it no longer shows; two searches at once come to the same.

        Emits: reporting.deduction.proposed.v1, reporting.deduction.withdrawn.v1.
        Raises:
            Refused, Broken: the first of what kept single deductions back; the others have been dealt with.
        """
        now = self.clock.now()
        shown = {deduction_id_of(each): each for each in situations.situations(self.rules, self.observations())}
        known = {each.state.id: each.state for each in self.records.deductions()}
        kept_back: list[Refused | Broken] = []
        for deduction_id in sorted(shown.keys() | known.keys()):
            try:
                self._settle(deduction_id, shown.get(deduction_id), known, now)
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def _settle(
        self, deduction_id: str, found: Situation | None, known: Mapping[str, Deduction], now: datetime
    ) -> None:
        cause = Cause(actor=DESK, correlation_id=deduction_id)
        before = known.get(deduction_id)
        if before is None and found is not None:
            if deductions.cost_of(found, self.rules):
                self.deductions.add(*deductions.proposed(deduction_id, found, self.rules, now), cause)
        elif before is not None and deductions.searched_again(before, found, self.rules, now)[0] != before:
            self.deductions.change(
                deduction_id, lambda each: deductions.searched_again(each, found, self.rules, now), cause
            )

    def record_finding(self, request: RecordFinding, caller: Caller) -> FindingView:
        """Record a fact that only a person can find, and search at once for what it makes.

        Emits: reporting.deduction.proposed.v1 for what the fact completes.
        Raises:
            Forbidden: deduction.office_or_governance, deduction.own_unit.
            NotFound: agency.not_found.
            RuleBroken: finding.fact_unknown, finding.proof_missing, finding.reference_unreadable.
        """
        unit = request.unit.partition("/")[0]
        if unit not in self.rules.units:
            raise NotFound("agency.not_found")
        deductions.for_a_decider(caller, unit)
        now = self.clock.now()
        made = caller.command_id is not None
        finding_id = derived_id("finding", caller.actor, caller.command_id) if made else sortable_id("finding", now)
        finding = findings.recorded(finding_id, replace(request, unit=unit), self.rules, now, caller.actor)
        self.findings.add(finding, (), caller.cause())
        self.search()
        found = self.findings.get(finding_id)
        return findings.as_view(found.state, found.version)

    def withdraw_finding(self, request: WithdrawFinding, caller: Caller) -> FindingView:
        """Take a finding back, and with it what is open and rests on it.

        Emits: reporting.deduction.withdrawn.v1 for what rested on it.
        Raises:
            NotFound: finding.not_found.
            Forbidden: deduction.office_or_governance, deduction.own_unit.
            Conflict: finding.already_withdrawn, finding.changed.
        """
        deductions.for_a_decider(caller, self.findings.get(request.finding_id).state.unit)
        now = self.clock.now()
        after = self.findings.change(
            request.finding_id,
            lambda each: findings.withdrawn(each, request.reason, now, caller.actor),
            caller.cause(),
            expected_version=request.expected_version,
        )
        self.search()
        return findings.as_view(after.state, after.version)

    def state_on_deduction(self, request: StateOnDeduction, caller: Caller) -> DeductionView:
        """State the unit's case.

        Emits: reporting.deduction.stated.v1.
        Raises:
            NotFound: deduction.not_found, also for another unit's.
            Forbidden: deduction.not_yours.
            Conflict: deduction.already_stated, deduction.already_decided, deduction.changed.
        """
        deductions.for_the_unit(self.deductions.get(request.deduction_id).state, caller)
        now = self.clock.now()
        return self._change(request, caller, lambda each: deductions.stated(each, request.statement, now, caller.actor))

    def decide_deduction(self, request: DecideDeduction, caller: Caller) -> DeductionView:
        """Apply a deduction or drop it, as another person than who found it.

        Emits: reporting.deduction.decided.v1.
        Raises:
            NotFound: deduction.not_found.
            Forbidden: deduction.office_or_governance, deduction.own_unit, deduction.own_finding.
            Conflict: deduction.already_decided, deduction.changed.
            RuleBroken: deduction.statement_pending.
        """
        self._for_a_decider(request.deduction_id, caller)
        now = self.clock.now()
        return self._change(
            request, caller, lambda each: deductions.decided(each, request.apply, request.grounds, now, caller.actor)
        )

    def withdraw_deduction(self, request: WithdrawDeduction, caller: Caller) -> DeductionView:
        """Take a proposal or an applied deduction back, with the reason.

        Emits: reporting.deduction.withdrawn.v1.
        Raises:
            NotFound: deduction.not_found.
            Forbidden: deduction.office_or_governance, deduction.own_unit.
            Conflict: deduction.nothing_to_withdraw, deduction.changed.
        """
        self._for_a_decider(request.deduction_id, caller)
        now = self.clock.now()
        return self._change(request, caller, lambda each: deductions.withdrawn(each, request.reason, now, caller.actor))

    def get_deduction(self, request: GetDeduction, caller: Caller) -> DeductionView:
        """Show one deduction.

        Raises:
            NotFound: deduction.not_found, also for another unit's.
        """
        found = self.deductions.get(request.deduction_id)
        return deductions.as_view(deductions.shown_to(found.state, caller), found.version)

    def _for_a_decider(self, deduction_id: str, caller: Caller) -> None:
        deduction = deductions.shown_to(self.deductions.get(deduction_id).state, caller)
        deductions.for_a_decider(caller, deduction.unit)

    def _change(
        self, request: StateOnDeduction | DecideDeduction | WithdrawDeduction, caller: Caller, decide: Decide[Deduction]
    ) -> DeductionView:
        after = self.deductions.change(
            request.deduction_id, decide, caller.cause(), expected_version=request.expected_version
        )
        return deductions.as_view(after.state, after.version)


def deduction_id_of(found: Situation) -> str:
    """Name the deduction for a situation, the same every time: searching twice proposes once."""
    return derived_id("deduction", found.trigger, found.unit, found.about)
