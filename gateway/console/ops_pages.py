"""Operators' pages: how every process is, what is wrong, and which letters stopped, with what may be done about it.

The figures come from the processes themselves, so that the page tells something also while the bus is down. Nothing
here names an item's content or a person.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from gateway.bodies import Burial
from gateway.console.ground import read_form
from gateway.console.ops_view import TownTelling
from gateway.console.paper import trouble_of
from gateway.console.staff import TYPED, StaffRoute, admitted, beginning_for, reading_for, staff_page
from gateway.language import language_of
from gateway.problems import Problem, problem_of
from gateway.refusals import NoSuchThing, Turned
from gateway.routes import ops
from gateway.routes.ops import ParkedPath
from lianxi.kernel.errors import Broken, Refused, Unavailable

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
HOME = "/ops"
LETTERS = 100
_CAUGHT = (Turned, Refused, Unavailable, Broken)


@router.get(HOME)
async def overview(request: Request) -> Response:
    """Every process, every desk's letters, and what wants an operator now."""
    reading = await reading_for(request, ops.list_processes)
    town = json.loads(bytes((await ops.list_processes(reading)).body))
    letters, trouble = await _letters(request)
    facts: dict[str, Any] = {
        "town": TownTelling(language_of(request.scope)).town(town),
        "letters": letters,
        "instant": datetime.fromisoformat,
        "letters_trouble": trouble,
        "done": request.query_params.get("done", ""),
        "here": HOME,
    }
    return staff_page(request, "ops.html", **facts)


async def _letters(request: Request) -> tuple[Mapping[str, Any], dict[str, str] | None]:
    """Ask the desks what has stopped; while they cannot be asked, that is what the page says."""
    try:
        reading = await reading_for(request, ops.list_parked)
        answer = await ops.list_parked(service=None, limit=LETTERS, reading=reading)
    except _CAUGHT as error:
        return {"items": [], "total": 0, "unreachable": []}, trouble_of(request, problem_of(error))
    told: Mapping[str, Any] = json.loads(bytes(answer.body))
    return told, None


@router.get("/ops/parked/{parked_id}")
async def letter(parked_id: ParkedPath, request: Request) -> Response:
    """One letter that stopped: headers and error, never its content."""
    return await _letter_page(request, parked_id)


@router.post("/ops/parked/{parked_id}/{deed}")
async def settle(parked_id: ParkedPath, deed: str, request: Request) -> Response:
    """Send it again, or give it up with a reason that is kept."""
    if deed not in ("replay", "bury"):
        raise NoSuchThing("path.not_found")
    form = await read_form(request)
    try:
        answer = await _settle(request, parked_id, deed, form)
    except ValidationError:
        return await _letter_page(request, parked_id, form, is_reason_missing=True)
    except _CAUGHT as error:
        return await _letter_page(request, parked_id, form, problem_of(error))
    if answer.status_code >= 400:
        problem = Problem(answer.status_code, json.loads(bytes(answer.body))["code"])
        return await _letter_page(request, parked_id, form, problem)
    return RedirectResponse(f"{HOME}?done={deed}", 303)


async def _settle(request: Request, parked_id: str, deed: str, form: Mapping[str, str]) -> Response:
    if deed == "replay":
        return await ops.replay_parked(parked_id, await beginning_for(request, ops.replay_parked, form))
    body = Burial(reason=form.get(TYPED, "").strip())
    return await ops.bury_parked(parked_id, body, await beginning_for(request, ops.bury_parked, form))


async def _letter_page(
    request: Request,
    parked_id: str,
    form: Mapping[str, str] | None = None,
    problem: Problem | None = None,
    *,
    is_reason_missing: bool = False,
) -> Response:
    answer = await ops.get_parked(parked_id, await reading_for(request, ops.get_parked))
    told = json.loads(bytes(answer.body))
    facts: dict[str, Any] = {
        "letter": told,
        "instant": datetime.fromisoformat,
        "headers": sorted((told.get("headers") or {}).items()),
        "may": await admitted(request, ops.replay_parked) is not None and told["state"] == "parked",
        "written": (form or {}).get(TYPED, ""),
        "is_reason_missing": is_reason_missing,
        "trouble": None if problem is None else trouble_of(request, problem),
        "keys": secrets.token_urlsafe,
        "here": f"{HOME}/parked/{parked_id}",
    }
    status = 422 if is_reason_missing else 200 if problem is None else problem.status
    return staff_page(request, "ops_letter.html", status, **facts)
