"""The patrol assistant's telephone: today's round, and a visit put down by forms; scripts add what works offline."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from gateway.console.ground import read_form
from gateway.console.paper import trouble_of
from gateway.console.patrol_phone import PHONE_POLICY, form_facts, script_facts, telling
from gateway.console.patrol_view import ENTRIES, findings_of
from gateway.console.staff import StaffRoute, admitted, beginning_for, here_of, problem_in, reading_for, staff_page
from gateway.exchange import house_of
from gateway.problems import Problem
from gateway.routes import rentals, visits
from gateway.routes.parameters import RentalPath
from gateway.visit_bodies import Visit
from lianxi.contracts.inspections import Finding

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
TODAY: Final = "/m/today"
AT_ONCE: Final = 200
AHEAD_DAYS: Final = 7
LATER_DAYS: Final = 31
"""How far a round looks for whoever has time to go ahead of it."""
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_ENTRY_OF: Final = {each.code: each for each in ENTRIES}


@router.get("/m")
async def start(_request: Request) -> Response:
    """The way in."""
    return RedirectResponse(TODAY, 303)


@router.get(TODAY)
async def today(request: Request) -> Response:
    """Today's round, in walking order."""
    is_month = request.query_params.get("ahead") == str(LATER_DAYS)
    told = await _round(request, is_month=is_month)
    done = await _done(request, told, request.query_params.get("done", ""))
    kept = f"ahead={LATER_DAYS}&" if told is not None and told["is_month"] else ""
    facts = {
        "kept": kept,
        "round": told,
        "done": done,
        "is_shell": False,
        **script_facts(request),
        **form_facts(request),
    }
    return phone_page(request, "patrol_today.html", here=TODAY, **facts)


@router.get("/m/help")
async def help_page(request: Request) -> Response:
    """How the telephone is used, and what lies on it."""
    return phone_page(request, "patrol_help.html", here="/m/help")


@router.get("/m/visit/{rental_code}")
async def ask(rental_code: RentalPath, request: Request) -> Response:
    """The form for a visit."""
    return await _form(request, rental_code, {})


@router.post("/m/visit/{rental_code}")
async def record(rental_code: RentalPath, request: Request) -> Response:
    """Put a visit down; what is refused comes back with everything that was filled in."""
    form = await read_form(request)
    try:
        body = _body(request, rental_code, form)
    except (ValidationError, KeyError):
        return await _form(request, rental_code, form, is_wrong=True)
    problem = await problem_in(_record(request, form, body))
    if problem is not None:
        return await _form(request, rental_code, form, problem)
    return RedirectResponse(f"{TODAY}?done={rental_code}", 303)


def phone_page(request: Request, template: str, status: int = 200, **facts: Any) -> Response:
    """Write a page of the telephone's: it alone may have a worker beside it."""
    answer = staff_page(request, template, status, account=here_of(request).account.account_id, **facts)
    answer.headers["Content-Security-Policy"] = PHONE_POLICY
    return answer


async def _round(request: Request, *, is_month: bool) -> dict[str, Any] | None:
    if await admitted(request, rentals.get_round) is None or await admitted(request, visits.record_visit) is None:
        return None
    reading = await reading_for(request, rentals.get_round)
    ahead = LATER_DAYS if is_month else AHEAD_DAYS
    answer = await rentals.get_round(on=None, assistant=None, ahead=ahead, limit=AT_ONCE, reading=reading)
    return telling(request).round(json.loads(bytes(answer.body))) | {"is_month": is_month}


async def _done(request: Request, told: Mapping[str, Any] | None, code: str) -> str:
    """Name the dwelling that was just visited, also one that a longer round has led to."""
    known = code if told is not None and _CODE.fullmatch(code) else ""
    named = _address_in(told, known)
    if known and named is None:
        named = _address_in(await _round(request, is_month=True), known)
    return named or known


def _address_in(told: Mapping[str, Any] | None, code: str) -> str | None:
    stops = [] if told is None else told["stops"]
    return next((each["address"] for each in stops if each["code"] == code), None)


def _body(request: Request, rental_code: str, form: Mapping[str, str]) -> Visit:
    entry = _ENTRY_OF[form.get("entry", "")]
    seen = tuple(each.value for each in Finding if form.get(f"saw_{each.value}"))
    return Visit(
        visit_id=form.get("visit_id", ""),
        rental_code=rental_code,
        assistant=here_of(request).account.account_id,
        outcome=entry.outcome,
        entry_basis=entry.basis,
        findings=findings_of(entry, seen),
        visited_at=house_of(request).clock.now(),
        note=form.get("text", ""),
    )


async def _record(request: Request, form: Mapping[str, str], body: Visit) -> Response:
    return await visits.record_visit(body, await beginning_for(request, visits.record_visit, form))


async def _form(
    request: Request,
    rental_code: str,
    form: Mapping[str, str],
    problem: Problem | None = None,
    *,
    is_wrong: bool = False,
) -> Response:
    reading = await reading_for(request, rentals.get_rental)
    rental = json.loads(bytes((await rentals.get_rental(rental_code, reading)).body))
    facts = {
        **form_facts(request, form),
        "code": rental_code,
        "address": rental.get("address", rental_code),
        "is_wrong": is_wrong,
        "trouble": None if problem is None else trouble_of(request, problem),
    }
    status = 422 if is_wrong else 200 if problem is None else problem.status
    if problem is not None:
        request.state.problem_code = problem.code
    return phone_page(request, "patrol_visit.html", status, here=f"/m/visit/{rental_code}", **facts)
