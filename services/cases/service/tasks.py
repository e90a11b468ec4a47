"""The doors of tasks, and of taking a case up again. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.cases import CaseView, ReopenCase
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tasks import AddTask, CompleteTask, DropTask, ListTasks, TaskList, TaskView
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.cases.handlers.tasks import TaskDesk


class TaskDoors(Desk):
    """What is asked about tasks."""

    chores: TaskDesk

    @answers
    def add_task(self, request: AddTask, caller: Caller) -> TaskView:
        """Give a desk something to do."""
        return self.chores.add_task(request, caller)

    @answers
    def complete_task(self, request: CompleteTask, caller: Caller) -> TaskView:
        """Say that a task is done."""
        return self.chores.complete_task(request, caller)

    @answers
    def drop_task(self, request: DropTask, caller: Caller) -> TaskView:
        """Say that a task need not be done."""
        return self.chores.drop_task(request, caller)

    @shows("case")
    def list_tasks(self, request: ListTasks, caller: Caller) -> TaskList:
        """Show the open tasks of the caller's desks."""
        return self.chores.list_tasks(request, caller)

    @answers
    def reopen_case(self, request: ReopenCase, caller: Caller) -> CaseView:
        """Take a closed case up again."""
        return self.chores.reopen_case(request, caller)

    @every(30)
    def tell_overdue(self) -> None:
        """Tell of the tasks whose time has passed."""
        self.chores.tell_overdue()
