"""What the cases desk does when it is asked, told, or a limit passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lianxi.contracts.cases import (
    AcceptReferral,
    AnswerReferral,
    CaseView,
    CloseCase,
    CompleteReferral,
    DecideReferral,
    DraftReferral,
    GetCase,
    GetReferral,
    OpenCase,
    RecordMeasure,
    ReferralState,
    ReferralView,
    RequestSupplement,
    SendReferral,
    SupplementReferral,
)
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.receipts import ReceiptContent, sign_receipt
from lianxi.contracts.tips import TipVerified, VerificationOutcome
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.kernel.ids import derived_id, number_from, sortable_id
from lianxi.runtime import metrics
from lianxi.store.unit import Aggregates, Stored, check_version
from services.cases import policy
from services.cases.domain import cases as case_rules
from services.cases.domain import referrals as referral_rules
from services.cases.domain.cases import Case, TipRight, agency_of
from services.cases.domain.referrals import CriminalReferral
from services.cases.policy import CasesPolicy

MEASURED_CLOCKS = (
    policy.HEAD_DECIDES,
    policy.TRANSFER,
    policy.TELL_MISSING,
    policy.SUPPLEMENT,
    policy.POLICE_DECIDE,
    policy.HAND_OVER,
)
ENTROPY_BITS = 35


class Rights(Protocol):
    """Where rights to open a case are kept."""

    def find(self, tip_id: str) -> TipRight | None:
        """Look a right up."""
        ...

    def keep(self, right: TipRight) -> None:
        """Keep a right, unless a later one is there."""
        ...


class Receipts(Protocol):
    """Where receipts are kept, under numbers without a gap."""

    def issue(self, referral_id: str, agency: str, year: int, sign: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Sign the receipt of a referral under the next free number, or find the one it has."""
        ...


class PassedLimits(Protocol):
    """Who knows which limits have passed."""

    def due(self, now: datetime) -> Sequence[str]:
        """Name the referrals with a limit that has passed and is not yet marked."""
        ...

    def breached_clocks(self, now: datetime) -> Mapping[str, int]:
        """Count the limits that have passed and are still unmet, by clock."""
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
                id=_new_id("case", caller, now),
                number=number_from(self.policy.number_series, today.year, self.entropy(ENTROPY_BITS)),
                owner=request.owner,
                owner_agency=agency_of(request.owner),
                kind=request.kind,
                basis=request.basis.strip(),
                tip_id=request.tip_id,
                rental_code=rental_code,
                suspected_crime=request.suspected_crime,
                opened_at=now,
                decision_due_at=self.policy.deadline(policy.DECISION, now, today),
            )
        )
        self.cases.add(case, events, caller.cause())
        return _case_view(self.cases.get(case.id))

    def get_case(self, request: GetCase, caller: Caller) -> CaseView:
        """Show a case to the agency that owns it.

        Raises:
            NotFound: case.not_found.
        """
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
                lambda case: case_rules.record_measure(case, request, now, self.policy.deadline),
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


@dataclass(frozen=True)
class ReferralDesk:
    """What is done with criminal referrals, by their sender, its head, and the police."""

    referrals: Aggregates[CriminalReferral]
    cases: Aggregates[Case]
    receipts: Receipts
    passed: PassedLimits
    policy: CasesPolicy
    clock: Clock
    signing_key: str

    def draft_referral(self, request: DraftReferral, caller: Caller) -> ReferralView:
        """Report a suspected crime to the head.

        Emits: ReferralDrafted.
        """
        case = own_case(self.cases, request.case_id, caller).state
        if request.receiver not in self.policy.desks:
            raise RuleBroken("desk.unknown", desk=request.receiver)
        now = self.clock.now()
        drafted, events = referral_rules.draft(
            CriminalReferral(
                id=_new_id("referral", caller, now),
                case_id=case.id,
                case_number=case.number,
                sender=case.owner,
                sender_agency=case.owner_agency,
                receiver=request.receiver,
                officers=request.officers,
                papers=request.papers,
                drafted_at=now,
            ),
            self.policy.deadline,
        )
        # The case first: from here on it cannot be closed without a transfer, whatever happens to this process.
        self.cases.change(case.id, lambda found: case_rules.suspect_crime(found, drafted.id), caller.cause())
        self.referrals.add(drafted, events, caller.cause())
        return _referral_view(self.referrals.get(drafted.id))

    def get_referral(self, request: GetReferral, caller: Caller) -> ReferralView:
        """Show a referral to its two sides.

        Raises:
            NotFound: referral.not_found.
        """
        return _referral_view(self._seen(request.referral_id, caller))

    def decide_referral(self, request: DecideReferral, caller: Caller) -> ReferralView:
        """Record what the head has decided.

        Emits: ReferralApproved or ReferralRefused.
        """
        now = self.clock.now()
        return self._by_sender(
            request, caller, lambda found: referral_rules.decide(found, request, now, self.policy.deadline)
        )

    def send_referral(self, request: SendReferral, caller: Caller) -> ReferralView:
        """Send an approved referral.

        Emits: ReferralSent.
        """
        now = self.clock.now()
        return self._by_sender(request, caller, lambda found: referral_rules.send(found, now, self.policy.deadline))

    def accept_referral(self, request: AcceptReferral, caller: Caller) -> ReferralView:
        """Sign the receipt and take the referral on.

        Emits: ReferralAccepted.
        Raises:
            Forbidden: referral.not_your_part.
        """
        found = self._seen(request.referral_id, caller)
        if not (caller.holds(found.state.receiver) and caller.holds(request.desk)):
            raise Forbidden("referral.not_your_part", step="accept")
        if request.desk not in self.policy.desks:
            raise RuleBroken("desk.unknown", desk=request.desk)
        now = self.clock.now()
        # Only a referral that waits for its receipt gets one; for any other the decision itself says what is wrong.
        receipt = self._receipt(found, request, now) if found.state.state is ReferralState.SENT else {}
        return self._change(
            request, caller, lambda sent: referral_rules.accept(sent, receipt, now, self.policy.deadline)
        )

    def request_supplement(self, request: RequestSupplement, caller: Caller) -> ReferralView:
        """Ask for papers that are missing.

        Emits: SupplementRequested.
        """
        now = self.clock.now()
        return self._by_receiver(
            request, caller, lambda found: referral_rules.request_supplement(found, request, now, self.policy.deadline)
        )

    def supplement_referral(self, request: SupplementReferral, caller: Caller) -> ReferralView:
        """Hand in what was missing.

        Emits: ReferralSupplemented.
        """
        now = self.clock.now()
        return self._by_sender(request, caller, lambda found: referral_rules.supplement(found, request, now))

    def answer_referral(self, request: AnswerReferral, caller: Caller) -> ReferralView:
        """Record whether the police file a criminal case.

        Emits: ReferralDecided.
        """
        now = self.clock.now()
        return self._by_receiver(
            request, caller, lambda found: referral_rules.answer(found, request, now, self.policy.deadline)
        )

    def complete_referral(self, request: CompleteReferral, caller: Caller) -> ReferralView:
        """Record that items and papers have been handed over.

        Emits: ReferralHandedOver.
        """
        now = self.clock.now()
        return self._by_sender(request, caller, lambda found: referral_rules.complete(found, now))

    def mark_breaches(self) -> None:
        """Mark every limit that has passed, once, by however many sweepers.

        Emits: ClockBreached.
        """
        now = self.clock.now()
        for referral_id in self.passed.due(now):
            # Neither an event nor a command: a sweeper that comes second finds nothing to mark and writes nothing.
            cause = Cause(actor="desk:cases", correlation_id=referral_id)
            self.referrals.change(referral_id, lambda found: referral_rules.breach(found, now), cause)
        counted = self.passed.breached_clocks(now)
        for clock in MEASURED_CLOCKS:
            metrics.clocks_breached.labels(clock=clock).set(counted.get(clock, 0))

    def _seen(self, referral_id: str, caller: Caller) -> Stored[CriminalReferral]:
        found = self.referrals.get(referral_id)
        if not referral_rules.is_seen_by(found.state, caller.agency):
            raise NotFound("referral.not_found")
        return found

    def _receipt(self, found: Stored[CriminalReferral], request: AcceptReferral, now: datetime) -> dict[str, Any]:
        """Sign a receipt, or find the one that an earlier try has signed."""
        check_version("referral", found.version, request.expected_version)
        referral_rules.check_actor(request.officer)
        sent = found.state

        def sign(number: str) -> dict[str, Any]:
            content = ReceiptContent(
                number=number,
                referral_id=sent.id,
                case_number=sent.case_number,
                sender=sent.sender,
                receiver=request.desk,
                papers=sent.papers,
                received_at=now,
                signed_by=request.officer.strip(),
            )
            return sign_receipt(content, self.signing_key)

        return self.receipts.issue(sent.id, agency_of(sent.receiver), local_date(now).year, sign)

    def _by_sender(self, request: _Step, caller: Caller, decide: _Decide) -> ReferralView:
        if not caller.holds(self._seen(request.referral_id, caller).state.sender):
            raise Forbidden("referral.not_your_part")
        return self._change(request, caller, decide)

    def _by_receiver(self, request: _Step, caller: Caller, decide: _Decide) -> ReferralView:
        found = self._seen(request.referral_id, caller).state
        if found.sent_to_agency != caller.agency:
            raise Forbidden("referral.not_your_part")
        return self._change(request, caller, decide)

    def _change(self, request: _Step, caller: Caller, decide: _Decide) -> ReferralView:
        return _referral_view(
            self.referrals.change(
                request.referral_id, decide, caller.cause(), expected_version=request.expected_version
            )
        )


_Decide = Callable[[CriminalReferral], tuple[CriminalReferral, Sequence[Event]]]


class _Step(Protocol):
    """What every command to a referral says."""

    @property
    def referral_id(self) -> str: ...

    @property
    def expected_version(self) -> int | None: ...


def own_case(cases: Aggregates[Case], case_id: str, caller: Caller) -> Stored[Case]:
    """Find a case of the caller's agency; another's does not exist for the caller.

    Raises:
        NotFound: case.not_found.
    """
    found = cases.get(case_id)
    if not caller.holds(found.state.owner):
        raise NotFound("case.not_found")
    return found


def _new_id(noun: str, caller: Caller, now: datetime) -> str:
    return sortable_id(noun, now) if caller.command_id is None else derived_id(noun, caller.actor, caller.command_id)


def _case_view(stored: Stored[Case]) -> CaseView:
    return case_rules.as_view(stored.state, stored.version)


def _referral_view(stored: Stored[CriminalReferral]) -> ReferralView:
    return referral_rules.as_view(stored.state, stored.version)
