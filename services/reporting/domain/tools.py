"""The tools of governance (综治政策工具): proposed with proof, answered by the unit, decided by another person, ended.

A tool is about a unit. Nothing here has a field for a person it could be about; trigger and proof are codes and ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import (
    ProposeTool,
    ToolDecided,
    ToolEnded,
    ToolKind,
    ToolProposed,
    ToolState,
    ToolStated,
    ToolView,
)
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from services.reporting.domain.orders import REFERENCE

CLAUSE = "L88.2"
"""The agencies of the town that propose tools, decide on them and see all of them."""

TRIGGER = re.compile(r"[a-z][a-z0-9_.-]*")
UNDECIDED = frozenset({ToolState.PROPOSED, ToolState.STATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool of governance against one unit.

    Clause: L41.1, L88.2.
    """

    id: str
    target: str
    kind: ToolKind
    trigger: str
    proof: tuple[str, ...]
    state: ToolState
    proposed_by: str
    proposed_at: datetime
    statement_due_at: datetime
    statement: str | None = None
    stated_at: datetime | None = None
    stated_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    grounds: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_grounds: str | None = None


def proposed(
    tool_id: str, asked: ProposeTool, least_days: int, now: datetime, actor: str
) -> tuple[Tool, tuple[ToolProposed, ...]]:
    """Propose a tool; the unit has at least the days that the policy gives it to state its case.

    Clause: L88.2; criterion 3.5.
    Units: `least_days` are calendar days.
    Raises:
        RuleBroken: tool.trigger_unreadable, tool.proof_missing, tool.proof_unreadable, tool.statement_time_too_short.
    """
    if not TRIGGER.fullmatch(asked.trigger):
        raise RuleBroken("tool.trigger_unreadable", clause=CLAUSE)
    if not asked.proof:
        raise RuleBroken("tool.proof_missing", clause=CLAUSE)
    if not all(REFERENCE.fullmatch(each) for each in asked.proof):
        raise RuleBroken("tool.proof_unreadable", clause=CLAUSE)
    if asked.statement_due_on < local_date(now) + timedelta(days=least_days):
        raise RuleBroken("tool.statement_time_too_short", clause=CLAUSE, least_days=least_days)
    tool = Tool(
        id=tool_id,
        target=asked.target,
        kind=asked.kind,
        trigger=asked.trigger,
        proof=asked.proof,
        state=ToolState.PROPOSED,
        proposed_by=actor,
        proposed_at=now,
        statement_due_at=local_midnight(asked.statement_due_on + timedelta(days=1)),
    )
    said = ToolProposed(
        tool_id=tool_id, target=tool.target, kind=tool.kind, at=now, statement_due_at=tool.statement_due_at
    )
    return tool, (said,)


def stated(tool: Tool, statement: str, now: datetime, actor: str) -> tuple[Tool, tuple[ToolStated, ...]]:
    """Take the unit's statement, once; after its day it is taken too, as long as nobody has decided.

    Clause: L88.2; criterion 3.5.
    Raises:
        Conflict: tool.already_stated, tool.already_decided.
    """
    _undecided(tool)
    if tool.state is ToolState.STATED:
        raise Conflict("tool.already_stated", clause=CLAUSE)
    after = replace(tool, state=ToolState.STATED, statement=statement, stated_at=now, stated_by=actor)
    return after, (ToolStated(tool_id=tool.id, target=tool.target, kind=tool.kind, at=now),)


def decided(tool: Tool, issue: bool, grounds: str, now: datetime, actor: str) -> tuple[Tool, tuple[ToolDecided, ...]]:
    """Issue a tool, or drop it: never before the unit was heard or let its time pass, never by who proposed it.

    Clause: L88.2; criterion 3.5.
    Raises:
        Conflict: tool.already_decided.
        Forbidden: tool.own_proposal.
        RuleBroken: tool.statement_pending.
    """
    _undecided(tool)
    if actor == tool.proposed_by:
        raise Forbidden("tool.own_proposal", clause=CLAUSE)
    if tool.state is ToolState.PROPOSED and now < tool.statement_due_at:
        raise RuleBroken("tool.statement_pending", clause=CLAUSE, until=tool.statement_due_at.isoformat())
    state = ToolState.ISSUED if issue else ToolState.DROPPED
    after = replace(tool, state=state, decided_by=actor, decided_at=now, grounds=grounds)
    return after, (ToolDecided(tool_id=tool.id, target=tool.target, kind=tool.kind, at=now, issued=issue),)


def ended(tool: Tool, grounds: str, now: datetime, actor: str) -> tuple[Tool, tuple[ToolEnded, ...]]:
    """Bring an issued tool to its end.

    Clause: L88.2; criterion 3.5.
    Raises:
        Conflict: tool.not_issued, tool.already_ended.
    """
    if tool.state is ToolState.ENDED:
        raise Conflict("tool.already_ended", clause=CLAUSE)
    if tool.state is not ToolState.ISSUED:
        raise Conflict("tool.not_issued", clause=CLAUSE)
    after = replace(tool, state=ToolState.ENDED, ended_by=actor, ended_at=now, end_grounds=grounds)
    return after, (ToolEnded(tool_id=tool.id, target=tool.target, kind=tool.kind, at=now),)


def shown_to(tool: Tool, caller: Caller) -> Tool:
    """Show a tool to its unit, to the office and to the governance office.

    Clause: L88.2 (domain 5.4).
    Raises:
        NotFound: tool.not_found.
    """
    if not caller.sees_all and caller.agency != tool.target:
        raise NotFound("tool.not_found")
    return tool


def for_the_unit(tool: Tool, caller: Caller) -> None:
    """Let only the unit itself state its case.

    Clause: L88.2.
    Raises:
        NotFound: tool.not_found.
        Forbidden: tool.not_yours.
    """
    if shown_to(tool, caller).target != caller.agency:
        raise Forbidden("tool.not_yours", clause=CLAUSE)


def for_a_decider(caller: Caller, target: str) -> None:
    """Let only the office and the governance office propose, decide and end, and never about themselves.

    Clause: L41.1, L88.2.
    Raises:
        Forbidden: tool.office_or_governance, tool.own_unit.
    """
    if not caller.sees_all:
        raise Forbidden("tool.office_or_governance", clause=CLAUSE)
    if caller.agency == target:
        raise Forbidden("tool.own_unit", clause=CLAUSE)


def as_view(tool: Tool, version: int) -> ToolView:
    """Write a tool as it is read.

    Clause: none.
    """
    return ToolView(
        tool_id=tool.id,
        version=version,
        target=tool.target,
        kind=tool.kind,
        trigger=tool.trigger,
        proof=tool.proof,
        state=tool.state,
        proposed_by=tool.proposed_by,
        proposed_at=tool.proposed_at,
        statement_due_at=tool.statement_due_at,
        statement=tool.statement,
        stated_at=tool.stated_at,
        decided_by=tool.decided_by,
        decided_at=tool.decided_at,
        grounds=tool.grounds,
        ended_at=tool.ended_at,
        end_grounds=tool.end_grounds,
    )


def _undecided(tool: Tool) -> None:
    if tool.state not in UNDECIDED:
        raise Conflict("tool.already_decided", clause=CLAUSE)
