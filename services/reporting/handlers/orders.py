"""Supervision orders are issued, alone or to all who are late, pressed by their ladder, answered and reviewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.reporting import (
    AnswerOrder,
    GetOrder,
    IssueOrder,
    IssueOrdersToLate,
    OrderPage,
    OrderView,
    ReviewOrder,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Broken, Refused
from lianxi.kernel.ids import derived_id, number_from, sortable_id
from lianxi.store.unit import Addition, Aggregates
from services.reporting.domain import orders
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.policy import Demands

ACTOR = "desk/reporting"
ENTROPY_BITS = 35
NOUN = "supervision_order"

LateUnits = Callable[[date], Mapping[str, str]]
"""Answers which units are late with the report of a date, each with the id of the report that is missing."""


class OrderFinder(Protocol):
    """Where orders are found that a sweep has to look at."""

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name the orders whose next rung has been reached, a bounded number."""
        ...


@dataclass(frozen=True)
class OrderDesk:
    """The use cases of supervision orders, with what they need."""

    orders: Aggregates[SupervisionOrder]
    finder: OrderFinder
    late_on: LateUnits
    demands: Demands
    clock: Clock
    entropy: Callable[[int], int]

    def issue_order(self, request: IssueOrder, caller: Caller) -> OrderView:
        """Demand an answer from a unit about an item, by a day.

        Emits: reporting.supervision_order.issued.v1.
        Raises:
            Forbidden: supervision_order.office_only.
            Refused: desk.unknown.
            RuleBroken: supervision_order.due_in_past, supervision_order.about_unreadable.
        """
        orders.for_the_office(caller)
        order_id = derived_id(NOUN, caller.actor, _key(caller, self.clock.now()))
        addition = self._addition(order_id, request, caller)
        self.orders.add(addition.state, addition.events, addition.cause)
        return self._view(order_id)

    def issue_orders_to_late(self, request: IssueOrdersToLate, caller: Caller) -> OrderPage:
        """Demand an answer from every unit whose report for a date is late, in one action.

        The same action again answers with the same orders: each one's id is made from the caller's key and the unit.

        Emits: reporting.supervision_order.issued.v1 for each.
        Raises:
            Forbidden: supervision_order.office_only.
            RuleBroken: supervision_order.due_in_past.
        """
        orders.for_the_office(caller)
        orders.last_instant(request.due_on, self.clock.now())
        key = _key(caller, self.clock.now())
        ids = {unit: derived_id(NOUN, caller.actor, key, unit) for unit in self.demands.first_desks}
        late = self.late_on(request.report_due_on)
        wanted = [
            self._addition(ids[unit], self._demand(unit, report_id, request), caller)
            for unit, report_id in late.items()
            if self.orders.find(ids[unit]) is None
        ]
        self.orders.add_many(wanted)
        found = [each for each in (self.orders.find(order_id) for order_id in ids.values()) if each is not None]
        return OrderPage(items=tuple(orders.as_view(each.state, each.version) for each in found))

    def answer_order(self, request: AnswerOrder, caller: Caller) -> OrderView:
        """Answer as the target.

        Emits: reporting.supervision_order.answered.v1, and reporting.clock.rung_reached.v1 for what was reached before.
        Raises:
            NotFound: supervision_order.not_found, also for another unit's.
            Forbidden: supervision_order.not_yours.
            Conflict: supervision_order.already_answered, supervision_order.already_accepted, supervision_order.changed.
        """
        orders.for_the_target(self.orders.get(request.order_id).state, caller)
        now = self.clock.now()
        after = self.orders.change(
            request.order_id,
            lambda order: orders.answered(order, request.answer, self.demands.steps_of_order(order), now, caller.actor),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return orders.as_view(after.state, after.version)

    def review_order(self, request: ReviewOrder, caller: Caller) -> OrderView:
        """Accept an answer as the office, or do not and set a new day.

        Emits: reporting.supervision_order.accepted.v1 or reporting.supervision_order.rejected.v1.
        Raises:
            NotFound: supervision_order.not_found.
            Forbidden: supervision_order.office_only.
            Conflict: supervision_order.not_answered, supervision_order.already_accepted, supervision_order.changed.
            RuleBroken: supervision_order.new_date_needed, supervision_order.remark_needed,
                supervision_order.due_in_past.
        """
        orders.shown_to(self.orders.get(request.order_id).state, caller)
        orders.for_the_office(caller)
        now = self.clock.now()
        after = self.orders.change(
            request.order_id,
            lambda order: orders.reviewed(order, request, self.demands.steps_of_order(order), now, caller.actor),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return orders.as_view(after.state, after.version)

    def get_order(self, request: GetOrder, caller: Caller) -> OrderView:
        """Show one order.

        Raises:
            NotFound: supervision_order.not_found, also for another unit's.
        """
        found = self.orders.get(request.order_id)
        return orders.as_view(orders.shown_to(found.state, caller), found.version)

    def press(self) -> None:
        """Climb the ladders of orders that nobody has answered; two sweeps at once say each rung once.

        Emits: reporting.clock.rung_reached.v1.
        Raises:
            Refused, Broken: the first of what kept single orders back; the others have been dealt with.
        """
        now = self.clock.now()
        kept_back: list[Refused | Broken] = []
        for order_id in self.finder.to_press(now):
            cause = Cause(actor=ACTOR, correlation_id=order_id)
            try:
                self.orders.change(
                    order_id, lambda order: orders.pressed(order, self.demands.steps_of_order(order), now), cause
                )
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def _demand(self, unit: str, report_id: str, request: IssueOrdersToLate) -> IssueOrder:
        return IssueOrder(
            target=unit, about=f"stage_report/{report_id}", question=request.question, due_on=request.due_on
        )

    def _addition(self, order_id: str, asked: IssueOrder, caller: Caller) -> Addition[SupervisionOrder]:
        now = self.clock.now()
        aimed = IssueOrder(
            target=self.demands.desk_for(asked.target),
            about=asked.about,
            question=asked.question,
            due_on=asked.due_on,
        )
        number = number_from(self.demands.number_series, local_date(now).year, self.entropy(ENTROPY_BITS))
        order, events = orders.issued(order_id, number, aimed, self.demands.orders, now, caller.actor)
        return Addition(order, events, caller.cause())

    def _view(self, order_id: str) -> OrderView:
        found = self.orders.get(order_id)
        return orders.as_view(found.state, found.version)


def _key(caller: Caller, now: datetime) -> str:
    return caller.command_id or sortable_id("command", now)
