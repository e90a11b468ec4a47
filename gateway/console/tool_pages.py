"""Tools of governance on pages: proposed with proof, the unit heard first, decided by another person, ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import bodies
from gateway.console.assessment_pages import BOARD, CLAUSE, MOST, Names, named_proof
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Plain, Tried, do
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.ground import read_form
from gateway.console.record_names import item_name
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, page_about, telling_for
from gateway.exchange import house_of
from gateway.routes import supervision
from gateway.routes.parameters import ItemPath
from lianxi.contracts.reporting import ToolState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/tools"
UNDECIDED: Final = (ToolState.PROPOSED, ToolState.STATED)
GROUNDS: Final = Entry("grounds", most=1000)
PROPOSE: Final = Deed(
    supervision.propose_tool,
    bodies.ToolProposal,
    (
        Entry("target", "choice"),
        Entry("kind", "choice"),
        Entry("trigger", "choice"),
        Entry("proof", "line", most=500, is_apart=True),
        Entry("statement_due_on", "day"),
    ),
    named_proof,
    is_about=False,
)


def deciding(*, issue: bool) -> Deed:
    """Decide what the button says."""
    return Deed(supervision.decide_tool, bodies.ToolDecision, (GROUNDS,), lambda _form, _me: {"issue": issue})


class Governing(Thing):
    """A tool of governance for one unit."""

    noun: ClassVar[str] = "tool"
    template: ClassVar[str] = "desk_tool.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "state": Deed(supervision.state_on_tool, bodies.ToolStatement, (Entry("statement", most=4000),)),
        "issue": deciding(issue=True),
        "drop": deciding(issue=False),
        "end": Deed(supervision.end_tool, bodies.ToolEnding, (GROUNDS,), is_quiet=True),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it, and say whether it can be decided, and by whom it cannot."""
        answer = await supervision.get_tool(item_id, await reading_for(request, supervision.get_tool))
        plain, me = json.loads(bytes(answer.body)), here_of(request).account
        until = instant(plain.get("statement_due_at"))
        is_over = until is not None and house_of(request).clock.now() >= until
        plain["can_be_decided"] = plain.get("state") == ToolState.STATED or is_over
        plain["is_own"] = plain["target"] == me.agency
        plain["is_proposer"] = plain.get("proposed_by") == me.account_id
        return Response(json.dumps(plain), headers={"ETag": answer.headers["ETag"]})

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """The unit states its case, then another than who proposed decides; what was issued comes to its end."""
        del policy
        state, steps = plain.get("state"), []
        if state == ToolState.PROPOSED:
            steps.append(Move("state", (plain["target"],), CLAUSE))
        if plain["is_own"]:
            return steps
        if state in UNDECIDED and plain["can_be_decided"] and not plain["is_proposer"]:
            steps += [Move(each, (ANYBODY,), CLAUSE) for each in ("issue", "drop")]
        if state == ToolState.ISSUED:
            steps.append(Move("end", (ANYBODY,), CLAUSE, is_main=False))
        return steps

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a tool: its trigger, its proof, the unit's statement, the decision, the end."""
        del tried
        until = instant(plain.get("statement_due_at"))
        return {
            "title": kinds(request).get(plain.get("kind") or "", telling.said("record.tool")),
            "number": telling.name(plain["target"]),
            "up": ROOT,
            "up_name": "tool.title",
            "tool": Told(plain),
            "state": telling.said(f"tool_is.{plain['state']}") if plain.get("state") else "",
            "trigger": Names(request).trigger(plain.get("trigger") or ""),
            "proof": [(item_name(telling, each), page_about(each)) for each in plain.get("proof") or ()],
            "heard_until": until,
            "left": telling.left(until) if plain.get("state") == ToolState.PROPOSED else None,
            "stated_at": instant(plain.get("stated_at")),
            "decided_at": instant(plain.get("decided_at")),
            "ended_at": instant(plain.get("ended_at")),
        }


GOVERNING: Final = Governing()


def kinds(request: Request) -> dict[str, str]:
    """Name the tools, the mildest first."""
    telling, tools = telling_for(request), house_of(request).policy.assessment.tools
    in_order = sorted(tools, key=lambda each: each.order)
    return {each.code.replace("-", "_"): each.name_zh if telling.is_chinese else each.name_en for each in in_order}


@router.get(ROOT)
async def list_tools(request: Request) -> Response:
    """The tools about my unit, or all of them and a form to propose one for who assesses."""
    return await _list(request)


@router.post(ROOT)
async def propose(request: Request) -> Response:
    """Propose a tool."""
    came = await do(request, "propose", PROPOSE, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, came)
    return RedirectResponse(f"{GOVERNING.root}{came.plain['tool_id']}", 303)


async def _list(request: Request, tried: Tried | None = None) -> Response:
    telling, names = telling_for(request), kinds(request)
    answer = await supervision.list_tools(None, MOST, await reading_for(request, supervision.list_tools))
    rows = [_row(telling, names, each) for each in json.loads(bytes(answer.body))["items"]]
    choices = _choices(request, telling, names)
    facts = {
        "rows": rows,
        "here": ROOT,
        "root": BOARD,
        **await beginning(request, "tool", "propose", PROPOSE, ROOT, choices, tried, CLAUSE),
    }
    return staff_page(request, "desk_tools.html", 200 if tried is None else tried.status, **facts)


def _choices(request: Request, telling: Telling, names: Mapping[str, str]) -> Choices:
    mine = here_of(request).account.agency
    return {
        "target": [(code, telling.name(code)) for code in house_of(request).policy.agencies if code != mine],
        "kind": list(names.items()),
        "trigger": list(Names(request).triggers.items()),
    }


def _row(telling: Telling, names: Mapping[str, str], plain: Plain) -> dict[str, Any]:
    until = instant(plain.get("statement_due_at")) if plain.get("state") == ToolState.PROPOSED else None
    return {
        "path": f"{GOVERNING.root}{plain['tool_id']}",
        "name": names.get(plain.get("kind") or "", telling.said("record.tool")),
        "unit": telling.name(plain["target"]),
        "state": telling.said(f"tool_is.{plain['state']}") if plain.get("state") else "",
        "until": until,
    }


@router.get(ROOT + "/{tool_id}")
async def show(tool_id: ItemPath, request: Request) -> Response:
    """One tool."""
    return await GOVERNING.page(request, tool_id)


@router.post(ROOT + "/{tool_id}/{deed}")
async def act(tool_id: ItemPath, deed: str, request: Request) -> Response:
    """State the unit's case, issue it or drop it, bring it to its end."""
    return await GOVERNING.act(request, tool_id, deed)
