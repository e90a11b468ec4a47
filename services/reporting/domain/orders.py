"""Supervision orders (督办): asked by the office, answered by the unit, reviewed by the office, round after round."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.reporting import (
    IssueOrder,
    OrderAccepted,
    OrderAnswered,
    OrderEvent,
    OrderIssued,
    OrderRejected,
    OrderState,
    OrderView,
    ReviewOrder,
)
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.book import Migration
from lianxi.policy.clockwork import RunningClock, start_named
from services.reporting.domain.ladders import climbed, looked_at_next, stopped
from services.reporting.policy import ORDER_CLOCK, Steps

REFERENCE = re.compile(r"[a-z][a-z_]*/[A-Za-z0-9][A-Za-z0-9_.:-]*")
"""How an item is named in an order and as proof: its kind and its id, so that no person can be named there."""

CLAUSE = "L81.2"
RUNNING = (OrderState.ISSUED, OrderState.ANSWERED)
"""Where orders stand that may still be moved to another version of the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """An answer that the office did not accept, and why.

    Clause: L81.2.
    """

    answer: str
    answered_at: datetime
    answered_by: str
    remark: str
    reviewed_at: datetime
    reviewed_by: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionOrder:
    """One supervision order. `clock` and its rungs are those of the present round; `earlier` holds the rounds before.

    `policy_version` is the version of the policy that it runs under, `migrations` how it came to that one.

    Clause: L81.2.
    """

    id: str
    number: str
    target: str
    agency: str
    about: str
    question: str
    issued_by: str
    issued_at: datetime
    due_at: datetime
    state: OrderState
    is_open: bool
    clock: RunningClock
    next_rung_at: datetime | None
    answer: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    remark: str | None = None
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    earlier: tuple[Round, ...] = ()
    policy_version: int = 1
    migrations: tuple[Migration, ...] = ()


Decision = tuple[SupervisionOrder, tuple[Event, ...]]


def last_instant(due_on: date, now: datetime) -> datetime:
    """Find the instant at which a named last day is over.

    Clause: L81.2.
    Raises:
        RuleBroken: supervision_order.due_in_past.
    """
    if due_on < local_date(now):
        raise RuleBroken("supervision_order.due_in_past", clause=CLAUSE, due_on=due_on.isoformat())
    return local_midnight(due_on + timedelta(days=1))


def issued(order_id: str, number: str, asked: IssueOrder, steps: Steps, now: datetime, actor: str) -> Decision:
    """Issue an order; its clock runs from now to the end of the named day.

    Clause: L81.2; criterion 3.4.
    Raises:
        RuleBroken: supervision_order.due_in_past, supervision_order.about_unreadable.
    """
    if not REFERENCE.fullmatch(asked.about):
        raise RuleBroken("supervision_order.about_unreadable", clause=CLAUSE)
    due_at = last_instant(asked.due_on, now)
    clock = start_named(ORDER_CLOCK, asked.target, now, due_at)
    order = SupervisionOrder(
        id=order_id,
        number=number,
        target=asked.target,
        agency=asked.target.partition("/")[0],
        about=asked.about,
        question=asked.question,
        issued_by=actor,
        issued_at=now,
        due_at=due_at,
        state=OrderState.ISSUED,
        is_open=True,
        clock=clock,
        next_rung_at=looked_at_next(clock, steps),
        policy_version=steps.policy_version,
    )
    return order, (_told(OrderIssued, order, now),)


def pressed(order: SupervisionOrder, steps: Steps, now: datetime) -> Decision:
    """Climb the ladder of an order that waits for its answer.

    Clause: L81.2; criteria 3.3, 3.4.
    """
    clock, said = climbed(item_of(order), order.clock, steps, now)
    return replace(order, clock=clock, next_rung_at=looked_at_next(clock, steps)), said


def migrated(order: SupervisionOrder, entry: Migration, old: Steps | None, new: Steps) -> Decision:
    """Let an order run under another version from now on; one that is accepted or has been moved stays as it is.

    What the old ladder had due is said first, if its version can still be read. The day that was named stays.

    Clause: L81.2; criterion 7.3.
    """
    if order.policy_version != entry.from_version or order.state not in RUNNING:
        return order, ()
    climbing = order.state is OrderState.ISSUED
    order, said = pressed(order, old, entry.at) if climbing and old is not None else (order, ())
    moved = replace(order, policy_version=entry.to_version, migrations=(*order.migrations, entry))
    return replace(moved, next_rung_at=looked_at_next(moved.clock, new) if climbing else None), said


def answered(order: SupervisionOrder, answer: str, steps: Steps, now: datetime, actor: str) -> Decision:
    """Take the target's answer; after its day it is taken too. The ladder is left where it was.

    Clause: L81.2; criterion 3.4.
    Raises:
        Conflict: supervision_order.already_answered, supervision_order.already_accepted.
    """
    if order.state is OrderState.ACCEPTED:
        raise Conflict("supervision_order.already_accepted", clause=CLAUSE)
    if order.state is OrderState.ANSWERED:
        raise Conflict("supervision_order.already_answered", clause=CLAUSE)
    clock, said = stopped(item_of(order), order.clock, steps, now)
    after = replace(
        order,
        state=OrderState.ANSWERED,
        clock=clock,
        next_rung_at=None,
        answer=answer,
        answered_at=now,
        answered_by=actor,
        remark=None,
        reviewed_at=None,
        reviewed_by=None,
    )
    return after, (*said, _told(OrderAnswered, after, now))


def reviewed(order: SupervisionOrder, verdict: ReviewOrder, steps: Steps, now: datetime, actor: str) -> Decision:
    """Accept an answer, or do not, say why and set a new day: then a new round climbs its own ladder.

    Clause: L81.2; criterion 3.4.
    Raises:
        Conflict: supervision_order.not_answered, supervision_order.already_accepted.
        RuleBroken: supervision_order.new_date_needed, supervision_order.remark_needed, supervision_order.due_in_past.
    """
    if order.state is OrderState.ACCEPTED:
        raise Conflict("supervision_order.already_accepted", clause=CLAUSE)
    if order.answer is None or order.answered_at is None or order.state is not OrderState.ANSWERED:
        raise Conflict("supervision_order.not_answered", clause=CLAUSE)
    seen = replace(order, remark=verdict.remark or None, reviewed_at=now, reviewed_by=actor)
    if verdict.accept:
        accepted = replace(seen, state=OrderState.ACCEPTED, is_open=False)
        return accepted, (_told(OrderAccepted, accepted, now),)
    if verdict.new_due_on is None:
        raise RuleBroken("supervision_order.new_date_needed", clause=CLAUSE)
    if not verdict.remark:
        raise RuleBroken("supervision_order.remark_needed", clause=CLAUSE)
    rejected = _next_round(seen, last_instant(verdict.new_due_on, now), steps, now)
    return rejected, (_told(OrderRejected, rejected, now),)


def shown_to(order: SupervisionOrder, caller: Caller) -> SupervisionOrder:
    """Show an order to its target's agency and to the office.

    Clause: L81.2 (domain 5.4).
    Raises:
        NotFound: supervision_order.not_found.
    """
    if not (caller.sees_all or caller.holds(order.target)):
        raise NotFound("supervision_order.not_found")
    return order


def for_the_target(order: SupervisionOrder, caller: Caller) -> None:
    """Let only the agency of the target answer.

    Clause: L81.2.
    Raises:
        NotFound: supervision_order.not_found.
        Forbidden: supervision_order.not_yours for the office, which asked.
    """
    if not caller.holds(shown_to(order, caller).target):
        raise Forbidden("supervision_order.not_yours", clause=CLAUSE)


def for_the_office(caller: Caller) -> None:
    """Let only the office issue and review.

    Clause: L81.2.
    Raises:
        Forbidden: supervision_order.office_only.
    """
    if not caller.sees_all:
        raise Forbidden("supervision_order.office_only", clause=CLAUSE)


def item_of(order: SupervisionOrder) -> str:
    """Name an order as an item.

    Clause: none.
    """
    return f"supervision_order/{order.id}"


def as_view(order: SupervisionOrder, version: int) -> OrderView:
    """Write an order as the office and its target read it.

    Clause: none.
    """
    return OrderView(
        order_id=order.id,
        number=order.number,
        version=version,
        target=order.target,
        about=order.about,
        question=order.question,
        issued_by=order.issued_by,
        issued_at=order.issued_at,
        due_at=order.due_at,
        state=order.state,
        answer=order.answer,
        answered_at=order.answered_at,
        remark=order.remark,
        rounds=len(order.earlier) + 1,
        rungs=order.clock.fired,
    )


def _next_round(order: SupervisionOrder, due_at: datetime, steps: Steps, now: datetime) -> SupervisionOrder:
    clock = start_named(ORDER_CLOCK, order.target, now, due_at)
    over = Round(
        answer=order.answer or "",
        answered_at=order.answered_at or now,
        answered_by=order.answered_by or "",
        remark=order.remark or "",
        reviewed_at=now,
        reviewed_by=order.reviewed_by or "",
        due_at=order.due_at,
    )
    return replace(
        order,
        state=OrderState.ISSUED,
        due_at=due_at,
        clock=clock,
        next_rung_at=looked_at_next(clock, steps),
        earlier=(*order.earlier, over),
    )


def _told(kind: type[OrderEvent], order: SupervisionOrder, now: datetime) -> OrderEvent:
    return kind(
        order_id=order.id, number=order.number, target=order.target, about=order.about, at=now, due_at=order.due_at
    )
