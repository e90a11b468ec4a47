"""What is done with criminal referrals, by their sender, its head, and the police."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lianxi.contracts.cases import (
    AcceptReferral,
    AnswerReferral,
    CompleteReferral,
    DecideReconsideration,
    DecideReferral,
    DraftReferral,
    ForwardReferral,
    GetReferral,
    ReferralState,
    ReferralView,
    RequestReconsideration,
    RequestSupplement,
    SendReferral,
    SuggestSupervision,
    SupplementReferral,
    TakeReferralBack,
)
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.receipts import ReceiptContent, sign_receipt
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.store.unit import Aggregates, Stored, check_version
from services.cases.domain import cases as case_rules
from services.cases.domain import contesting, transferring
from services.cases.domain import referrals as referral_rules
from services.cases.domain.cases import Case, agency_of
from services.cases.domain.referrals import CriminalReferral
from services.cases.handlers.cases import new_id, own_case
from services.cases.policy import CasesPolicy


class Receipts(Protocol):
    """Where receipts are kept, under numbers without a gap."""

    def issue(self, referral_id: str, agency: str, year: int, sign: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Sign the receipt of a referral under the next free number, or find the one it has."""
        ...


@dataclass(frozen=True)
class ReferralDesk:
    """What is done with criminal referrals, by their sender, its head, and the police."""

    referrals: Aggregates[CriminalReferral]
    cases: Aggregates[Case]
    receipts: Receipts
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
        drafted, events = transferring.draft(
            CriminalReferral(
                id=new_id("referral", caller, now),
                case_id=case.id,
                case_number=case.number,
                sender=case.owner,
                sender_agency=case.owner_agency,
                receiver=request.receiver,
                officers=request.officers,
                papers=request.papers,
                drafted_at=now,
                policy_version=self.policy.rules.policy_version,
            ),
            self.policy.rules,
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
            request, caller, lambda found: transferring.decide(found, request, now, self.policy.rules_of(found))
        )

    def send_referral(self, request: SendReferral, caller: Caller) -> ReferralView:
        """Send an approved referral.

        Emits: ReferralSent.
        """
        now = self.clock.now()
        return self._by_sender(
            request, caller, lambda found: transferring.send(found, now, self.policy.rules_of(found))
        )

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
            request,
            caller,
            lambda sent: transferring.accept(
                sent, receipt, now, self.policy.rules_of(sent), is_competent=request.is_competent
            ),
        )

    def request_supplement(self, request: RequestSupplement, caller: Caller) -> ReferralView:
        """Ask for papers that are missing.

        Emits: SupplementRequested.
        """
        now = self.clock.now()
        return self._by_receiver(
            request,
            caller,
            lambda found: transferring.request_supplement(found, request, now, self.policy.rules_of(found)),
        )

    def supplement_referral(self, request: SupplementReferral, caller: Caller) -> ReferralView:
        """Hand in what was missing.

        Emits: ReferralSupplemented.
        """
        now = self.clock.now()
        return self._by_sender(
            request, caller, lambda found: transferring.supplement(found, request, now, self.policy.rules_of(found))
        )

    def answer_referral(self, request: AnswerReferral, caller: Caller) -> ReferralView:
        """Record whether the police file a criminal case.

        Emits: ReferralDecided.
        """
        now = self.clock.now()
        return self._by_receiver(
            request, caller, lambda found: transferring.answer(found, request, now, self.policy.rules_of(found))
        )

    def complete_referral(self, request: CompleteReferral, caller: Caller) -> ReferralView:
        """Record that items and papers have been handed over.

        Emits: ReferralHandedOver.
        """
        now = self.clock.now()
        return self._by_sender(
            request, caller, lambda found: transferring.complete(found, now, self.policy.rules_of(found))
        )

    def forward_referral(self, request: ForwardReferral, caller: Caller) -> ReferralView:
        """Pass a referral on to the competent police.

        Emits: ReferralForwarded.
        """
        now = self.clock.now()
        policy = self.policy
        return self._by_receiver(
            request,
            caller,
            lambda found: contesting.forward(found, request, now, policy.rules_of(found), policy.police_organs),
        )

    def request_reconsideration(self, request: RequestReconsideration, caller: Caller) -> ReferralView:
        """Ask the police to think again.

        Emits: ReconsiderationRequested.
        """
        now = self.clock.now()
        return self._by_sender(
            request,
            caller,
            lambda found: contesting.request_reconsideration(found, request, now, self.policy.rules_of(found)),
        )

    def decide_reconsideration(self, request: DecideReconsideration, caller: Caller) -> ReferralView:
        """Record whether the police file after all.

        Emits: ReconsiderationDecided.
        """
        now = self.clock.now()
        return self._by_receiver(
            request,
            caller,
            lambda found: contesting.decide_reconsideration(found, request, now, self.policy.rules_of(found)),
        )

    def suggest_supervision(self, request: SuggestSupervision, caller: Caller) -> ReferralView:
        """Record that the procuratorate was asked to look into a refusal.

        Emits: SupervisionSuggested.
        """
        now = self.clock.now()
        return self._by_sender(
            request,
            caller,
            lambda found: contesting.suggest_supervision(found, request, now, self.policy.rules_of(found)),
        )

    def take_back_referral(self, request: TakeReferralBack, caller: Caller) -> ReferralView:
        """Record that the sender leaves a refusal at that.

        Emits: ReferralTakenBack.
        """
        now = self.clock.now()
        return self._by_sender(
            request, caller, lambda found: contesting.take_back(found, now, self.policy.rules_of(found))
        )

    def _seen(self, referral_id: str, caller: Caller) -> Stored[CriminalReferral]:
        found = self.referrals.get(referral_id)
        if not (caller.sees_all or referral_rules.is_seen_by(found.state, caller)):
            raise NotFound("referral.not_found")
        return found

    def _receipt(self, found: Stored[CriminalReferral], request: AcceptReferral, now: datetime) -> dict[str, Any]:
        """Sign a receipt, or find the one that an earlier try has signed."""
        check_version("referral", found.version, request.expected_version)
        transferring.check_actor(request.officer)
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
        now = self.clock.now()
        return _referral_view(
            self.referrals.change(
                request.referral_id,
                lambda found: referral_rules.kept_from_its_end(decide(found), now),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )


_Decide = Callable[[CriminalReferral], tuple[CriminalReferral, Sequence[Event]]]


class _Step(Protocol):
    """What every command to a referral says."""

    @property
    def referral_id(self) -> str: ...

    @property
    def expected_version(self) -> int | None: ...


def _referral_view(stored: Stored[CriminalReferral]) -> ReferralView:
    return referral_rules.as_view(stored.state, stored.version)
