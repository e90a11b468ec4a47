"""What is done with joint operations: by the office that asks, the police that command, the desks that come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lianxi.contracts.envelope import Caller
from lianxi.contracts.joint_operations import (
    ActivateJointOperation,
    CancelJointOperation,
    CorrectResults,
    FollowUp,
    GetJointOperation,
    JointOperationView,
    PlanJointOperation,
    PromiseForce,
    ReportArrival,
    ReviseJointOperation,
    StandDown,
)
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Forbidden, RuleBroken
from lianxi.store.unit import Aggregates, Stored
from services.cases.domain import joint_operations as rules
from services.cases.domain.cases import Case
from services.cases.domain.joint_operations import JointOperation
from services.cases.domain.transferring import check_actor
from services.cases.handlers.cases import new_id, own_case
from services.cases.policy import CasesPolicy

OFFICE_DESK = "office/desk"


@dataclass(frozen=True)
class JointOperationDesk:
    """Joint operations, with what they need."""

    operations: Aggregates[JointOperation]
    cases: Aggregates[Case]
    policy: CasesPolicy
    clock: Clock

    def plan_joint_operation(self, request: PlanJointOperation, caller: Caller) -> JointOperationView:
        """Plan an operation, and ask desks for heads.

        Emits: JointOperationPlanned.
        Raises:
            Forbidden: joint_operation.not_your_part.
            RuleBroken: desk.unknown, village.unknown, and as the rule says.
        """
        if not caller.is_office:
            raise Forbidden("joint_operation.not_your_part")
        self._check_known(request)
        now = self.clock.now()
        operation, events = rules.planned(
            new_id("joint_operation", caller, now), request, OFFICE_DESK, caller.actor, now
        )
        self.operations.add(operation, events, caller.cause())
        return _view(self.operations.get(operation.id))

    def get_joint_operation(self, request: GetJointOperation, caller: Caller) -> JointOperationView:
        """Show an operation to whoever takes part, and once it has stood down to others.

        Raises:
            NotFound: joint_operation.not_found.
        """
        found = self.operations.get(request.operation_id)
        return rules.as_view(rules.shown_to(found.state, caller), found.version)

    def revise_joint_operation(self, request: ReviseJointOperation, caller: Caller) -> JointOperationView:
        """Plan it anew.

        Emits: JointOperationRevised.
        """
        self._by(request, caller, lambda found: found.asked_by)
        self._check_known(request)
        return self._change(request, caller, lambda found, now: rules.revised(found, request, caller.actor, now))

    def promise_force(self, request: PromiseForce, caller: Caller) -> JointOperationView:
        """Take a desk's word on how many heads it sends.

        Emits: ForcePromised.
        """
        self._by(request, caller, lambda _found: request.desk)
        return self._change(request, caller, lambda found, now: rules.promised(found, request, now))

    def activate_joint_operation(self, request: ActivateJointOperation, caller: Caller) -> JointOperationView:
        """Take command.

        Emits: JointOperationActivated.
        """
        self._by(request, caller, lambda found: found.commander)
        check_actor(request.officer)
        officer = request.officer.strip()
        return self._change(request, caller, lambda found, now: rules.activated(found, officer, caller.actor, now))

    def report_arrival(self, request: ReportArrival, caller: Caller) -> JointOperationView:
        """Keep how many heads of a desk are there: said by the desk, or by whoever commands.

        Emits: ForceArrived.
        """
        found = self._part_of(request, caller)
        if not (rules.acts_for(caller, request.desk) or rules.acts_for(caller, found.commander)):
            raise Forbidden("joint_operation.not_your_part")
        return self._change(request, caller, lambda found, now: rules.arrived(found, request, now))

    def stand_down(self, request: StandDown, caller: Caller) -> JointOperationView:
        """End it.

        Emits: JointOperationStoodDown.
        """
        self._by(request, caller, lambda found: found.commander)
        return self._change(
            request, caller, lambda found, now: rules.stood_down(found, request.results, caller.actor, now)
        )

    def correct_results(self, request: CorrectResults, caller: Caller) -> JointOperationView:
        """Correct what came of it.

        Emits: ResultsCorrected.
        """
        self._by(request, caller, lambda found: found.commander)
        return self._change(request, caller, lambda found, now: rules.corrected(found, request, caller.actor, now))

    def cancel_joint_operation(self, request: CancelJointOperation, caller: Caller) -> JointOperationView:
        """Call it off.

        Emits: JointOperationCancelled.
        """
        self._by(request, caller, lambda found: found.asked_by)
        return self._change(
            request, caller, lambda found, now: rules.cancelled(found, request.reason, caller.actor, now)
        )

    def follow_up(self, request: FollowUp, caller: Caller) -> JointOperationView:
        """Name a case of the caller's agency that follows from it.

        Emits: JointOperationFollowedUp.
        Raises:
            NotFound: joint_operation.not_found, case.not_found.
        """
        self._part_of(request, caller)
        case = own_case(self.cases, request.case_id, caller).state
        return self._change(request, caller, lambda found, now: rules.followed_up(found, case.id, case.owner, now))

    def _part_of(self, request: _Step, caller: Caller) -> JointOperation:
        found = self.operations.get(request.operation_id).state
        if not rules.takes_part(rules.shown_to(found, caller), caller):
            raise Forbidden("joint_operation.not_your_part")
        return found

    def _by(self, request: _Step, caller: Caller, side: Callable[[JointOperation], str]) -> None:
        if not rules.acts_for(caller, side(self._part_of(request, caller))):
            raise Forbidden("joint_operation.not_your_part")

    def _check_known(self, asked: rules.Asking) -> None:
        for desk in (asked.commander, *(each.desk for each in asked.forces)):
            if desk not in self.policy.desks:
                raise RuleBroken("desk.unknown", desk=desk)
        for place in asked.places:
            if place.village not in self.policy.villages:
                raise RuleBroken("village.unknown", village=place.village, allowed=sorted(self.policy.villages))

    def _change(
        self, request: _Step, caller: Caller, decide: Callable[[JointOperation, datetime], rules.Decided]
    ) -> JointOperationView:
        now = self.clock.now()
        return _view(
            self.operations.change(
                request.operation_id,
                lambda found: decide(found, now),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )


class _Step(Protocol):
    """What every command to an operation says."""

    @property
    def operation_id(self) -> str: ...

    @property
    def expected_version(self) -> int | None: ...


def _view(stored: Stored[JointOperation]) -> JointOperationView:
    return rules.as_view(stored.state, stored.version)
