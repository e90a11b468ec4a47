"""What officials' pages stand on: a session, a form that this session's page has made, and the interface's own rights.

A page never asks a desk by itself. It calls the function of the interface's route under that route's scope and right,
so that there is one way in, one cut on the way out and one audit, whoever asks and however.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any, Final, cast
from urllib.parse import urlencode

from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway import paths
from gateway.body import PictureRoute
from gateway.console.ground import read_form, refuse_foreign
from gateway.console.menu import places_for
from gateway.console.paper import page
from gateway.exchange import Reading, Writing, caller_of, house_of, read_version
from gateway.idempotency import read_key
from gateway.people.sessions import COOKIE, SignedIn
from gateway.problems import Problem, problem_of
from gateway.refusals import BadRequest, NotAllowed, NotKnown, Turned
from gateway.rights import admit
from gateway.uploads import read_upload
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Refused, Unavailable

INBOX: Final = "/desk"
SIGN_IN: Final = "/desk/sign-in"
LONGEST_ADDRESS: Final = 500
MOST_FIELDS: Final = 120
"""Of a form that brings a file."""
OVER: Final = "over"
TYPED: Final = "text"
"""The field of a form that holds what somebody has written at length; where there are several, each begins like it."""
_LOCAL: Final = re.compile(
    rf"/(?:{'|'.join(sorted(paths.STAFF_PAGES))})(?:/[A-Za-z0-9][A-Za-z0-9_.:-]*)*(?:\?[A-Za-z0-9_=&.:-]*)?"
)


class StaffRoute(APIRoute):
    """A route that answers officials with a page: whoever has no session is asked to sign in, and led back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method == "POST":
                refuse_foreign(request)
            here = session_of(request)
            if here is None:
                return await _ask_to_sign_in(request)
            if request.method == "POST":
                check_meant(request, here, await self.form_of(request))
            return await handle(request)

        return guarded

    @staticmethod
    async def form_of(request: Request) -> Mapping[str, str]:
        """Read the form of a request."""
        return await read_form(request, MOST_FIELDS)


class StaffFileRoute(StaffRoute, PictureRoute):
    """A route of officials whose form brings a file, and therefore a larger body than others."""

    @staticmethod
    async def form_of(request: Request) -> Mapping[str, str]:
        """Read the form of a request, and keep it: a body is read once."""
        request.state.form, request.state.upload = await read_upload(request, MOST_FIELDS)
        return cast("Mapping[str, str]", request.state.form)


def session_of(request: Request) -> SignedIn | None:
    """Say whose session a request comes in; `None` when it comes in none that is open.

    Raises:
        StoreDown: nobody knows, because the database is away.
    """
    found = getattr(request.state, "signed_in", None)
    if isinstance(found, SignedIn):
        return found
    door = getattr(request.state, "door", None)
    if isinstance(door, Exception) and not isinstance(door, NotKnown):
        raise door
    return None


def here_of(request: Request) -> SignedIn:
    """Say whose session it is, on a page that is shown in a session only.

    Raises:
        NotKnown: session.missing.
    """
    here = session_of(request)
    if here is None:
        raise NotKnown("session.missing")
    return here


def check_meant(request: Request, here: SignedIn, form: Mapping[str, str]) -> None:
    """Refuse a form without the session's own token, which only a page of ours could read.

    Raises:
        NotAllowed: session.not_meant.
    """
    if not house_of(request).sessions.is_meant(here, form.get("csrf", "")):
        raise NotAllowed("session.not_meant")


async def _ask_to_sign_in(request: Request) -> Response:
    if request.method == "POST":
        form = await read_form(request)
        # What was written stays on the page, to be copied, when the session has ended under it.
        back = local(form.get("page", ""))
        return sign_in_page(request, 401, back=back, is_over=True, written=written_in(form))
    query = f"?{request.url.query}" if request.url.query else ""
    told = {"next": local(request.url.path + query)} | ({"why": OVER} if request.cookies.get(COOKIE) else {})
    return RedirectResponse(f"{SIGN_IN}?{urlencode(told)}", 303)


def written_in(form: Mapping[str, str]) -> str:
    """Collect what somebody has written at length in a form, so that it can be copied whatever becomes of the form."""
    texts = [text for name, text in form.items() if name == TYPED or name.startswith(f"{TYPED}_")]
    return "\n\n".join(text for text in texts if text.strip())


def sign_in_page(request: Request, status: int = 200, *, back: str, **facts: Any) -> Response:
    """Write the page on which one signs in."""
    usual = {"name": "", "trouble": None, "is_over": False, "is_out": False, "is_changed": False, "written": ""}
    query = urlencode({"next": back})
    told = {"back": back, "kept": f"{query}&", "here": SIGN_IN, "person": None, **usual, **facts}
    return with_origin(page(request, "desk_sign_in.html", status, **told))


def local(address: str) -> str:
    """Take over an address to go back to if it is a page of a desk here, and nothing else in the world."""
    is_ours = len(address) <= LONGEST_ADDRESS and _LOCAL.fullmatch(address) is not None
    return address if is_ours and not address.startswith(f"{INBOX}/sign-") else INBOX


def staff_page(request: Request, template: str, status: int = 200, **facts: Any) -> Response:
    """Write a page of a session."""
    here = here_of(request)
    places = places_for(house_of(request).policy.permissions, here.principal().roles, here.account.agency)
    told = {"person": here.account.shown_name, "csrf": here.csrf, "kept": "", "places": places, **facts}
    return with_origin(page(request, template, status, **told))


def with_origin(answer: Response) -> Response:
    """Have the browser name our own site with our own forms, so that one can tell them from another site's."""
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


@dataclass
class PageWriting(Writing):
    """A write by a form; a desk's refusal is kept as a short document and written as a page by whoever asked."""

    def refused(self, error: Refused) -> Response:
        """Write a desk's refusal down."""
        problem = problem_of(error, has_precondition=self.version is not None)
        told = {"code": problem.code, "status": problem.status, "facts": dict(problem.facts)}
        return Response(json.dumps(told), problem.status, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Need:
    """What a route of the interface needs."""

    right: str
    scopes: tuple[str, ...]


def need_of(route: Callable[..., Any]) -> Need:
    """Read scope and right off a route of the interface itself, so that no page can name another."""
    for each in signature(route).parameters.values():
        right = getattr(getattr(each.default, "dependency", None), "right", None)
        if right is not None:
            return Need(right, tuple(each.default.scopes))
    raise LookupError(route.__name__)


async def reading_for(request: Request, route: Callable[..., Any]) -> Reading:
    """Make what a reading route of the interface works with.

    Raises:
        NotAllowed: scope.missing, right.missing.
    """
    need, caller = need_of(route), await _caller(request, route)
    return Reading(house_of(request), caller, request).with_right(need.right)


async def writing_for(request: Request, route: Callable[..., Any], form: Mapping[str, str]) -> Writing:
    """Make what a writing route of the interface works with; key and version stand in the form.

    Raises:
        NotAllowed: scope.missing, right.missing.
        BadRequest: idempotency.key_unreadable, if_match.unreadable.
    """
    version = read_version(form.get("version", ""))
    if version is None:
        raise BadRequest("if_match.unreadable")
    return replace(await beginning_for(request, route, form), version=version)


async def beginning_for(request: Request, route: Callable[..., Any], form: Mapping[str, str]) -> Writing:
    """Make what a route works with that begins something, or settles what has no versions; the key stands in the form.

    Raises:
        NotAllowed: scope.missing, right.missing.
        BadRequest: idempotency.key_unreadable.
    """
    need, caller = need_of(route), await _caller(request, route)
    key = read_key(form.get("key", ""))
    return PageWriting(house_of(request), caller, request, key=key, version=None).with_right(need.right)


async def problem_in(doing: Awaitable[Response]) -> Problem | None:
    """Wait for a write, and say what came in its way."""
    try:
        answer = await doing
    except (Turned, Refused, Unavailable) as error:
        return problem_of(error)
    if answer.status_code < 400:
        return None
    told = json.loads(bytes(answer.body))
    return Problem(answer.status_code, told["code"], facts=told.get("facts", {}))


async def _caller(request: Request, route: Callable[..., Any]) -> Caller:
    return await caller_of(SecurityScopes(list(need_of(route).scopes)), request)


async def admitted(request: Request, route: Callable[..., Any]) -> Caller | None:
    """Say as whom somebody may call a route of the interface, with the rows that it reaches; `None` when not at all."""
    try:
        caller = await _caller(request, route)
        return admit(house_of(request).policy.permissions, caller, need_of(route).right)
    except NotAllowed:
        return None
