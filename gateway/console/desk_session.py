"""Officials' pages about themselves: signing in and out, and what one may do."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.console.ground import PageRoute, read_form
from gateway.console.paper import trouble_of
from gateway.console.staff import (
    INBOX,
    OVER,
    SIGN_IN,
    StaffRoute,
    admitted,
    here_of,
    local,
    reading_for,
    session_of,
    sign_in_page,
    staff_page,
)
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.problems import Problem, problem_of
from gateway.refusals import Turned
from gateway.routes import rights, session
from gateway.wording import Language
from lianxi.kernel.errors import Unavailable
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of

door = APIRouter(route_class=PageRoute, tags=["pages"], include_in_schema=False)
"""The pages before a session."""
router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
OUT: Final = "out"
CHANGED: Final = "changed"
PATROL: Final = "/m/today"
"""Where somebody begins who has nothing but a round to make."""
_LONGEST: Final = {"name": 100, "password": 200, "code": 40}


@door.get("/desk/sign-in")
async def ask(request: Request) -> Response:
    """The form to sign in; whoever is signed in goes on."""
    back = local(request.query_params.get("next", ""))
    if session_of(request) is not None:
        return RedirectResponse(back, 303)
    why = request.query_params.get("why", "")
    return sign_in_page(request, back=back, is_over=why == OVER, is_out=why == OUT, is_changed=why == CHANGED)


@door.post("/desk/sign-in")
async def sign_in(request: Request) -> Response:
    """Sign in; whatever is wrong is told alike, and whoever is slowed down reads for how long."""
    form = await read_form(request)
    back, name = local(form.get("next", "")), form.get("name", "")
    given = {each: form.get(each, "") for each in _LONGEST}
    if any(not 0 < len(text) <= _LONGEST[each] for each, text in given.items()):
        return _not_in(request, Problem(401, "sign_in.refused"), back, name)
    try:
        opened = await session.let_in(request, given["name"], given["password"], given["code"].strip())
    except (Turned, Unavailable) as error:
        return _not_in(request, problem_of(error), back, name)
    is_on_patrol = set(opened.signed_in.principal().roles) == {"assistant"}
    answer = RedirectResponse(PATROL if is_on_patrol and back == INBOX else back, 303)
    session.set_cookies(answer, opened, house_of(request), is_secure=request.url.scheme == "https")
    return answer


def _not_in(request: Request, problem: Problem, back: str, name: str) -> Response:
    request.state.problem_code = problem.code
    told = trouble_of(request, problem)
    answer = sign_in_page(request, problem.status, back=back, name=name, trouble=told)
    if "Retry-After" in problem.headers:
        answer.headers["Retry-After"] = problem.headers["Retry-After"]
    return answer


@router.get("/desk/sign-out")
async def not_by_a_link(_request: Request) -> Response:
    """Signing out takes a form; a link leads to the inbox."""
    return RedirectResponse(INBOX, 303)


@router.post("/desk/sign-out")
async def sign_out(request: Request) -> Response:
    """Sign out: the session ends on the server too."""
    ended = await session.sign_out(request, here_of(request))
    answer = RedirectResponse(f"{SIGN_IN}?why={OUT}", 303)
    answer.headers.append("Set-Cookie", ended.headers["Set-Cookie"])
    return answer


@router.get("/desk/me")
async def me(request: Request) -> Response:
    """Who I am, whom I stand in for, and what I may do by which sentence."""
    here, policy, language = here_of(request), house_of(request).policy, language_of(request.scope)
    told = json.loads(bytes((await session.show_me(here)).body))
    until = {each["stands_in_for"]: datetime.fromisoformat(each["ends_at"]) for each in told["acting"]}
    facts = {
        "me": told | {"ends_at": datetime.fromisoformat(told["ends_at"])},
        "agency": _named(policy, told["agency"], language),
        "desks": [_named(policy, each, language) for each in told["desks"]],
        "areas": [_named(policy, each, language) for each in told["areas"]],
        "roles": [_named(policy, f"role:{each}", language) for each in told["roles"]],
        "acting": [(each.shown_name, until[each.account_id]) for each in here.absent if each.account_id in until],
        "rights": await _rights(request, language),
    }
    return staff_page(request, "desk_me.html", **facts)


def _named(policy: Policy, code: str, language: Language) -> str:
    pair = names_of(policy).get(code, (code, code))
    return pair[0] if language == "zh" else pair[1]


async def _rights(request: Request, language: Language) -> list[dict[str, Any]]:
    if await admitted(request, rights.show_my_rights) is None:
        return []
    answer = await rights.show_my_rights(language, await reading_for(request, rights.show_my_rights))
    told: list[dict[str, Any]] = json.loads(bytes(answer.body))["items"]
    return told
