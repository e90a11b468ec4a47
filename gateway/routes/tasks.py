"""Tasks of cases: who has to do what by when, and what keeps a case from closing."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.casefile_bodies import CaseReopening, NewTask, TaskDone, TaskDropping
from gateway.exchange import Reading, Writing, decides, reads
from gateway.routes.parameters import ItemPath
from lianxi.contracts.cases import CaseView, ReopenCase
from lianxi.contracts.tasks import AddTask, CompleteTask, DropTask, ListTasks, TaskList, TaskView

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"
OF_CASE = "/v1/cases/{case_id}/tasks"


@router.get("/v1/tasks", response_model=TaskList)
async def list_tasks(reading: Reading = reads("case.read")) -> Response:
    """Read the open tasks of one's desks, the most urgent first."""
    return await reading.page(SERVICE, "list_tasks", ListTasks(), TaskList)


@router.post(OF_CASE, status_code=201, response_model=TaskView)
async def add_task(case_id: ItemPath, body: NewTask, writing: Writing = decides("case.change")) -> Response:
    """Give a desk of the case's agency something to do; others are asked for assistance."""
    asked = body.contract(AddTask, case_id=case_id, expected_version=writing.version)
    return await writing.create(SERVICE, "add_task", asked, TaskView, at=lambda view: f"/v1/cases/{view.case_id}")


@router.post(OF_CASE + "/{task_id}/complete", response_model=TaskView)
async def complete_task(
    case_id: ItemPath, task_id: ItemPath, body: TaskDone, writing: Writing = decides("case.change")
) -> Response:
    """Say that a task is done, and what came of it; its desk does, or the case's."""
    asked = body.contract(CompleteTask, case_id=case_id, task_id=task_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "complete_task", asked, TaskView)


@router.post(OF_CASE + "/{task_id}/drop", response_model=TaskView)
async def drop_task(
    case_id: ItemPath, task_id: ItemPath, body: TaskDropping, writing: Writing = decides("case.decide")
) -> Response:
    """Say that a task need not be done any more, and why."""
    asked = body.contract(DropTask, case_id=case_id, task_id=task_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "drop_task", asked, TaskView)


@router.post("/v1/cases/{case_id}/reopen", response_model=CaseView)
async def reopen_case(case_id: ItemPath, body: CaseReopening, writing: Writing = decides("case.decide")) -> Response:
    """Take a closed case up again, and say why; persons who were erased with its closing stay erased."""
    asked = body.contract(ReopenCase, case_id=case_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "reopen_case", asked, CaseView)
