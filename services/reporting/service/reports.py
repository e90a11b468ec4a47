"""The doors for facts, stage reports, supervision orders and tools of governance. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.contracts.envelope import Caller, Heard
from lianxi.contracts.registry import EVENTS
from lianxi.contracts.reporting import (
    AnswerOrder,
    ClauseList,
    DecideTool,
    EndTool,
    FileStageReport,
    GetOrder,
    GetStageReportDraft,
    GetTool,
    IssueOrder,
    IssueOrdersToLate,
    ListClauses,
    ListNearDue,
    ListObligations,
    ListOrders,
    ListStageReports,
    ListTools,
    OrderPage,
    OrderView,
    ProposeTool,
    ReviewOrder,
    StageReportDraft,
    StageReportList,
    StageReportView,
    StateOnTool,
    ToolPage,
    ToolView,
)
from lianxi.greenroom.entries import answers, every, gathers
from lianxi.greenroom.migrating import MigratingDesk
from services.reporting.handlers.orders import OrderDesk
from services.reporting.handlers.stage_reports import ReportingDesk
from services.reporting.handlers.tools import ToolDesk
from services.reporting.views.clauses import ClauseViews
from services.reporting.views.demands import OrderViews, ToolViews


class ReportDoors(MigratingDesk):
    """What is told and asked about what units owe, and how it is pressed for."""

    handlers: ReportingDesk
    orders: OrderDesk
    tools: ToolDesk
    views: ClauseViews
    order_views: OrderViews
    tool_views: ToolViews

    @gathers("keep_fact", *EVENTS.values())
    def keep_facts(self, heard: Sequence[Heard]) -> None:
        """Keep a fact of every event."""
        self.handlers.keep_facts(heard)

    @answers
    def list_clauses(self, request: ListClauses, caller: Caller) -> ClauseList:
        """Show every sentence of the plan and what has kept it."""
        return self.views.list_clauses(request, caller)

    @answers
    def list_obligations(self, request: ListObligations, caller: Caller) -> ClauseList:
        """Show what an agency owes."""
        return self.views.list_obligations(request, caller)

    @answers
    def list_stage_reports(self, request: ListStageReports, caller: Caller) -> StageReportList:
        """Show stage reports by date and unit."""
        return self.handlers.list_stage_reports(request, caller)

    @answers
    def get_stage_report_draft(self, request: GetStageReportDraft, caller: Caller) -> StageReportDraft:
        """Draft a stage report from the system's figures."""
        return self.handlers.get_stage_report_draft(request, caller)

    @answers
    def file_stage_report(self, request: FileStageReport, caller: Caller) -> StageReportView:
        """Take a stage report in."""
        return self.handlers.file_stage_report(request, caller)

    @answers
    def issue_order(self, request: IssueOrder, caller: Caller) -> OrderView:
        """Demand an answer from a unit."""
        return self.orders.issue_order(request, caller)

    @answers
    def issue_orders_to_late(self, request: IssueOrdersToLate, caller: Caller) -> OrderPage:
        """Demand an answer from every unit that is late."""
        return self.orders.issue_orders_to_late(request, caller)

    @answers
    def answer_order(self, request: AnswerOrder, caller: Caller) -> OrderView:
        """Answer a supervision order."""
        return self.orders.answer_order(request, caller)

    @answers
    def review_order(self, request: ReviewOrder, caller: Caller) -> OrderView:
        """Accept an answer, or set a new day."""
        return self.orders.review_order(request, caller)

    @answers
    def get_order(self, request: GetOrder, caller: Caller) -> OrderView:
        """Show one supervision order."""
        return self.orders.get_order(request, caller)

    @answers
    def list_orders(self, request: ListOrders, caller: Caller) -> OrderPage:
        """Show a page of supervision orders."""
        return self.order_views.list_orders(request, caller)

    @answers
    def list_near_due(self, request: ListNearDue, caller: Caller) -> OrderPage:
        """Show what falls due soon, soonest first."""
        return self.order_views.list_near_due(request, caller)

    @answers
    def propose_tool(self, request: ProposeTool, caller: Caller) -> ToolView:
        """Propose a tool of governance."""
        return self.tools.propose_tool(request, caller)

    @answers
    def state_on_tool(self, request: StateOnTool, caller: Caller) -> ToolView:
        """State a unit's case."""
        return self.tools.state_on_tool(request, caller)

    @answers
    def decide_tool(self, request: DecideTool, caller: Caller) -> ToolView:
        """Issue a tool, or drop it."""
        return self.tools.decide_tool(request, caller)

    @answers
    def end_tool(self, request: EndTool, caller: Caller) -> ToolView:
        """Bring a tool to its end."""
        return self.tools.end_tool(request, caller)

    @answers
    def get_tool(self, request: GetTool, caller: Caller) -> ToolView:
        """Show one tool."""
        return self.tools.get_tool(request, caller)

    @answers
    def list_tools(self, request: ListTools, caller: Caller) -> ToolPage:
        """Show a page of tools."""
        return self.tool_views.list_tools(request, caller)

    @every(5)
    def press_orders(self) -> None:
        """Climb the ladders of supervision orders."""
        self.orders.press()

    @every(5)
    def remind_of_returns(self) -> None:
        """Climb the ladders of stage reports."""
        self.handlers.remind()

    @every(60)
    def open_returns(self) -> None:
        """Open what is owed and move it with the days."""
        self.handlers.open_returns()
