"""A desk's work on pages: the inbox by its clocks, notices to acknowledge, and one tip with what may be done next."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse

from gateway.bodies import Closing, Message, Return, Verification
from gateway.console.desk_view import Telling, offered
from gateway.console.ground import read_form
from gateway.console.paper import trouble_of
from gateway.console.staff import INBOX, TYPED, StaffRoute, admitted, local, reading_for, staff_page, writing_for
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.problems import Problem, problem_of
from gateway.refusals import NoSuchThing, Turned
from gateway.routes import notices, tips
from gateway.routes.parameters import ItemPath
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import ReturnReason, TipState, VerificationOutcome
from lianxi.kernel.errors import Refused, Unavailable

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
OPEN: Final = (TipState.DISPATCHED, TipState.ACCEPTED, TipState.VERIFIED)
FILTERS: Final = ("open", *TipState)
ON_A_PAGE: Final = 50
AT_ONCE: Final = 200
MOST_PAGES: Final = 3
NOTICES: Final = 30
_CAUGHT: Final = (Turned, Refused, Unavailable)
_NO_CLOCK: Final = datetime.max.replace(tzinfo=UTC)


# --- inbox


@router.get("/desk")
async def inbox(request: Request) -> Response:
    """What waits for my desks: notices first, then tips by their clocks."""
    return await _inbox(request)


@router.post("/desk/notices/{notice_id}/acknowledge")
async def acknowledge(notice_id: ItemPath, request: Request) -> Response:
    """Say for the desk: received."""
    form = await read_form(request)
    problem = await _problem_in(_acknowledge(notice_id, request, form))
    if problem is None:
        return RedirectResponse(local(form.get("page", "")), 303)
    return await _inbox(request, problem)


async def _acknowledge(notice_id: str, request: Request, form: Mapping[str, str]) -> Response:
    writing = await writing_for(request, notices.acknowledge_notice, form)
    return await notices.acknowledge_notice(notice_id, writing)


async def _inbox(request: Request, problem: Problem | None = None) -> Response:
    query = request.query_params
    state = query.get("state", "open") if query.get("state", "open") in FILTERS else "open"
    caller = await admitted(request, tips.list_tips)
    is_whole = query.get("whose") == "all"
    rows, is_cut = ([], False) if caller is None else await _rows(request, state, caller, is_whole=is_whole)
    number = _number(query.get("page", "1"), len(rows))
    first = (number - 1) * ON_A_PAGE
    whose = "&whose=all" if is_whole else ""
    facts = {
        "rows": rows[first : first + ON_A_PAGE],
        "count": len(rows),
        "is_cut": is_cut,
        "may_read": caller is not None,
        "sees_all": caller is not None and caller.sees_all,
        "is_whole": is_whole,
        "whose": whose,
        "filters": FILTERS,
        "state": state,
        "number": number,
        "is_last": first + ON_A_PAGE >= len(rows),
        "notices": await _notices(request),
        "keys": secrets.token_urlsafe,
        "trouble": None if problem is None else trouble_of(request, problem),
        "kept": f"state={state}{whose}&page={number}&",
        "back": f"{INBOX}?state={state}{whose}&page={number}",
        "here": INBOX,
    }
    return staff_page(request, "desk_inbox.html", 200 if problem is None else problem.status, **facts)


async def _rows(request: Request, state: str, caller: Caller, *, is_whole: bool) -> tuple[list[dict[str, Any]], bool]:
    """Read the tips and lay them by their clocks; whoever sees the whole town sees their own desks' first."""
    telling, found, is_cut = _telling(request), [], False
    for each in OPEN if state == "open" else (TipState(state),):
        told, is_more = await _all_in(request, each)
        found += told
        is_cut = is_cut or is_more
    is_narrow = caller.sees_all and not is_whole
    rows = [telling.row(each) for each in found if not is_narrow or caller.holds(each.get("lead") or "")]
    return sorted(rows, key=lambda row: (row["due_at"] or _NO_CLOCK, row["number"])), is_cut


async def _all_in(request: Request, state: TipState) -> tuple[list[Mapping[str, Any]], bool]:
    found: list[Mapping[str, Any]] = []
    cursor = None
    for _ in range(MOST_PAGES):
        reading = await reading_for(request, tips.list_tips)
        answer = await tips.list_tips(state=state, cursor=cursor, limit=AT_ONCE, reading=reading)
        told = json.loads(bytes(answer.body))
        found += told["items"]
        cursor = told.get("next_cursor")
        if cursor is None:
            break
    return found, cursor is not None


async def _notices(request: Request) -> list[dict[str, Any]]:
    if await admitted(request, notices.list_notices) is None:
        return []
    reading = await reading_for(request, notices.list_notices)
    answer = await notices.list_notices(only_open=True, cursor=None, limit=NOTICES, reading=reading)
    return [_telling(request).notice(each) for each in json.loads(bytes(answer.body))["items"]]


def _number(written: str, rows: int) -> int:
    last = max(1, -(-rows // ON_A_PAGE))
    return min(max(1, int(written)), last) if written.isascii() and written.isdigit() and len(written) < 6 else 1


# --- one tip


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that may be done with a tip: the route of the interface that does it, and the body that it takes."""

    route: Callable[..., Awaitable[Response]]
    body: Callable[[Mapping[str, str]], BaseModel] | None = None


DEEDS: Final[Mapping[str, Deed]] = {
    "accept": Deed(tips.accept_tip),
    "return": Deed(tips.return_tip, lambda form: Return.model_validate(_chosen(form, "reason", "suggested_desk"))),
    "verify": Deed(tips.verify_tip, lambda form: Verification.model_validate(_chosen(form, "outcome", "next_owner"))),
    "close": Deed(tips.close_tip, lambda form: Closing(outcome=form.get(TYPED, ""))),
    "messages": Deed(tips.write_message, lambda form: Message(text=form.get(TYPED, ""))),
}


@router.get("/desk/tips/{tip_id}")
async def tip(tip_id: ItemPath, request: Request) -> Response:
    """One tip: its clocks, its words, its line, its dialogue, and what I may do next."""
    done = request.query_params.get("done", "")
    return await _tip_page(request, tip_id, done=done if done in DEEDS else "")


@router.post("/desk/tips/{tip_id}/{deed}")
async def do(tip_id: ItemPath, deed: str, request: Request) -> Response:
    """Do it; what is refused comes back with everything that was written, and with what has changed meanwhile."""
    if deed not in DEEDS:
        raise NoSuchThing("path.not_found")
    form = await read_form(request)
    try:
        body = [] if DEEDS[deed].body is None else [DEEDS[deed].body(form)]  # type: ignore[misc]
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
        return await _tip_page(request, tip_id, tried=Tried(deed, form, wrong=_fields(deed, wrong)))
    problem = await _problem_in(_do(request, tip_id, deed, form, body))
    if problem is None:
        return RedirectResponse(f"/desk/tips/{tip_id}?done={deed}", 303)
    return await _tip_page(request, tip_id, tried=Tried(deed, form, problem))


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody wanted to do, with what was filled in, and why it was not done."""

    deed: str
    form: Mapping[str, str]
    problem: Problem | None = None
    wrong: frozenset[str] = frozenset()

    @property
    def status(self) -> int:
        """The status of the page that says so."""
        return 422 if self.problem is None else self.problem.status


def _chosen(form: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: form[name] for name in names if form.get(name)}


def _fields(deed: str, wrong: set[str]) -> frozenset[str]:
    # The sentence of a closing is written into the one field that keeps what people write.
    return frozenset({TYPED} if deed == "close" else wrong)


async def _do(request: Request, tip_id: str, deed: str, form: Mapping[str, str], body: list[BaseModel]) -> Response:
    route = DEEDS[deed].route
    return await route(tip_id, *body, writing=await writing_for(request, route, form))


async def _problem_in(doing: Awaitable[Response]) -> Problem | None:
    """Wait for a write, and say what came in its way."""
    try:
        answer = await doing
    except _CAUGHT as error:
        return problem_of(error)
    if answer.status_code < 400:
        return None
    return Problem(answer.status_code, json.loads(bytes(answer.body))["code"])


async def _tip_page(request: Request, tip_id: str, *, done: str = "", tried: Tried | None = None) -> Response:
    try:
        answer = await tips.get_tip(tip_id, await reading_for(request, tips.get_tip))
    except Unavailable as error:
        return _away(request, error, "" if tried is None else tried.form.get(TYPED, ""))
    plain = json.loads(bytes(answer.body))
    seen = None if tried is None else frozenset(tried.form.get("seen", "").split("."))
    told = _telling(request).tip(plain, seen)
    may = offered(plain, {deed: await admitted(request, each.route) for deed, each in DEEDS.items()})
    facts = {
        "tip": told,
        "tip_id": tip_id,
        "version": answer.headers["ETag"],
        "seen": ".".join(each.mark for each in told["timeline"]),
        "may": may,
        "desks": _telling(request).desks(),
        "reasons": tuple(ReturnReason),
        "outcomes": tuple(VerificationOutcome),
        "keys": secrets.token_urlsafe,
        "done": done,
        "here": f"/desk/tips/{tip_id}",
        **_tried(request, tried, told, may),
    }
    return staff_page(request, "desk_tip.html", 200 if tried is None else tried.status, **facts)


def _away(request: Request, error: Unavailable, written: str) -> Response:
    problem = problem_of(error)
    facts = {"trouble": trouble_of(request, problem), "correlation_id": "", "written": written}
    answer = staff_page(request, "desk_problem.html", problem.status, **facts)
    answer.headers.update(problem.headers)
    return answer


def _tried(request: Request, tried: Tried | None, told: Mapping[str, Any], may: Any) -> dict[str, Any]:
    if tried is None:
        return {"tried": "", "filled": {}, "wrong": frozenset(), "trouble": None, "changed": [], "orphan": ""}
    problem = tried.problem
    if problem is not None:
        request.state.problem_code = problem.code
    is_stale = problem is not None and problem.status in (409, 412)
    return {
        "tried": tried.deed,
        "filled": dict(tried.form),
        "wrong": tried.wrong,
        "trouble": None if problem is None else trouble_of(request, problem),
        "changed": [each for each in told["timeline"] if each.is_new] if is_stale else [],
        # What can no longer be done has no form any more; what was written for it is shown all the same.
        "orphan": "" if tried.deed in may else tried.form.get(TYPED, ""),
    }


def _telling(request: Request) -> Telling:
    house = house_of(request)
    return Telling(house.policy, language_of(request.scope), house.clock.now())
