"""Visits on the desk of those who keep the register: one with its photographs, and what has to be decided about one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.conflict_bodies import Decision
from gateway.console.deeds import Deed, Entry, Plain, Tried
from gateway.console.desk_view import Telling, instant
from gateway.console.ground import read_form
from gateway.console.paper import trouble_of
from gateway.console.staff import StaffRoute, admitted, beginning_for, problem_in, reading_for, staff_page
from gateway.console.things import Move, Thing, or_none, telling_for
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.problems import Problem
from gateway.routes import conflicts, photographs, visits
from gateway.routes.parameters import ItemPath
from lianxi.contracts.conflicts import ConflictState
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
KEEPER: Final = "tenancy/desk"
"""The desk that keeps the register of dwellings (L36.1)."""
STRAYS: Final = 50
_SIDES: Final = ("outcome", "entry_basis", "findings", "note")


class VisitConflict(Thing):
    """Two sides of a visit that contradict one another, or a visit that somebody asked about."""

    noun: ClassVar[str] = "conflict"
    template: ClassVar[str] = "desk_conflict.html"
    root: ClassVar[str] = "/desk/conflicts/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "mine": Deed(
            conflicts.decide_conflict,
            Decision,
            (Entry("reason", "line", needed=False, most=200),),
            lambda _form, _me: {"verdict": "mine"},
        ),
        "theirs": Deed(
            conflicts.decide_conflict,
            Decision,
            (Entry("reason", "line", needed=False, most=200),),
            lambda _form, _me: {"verdict": "theirs"},
        ),
        "other": Deed(
            conflicts.decide_conflict,
            Decision,
            (
                Entry("reason", "line", most=200),
                Entry("outcome", "choice", needed=False, codes=tuple(VisitOutcome), words="outcome"),
                Entry("entry_basis", "choice", needed=False, codes=tuple(EntryBasis), words="basis"),
                Entry("note", "line", needed=False, most=200),
            ),
            lambda _form, _me: {"verdict": "other"},
            is_quiet=True,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await conflicts.get_conflict(item_id, await reading_for(request, conflicts.get_conflict))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Whoever keeps the register decides, once."""
        del policy
        if plain["state"] != ConflictState.OPEN:
            return []
        return [Move(each, (KEEPER,), "L45.1") for each in ("mine", "theirs", "other")]

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell both sides."""
        del tried
        theirs = plain.get("theirs")
        mine = plain.get("mine") or ({**(theirs or {}), **_named(plain["changes"])} if plain.get("changes") else None)
        contested = plain.get("contested") or ()
        return {
            "title": title_of(telling, plain),
            "number": "",
            "conflict": plain,
            "visit": f"/desk/visits/{plain['visit_id']}" if theirs else "",
            "sides": [
                (name, None if side is None else _told(request, telling, side, contested))
                for name, side in (("mine", mine), ("theirs", theirs))
            ],
            "raised_at": instant(plain["raised_at"]),
            "decided_at": instant(plain.get("decided_at")),
            "verdict": f"deed.conflict.{plain['verdict']}" if plain.get("verdict") else "",
        }


def title_of(telling: Telling, plain: Plain) -> str:
    """Say what has to be decided."""
    return telling.said(f"conflict_kind.{plain['kind']}")


def _named(changes: Plain) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}


def _told(request: Request, telling: Telling, side: Plain, contested: Sequence[str]) -> dict[str, Any]:
    """Tell one side, with what the other has differently."""
    findings = _findings(request, side.get("findings") or ())
    said = {
        "outcome": telling.said(f"outcome.{side['outcome']}") if side.get("outcome") else "",
        "entry_basis": telling.said(f"basis.{side['entry_basis']}") if side.get("entry_basis") else "",
        "findings": findings,
        "note": side.get("note") or "",
    }
    return {
        "rental": side.get("rental_code", ""),
        "visited_at": instant(side.get("visited_at")),
        "rows": [(name, said[name], name in contested) for name in _SIDES],
    }


def _findings(request: Request, codes: Sequence[str]) -> str:
    place = 0 if language_of(request.scope) == "zh" else 1
    names = {each.code: (each.name_zh, each.name_en)[place] for each in house_of(request).policy.observations}
    telling = telling_for(request)
    names[Finding.NOTHING_UNUSUAL.value] = telling.said("visit_page.nothing_unusual")
    return " · ".join(names.get(each, each) for each in codes)


CONFLICT: Final = VisitConflict()


@router.get("/desk/conflicts/{conflict_id}")
async def show(conflict_id: ItemPath, request: Request) -> Response:
    """One conflict: both sides, and what may be decided."""
    return await CONFLICT.page(request, conflict_id)


@router.post("/desk/conflicts/{conflict_id}/{deed}")
async def act(conflict_id: ItemPath, deed: str, request: Request) -> Response:
    """Decide it."""
    return await CONFLICT.act(request, conflict_id, deed)


@router.get("/desk/visits/{visit_id}")
async def show_visit(visit_id: ItemPath, request: Request) -> Response:
    """One visit with its photographs."""
    answer = await visits.get_visit(visit_id, await reading_for(request, visits.get_visit))
    plain: Plain = json.loads(bytes(answer.body))
    shown = await or_none(request, photographs.list_photographs, visit_id)
    telling = telling_for(request)
    return staff_page(
        request,
        "desk_visit.html",
        here=f"/desk/visits/{visit_id}",
        told=_told(request, telling, plain, ()),
        village=telling.name(plain.get("village")),
        attention=plain.get("needs_attention"),
        tips=plain.get("tip_ids", ()),
        pictures=[] if shown is None else [_picture(telling, each) for each in shown["items"]],
    )


@router.get("/desk/photographs")
async def show_strays(request: Request) -> Response:
    """The photographs that somebody has to look at: whose visit never came, above all."""
    return await _strays(request)


@router.post("/desk/photographs/{photo_id}/settle")
async def settle(photo_id: ItemPath, request: Request) -> Response:
    """Say that one has looked at a photograph."""
    form = await read_form(request)
    writing = await beginning_for(request, photographs.settle_photograph, form)
    problem = await problem_in(photographs.settle_photograph(photo_id, writing))
    if problem is not None:
        return await _strays(request, problem)
    return RedirectResponse("/desk/photographs", 303)


async def _strays(request: Request, problem: Problem | None = None) -> Response:
    reading = await reading_for(request, photographs.list_stray_photographs)
    answer = await photographs.list_stray_photographs(None, STRAYS, reading)
    telling = telling_for(request)
    may = await admitted(request, photographs.settle_photograph) is not None
    return staff_page(
        request,
        "desk_photographs.html",
        200 if problem is None else problem.status,
        here="/desk/photographs",
        may_settle=may,
        keys=secrets.token_urlsafe,
        trouble=None if problem is None else trouble_of(request, problem),
        pictures=[_picture(telling, each) for each in json.loads(bytes(answer.body))["items"]],
    )


def _picture(telling: Telling, plain: Plain) -> dict[str, Any]:
    """Tell a photograph; what of it its reader may not see is not there."""
    marks = [telling.said("photo_is.early")] if plain.get("came_early") else []
    attention = plain.get("needs_attention")
    marks += [telling.said(f"photo_is.{attention.partition('.')[2]}")] if attention else []
    return {
        "id": plain["photo_id"],
        "visit": plain["visit_id"],
        "path": f"/v1/visits/{plain['visit_id']}/photographs/{plain['photo_id']}" if "kept_sha256" in plain else "",
        "taken_at": instant(plain.get("taken_at")),
        "place": plain.get("place") or "",
        "sent": (plain.get("sent_sha256") or "")[:16],
        "kept": (plain.get("kept_sha256") or "")[:16],
        "marks": marks,
    }
