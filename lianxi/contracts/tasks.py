"""Tasks of a case: what has to be done before it may close, by which desk of its agency, by when.

What a task asks is an officer's words and stays in the case; events name its id, its desk and its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask:
    """Give a desk of the case's agency something to do; a mandatory task keeps the case from closing."""

    case_id: str
    title: Annotated[str, Len(1, 200)]
    owner: str
    due_at: datetime
    parent_id: str | None = None
    is_mandatory: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask:
    """Say that a task is done, and what came of it; its desk does, or the case's."""

    case_id: str
    task_id: str
    result: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTask:
    """Say that a task need not be done any more, and why; a right of whoever leads cases."""

    case_id: str
    task_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTasks:
    """Ask for the open tasks of the caller's desks, the most urgent first."""

    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task; `parent_id` is the task that it is a part of."""

    task_id: str
    case_id: str
    case_number: str
    title: str
    owner: str
    due_at: datetime
    parent_id: str | None
    is_mandatory: bool
    state: TaskState
    is_overdue: bool
    added_by: str
    added_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """Open tasks; they have an end, so that there is one page."""

    items: tuple[TaskView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent(Event):
    """What every event of a task says."""

    case_id: str
    task_id: str
    owner: str
    is_mandatory: bool
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAdded(TaskEvent):
    """A desk has been given something to do in a case."""

    KEY: ClassVar[str] = "cases.task.added.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(TaskEvent):
    """A task is done."""

    KEY: ClassVar[str] = "cases.task.completed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDropped(TaskEvent):
    """A task need not be done any more."""

    KEY: ClassVar[str] = "cases.task.dropped.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOverdue(TaskEvent):
    """A task's time has passed and it is still open: announced once."""

    KEY: ClassVar[str] = "cases.task.overdue.v1"
