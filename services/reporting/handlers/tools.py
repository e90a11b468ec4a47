"""Tools of governance are proposed, answered by the unit, decided by another person, and ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import DecideTool, EndTool, GetTool, ProposeTool, StateOnTool, ToolView
from lianxi.kernel.clock import Clock
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.store.unit import Aggregates, Decide
from services.reporting.domain import tools
from services.reporting.domain.tools import Tool
from services.reporting.policy import Demands

NOUN = "tool"


@dataclass(frozen=True)
class ToolDesk:
    """The use cases of the tools of governance, with what they need."""

    tools: Aggregates[Tool]
    demands: Demands
    clock: Clock

    def propose_tool(self, request: ProposeTool, caller: Caller) -> ToolView:
        """Propose a tool for a unit, with trigger and proof.

        Emits: reporting.tool.proposed.v1.
        Raises:
            Forbidden: tool.office_or_governance, tool.own_unit.
            NotFound: agency.not_found.
            RuleBroken: tool.trigger_unreadable, tool.proof_missing, tool.proof_unreadable,
                tool.statement_time_too_short.
        """
        unit = self.demands.unit_of(request.target)
        tools.for_a_decider(caller, unit)
        now = self.clock.now()
        made = caller.command_id is not None
        tool_id = derived_id(NOUN, caller.actor, caller.command_id) if made else sortable_id(NOUN, now)
        least_days = self.demands.statement_days.get(request.kind.value, 0)
        tool, events = tools.proposed(tool_id, replace(request, target=unit), least_days, now, caller.actor)
        self.tools.add(tool, events, caller.cause())
        found = self.tools.get(tool_id)
        return tools.as_view(found.state, found.version)

    def state_on_tool(self, request: StateOnTool, caller: Caller) -> ToolView:
        """State the unit's case.

        Emits: reporting.tool.stated.v1.
        Raises:
            NotFound: tool.not_found, also for another unit's.
            Forbidden: tool.not_yours.
            Conflict: tool.already_stated, tool.already_decided, tool.changed.
        """
        tools.for_the_unit(self.tools.get(request.tool_id).state, caller)
        now = self.clock.now()
        return self._change(request, caller, lambda tool: tools.stated(tool, request.statement, now, caller.actor))

    def decide_tool(self, request: DecideTool, caller: Caller) -> ToolView:
        """Issue a tool or drop it, as another person than who proposed it.

        Emits: reporting.tool.decided.v1.
        Raises:
            NotFound: tool.not_found.
            Forbidden: tool.office_or_governance, tool.own_unit, tool.own_proposal.
            Conflict: tool.already_decided, tool.changed.
            RuleBroken: tool.statement_pending.
        """
        self._for_a_decider(request.tool_id, caller)
        now = self.clock.now()
        return self._change(
            request, caller, lambda tool: tools.decided(tool, request.issue, request.grounds, now, caller.actor)
        )

    def end_tool(self, request: EndTool, caller: Caller) -> ToolView:
        """Bring an issued tool to its end.

        Emits: reporting.tool.ended.v1.
        Raises:
            NotFound: tool.not_found.
            Forbidden: tool.office_or_governance, tool.own_unit.
            Conflict: tool.not_issued, tool.already_ended, tool.changed.
        """
        self._for_a_decider(request.tool_id, caller)
        now = self.clock.now()
        return self._change(request, caller, lambda tool: tools.ended(tool, request.grounds, now, caller.actor))

    def get_tool(self, request: GetTool, caller: Caller) -> ToolView:
        """Show one tool.

        Raises:
            NotFound: tool.not_found, also for another unit's.
        """
        found = self.tools.get(request.tool_id)
        return tools.as_view(tools.shown_to(found.state, caller), found.version)

    def _for_a_decider(self, tool_id: str, caller: Caller) -> None:
        tool = tools.shown_to(self.tools.get(tool_id).state, caller)
        tools.for_a_decider(caller, tool.target)

    def _change(self, request: StateOnTool | DecideTool | EndTool, caller: Caller, decide: Decide[Tool]) -> ToolView:
        after = self.tools.change(request.tool_id, decide, caller.cause(), expected_version=request.expected_version)
        return tools.as_view(after.state, after.version)
