"""Supervision orders on their page: what the office wants to know, the unit's answer, the office's verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway import bodies
from gateway.console.deeds import Deed, Entry, Plain, Tried
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.staff import StaffRoute, reading_for
from gateway.console.things import Move, Thing, page_about
from gateway.routes import supervision
from gateway.routes.parameters import ItemPath
from lianxi.contracts.reporting import OrderState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
OFFICE_DESK: Final = "office/desk"


class Order(Thing):
    """A supervision order."""

    noun: ClassVar[str] = "order"
    template: ClassVar[str] = "desk_order.html"
    root: ClassVar[str] = "/desk/orders/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "answer": Deed(supervision.answer_order, bodies.OrderAnswer, (Entry("answer", most=4000),)),
        "accept": Deed(
            supervision.review_order,
            bodies.OrderReview,
            (Entry("remark", needed=False, most=1000),),
            lambda _form, _me: {"accept": True},
        ),
        "reject": Deed(
            supervision.review_order,
            bodies.OrderReview,
            (Entry("remark", most=1000), Entry("new_due_on", "day")),
            lambda _form, _me: {"accept": False},
            is_quiet=True,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await supervision.get_order(item_id, await reading_for(request, supervision.get_order))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """The unit answers, the office judges the answer."""
        del policy
        if plain.get("state") == OrderState.ISSUED:
            return [Move("answer", (plain["target"],), "L81.2")]
        if plain.get("state") == OrderState.ANSWERED:
            return [Move(each, (OFFICE_DESK,), "L81.2") for each in ("accept", "reject")]
        return []

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell an order."""
        del request, tried
        due_at = instant(plain.get("due_at"))
        return {
            "title": _title(telling, plain),
            "number": plain["number"],
            "order": Told(plain),
            "target": telling.name(plain["target"]),
            "about": page_about(plain.get("about")),
            "due_at": due_at,
            "left": telling.left(due_at),
            "issued_at": instant(plain.get("issued_at")),
            "answered_at": instant(plain.get("answered_at")),
        }


def _title(telling: Telling, plain: Plain) -> str:
    name = telling.said("kind.order")
    state = plain.get("state")
    return f"{name} · {telling.said(f'order_is.{state}')}" if state else name


ORDER: Final = Order()


@router.get("/desk/orders/{order_id}")
async def show(order_id: ItemPath, request: Request) -> Response:
    """One supervision order: what is asked, until when, and what was answered."""
    return await ORDER.page(request, order_id)


@router.post("/desk/orders/{order_id}/{deed}")
async def act(order_id: ItemPath, deed: str, request: Request) -> Response:
    """Answer it, or judge the answer."""
    return await ORDER.act(request, order_id, deed)
