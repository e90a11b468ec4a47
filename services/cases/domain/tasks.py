"""Tasks of a case: given to desks of its agency, done or dropped with a reason, and none forgotten at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from lianxi.contracts.envelope import Event
from lianxi.contracts.tasks import AddTask, TaskAdded, TaskCompleted, TaskDropped, TaskOverdue, TaskState, TaskView
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken

MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. `overdue_at` is when it was told that its time has passed."""

    id: str
    title: str
    owner: str
    due_at: datetime
    parent_id: str | None
    is_mandatory: bool
    state: TaskState = TaskState.OPEN
    added_by: str
    added_at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    result: str | None = None
    overdue_at: datetime | None = None

    def without_persons(self) -> Task:
        """Leave of a task that there was one, and when."""
        return replace(self, title="", result=None, added_by="", settled_by=None)


Tasks = tuple[Task, ...]
Decision = tuple[Tasks, tuple[Event, ...]]


def views_of(tasks: Tasks, case_id: str, number: str) -> tuple[TaskView, ...]:
    """Show the tasks of a case.

    Clause: L31.1 (criterion 9.2).
    """
    return tuple(as_view(each, case_id, number) for each in tasks)


def as_view(task: Task, case_id: str, number: str) -> TaskView:
    """Show one task.

    Clause: L31.1 (criterion 9.2).
    """
    return TaskView(
        task_id=task.id,
        case_id=case_id,
        case_number=number,
        title=task.title,
        owner=task.owner,
        due_at=task.due_at,
        parent_id=task.parent_id,
        is_mandatory=task.is_mandatory,
        state=task.state,
        is_overdue=task.overdue_at is not None,
        added_by=task.added_by,
        added_at=task.added_at,
        settled_by=task.settled_by,
        settled_at=task.settled_at,
        result=task.result,
    )


def add(tasks: Tasks, case_id: str, task_id: str, command: AddTask, by: str, now: datetime) -> Decision:
    """Give a desk something to do; what is a part of another task is settled before that one.

    Clause: L31.1 (criterion 9.2).
    Raises:
        RuleBroken: task.title_missing, task.due_in_past, task.parent_not_open, task.too_many.
        NotFound: task.not_found, for a parent that is not there.
    """
    if any(each.id == task_id for each in tasks):
        return tasks, ()
    if not command.title.strip():
        raise RuleBroken("task.title_missing", clause="L31.1")
    if command.due_at <= now:
        raise RuleBroken("task.due_in_past", clause="L31.1")
    if len(tasks) >= MOST:
        raise RuleBroken("task.too_many", most=MOST)
    if command.parent_id is not None and find(tasks, command.parent_id).state is not TaskState.OPEN:
        raise RuleBroken("task.parent_not_open", clause="L31.1")
    task = Task(
        id=task_id,
        title=command.title.strip(),
        owner=command.owner,
        due_at=command.due_at,
        parent_id=command.parent_id,
        is_mandatory=command.is_mandatory,
        added_by=by,
        added_at=now,
    )
    return (*tasks, task), (TaskAdded(**_told(task, case_id, now)),)


def settle(tasks: Tasks, case_id: str, task_id: str, state: TaskState, result: str, by: str, now: datetime) -> Decision:
    """Settle a task: it is done, or need not be done; not before everything mandatory that is a part of it.

    Clause: L31.1 (criterion 9.2).
    Raises:
        NotFound: task.not_found.
        Conflict: task.already_settled.
        RuleBroken: task.parts_open, task.result_missing.
    """
    task = find(tasks, task_id)
    if task.state is not TaskState.OPEN:
        raise Conflict("task.already_settled")
    if not result.strip():
        raise RuleBroken("task.result_missing", clause="L31.1")
    parts = [each.id for each in _open_mandatory(tasks) if each.parent_id == task_id]
    if parts:
        raise RuleBroken("task.parts_open", clause="L31.1", tasks=parts)
    settled = replace(task, state=state, settled_by=by, settled_at=now, result=result.strip())
    event = TaskCompleted if state is TaskState.DONE else TaskDropped
    return _with(tasks, settled), (event(**_told(settled, case_id, now)),)


def told_overdue(tasks: Tasks, case_id: str, now: datetime) -> Decision:
    """Tell of the open tasks whose time has passed, each once.

    Clause: L81.2 (criterion 9.2).
    """
    late = [each for each in tasks if is_untold(each) and each.due_at <= now]
    after = tasks
    for each in late:
        after = _with(after, replace(each, overdue_at=now))
    return after, tuple(TaskOverdue(**_told(each, case_id, now)) for each in late)


def is_untold(task: Task) -> bool:
    """Say whether a task is open and nobody was told that its time has passed.

    Clause: L81.2.
    """
    return task.state is TaskState.OPEN and task.overdue_at is None


def first_due(tasks: Iterable[Task]) -> datetime | None:
    """Say when the first of some tasks is due.

    Clause: L81.2.
    """
    return min((each.due_at for each in tasks), default=None)


def check_all_done(tasks: Tasks) -> None:
    """Refuse to close a case in which something mandatory is open.

    Clause: L31.1 (criterion 9.2).
    Raises:
        RuleBroken: case.tasks_open.
    """
    left = [each.id for each in _open_mandatory(tasks)]
    if left:
        raise RuleBroken("case.tasks_open", clause="L31.1", tasks=left)


def find(tasks: Tasks, task_id: str) -> Task:
    """Find a task.

    Clause: none.
    Raises:
        NotFound: task.not_found.
    """
    found = next((each for each in tasks if each.id == task_id), None)
    if found is None:
        raise NotFound("task.not_found")
    return found


def _open_mandatory(tasks: Tasks) -> Sequence[Task]:
    return [each for each in tasks if each.is_mandatory and each.state is TaskState.OPEN]


def _with(tasks: Tasks, changed: Task) -> Tasks:
    return tuple(changed if each.id == changed.id else each for each in tasks)


def _told(task: Task, case_id: str, at: datetime) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "task_id": task.id,
        "owner": task.owner,
        "is_mandatory": task.is_mandatory,
        "due_at": task.due_at,
        "at": at,
    }
