"""Joint operations: planned by the office, promised and brought by desks, commanded and ended by the police."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.joint_operation_bodies import (
    Arrival,
    Cancelling,
    Command,
    Correction,
    Counted,
    Following,
    JointOperationPlan,
    Promise,
)
from gateway.routes.parameters import Cursor, ItemPath, Limit
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

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"
PATH = "/v1/joint-operations"


@router.post(PATH, status_code=201, response_model=JointOperationView)
async def plan_joint_operation(body: JointOperationPlan, writing: Writing = writes("operation.create")) -> Response:
    """Plan a joint operation as the office, and ask desks for heads. Nobody else learns of it until it stands down."""
    asked = PlanJointOperation(**_plan(body))
    return await writing.create(
        SERVICE, "plan_joint_operation", asked, JointOperationView, at=lambda view: f"{PATH}/{view.operation_id}"
    )


@router.get(PATH, response_model=JointOperationPage)
async def list_joint_operations(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("operation.read")
) -> Response:
    """Read the operations that the caller takes part in, and those that have stood down, newest first."""
    asked = ListJointOperations(cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_joint_operations", asked, JointOperationPage)


@router.get(PATH + "/{operation_id}", response_model=JointOperationView)
async def get_joint_operation(operation_id: ItemPath, reading: Reading = reads("operation.read")) -> Response:
    """Read one operation: all of it as a participant; as another, after it stood down, no plan and no address."""
    asked = GetJointOperation(operation_id=operation_id)
    return await reading.show(SERVICE, "get_joint_operation", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/revise", response_model=JointOperationView)
async def revise_joint_operation(
    operation_id: ItemPath, body: JointOperationPlan, writing: Writing = decides("operation.create")
) -> Response:
    """Plan it anew before it starts; promises stand for desks that are asked for as many as before."""
    asked = ReviseJointOperation(**_plan(body), operation_id=operation_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "revise_joint_operation", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/promise", response_model=JointOperationView)
async def promise_force(
    operation_id: ItemPath, body: Promise, writing: Writing = decides("operation.change")
) -> Response:
    """Say how many heads a desk of yours sends."""
    asked = body.contract(PromiseForce, operation_id=operation_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "promise_force", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/activate", response_model=JointOperationView)
async def activate_joint_operation(
    operation_id: ItemPath, body: Command, writing: Writing = decides("operation.decide")
) -> Response:
    """Take command and start it, as the commanding desk of the police."""
    asked = body.contract(ActivateJointOperation, operation_id=operation_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "activate_joint_operation", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/arrive", response_model=JointOperationView)
async def report_arrival(
    operation_id: ItemPath, body: Arrival, writing: Writing = decides("operation.change")
) -> Response:
    """Say how many heads are there: of your own desk, or of any as the commanding desk."""
    asked = body.contract(ReportArrival, operation_id=operation_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "report_arrival", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/stand-down", response_model=JointOperationView)
async def stand_down(operation_id: ItemPath, body: Counted, writing: Writing = decides("operation.decide")) -> Response:
    """End it as the commanding desk, with what came of it in numbers. From now on every member may know of it."""
    asked = StandDown(operation_id=operation_id, results=body.results(), expected_version=writing.version)
    return await writing.decide(SERVICE, "stand_down", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/correct-results", response_model=JointOperationView)
async def correct_results(
    operation_id: ItemPath, body: Correction, writing: Writing = decides("operation.decide")
) -> Response:
    """Correct what came of it as the commanding desk; what was said before stays beside it."""
    asked = CorrectResults(
        operation_id=operation_id,
        results=body.results.results(),
        reason=body.reason,
        expected_version=writing.version,
    )
    return await writing.decide(SERVICE, "correct_results", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/cancel", response_model=JointOperationView)
async def cancel_joint_operation(
    operation_id: ItemPath, body: Cancelling, writing: Writing = decides("operation.close")
) -> Response:
    """Call it off as the office before it starts; what was planned stays hidden."""
    asked = body.contract(CancelJointOperation, operation_id=operation_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "cancel_joint_operation", asked, JointOperationView)


@router.post(PATH + "/{operation_id}/follow-ups", response_model=JointOperationView)
async def follow_up(
    operation_id: ItemPath, body: Following, writing: Writing = decides("operation.change")
) -> Response:
    """Name a case of your own agency that follows from it."""
    asked = body.contract(FollowUp, operation_id=operation_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "follow_up", asked, JointOperationView)


def _plan(body: JointOperationPlan) -> dict[str, Any]:
    return {
        "title": body.title,
        "plan": body.plan,
        "places": body.asked_places(),
        "forces": body.asked_forces(),
        "commander": body.commander,
        "starts_at": body.starts_at,
        "ends_at": body.ends_at,
    }
