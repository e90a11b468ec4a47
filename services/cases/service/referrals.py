"""The doors of criminal referrals."""

from __future__ import annotations

from lianxi.contracts.cases import (
    AcceptReferral,
    AnswerReferral,
    CompleteReferral,
    DecideReconsideration,
    DecideReferral,
    DraftReferral,
    ForwardReferral,
    GetReferral,
    ListReferrals,
    ReferralPage,
    ReferralView,
    RequestReconsideration,
    RequestSupplement,
    SendReferral,
    SuggestSupervision,
    SupplementReferral,
    TakeReferralBack,
)
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, answers, shows
from services.cases.handlers import ReferralDesk
from services.cases.views import CaseViews


class ReferralDoors(Desk):
    """What is asked about criminal referrals."""

    transfers: ReferralDesk
    views: CaseViews

    @answers
    def draft_referral(self, request: DraftReferral, caller: Caller) -> ReferralView:
        """Report a suspected crime to the head."""
        return self.transfers.draft_referral(request, caller)

    @shows("referral")
    def get_referral(self, request: GetReferral, caller: Caller) -> ReferralView:
        """Show one criminal referral."""
        return self.transfers.get_referral(request, caller)

    @shows("referral")
    def list_referrals(self, request: ListReferrals, caller: Caller) -> ReferralPage:
        """Show a page of the caller's criminal referrals."""
        return self.views.list_referrals(request, caller)

    @answers
    def decide_referral(self, request: DecideReferral, caller: Caller) -> ReferralView:
        """Record what the head has decided."""
        return self.transfers.decide_referral(request, caller)

    @answers
    def send_referral(self, request: SendReferral, caller: Caller) -> ReferralView:
        """Send a criminal referral."""
        return self.transfers.send_referral(request, caller)

    @answers
    def accept_referral(self, request: AcceptReferral, caller: Caller) -> ReferralView:
        """Sign for a criminal referral."""
        return self.transfers.accept_referral(request, caller)

    @answers
    def request_supplement(self, request: RequestSupplement, caller: Caller) -> ReferralView:
        """Ask for papers that are missing."""
        return self.transfers.request_supplement(request, caller)

    @answers
    def supplement_referral(self, request: SupplementReferral, caller: Caller) -> ReferralView:
        """Hand in papers that were missing."""
        return self.transfers.supplement_referral(request, caller)

    @answers
    def answer_referral(self, request: AnswerReferral, caller: Caller) -> ReferralView:
        """Record whether the police file a criminal case."""
        return self.transfers.answer_referral(request, caller)

    @answers
    def complete_referral(self, request: CompleteReferral, caller: Caller) -> ReferralView:
        """Record that items and papers have been handed over."""
        return self.transfers.complete_referral(request, caller)

    @answers
    def forward_referral(self, request: ForwardReferral, caller: Caller) -> ReferralView:
        """Pass a criminal referral on to the competent police."""
        return self.transfers.forward_referral(request, caller)

    @answers
    def request_reconsideration(self, request: RequestReconsideration, caller: Caller) -> ReferralView:
        """Ask the police to think again."""
        return self.transfers.request_reconsideration(request, caller)

    @answers
    def decide_reconsideration(self, request: DecideReconsideration, caller: Caller) -> ReferralView:
        """Record whether the police file after all."""
        return self.transfers.decide_reconsideration(request, caller)

    @answers
    def suggest_supervision(self, request: SuggestSupervision, caller: Caller) -> ReferralView:
        """Record that the procuratorate was asked to look."""
        return self.transfers.suggest_supervision(request, caller)

    @answers
    def take_back_referral(self, request: TakeReferralBack, caller: Caller) -> ReferralView:
        """Leave a refusal to file at that."""
        return self.transfers.take_back_referral(request, caller)
