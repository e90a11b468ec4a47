"""What is done with the tasks of a case; a case and its tasks are one thing, so that none slips in while it closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lianxi.contracts.cases import CaseView, ReopenCase
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.tasks import AddTask, CompleteTask, DropTask, ListTasks, TaskList, TaskState, TaskView
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Forbidden, NotFound, Refused, RuleBroken
from lianxi.store.unit import Aggregates
from services.cases.domain import cases as case_rules
from services.cases.domain import tasks as rules
from services.cases.domain.cases import Case, agency_of, check_open
from services.cases.domain.parties import check_texts
from services.cases.domain.tasks import Decision
from services.cases.handlers.cases import new_id, own_case
from services.cases.policy import CasesPolicy

_Decide = Callable[[Case], tuple[Case, Sequence[Event]]]


class TaskIndex(Protocol):
    """Who knows in which cases something is to be done."""

    def with_open_tasks(self, agency: str) -> Sequence[Case]:
        """List the cases of an agency in which tasks are open, the most urgent first."""
        ...

    def overdue(self, now: datetime) -> Sequence[str]:
        """Name cases with open tasks whose time has passed and was not told."""
        ...


@dataclass(frozen=True)
class TaskDesk:
    """The use cases of tasks, and of taking a case up again."""

    cases: Aggregates[Case]
    index: TaskIndex
    policy: CasesPolicy
    clock: Clock

    def add_task(self, request: AddTask, caller: Caller) -> TaskView:
        """Give a desk of the case's agency something to do.

        Emits: TaskAdded.
        Raises:
            NotFound: case.not_found, task.not_found.
            Conflict: case.already_closed.
            RuleBroken: desk.unknown, task.desk_elsewhere, task.title_missing, task.due_in_past, task.parent_not_open,
                task.too_many, party.id_number_in_text.
        """
        case = own_case(self.cases, request.case_id, caller).state
        check_texts((request.title,))
        if request.owner not in self.policy.desks:
            raise RuleBroken("desk.unknown", desk=request.owner)
        if agency_of(request.owner) != case.owner_agency:
            raise RuleBroken("task.desk_elsewhere", clause="L37.1", desk=request.owner)
        now = self.clock.now()
        task_id = new_id("task", caller, now)

        def decide(found: Case) -> tuple[Case, Sequence[Event]]:
            check_open(found)
            return _with(found, rules.add(found.tasks, found.id, task_id, request, caller.actor, now))

        return self._changed(case.id, task_id, decide, caller, request.expected_version)

    def complete_task(self, request: CompleteTask, caller: Caller) -> TaskView:
        """Say that a task is done, by its desk or by the desk of the case.

        Emits: TaskCompleted.
        Raises:
            NotFound: case.not_found, task.not_found.
            Forbidden: task.not_your_desk.
            Conflict: task.already_settled.
            RuleBroken: task.parts_open, task.result_missing, party.id_number_in_text.
        """
        return self._settled(request.case_id, request.task_id, TaskState.DONE, request.result, caller, request)

    def drop_task(self, request: DropTask, caller: Caller) -> TaskView:
        """Say that a task need not be done any more.

        Emits: TaskDropped.
        """
        own_case(self.cases, request.case_id, caller)
        return self._settled(request.case_id, request.task_id, TaskState.DROPPED, request.reason, caller, request)

    def list_tasks(self, request: ListTasks, caller: Caller) -> TaskList:
        """Show the open tasks of the caller's desks."""
        found = [
            rules.as_view(task, case.id, case.number)
            for case in self.index.with_open_tasks(caller.agency)
            for task in case.tasks
            if task.state is TaskState.OPEN and caller.holds(task.owner)
        ]
        found.sort(key=lambda each: (each.due_at, each.task_id))
        return TaskList(items=tuple(found[: max(1, min(request.limit, rules.MOST))]))

    def reopen_case(self, request: ReopenCase, caller: Caller) -> CaseView:
        """Take a closed case up again.

        Emits: CaseReopened.
        Raises:
            NotFound: case.not_found.
            Conflict: case.not_closed, case.purged.
            RuleBroken: case.reopening_unexplained, party.id_number_in_text.
        """
        own_case(self.cases, request.case_id, caller)
        check_texts((request.reason,))
        now = self.clock.now()
        stored = self.cases.change(
            request.case_id,
            lambda case: case_rules.reopen(case, request, caller.actor, now),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return case_rules.as_view(stored.state, stored.version)

    def tell_overdue(self) -> None:
        """Tell of the tasks whose time has passed, each once.

        Emits: TaskOverdue.
        Raises:
            Refused, Broken: the first of what kept single cases back; the others have been dealt with.
        """
        now = self.clock.now()
        kept_back: list[Refused | Broken] = []
        for each in self.index.overdue(now):
            try:
                self.cases.change(
                    each,
                    lambda case: _with(case, rules.told_overdue(case.tasks, case.id, now)),
                    Cause(actor="desk:cases", correlation_id=each),
                )
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def _settled(
        self,
        case_id: str,
        task_id: str,
        state: TaskState,
        result: str,
        caller: Caller,
        request: CompleteTask | DropTask,
    ) -> TaskView:
        self._check_hands(case_id, task_id, caller)
        check_texts((result,))
        now = self.clock.now()

        def decide(found: Case) -> tuple[Case, Sequence[Event]]:
            check_open(found)
            return _with(found, rules.settle(found.tasks, found.id, task_id, state, result, caller.actor, now))

        return self._changed(case_id, task_id, decide, caller, request.expected_version)

    def _check_hands(self, case_id: str, task_id: str, caller: Caller) -> None:
        """Let in the desk of the task and the desk of the case; for other agencies there is no such case."""
        case = self.cases.get(case_id).state
        if case.owner_agency != caller.agency:
            raise NotFound("case.not_found")
        task = rules.find(case.tasks, task_id)
        if not (caller.holds(case.owner) or caller.holds(task.owner)):
            raise Forbidden("task.not_your_desk", desk=task.owner)

    def _changed(
        self, case_id: str, task_id: str, decide: _Decide, caller: Caller, expected_version: int | None
    ) -> TaskView:
        case = self.cases.change(case_id, decide, caller.cause(), expected_version=expected_version).state
        return rules.as_view(rules.find(case.tasks, task_id), case.id, case.number)


def _with(case: Case, decided: Decision) -> tuple[Case, Sequence[Event]]:
    tasks, events = decided
    return case_rules.with_tasks(case, tasks), events
