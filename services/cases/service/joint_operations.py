"""The doors of joint operations."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.joint_operations import (
    ActivateJointOperation,
    CancelJointOperation,
    CorrectResults,
    FollowUp,
    GetJointOperation,
    JointOperationPage,
    JointOperationView,
    ListJointOperations,
    PlanJointOperation,
    PromiseForce,
    ReportArrival,
    ReviseJointOperation,
    StandDown,
)
from lianxi.greenroom.entries import Desk, answers, shows
from services.cases.handlers.joint_operations import JointOperationDesk
from services.cases.views.joint_operations import JointOperationViews


class JointOperationDoors(Desk):
    """What is asked about joint operations."""

    joint: JointOperationDesk
    joint_views: JointOperationViews

    @answers
    def plan_joint_operation(self, request: PlanJointOperation, caller: Caller) -> JointOperationView:
        """Plan an operation."""
        return self.joint.plan_joint_operation(request, caller)

    @shows("joint_operation")
    def get_joint_operation(self, request: GetJointOperation, caller: Caller) -> JointOperationView:
        """Show one operation."""
        return self.joint.get_joint_operation(request, caller)

    @shows("joint_operation")
    def list_joint_operations(self, request: ListJointOperations, caller: Caller) -> JointOperationPage:
        """Show a page of operations."""
        return self.joint_views.list_joint_operations(request, caller)

    @answers
    def revise_joint_operation(self, request: ReviseJointOperation, caller: Caller) -> JointOperationView:
        """Plan it anew."""
        return self.joint.revise_joint_operation(request, caller)

    @answers
    def promise_force(self, request: PromiseForce, caller: Caller) -> JointOperationView:
        """Promise heads."""
        return self.joint.promise_force(request, caller)

    @answers
    def activate_joint_operation(self, request: ActivateJointOperation, caller: Caller) -> JointOperationView:
        """Take command."""
        return self.joint.activate_joint_operation(request, caller)

    @answers
    def report_arrival(self, request: ReportArrival, caller: Caller) -> JointOperationView:
        """Say who is there."""
        return self.joint.report_arrival(request, caller)

    @answers
    def stand_down(self, request: StandDown, caller: Caller) -> JointOperationView:
        """End it."""
        return self.joint.stand_down(request, caller)

    @answers
    def correct_results(self, request: CorrectResults, caller: Caller) -> JointOperationView:
        """Correct what came of it."""
        return self.joint.correct_results(request, caller)

    @answers
    def cancel_joint_operation(self, request: CancelJointOperation, caller: Caller) -> JointOperationView:
        """Call it off."""
        return self.joint.cancel_joint_operation(request, caller)

    @answers
    def follow_up(self, request: FollowUp, caller: Caller) -> JointOperationView:
        """Name a case that follows."""
        return self.joint.follow_up(request, caller)
