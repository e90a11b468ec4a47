"""Supervision orders and tools of governance: what the office demands of units, and what units say to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.bodies import (
    NewOrder,
    OrderAnswer,
    OrderReview,
    OrdersToLate,
    TipOrder,
    ToolDecision,
    ToolEnding,
    ToolProposal,
    ToolStatement,
)
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import (
    AnswerOrder,
    DecideTool,
    EndTool,
    GetOrder,
    GetTool,
    IssueOrder,
    IssueOrdersToLate,
    ListNearDue,
    ListOrders,
    ListTools,
    OrderPage,
    OrderView,
    ProposeTool,
    ReviewOrder,
    StateOnTool,
    ToolPage,
    ToolView,
)
from lianxi.contracts.tips import GetTip, TipView

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
SERVICE = "reporting"
ORDERS = "/v1/supervision-orders"
TOOLS = "/v1/accountability-tools"


def _order_at(view: OrderView) -> str:
    return f"{ORDERS}/{view.order_id}"


@router.post(ORDERS, status_code=201, response_model=OrderView)
async def issue_order(body: NewOrder, writing: Writing = writes("supervision.create")) -> Response:
    """Demand an answer from a unit about an item, by the end of a day; the office only."""
    return await writing.create(SERVICE, "issue_order", body.contract(IssueOrder), OrderView, at=_order_at)


@router.post("/v1/tips/{tip_id}/supervision-orders", status_code=201, response_model=OrderView)
async def issue_order_about_tip(
    tip_id: ItemPath, body: TipOrder, writing: Writing = writes("supervision.create")
) -> Response:
    """Demand an answer from a unit about a tip, by the end of a day; the office only."""
    asked = body.contract(IssueOrder, about=f"tip/{tip_id}")

    async def act(caller: Caller) -> Response:
        house = writing.house
        await house.recent.patiently(
            tip_id, lambda: house.ask("tips", "get_tip", GetTip(tip_id=tip_id), caller, TipView)
        )
        view = await house.ask(SERVICE, "issue_order", asked, caller, OrderView)
        return writing.answer(view, status=201, headers={"Location": _order_at(view)})

    return await writing.once(f"{SERVICE}.issue_order", codec.as_plain(asked), act)


@router.post(ORDERS + "/to-late", response_model=OrderPage)
async def issue_orders_to_late(body: OrdersToLate, writing: Writing = writes("supervision.create")) -> Response:
    """Demand an answer from every unit whose stage report for a date is late, in one action; the office only."""
    asked = body.contract(IssueOrdersToLate)
    return await writing.decide(SERVICE, "issue_orders_to_late", asked, OrderPage)


@router.get(ORDERS, response_model=OrderPage)
async def list_orders(
    only_open: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("supervision.read"),
) -> Response:
    """Read the orders to the agency's desks, or all for the office, newest first."""
    asked = ListOrders(only_open=only_open, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_orders", asked, OrderPage)


@router.get(ORDERS + "/near-due", response_model=OrderPage)
async def list_near_due(
    within_days: Annotated[int, Query(ge=0, le=366)] = 7,
    limit: Limit = 200,
    reading: Reading = reads("supervision.read"),
) -> Response:
    """Read the orders that wait for an answer and are overdue or fall due soon, soonest first."""
    asked = ListNearDue(within_days=within_days, limit=limit)
    return await reading.show(SERVICE, "list_near_due", asked, OrderPage)


@router.get(ORDERS + "/{order_id}", response_model=OrderView)
async def get_order(order_id: ItemPath, reading: Reading = reads("supervision.read")) -> Response:
    """Read one order, with its answer, its rounds and the rungs that it has climbed."""
    return await reading.show(SERVICE, "get_order", GetOrder(order_id=order_id), OrderView)


@router.post(ORDERS + "/{order_id}/answer", response_model=OrderView)
async def answer_order(
    order_id: ItemPath, body: OrderAnswer, writing: Writing = decides("supervision.change")
) -> Response:
    """Answer an order as its target; late is still better than never."""
    asked = body.contract(AnswerOrder, order_id=order_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "answer_order", asked, OrderView)


@router.post(ORDERS + "/{order_id}/review", response_model=OrderView)
async def review_order(
    order_id: ItemPath, body: OrderReview, writing: Writing = decides("supervision.decide")
) -> Response:
    """Accept an answer as the office, or do not, with a remark and a new day."""
    asked = body.contract(ReviewOrder, order_id=order_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "review_order", asked, OrderView)


@router.post(TOOLS, status_code=201, response_model=ToolView)
async def propose_tool(body: ToolProposal, writing: Writing = writes("assessment.create")) -> Response:
    """Propose a tool of governance for a unit, with trigger and proof; the unit is heard first."""
    asked = body.contract(ProposeTool)
    return await writing.create(SERVICE, "propose_tool", asked, ToolView, at=lambda view: f"{TOOLS}/{view.tool_id}")


@router.get(TOOLS, response_model=ToolPage)
async def list_tools(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("assessment.read")) -> Response:
    """Read the tools about the agency, or all for the office and the governance office, newest first."""
    return await reading.page(SERVICE, "list_tools", ListTools(cursor=cursor, limit=limit), ToolPage)


@router.get(TOOLS + "/{tool_id}", response_model=ToolView)
async def get_tool(tool_id: ItemPath, reading: Reading = reads("assessment.read")) -> Response:
    """Read one tool: trigger, proof, the unit's statement, decision, end."""
    return await reading.show(SERVICE, "get_tool", GetTool(tool_id=tool_id), ToolView)


@router.post(TOOLS + "/{tool_id}/state", response_model=ToolView)
async def state_on_tool(
    tool_id: ItemPath, body: ToolStatement, writing: Writing = decides("assessment.change")
) -> Response:
    """State the unit's case."""
    asked = body.contract(StateOnTool, tool_id=tool_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "state_on_tool", asked, ToolView)


@router.post(TOOLS + "/{tool_id}/decide", response_model=ToolView)
async def decide_tool(
    tool_id: ItemPath, body: ToolDecision, writing: Writing = decides("assessment.decide")
) -> Response:
    """Issue a tool or drop it, once the unit was heard or let its time pass; never as who proposed it."""
    asked = body.contract(DecideTool, tool_id=tool_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_tool", asked, ToolView)


@router.post(TOOLS + "/{tool_id}/end", response_model=ToolView)
async def end_tool(tool_id: ItemPath, body: ToolEnding, writing: Writing = decides("assessment.decide")) -> Response:
    """Bring an issued tool to its end."""
    asked = body.contract(EndTool, tool_id=tool_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "end_tool", asked, ToolView)
