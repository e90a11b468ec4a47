"""The doors of requests for assistance."""

from __future__ import annotations

from lianxi.contracts.cases import (
    AcceptAssistance,
    AnswerAssistance,
    AssistancePage,
    AssistanceView,
    GetAssistance,
    ListAssistance,
    RefuseAssistance,
    RequestAssistance,
)
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, answers, shows
from services.cases.handlers import AssistanceDesk
from services.cases.views import CaseViews


class AssistanceDoors(Desk):
    """What is asked about requests for assistance."""

    helping: AssistanceDesk
    views: CaseViews

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
