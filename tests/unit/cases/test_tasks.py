"""Tasks of a case: nothing mandatory is left open when it closes, and it is taken up again only with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts import codec
from lianxi.contracts.cases import (
    CaseClosed,
    CaseOutcome,
    CaseReopened,
    CaseState,
    CaseView,
    CloseCase,
    CloseReason,
    ReopenCase,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.parties import PartyStanding
from lianxi.contracts.tasks import AddTask, CompleteTask, DropTask, ListTasks, TaskOverdue, TaskState, TaskView
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from tests.unit.cases.desk import MARKET, NOW, POLICE_CALLER, SENDER, CasesInMemory, caller

DUE = NOW + timedelta(days=3)
TITLE = "调取转账流水的文号"


def give(
    town: CasesInMemory,
    case_id: str,
    *,
    parent: TaskView | None = None,
    is_mandatory: bool = True,
    owner: str = SENDER,
    by: Caller = MARKET,
) -> TaskView:
    asked = AddTask(
        case_id=case_id,
        title=TITLE,
        owner=owner,
        due_at=town.clock.now() + timedelta(days=3),
        parent_id=None if parent is None else parent.task_id,
        is_mandatory=is_mandatory,
    )
    return town.chores.add_task(asked, by)


def complete(town: CasesInMemory, task: TaskView, by: Caller = MARKET) -> TaskView:
    return town.chores.complete_task(CompleteTask(case_id=task.case_id, task_id=task.task_id, result="已调取"), by)


def close(
    town: CasesInMemory,
    case_id: str,
    outcome: CaseOutcome = CaseOutcome.NO_PENALTY,
    reason: CloseReason = CloseReason.MINOR_AND_CORRECTED,
) -> CaseView:
    return town.desk.close_case(CloseCase(case_id=case_id, outcome=outcome, reason=reason, grounds="facts"), MARKET)


@pytest.mark.criterion("9.2")
def test_a_task_has_a_desk_a_time_and_a_parent(town: CasesInMemory) -> None:
    case = town.open()
    whole = give(town, case.case_id)
    part = give(town, case.case_id, parent=whole)

    assert (whole.owner, whole.due_at, whole.state) == (SENDER, DUE, TaskState.OPEN)
    assert part.parent_id == whole.task_id
    with pytest.raises(RuleBroken, match=r"task\.parts_open"):
        complete(town, whole)
    assert [complete(town, each).state for each in (part, whole)] == [TaskState.DONE, TaskState.DONE]
    with pytest.raises(Conflict, match=r"task\.already_settled"):
        complete(town, whole)
    with pytest.raises(RuleBroken, match=r"task\.parent_not_open"):
        give(town, case.case_id, parent=whole)


@pytest.mark.criterion("9.2")
def test_a_case_with_open_mandatory_tasks_does_not_close(town: CasesInMemory) -> None:
    case = town.open()
    task, dropped = give(town, case.case_id), give(town, case.case_id)
    give(town, case.case_id, is_mandatory=False)

    with pytest.raises(RuleBroken, match=r"case\.tasks_open"):
        close(town, case.case_id)
    complete(town, task)
    with pytest.raises(RuleBroken, match=r"case\.tasks_open"):
        close(town, case.case_id)
    town.chores.drop_task(DropTask(case_id=case.case_id, task_id=dropped.task_id, reason="对方已撤回"), MARKET)
    assert close(town, case.case_id).state is CaseState.CLOSED
    with pytest.raises(Conflict, match=r"case\.already_closed"):
        give(town, case.case_id)
    assert town.chores.list_tasks(ListTasks(), MARKET).items == ()


@pytest.mark.criterion("9.2")
def test_closing_needs_an_outcome_and_a_reason_that_goes_with_it(town: CasesInMemory) -> None:
    case = town.open()

    with pytest.raises(RuleBroken, match=r"case\.reason_does_not_fit"):
        close(town, case.case_id, CaseOutcome.NO_PENALTY, CloseReason.DECISION_SERVED)
    closed = close(town, case.case_id, CaseOutcome.NOT_ESTABLISHED, CloseReason.EVIDENCE_INSUFFICIENT)
    assert (closed.outcome, closed.close_reason) == (CaseOutcome.NOT_ESTABLISHED, CloseReason.EVIDENCE_INSUFFICIENT)


@pytest.mark.criterion("9.2")
def test_reopening_needs_a_reason_and_keeps_how_it_had_ended(town: CasesInMemory) -> None:
    case = town.open()
    left = give(town, case.case_id, is_mandatory=False)
    with pytest.raises(Conflict, match=r"case\.not_closed"):
        town.chores.reopen_case(ReopenCase(case_id=case.case_id, reason="x"), MARKET)
    close(town, case.case_id)
    town.wait(timedelta(days=1))

    with pytest.raises(RuleBroken, match=r"case\.reopening_unexplained"):
        town.chores.reopen_case(ReopenCase(case_id=case.case_id, reason="  "), MARKET)
    with pytest.raises(NotFound):
        town.chores.reopen_case(ReopenCase(case_id=case.case_id, reason="x"), POLICE_CALLER)
    again = town.chores.reopen_case(ReopenCase(case_id=case.case_id, reason="出现新证据"), MARKET)

    assert (again.state, again.outcome, again.closed_at) == (CaseState.OPEN, None, None)
    assert [(each.reason, each.outcome, each.closed_at) for each in again.reopenings] == [
        ("出现新证据", CaseOutcome.NO_PENALTY, NOW)
    ]
    assert [each.task_id for each in town.chores.list_tasks(ListTasks(), MARKET).items] == [left.task_id]
    assert isinstance(town.announced()[-1], CaseReopened)
    assert town.cases.get(case.case_id).state.keeping.since is None
    assert close(town, case.case_id).state is CaseState.CLOSED


def test_who_is_suspected_in_a_case_that_was_taken_up_again_is_not_erased_by_an_old_letter(town: CasesInMemory) -> None:
    case = town.open()
    party = town.name(case.case_id)
    close(town, case.case_id)
    town.chores.reopen_case(ReopenCase(case_id=case.case_id, reason="出现新证据"), MARKET)
    closed = next(each for each in town.announced() if isinstance(each, CaseClosed))
    town.persons.settle_parties(closed, Cause(actor="desk:cases", correlation_id="x", event_id="closed"))

    assert town.party(party.party_id).standing is PartyStanding.SUSPECTED


@pytest.mark.criterion("9.2")
def test_tasks_go_to_desks_of_the_agency_and_are_settled_by_them_or_by_the_case(town: CasesInMemory) -> None:
    case = town.open()
    for desk, code in (("police/economic", "task.desk_elsewhere"), ("market/nobody", "desk.unknown")):
        with pytest.raises(RuleBroken, match=code):
            give(town, case.case_id, owner=desk)
    task = give(town, case.case_id)

    with pytest.raises(NotFound, match=r"case\.not_found"):
        complete(town, task, POLICE_CALLER)
    bound = replace(caller("market"), desks=("market/other",), rows=("own_desk",))
    with pytest.raises(Forbidden, match=r"task\.not_your_desk"):
        complete(town, task, bound)
    assert complete(town, task).settled_by == MARKET.actor


@pytest.mark.criterion("9.2")
def test_a_task_whose_time_has_passed_is_told_once(town: CasesInMemory) -> None:
    case = town.open()
    late, done = give(town, case.case_id), give(town, case.case_id)
    complete(town, done)
    for _ in range(3):
        town.wait(timedelta(days=2))
        town.chores.tell_overdue()

    told = [each for each in town.announced() if isinstance(each, TaskOverdue)]
    assert [(each.task_id, each.owner) for each in told] == [(late.task_id, SENDER)]
    assert [each.is_overdue for each in town.chores.list_tasks(ListTasks(), MARKET).items] == [True]
    assert TITLE not in repr([codec.as_plain(each) for each in town.announced()])


def test_the_same_command_twice_is_one_task(town: CasesInMemory) -> None:
    case = town.open()
    once = caller("market", "command-1")

    assert give(town, case.case_id, by=once) == give(town, case.case_id, by=once)
    assert len(town.cases.get(case.case_id).state.tasks) == 1
