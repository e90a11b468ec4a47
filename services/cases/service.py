"""The doors of the cases desk."""

from __future__ import annotations

import secrets

from lianxi.contracts.cases import (
    AcceptAssistance,
    AcceptReferral,
    AnswerAssistance,
    AnswerReferral,
    AssistancePage,
    AssistanceView,
    CasePage,
    CaseView,
    CloseCase,
    CompleteReferral,
    DecideReconsideration,
    DecideReferral,
    DraftReferral,
    ForwardReferral,
    GetAssistance,
    GetCase,
    GetReferral,
    ListAssistance,
    ListCases,
    ListReferrals,
    OpenCase,
    RecordMeasure,
    ReferralPage,
    ReferralView,
    RefuseAssistance,
    RequestAssistance,
    RequestReconsideration,
    RequestSupplement,
    SendReferral,
    SuggestSupervision,
    SupplementReferral,
    TakeReferralBack,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.tips import TipVerified
from lianxi.greenroom.entries import Desk, answers, consumes, every, shows
from lianxi.greenroom.migrating import MigratingDesk
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import read_key
from services.cases import policy, store
from services.cases.handlers import AssistanceDesk, CaseDesk, ClockKeeper, MigrationDesk, ReferralDesk
from services.cases.settings import CasesSettings
from services.cases.views import CaseViews

SETTINGS = CasesSettings


class Cases(MigratingDesk):
    """办案: cases, their measures, their transfer to the police, and requests for assistance."""

    name = "cases"
    handlers: CaseDesk
    transfers: ReferralDesk
    helping: AssistanceDesk
    clocks: ClockKeeper
    views: CaseViews

    @consumes("allow_reading", TipVerified)
    def allow_reading(self, event: TipVerified, cause: Cause) -> None:
        """Let the desk that a verified tip names open a case about it."""
        self.handlers.allow_reading(event, cause)

    @answers
    def open_case(self, request: OpenCase, caller: Caller) -> CaseView:
        """Open a case."""
        return self.handlers.open_case(request, caller)

    @shows("case")
    def get_case(self, request: GetCase, caller: Caller) -> CaseView:
        """Show one case."""
        return self.handlers.get_case(request, caller)

    @shows("case")
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

    @answers
    def request_assistance(self, request: RequestAssistance, caller: Caller) -> AssistanceView:
        """Ask another agency's desk for one thing."""
        return self.helping.request_assistance(request, caller)

    @shows("assistance")
    def get_assistance(self, request: GetAssistance, caller: Caller) -> AssistanceView:
        """Show one request for assistance."""
        return self.helping.get_assistance(request, caller)

    @shows("assistance")
    def list_assistance(self, request: ListAssistance, caller: Caller) -> AssistancePage:
        """Show a page of the caller's requests for assistance."""
        return self.views.list_assistance(request, caller)

    @answers
    def accept_assistance(self, request: AcceptAssistance, caller: Caller) -> AssistanceView:
        """Take a request for assistance on."""
        return self.helping.accept_assistance(request, caller)

    @answers
    def refuse_assistance(self, request: RefuseAssistance, caller: Caller) -> AssistanceView:
        """Say why one cannot help."""
        return self.helping.refuse_assistance(request, caller)

    @answers
    def answer_assistance(self, request: AnswerAssistance, caller: Caller) -> AssistanceView:
        """Say that the answer was given."""
        return self.helping.answer_assistance(request, caller)

    @every(5)
    def climb_ladders(self) -> None:
        """Tell the rungs that were reached and mark the limits that have passed."""
        self.clocks.climb_ladders()


def open_desk(premises: Premises[CasesSettings]) -> type[Desk]:
    """Put the desk together."""
    clock, rules, seen = premises.clock, policy.slice_of(premises.policies), CaseViews(premises.clock)
    kept, referred, helped = store.cases(clock), store.referrals(clock), store.assistance(clock)
    signing_key = read_key(premises.settings.cases_signing_key_file)

    class OpenedCases(Cases):
        """The desk with its handlers and views."""

        handlers = CaseDesk(kept, referred, store.rights(), rules, clock, secrets.randbits)
        transfers = ReferralDesk(referred, kept, store.receipts(), rules, clock, signing_key)
        helping = AssistanceDesk(helped, kept, rules, clock)
        clocks = ClockKeeper(referred, helped, seen, rules, clock)
        migrations = MigrationDesk(referred, helped, *store.running(), rules, clock)
        views = seen

    return OpenedCases
