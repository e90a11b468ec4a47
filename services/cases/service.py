"""The doors of the cases desk."""

from __future__ import annotations

import secrets

from lianxi.contracts.cases import (
    AcceptReferral,
    AnswerReferral,
    CasePage,
    CaseView,
    CloseCase,
    CompleteReferral,
    DecideReferral,
    DraftReferral,
    GetCase,
    GetReferral,
    ListCases,
    ListReferrals,
    OpenCase,
    RecordMeasure,
    ReferralPage,
    ReferralView,
    RequestSupplement,
    SendReferral,
    SupplementReferral,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.tips import TipVerified
from lianxi.greenroom.entries import Desk, answers, consumes, every
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import read_key
from services.cases import store
from services.cases.handlers import CaseDesk, ReferralDesk
from services.cases.policy import slice_of
from services.cases.settings import CasesSettings
from services.cases.views import CaseViews

SETTINGS = CasesSettings


class Cases(Desk):
    """办案: cases, their measures, and their transfer to the police."""

    name = "cases"
    handlers: CaseDesk
    transfers: ReferralDesk
    views: CaseViews

    @consumes("allow_reading", TipVerified)
    def allow_reading(self, event: TipVerified, cause: Cause) -> None:
        """Let the desk that a verified tip names open a case about it."""
        self.handlers.allow_reading(event, cause)

    @answers
    def open_case(self, request: OpenCase, caller: Caller) -> CaseView:
        """Open a case."""
        return self.handlers.open_case(request, caller)

    @answers
    def get_case(self, request: GetCase, caller: Caller) -> CaseView:
        """Show one case."""
        return self.handlers.get_case(request, caller)

    @answers
    def list_cases(self, request: ListCases, caller: Caller) -> CasePage:
        """Show a page of the caller's cases."""
        return self.views.list_cases(request, caller)

    @answers
    def record_measure(self, request: RecordMeasure, caller: Caller) -> CaseView:
        """Record a measure."""
        return self.handlers.record_measure(request, caller)

    @answers
    def close_case(self, request: CloseCase, caller: Caller) -> CaseView:
        """Close a case."""
        return self.handlers.close_case(request, caller)

    @answers
    def draft_referral(self, request: DraftReferral, caller: Caller) -> ReferralView:
        """Report a suspected crime to the head."""
        return self.transfers.draft_referral(request, caller)

    @answers
    def get_referral(self, request: GetReferral, caller: Caller) -> ReferralView:
        """Show one criminal referral."""
        return self.transfers.get_referral(request, caller)

    @answers
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

    @every(5)
    def mark_breaches(self) -> None:
        """Mark the limits that have passed."""
        self.transfers.mark_breaches()


def open_desk(premises: Premises[CasesSettings]) -> type[Desk]:
    """Put the desk together."""
    clock = premises.clock
    rules = slice_of(premises.policy)
    kept, referred, seen = store.cases(clock), store.referrals(clock), CaseViews(clock)
    signing_key = read_key(premises.settings.cases_signing_key_file)

    class OpenedCases(Cases):
        """The desk with its handlers and views."""

        handlers = CaseDesk(kept, referred, store.rights(), rules, clock, secrets.randbits)
        transfers = ReferralDesk(referred, kept, store.receipts(), seen, rules, clock, signing_key)
        views = seen

    return OpenedCases
