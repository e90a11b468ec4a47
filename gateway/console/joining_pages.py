"""Taking up an account, and changing what one signs in with: password, second factor, recovery codes."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from gateway.console.deeds import CAUGHT
from gateway.console.ground import PageRoute, read_form
from gateway.console.paper import page, trouble_of
from gateway.console.staff import SIGN_IN, StaffRoute, here_of, staff_page, with_origin
from gateway.problems import Problem, problem_of
from gateway.routes import session

door = APIRouter(route_class=PageRoute, tags=["pages"], include_in_schema=False)
"""The pages before a session."""
router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
INVITATION: Final = "/desk/invitation"
CHANGED: Final = "changed"
_INVALID: Final = Problem(422, "request.invalid")


@door.get("/desk/invitation")
async def ask(request: Request) -> Response:
    """The form that takes an invitation."""
    return _joining(request, "")


@door.post("/desk/invitation")
async def join(request: Request) -> Response:
    """Show the second factor that goes with an invitation; with a password and a code of it, take the account up."""
    form = await read_form(request)
    invitation = form.get("invitation", "").strip()
    try:
        if "code" in form:
            given = {name: form.get(name, "") for name in ("password", "code")}
            body = session.TakingUp(invitation=invitation, **given)
            return _codes(request, await session.take_up(body, request))
        offered = await session.show_invited_factor(session.Invited(invitation=invitation), request)
    except ValidationError:
        return await _again(request, invitation, _INVALID)
    except CAUGHT as error:
        return await _again(request, invitation, problem_of(error))
    return _joining(request, invitation, offered=offered)


async def _again(request: Request, invitation: str, problem: Problem) -> Response:
    """Ask once more: for the invitation if it is none, else for password and code."""
    request.state.problem_code = problem.code
    try:
        offered = await session.show_invited_factor(session.Invited(invitation=invitation), request)
    except (ValidationError, *CAUGHT):
        return _joining(request, invitation, problem)
    return _joining(request, invitation, problem, offered)


def _joining(
    request: Request, invitation: str, problem: Problem | None = None, offered: Response | None = None
) -> Response:
    facts = {
        "invitation": invitation,
        "factor": None if offered is None else _factor(offered),
        "trouble": None if problem is None else trouble_of(request, problem),
        "here": INVITATION,
        "kept": "",
        "person": None,
    }
    answer = page(request, "desk_invitation.html", 200 if problem is None else problem.status, **facts)
    if problem is not None:
        answer.headers.update(problem.headers)
    return with_origin(answer)


def _factor(offered: Response) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bytes(offered.body))
    # Drawn here by segno from an address of our own making: the one piece of a page that is markup already.
    return told | {"picture": Markup(told["picture"])}  # noqa: S704


def _codes(request: Request, answer: Response) -> Response:
    facts = {"codes": json.loads(bytes(answer.body))["recovery_codes"], "here": INVITATION, "kept": "", "person": None}
    return with_origin(page(request, "desk_codes.html", **facts))


# --- what one signs in with


@router.get("/desk/me/sign-in")
async def mine(request: Request) -> Response:
    """Change one's password, or scan another second factor; either ends every session."""
    return await _mine(request)


@router.post("/desk/me/sign-in/password")
async def change_password(request: Request) -> Response:
    """Change the password; every session ends, this one too."""
    form = await read_form(request)
    try:
        body = session.NewPassword(password=form.get("password", ""), new_password=form.get("new_password", ""))
        await session.change_password(body, request, here_of(request))
    except ValidationError:
        return await _mine(request, _INVALID)
    except CAUGHT as error:
        return await _mine(request, problem_of(error))
    return RedirectResponse(f"{SIGN_IN}?why={CHANGED}", 303)


@router.post("/desk/me/sign-in/factor")
async def change_factor(request: Request) -> Response:
    """Prove the new second factor; the recovery codes are shown this one time, and every session ends."""
    form = await read_form(request)
    try:
        answer = await session.enrol(session.NewFactor(code=form.get("code", "")), request, here_of(request))
    except ValidationError:
        return await _mine(request, _INVALID)
    except CAUGHT as error:
        return await _mine(request, problem_of(error))
    return _codes(request, answer)


async def _mine(request: Request, problem: Problem | None = None) -> Response:
    offered = await session.offer_factor(request, here_of(request))
    if problem is not None:
        request.state.problem_code = problem.code
    facts = {
        "factor": _factor(offered),
        "trouble": None if problem is None else trouble_of(request, problem),
        "here": "/desk/me/sign-in",
    }
    return staff_page(request, "desk_my_sign_in.html", 200 if problem is None else problem.status, **facts)
