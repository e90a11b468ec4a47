"""The doors for the appraisal. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.assessment import (
    Board,
    DecideDeduction,
    DeductionPage,
    DeductionView,
    FindingView,
    Folder,
    GetBoard,
    GetDeduction,
    GetFolder,
    ListDeductions,
    RecordFinding,
    StateOnDeduction,
    WithdrawDeduction,
    WithdrawFinding,
)
from lianxi.contracts.envelope import Caller
from lianxi.contracts.readiness import GetReadiness, ReadinessView
from lianxi.greenroom.entries import Desk, answers, every
from services.reporting.handlers.assessment import AssessmentDesk
from services.reporting.views.assessment import AssessmentViews
from services.reporting.views.readiness import ReadinessViews


class AssessmentDoors(Desk):
    """What is asked and told about how units stand."""

    assessment: AssessmentDesk
    assessment_views: AssessmentViews
    readiness: ReadinessViews

    @answers
    def get_readiness(self, request: GetReadiness, caller: Caller) -> ReadinessView:
        """Show how ready the town is for the acceptance."""
        return self.readiness.get_readiness(request, caller)

    @answers
    def record_finding(self, request: RecordFinding, caller: Caller) -> FindingView:
        """Record a fact that only a person can find."""
        return self.assessment.record_finding(request, caller)

    @answers
    def withdraw_finding(self, request: WithdrawFinding, caller: Caller) -> FindingView:
        """Take a finding back."""
        return self.assessment.withdraw_finding(request, caller)

    @answers
    def state_on_deduction(self, request: StateOnDeduction, caller: Caller) -> DeductionView:
        """State a unit's case."""
        return self.assessment.state_on_deduction(request, caller)

    @answers
    def decide_deduction(self, request: DecideDeduction, caller: Caller) -> DeductionView:
        """Apply a deduction, or drop it."""
        return self.assessment.decide_deduction(request, caller)

    @answers
    def withdraw_deduction(self, request: WithdrawDeduction, caller: Caller) -> DeductionView:
        """Take a deduction back."""
        return self.assessment.withdraw_deduction(request, caller)

    @answers
    def get_deduction(self, request: GetDeduction, caller: Caller) -> DeductionView:
        """Show one deduction."""
        return self.assessment.get_deduction(request, caller)

    @answers
    def list_deductions(self, request: ListDeductions, caller: Caller) -> DeductionPage:
        """Show a page of deductions."""
        return self.assessment_views.list_deductions(request, caller)

    @answers
    def get_board(self, request: GetBoard, caller: Caller) -> Board:
        """Show how units stand."""
        return self.assessment_views.get_board(request, caller)

    @answers
    def get_folder(self, request: GetFolder, caller: Caller) -> Folder:
        """Gather what an inspection folder holds."""
        return self.assessment_views.get_folder(request, caller)

    @every(60)
    def search_situations(self) -> None:
        """Propose what the data shows, and withdraw what it no longer shows."""
        self.assessment.search()
