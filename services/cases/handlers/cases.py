"""What is done with cases, by the agencies that own them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lianxi.contracts.cases import CaseView, CloseCase, GetCase, OpenCase, RecordMeasure, ReferralState
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.tips import TipVerified, VerificationOutcome
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.kernel.ids import derived_id, number_from, sortable_id
from lianxi.store.unit import Aggregates, Stored
from services.cases import policy
from services.cases.domain import cases as case_rules
from services.cases.domain.cases import Case, TipRight, agency_of
from services.cases.domain.referrals import CriminalReferral
from services.cases.policy import CasesPolicy

ENTROPY_BITS = 35


class Rights(Protocol):
    """Where rights to open a case are kept."""

    def find(self, tip_id: str) -> TipRight | None:
        """Look a right up."""
        ...

    def keep(self, right: TipRight) -> None:
        """Keep a right, unless a later one is there."""
        ...


@dataclass(frozen=True)
class CaseDesk:
    """What is done with cases, by the agencies that own them."""

    cases: Aggregates[Case]
    referrals: Aggregates[CriminalReferral]
    rights: Rights
    policy: CasesPolicy
    clock: Clock
    entropy: Callable[[int], int]

    def allow_reading(self, event: TipVerified, _cause: Cause) -> None:
        """Keep which desk may open a case about a verified tip (DESIGN 12.8)."""
        is_substantiated = event.outcome is VerificationOutcome.SUBSTANTIATED
        self.rights.keep(
            TipRight(
                id=event.tip_id,
                owner=event.next_owner if is_substantiated else None,
                rental_code=event.rental_code,
                verified_at=event.verified_at,
            )
        )

    def open_case(self, request: OpenCase, caller: Caller) -> CaseView:
        """Open a case for one of the caller's desks.

        Emits: CaseOpened.
        Raises:
            Forbidden: case.not_your_desk.
            NotFound: case.tip_unknown, also when its verification is still on its way.
            RuleBroken: case.tip_not_yours, case.basis_missing, desk.unknown.
        """
        rental_code = self._may_open(request, caller)
        now = self.clock.now()
        today = local_date(now)
        case, events = case_rules.opened(
            Case(
                id=new_id("case", caller, now),
                number=number_from(self.policy.number_series, today.year, self.entropy(ENTROPY_BITS)),
                owner=request.owner,
                owner_agency=agency_of(request.owner),
                kind=request.kind,
                basis=request.basis.strip(),
                tip_id=request.tip_id,
                rental_code=rental_code,
                suspected_crime=request.suspected_crime,
                opened_at=now,
                decision_due_at=self.policy.rules.deadline(policy.DECISION, now, today),
                officer=caller.actor if caller.is_person else None,
            )
        )
        self.cases.add(case, events, caller.cause())
        return _case_view(self.cases.get(case.id))

    def get_case(self, request: GetCase, caller: Caller) -> CaseView:
        """Show a case to the agency that owns it, or to whoever may see all.

        Raises:
            NotFound: case.not_found.
        """
        if caller.sees_all:
            return _case_view(self.cases.get(request.case_id))
        return _case_view(own_case(self.cases, request.case_id, caller))

    def record_measure(self, request: RecordMeasure, caller: Caller) -> CaseView:
        """Record a measure.

        Emits: MeasureRecorded.
        """
        own_case(self.cases, request.case_id, caller)
        now = self.clock.now()
        return _case_view(
            self.cases.change(
                request.case_id,
                lambda case: case_rules.record_measure(case, request, now, self.policy.rules),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )

    def close_case(self, request: CloseCase, caller: Caller) -> CaseView:
        """Close a case.

        Emits: CaseClosed.
        Raises:
            RuleBroken: case.suspected_crime_not_referred.
        """
        own_case(self.cases, request.case_id, caller)
        now = self.clock.now()
        return _case_view(
            self.cases.change(
                request.case_id,
                lambda case: case_rules.close(case, request, self._states_of(case), now),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )

    def _may_open(self, request: OpenCase, caller: Caller) -> str | None:
        """Say about which rental the case is, once it is clear that the caller may open it."""
        if not caller.holds(request.owner):
            raise Forbidden("case.not_your_desk", desk=request.owner)
        if request.owner not in self.policy.desks:
            raise RuleBroken("desk.unknown", desk=request.owner)
        if not request.basis.strip():
            raise RuleBroken("case.basis_missing", clause="L31.1")
        if request.tip_id is None:
            return request.rental_code
        right = self.rights.find(request.tip_id)
        if right is None:
            raise NotFound("case.tip_unknown")
        case_rules.check_right(right, request.owner)
        return request.rental_code or right.rental_code

    def _states_of(self, case: Case) -> tuple[ReferralState, ...]:
        """Name where the case's referrals stand. A settled one stays settled, so reading them first is safe."""
        # A draft that a crash cut off has its id in the case and nothing else: it has not been referred.
        found = [self.referrals.find(each) for each in case.referral_ids]
        return tuple(each.state.state for each in found if each is not None)


def own_case(cases: Aggregates[Case], case_id: str, caller: Caller) -> Stored[Case]:
    """Find a case of the caller's agency; another's does not exist for the caller.

    Raises:
        NotFound: case.not_found.
    """
    found = cases.get(case_id)
    if not caller.holds(found.state.owner):
        raise NotFound("case.not_found")
    return found


def sent_to(case: Case, referrals: Aggregates[CriminalReferral]) -> tuple[str, ...]:
    """Name the desks and organs that were sent a case's papers, each once."""
    found = [referrals.find(each) for each in case.referral_ids]
    sent = [each.state for each in found if each is not None and each.state.sent_to_agency is not None]
    held = [desk for each in sent for desk in (each.receiver, each.forwarded_to) if desk is not None]
    return tuple(dict.fromkeys(held))


def new_id(noun: str, caller: Caller, now: datetime) -> str:
    """Make an id; the same command makes the same one, however often it comes."""
    return sortable_id(noun, now) if caller.command_id is None else derived_id(noun, caller.actor, caller.command_id)


def _case_view(stored: Stored[Case]) -> CaseView:
    return case_rules.as_view(stored.state, stored.version)
