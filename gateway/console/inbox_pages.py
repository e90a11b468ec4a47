"""The inbox: what I may do next over everything, by its clock; what our unit has; what we wait for from others."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.console.deeds import CAUGHT
from gateway.console.desk_drawn import due_strip
from gateway.console.ground import read_form
from gateway.console.inbox import Gathering
from gateway.console.paper import trouble_of
from gateway.console.return_pages import OPEN as OPEN_RETURNS
from gateway.console.return_pages import end_of, own_returns
from gateway.console.staff import INBOX, StaffRoute, admitted, here_of, local, staff_page, writing_for
from gateway.console.things import or_none, telling_for
from gateway.console.tray import WHOSE, Row, Tray
from gateway.exchange import house_of
from gateway.problems import Problem, problem_of
from gateway.routes import notices, reports, tips
from gateway.routes.parameters import ItemPath
from lianxi.contracts.tips import TipState

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
STATES: Final = ("open", *TipState)
KINDS: Final = ("notice", "tip", "referral", "assistance", "case", "order", "return", "vault")
ON_A_PAGE: Final = 50
LAST_DONE: Final = 5


@router.get("/desk")
async def inbox(request: Request) -> Response:
    """What waits for my desks, the most urgent first."""
    return await _inbox(request)


@router.post("/desk/notices/{notice_id}/acknowledge")
async def acknowledge(notice_id: ItemPath, request: Request) -> Response:
    """Say for the desk: received."""
    form = await read_form(request)
    try:
        writing = await writing_for(request, notices.acknowledge_notice, form)
        answer = await notices.acknowledge_notice(notice_id, writing)
    except CAUGHT as error:
        return await _inbox(request, problem_of(error))
    if answer.status_code >= 400:
        return await _inbox(request, Problem(answer.status_code, json.loads(bytes(answer.body))["code"]))
    return RedirectResponse(local(form.get("page", "")), 303)


async def _inbox(request: Request, problem: Problem | None = None) -> Response:
    query = request.query_params
    state = query.get("state", "open") if query.get("state", "open") in STATES else "open"
    whose = next((each for each in WHOSE if each == query.get("whose")), WHOSE[0])
    kind = query.get("kind", "") if query.get("kind", "") in KINDS else ""
    tray = await Gathering(request).tray(state)
    under = tray.of(whose) if state == "open" else list(tray.rows)
    rows = [each for each in under if kind in ("", each.kind)]
    number = _number(query.get("page", "1"), len(rows))
    first = (number - 1) * ON_A_PAGE
    kept = {"whose": whose, "kind": kind, "state": state}
    facts = {
        "rows": rows[first : first + ON_A_PAGE],
        "tabs": [(each, len(tray.of(each))) for each in WHOSE],
        "kinds": _kinds(under),
        "state": state,
        "states": STATES,
        "may_read_tips": await admitted(request, tips.list_tips) is not None,
        "whose": whose,
        "kind": kind,
        "count": len(rows),
        "away": tray.away,
        "cut": tray.cut,
        "number": number,
        "is_last": first + ON_A_PAGE >= len(rows),
        "strip": due_strip(telling_for(request), [each.due_at for each in under if each.due_at])
        if state == "open"
        else None,
        "keys": secrets.token_urlsafe,
        "trouble": None if problem is None else trouble_of(request, problem),
        "address": address_of(kept),
        "address_with": lambda **more: address_of(kept | more),
        "kept": f"{address_of(kept).partition('?')[2]}&" if "?" in address_of(kept) else "",
        "back": address_of(kept | {"page": str(number)}),
        "here": INBOX,
        **(await _when_empty(request, tray) if not rows else {"next_return": None, "done": []}),
    }
    return staff_page(request, "desk_inbox.html", 200 if problem is None else problem.status, **facts)


def address_of(kept: Mapping[str, str]) -> str:
    """Write the filter into the address, so that a link is a saved filter; what is usual is left out."""
    usual = {"whose": WHOSE[0], "kind": "", "state": STATES[0], "page": "1"}
    told = [f"{name}={value}" for name, value in kept.items() if value != usual[name]]
    return f"{INBOX}?{'&'.join(told)}" if told else INBOX


def _kinds(rows: list[Row]) -> list[tuple[str, int]]:
    counts = {kind: sum(1 for each in rows if each.kind == kind) for kind in KINDS}
    return [(kind, count) for kind, count in counts.items() if count]


async def _when_empty(request: Request, tray: Tray) -> dict[str, Any]:
    """Say what is next to come, and what was done last, where nothing waits."""
    telling, agency = telling_for(request), here_of(request).account.agency
    next_return = None
    if "returns" not in tray.away and await admitted(request, reports.list_stage_reports) is not None:
        due = [
            each["due_on"]
            for each in await own_returns(request)
            if each["agency"] == agency and each.get("state") in OPEN_RETURNS
        ]
        now = house_of(request).clock.now()
        next_return = next((end_of(day) for day in sorted(due) if end_of(day) > now), None)
    closed = await or_none(request, tips.list_tips, TipState.CLOSED, None, False, None, LAST_DONE)
    return {"next_return": next_return, "done": [telling.row(each) for each in (closed or {}).get("items", ())]}


def _number(written: str, rows: int) -> int:
    last = max(1, -(-rows // ON_A_PAGE))
    return min(max(1, int(written)), last) if written.isascii() and written.isdigit() and len(written) < 6 else 1
