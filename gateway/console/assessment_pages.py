"""The assessment on pages: how units stand, what is proposed and said to it, and the inspection folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import assessment_bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried, do
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.ground import read_form
from gateway.console.record_names import event_name, item_name
from gateway.console.staff import StaffRoute, admitted, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Move, Thing, page_about, telling_for
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.refusals import NoSuchThing
from gateway.routes import assessment
from gateway.routes.parameters import ItemPath
from lianxi.contracts.assessment import DeductionState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
BOARD: Final = "/desk/assessment"
CLAUSE: Final = "L88.2"
MOST: Final = 200
SAYABLE: Final = (DeductionState.PROPOSED, DeductionState.STATED)


def named_proof(form: Form, _me: str) -> Mapping[str, Any]:
    """Read the items that somebody wrote as proof, by kind and id."""
    return {"proof": form.get("proof", "").split()}


FIND: Final = Deed(
    assessment.record_finding,
    assessment_bodies.NewFinding,
    (
        Entry("unit", "choice"),
        Entry("fact", "choice"),
        Entry("about", "line", most=120),
        Entry("proof", "line", most=500, is_apart=True),
        Entry("grounds", most=1000),
    ),
    named_proof,
    is_about=False,
)


class Deducted(Thing):
    """A proposed deduction."""

    noun: ClassVar[str] = "deduction"
    template: ClassVar[str] = "desk_deduction.html"
    root: ClassVar[str] = "/desk/deductions/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "state": Deed(
            assessment.state_on_deduction, assessment_bodies.DeductionStatement, (Entry("statement", most=4000),)
        ),
        "apply": Deed(
            assessment.decide_deduction,
            assessment_bodies.DeductionDecision,
            (Entry("grounds", most=1000),),
            lambda _form, _me: {"apply": True},
        ),
        "drop": Deed(
            assessment.decide_deduction,
            assessment_bodies.DeductionDecision,
            (Entry("grounds", most=1000),),
            lambda _form, _me: {"apply": False},
        ),
        "withdraw": Deed(
            assessment.withdraw_deduction, assessment_bodies.TakingBack, (Entry("reason", most=500),), is_quiet=True
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it, and say whether the unit has been heard or its time is over."""
        answer = await assessment.get_deduction(item_id, await reading_for(request, assessment.get_deduction))
        plain = json.loads(bytes(answer.body))
        until = instant(plain.get("statement_due_at"))
        is_over = until is not None and house_of(request).clock.now() >= until
        plain["can_be_decided"] = plain.get("state") == DeductionState.STATED or is_over
        plain["is_own"] = plain["unit"] == here_of(request).account.agency
        return Response(json.dumps(plain), headers={"ETag": answer.headers["ETag"]})

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """The unit states its case, then a person of another decides; what is open or applied can be taken back."""
        del policy
        state, steps = plain.get("state"), []
        if state == DeductionState.PROPOSED:
            steps.append(Move("state", (plain["unit"],), CLAUSE))
        if state in SAYABLE and plain["can_be_decided"] and not plain["is_own"]:
            steps += [Move(each, (ANYBODY,), CLAUSE) for each in ("apply", "drop")]
        if state in (*SAYABLE, DeductionState.APPLIED) and not plain["is_own"]:
            steps.append(Move("withdraw", (ANYBODY,), CLAUSE, is_main=False))
        return steps

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a deduction: the situation, its proof, the unit's statement, the decision."""
        del tried
        names, until = Names(request), instant(plain.get("statement_due_at"))
        return {
            "title": names.trigger(plain.get("trigger", "")),
            "number": telling.name(plain["unit"]),
            "up": BOARD,
            "up_name": "staff.assessment",
            "deduction": Told(plain),
            "state": telling.said(f"deduction_is.{plain['state']}") if plain.get("state") else "",
            "found": [names.fact(each) for each in plain.get("facts") or ()],
            "proof": [(item_name(telling, each), page_about(each)) for each in plain.get("proof") or ()],
            "heard_until": until,
            "left": telling.left(until) if plain.get("state") == DeductionState.PROPOSED else None,
            "stated_at": instant(plain.get("stated_at")),
            "decided_at": instant(plain.get("decided_at")),
            "withdrawals": [
                {"at": instant(each["at"]), "reason": names.reason(each["reason"])}
                for each in plain.get("withdrawals") or ()
            ],
        }


DEDUCTED: Final = Deducted()


class Names:
    """Says what situations, facts and reasons are called, in the reader's language."""

    def __init__(self, request: Request) -> None:
        place = 0 if language_of(request.scope) == "zh" else 1
        triggers = house_of(request).policy.assessment.triggers
        self.triggers = {each.code: (each.name_zh, each.name_en)[place] for each in triggers}
        self.facts = {fact.code: (fact.name_zh, fact.name_en)[place] for each in triggers for fact in each.facts}
        self._telling = telling_for(request)

    def trigger(self, code: str) -> str:
        """Name a situation."""
        return self.triggers.get(code, code)

    def fact(self, code: str) -> str:
        """Name a fact."""
        return self.facts.get(code, code)

    def reason(self, reason: str) -> str:
        """Say why the desk withdrew something, or what a person wrote."""
        return self._telling.said(f"appraisal.{reason}") if reason in ("grounds_gone", "came_late") else reason

    def item(self, code: str) -> str:
        """Name an item of a board."""
        noun, _, rest = code.partition("/")
        if noun == "trigger":
            return self.trigger(rest)
        return self._telling.clause(rest) if noun == "sentence" else self._telling.said(f"board_item.{noun}")


@router.get(BOARD)
async def board(request: Request) -> Response:
    """How units stand: my own with each item and its proof, or all of them for who assesses."""
    return await _board(request)


@router.post(BOARD)
async def find(request: Request) -> Response:
    """Record a fact that only a person can find."""
    came = await do(request, "find", FIND, "", await read_form(request))
    if isinstance(came, Tried):
        return await _board(request, came)
    return RedirectResponse(BOARD, 303)


@router.get(BOARD + "/folder.zip")
async def folder(request: Request) -> Response:
    """The inspection folder, with the purpose for which it is taken out."""
    reading = await reading_for(request, assessment.export_folder)
    purpose = request.query_params.get("purpose", "").strip()
    if not 2 <= len(purpose) <= MOST:
        raise NoSuchThing("path.not_found")
    return await assessment.export_folder(purpose, reading)


async def _board(request: Request, tried: Tried | None = None) -> Response:
    unit = request.query_params.get("unit") or None
    answer = await assessment.get_board(unit, await reading_for(request, assessment.get_board))
    told = json.loads(bytes(answer.body))
    reading = await reading_for(request, assessment.list_deductions)
    page = json.loads(bytes((await assessment.list_deductions(None, MOST, reading)).body))
    telling, names = telling_for(request), Names(request)
    rows = [_unit(telling, each) for each in told["items"]]
    choices = {
        "unit": [(code, telling.name(code)) for code in house_of(request).policy.agencies],
        "fact": list(names.facts.items()),
    }
    facts = {
        "units": rows if len(rows) > 1 else [],
        "one": rows[0] if len(rows) == 1 else None,
        "items": [_item(telling, names, each) for each in told["items"][0]["items"]] if len(rows) == 1 else [],
        "deductions": [_row(telling, names, each) for each in page["items"] if unit in (None, each["unit"])],
        "leads": [_lead(telling, names, each) for each in told["leads"]],
        "may_export": await admitted(request, assessment.export_folder) is not None,
        "here": BOARD,
        **await beginning(request, "finding", "find", FIND, BOARD, choices, tried, CLAUSE),
    }
    return staff_page(request, "desk_assessment.html", 200 if tried is None else tried.status, **facts)


def _unit(telling: Telling, plain: Plain) -> dict[str, Any]:
    return {
        "code": plain["unit"],
        "name": telling.name(plain["unit"]),
        "standing": _points(plain.get("standing_tenths")),
        "of": _points(plain.get("of_tenths")),
        "taken": _points(plain.get("taken_tenths")),
        "proposed": _points(plain.get("proposed_tenths")),
        "lacking": sum(1 for each in plain.get("items") or () if each["missing"]),
    }


def _points(tenths: int | None) -> str:
    return "" if tenths is None else f"{tenths / 10:.1f}"


def _item(telling: Telling, names: Names, plain: Plain) -> dict[str, Any]:
    return {
        "name": names.item(plain["code"]),
        "by": telling.clause(plain["clause"]),
        "state": telling.said(f"item_is.{plain['state']}"),
        "proofs": plain["proofs"],
        "proof": [(item_name(telling, each), page_about(each)) for each in plain["proof"]],
        "is_lacking": bool(plain["missing"]),
        "missing": [event_name(telling, each) for each in plain["missing"]],
    }


def _row(telling: Telling, names: Names, plain: Plain) -> dict[str, Any]:
    return {
        "path": f"{DEDUCTED.root}{plain['deduction_id']}",
        "unit": telling.name(plain["unit"]),
        "trigger": names.trigger(plain.get("trigger", "")),
        "state": telling.said(f"deduction_is.{plain['state']}") if plain.get("state") else "",
        "points": _points(plain.get("tenths")),
        "until": instant(plain.get("statement_due_at")) if plain.get("state") == DeductionState.PROPOSED else None,
    }


def _lead(telling: Telling, names: Names, plain: Plain) -> dict[str, Any]:
    return {
        "unit": telling.name(plain["unit"]),
        "trigger": names.trigger(plain["trigger"]),
        "about": item_name(telling, plain["about"]),
        "path": page_about(plain["about"]),
        "wanting": [names.fact(each) for each in plain["wanting"]],
    }


@router.get("/desk/deductions/{deduction_id}")
async def show(deduction_id: ItemPath, request: Request) -> Response:
    """One deduction."""
    return await DEDUCTED.page(request, deduction_id)


@router.post("/desk/deductions/{deduction_id}/{deed}")
async def act(deduction_id: ItemPath, deed: str, request: Request) -> Response:
    """State the unit's case, decide, or take it back."""
    return await DEDUCTED.act(request, deduction_id, deed)
