"""Joint operations on their pages: planned and asked for, promised, commanded, ended with counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import joint_operation_bodies as bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried, do
from gateway.console.desk_view import Telling, instant
from gateway.console.ground import read_form
from gateway.console.staff import TYPED, StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import Choices, Move, Thing, page_about, telling_for
from gateway.exchange import house_of
from gateway.routes import joint_operations
from gateway.routes.parameters import ItemPath
from lianxi.contracts.joint_operations import JointOperationState, PlaceKind
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/joint-operations"
CLAUSE: Final = "L37.1"
MOST: Final = 50
HEADS: Final = "heads."
COUNTS: Final = ("dens_closed", "persons_rescued", "persons_dispersed", "persons_aided")
COUNTED: Final = tuple(Entry(name, "number") for name in COUNTS)


def planned(form: Form, _me: str) -> Mapping[str, Any]:
    """Read where it goes, an address a line, and how many heads each desk is asked for."""
    same = {"kind": form.get("place_kind", ""), "village": form.get("village", "")}
    ground = form.get(f"{TYPED}_legal_ground", "").strip()
    addresses = [line.strip() for line in form.get(f"{TYPED}_address", "").splitlines() if line.strip()]
    places = [{**same, "address": each, "legal_ground": ground} for each in addresses]
    asked = {name.removeprefix(HEADS): heads.strip() for name, heads in form.items() if name.startswith(HEADS)}
    forces = [{"desk": desk, "heads": heads} for desk, heads in asked.items() if heads not in ("", "0")]
    return {"places": places, "forces": forces}


def counted_anew(form: Form, _me: str) -> Mapping[str, Any]:
    """Read four counts."""
    return {"results": {name: form.get(name, "") for name in COUNTS}}


def by_me(_form: Form, me: str) -> Mapping[str, Any]:
    """Say that whoever presses the button commands."""
    return {"officer": me}


PLAN: Final = Deed(
    joint_operations.plan_joint_operation,
    bodies.JointOperationPlan,
    (
        Entry("title", "line", most=120),
        Entry("plan", most=4000),
        Entry("place_kind", "choice", codes=tuple(PlaceKind), words="place_kind", is_apart=True),
        Entry("village", "choice", is_apart=True),
        Entry("address", most=2000, is_apart=True),
        Entry("legal_ground", most=300, is_apart=True),
        Entry("commander", "choice"),
        Entry("starts_at", "moment"),
        Entry("ends_at", "moment"),
    ),
    more=planned,
    is_about=False,
)


class JointOperation(Thing):
    """A joint operation."""

    noun: ClassVar[str] = "operation"
    template: ClassVar[str] = "desk_joint_operation.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "promise": Deed(
            joint_operations.promise_force,
            bodies.Promise,
            (Entry("desk", "choice"), Entry("heads", "number"), Entry("reason", needed=False)),
        ),
        "activate": Deed(joint_operations.activate_joint_operation, bodies.Command, more=by_me),
        "arrive": Deed(
            joint_operations.report_arrival, bodies.Arrival, (Entry("desk", "choice"), Entry("heads", "number"))
        ),
        "stand_down": Deed(joint_operations.stand_down, bodies.Counted, COUNTED),
        "follow": Deed(
            joint_operations.follow_up, bodies.Following, (Entry("case_id", "line", most=64),), is_quiet=True
        ),
        "correct": Deed(
            joint_operations.correct_results,
            bodies.Correction,
            (*(Entry(name, "number", is_apart=True) for name in COUNTS), Entry("reason")),
            more=counted_anew,
            is_quiet=True,
        ),
        "cancel": Deed(joint_operations.cancel_joint_operation, bodies.Cancelling, (Entry("reason"),), is_quiet=True),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        reading = await reading_for(request, joint_operations.get_joint_operation)
        return await joint_operations.get_joint_operation(item_id, reading)

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """The office plans and calls off, the commanding desk starts and ends, each desk speaks for its heads."""
        del policy
        office, command = (plain["asked_by"],), (plain["commander"],)
        forces = tuple(each["desk"] for each in plain.get("forces") or ())
        promise, follow = Move("promise", forces, CLAUSE), Move("follow", plain["desks"], CLAUSE, is_main=False)
        match plain.get("state"):
            case JointOperationState.PLANNED:
                return [promise, Move("activate", command, CLAUSE), Move("cancel", office, CLAUSE, is_main=False)]
            case JointOperationState.ACTIVE:
                return [Move("arrive", forces, CLAUSE), Move("stand_down", command, CLAUSE), follow]
            case JointOperationState.STOOD_DOWN if plain.get("plan"):
                return [follow, Move("correct", command, CLAUSE, is_main=False)]
        return []

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Heads are promised for one's own desks; whoever commands counts those of all."""
        agency = here_of(request).account.agency
        desks = [each["desk"] for each in plain.get("forces") or ()]
        own = [desk for desk in desks if desk.partition("/")[0] == agency]
        is_commanding = plain["commander"].partition("/")[0] == agency
        told = {code: (code, telling.name(code)) for code in desks}
        return {"own": [told[each] for each in own], "all": [told[each] for each in (desks if is_commanding else own)]}

    def choices_of(self, name: str, choices: Choices) -> Choices:
        """Narrow the desks down to those that a deed is about."""
        return {"desk": choices["own" if name == "promise" else "all"]}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell an operation."""
        del request, tried
        results = plain.get("results")
        return {
            "title": plain.get("title", ""),
            "number": telling.said(f"operation_is.{plain['state']}") if plain.get("state") else "",
            "up": ROOT,
            "up_name": "staff.joint_operations",
            "plan": plain.get("plan") or "",
            "commander": telling.name(plain["commander"]),
            "starts_at": instant(plain.get("starts_at")),
            "ends_at": instant(plain.get("ends_at")),
            "targets": [_place(telling, each) for each in plain.get("places") or ()],
            "forces": [_force(telling, each) for each in plain.get("forces") or ()],
            "results": results and [(name, results[name]) for name in COUNTS],
            "corrections": [[each[name] for name in COUNTS] for each in plain.get("corrections") or ()],
            "follow_ups": [page_about(f"case/{each}") for each in plain.get("follow_ups") or ()],
            "log": [_entry(telling, each) for each in plain.get("log") or ()],
        }


def _place(telling: Telling, plain: Plain) -> dict[str, str]:
    return {
        "kind": telling.said(f"place_kind.{plain['kind']}"),
        "village": telling.name(plain["village"]),
        "address": plain["address"] or "",
        "ground": plain["legal_ground"] or "",
    }


def _force(telling: Telling, plain: Plain) -> dict[str, Any]:
    return {**plain, "name": telling.name(plain["desk"]), "arrived_at": instant(plain["arrived_at"])}


def _entry(telling: Telling, plain: Plain) -> dict[str, Any]:
    return {"what": telling.said(f"operation_log.{plain['what']}"), "at": instant(plain["at"]), "why": plain["reason"]}


OPERATION: Final = JointOperation()


@router.get(ROOT)
async def list_operations(request: Request) -> Response:
    """The operations that I take part in or that have stood down, and a form to plan one."""
    return await _list(request)


@router.post(ROOT)
async def plan(request: Request) -> Response:
    """Plan an operation."""
    came = await do(request, "plan", PLAN, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, came)
    return RedirectResponse(f"{OPERATION.root}{came.plain['operation_id']}", 303)


async def _list(request: Request, tried: Tried | None = None) -> Response:
    telling, policy = telling_for(request), house_of(request).policy
    reading = await reading_for(request, joint_operations.list_joint_operations)
    answer = await joint_operations.list_joint_operations(None, MOST, reading)
    choices = {
        "village": [(code, telling.name(code)) for code in policy.villages],
        "commander": [each for each in telling.desks() if each[0].startswith("police/")],
    }
    facts = {
        "rows": [_row(telling, each) for each in json.loads(bytes(answer.body))["items"]],
        "here": ROOT,
        **await beginning(request, "operation", "plan", PLAN, ROOT, choices, tried, CLAUSE),
    }
    written = {} if tried is None else tried.form
    for form in facts["forms"]:
        form["numbers"] = [
            (f"{HEADS}{code}", name, written.get(f"{HEADS}{code}", "")) for code, name in telling.desks()
        ]
    return staff_page(request, "desk_joint_operations.html", 200 if tried is None else tried.status, **facts)


def _row(telling: Telling, plain: Plain) -> dict[str, Any]:
    forces = plain.get("forces") or ()
    return {
        "path": f"{OPERATION.root}{plain['operation_id']}",
        "title": plain.get("title") or "",
        "state": telling.said(f"operation_is.{plain['state']}") if plain.get("state") else "",
        "starts_at": instant(plain.get("starts_at")),
        "commander": telling.name(plain["commander"]),
        "asked": sum(each["asked"] for each in forces),
        "promised": sum(each["promised"] or 0 for each in forces),
        "arrived": sum(each["arrived"] or 0 for each in forces),
    }


@router.get(ROOT + "/{operation_id}")
async def show(operation_id: ItemPath, request: Request) -> Response:
    """One operation."""
    return await OPERATION.page(request, operation_id)


@router.post(ROOT + "/{operation_id}/{deed}")
async def act(operation_id: ItemPath, deed: str, request: Request) -> Response:
    """Promise, start, arrive, end, name a case, correct, or call off."""
    return await OPERATION.act(request, operation_id, deed)
