"""Integrators' page: five steps from a key to a webhook that their own system took, each ticked when it is done."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.console.developer_view import (
    FAMILIES,
    STEPS,
    USUAL_SCOPES,
    Known,
    Shown,
    deliveries_of,
    know,
    scopes_offered,
)
from gateway.console.ground import read_form
from gateway.console.paper import page, trouble_of
from gateway.console.staff import StaffRoute, beginning_for, here_of, staff_page
from gateway.problems import Problem, problem_of
from gateway.refusals import NoSuchThing, Turned
from gateway.routes import clients, webhooks
from gateway.routes.clients import NewClient
from gateway.routes.parameters import ItemPath
from gateway.webhook_bodies import NewWebhook, ReplayFrom
from lianxi.contracts.webhooks import OFFERED
from lianxi.kernel.errors import Refused, Unavailable

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
PLACE: Final = "/developers"
DEEDS: Final = ("test", "rotate", "end", "replay")
_CAUGHT: Final = (Turned, Refused, Unavailable)


@router.get("/developers")
async def start(request: Request) -> Response:
    """The five steps, as far as they are done."""
    return await _start(request)


@router.get("/developers/steps")
async def steps(request: Request) -> Response:
    """Only which steps are done: the page asks for it while it is open."""
    known = await know(request, request.query_params.get("key", ""), request.query_params.get("hook", ""))
    return page(request, "developers_steps.html", steps=STEPS, done=known.done)


@router.post("/developers/keys")
async def make_key(request: Request) -> Response:
    """Make a key, and show its secret this one time."""
    form = await read_form(request)

    async def act() -> Response:
        writing = await beginning_for(request, clients.make_client, form)
        scopes = [name.removeprefix("scope:") for name in form if name.startswith("scope:")]
        body = NewClient(label=form.get("label", ""), scopes=scopes, days=int(form.get("days", "90") or 0))
        return await clients.make_client(request, body, writing)

    told, problem = await _done(act)
    if problem is not None:
        return await _start(request, shown=Shown(trouble=trouble_of(request, problem), filled=form), problem=problem)
    return await _start(request, told["client_id"], shown=Shown(key_secret=told["client_secret"]))


@router.post("/developers/keys/{client_id}/revoke")
async def revoke_key(client_id: ItemPath, request: Request) -> Response:
    """Revoke a key, and with it its hooks."""
    form = await read_form(request)

    async def act() -> Response:
        return await clients.revoke_client(client_id, await beginning_for(request, clients.revoke_client, form))

    _, problem = await _done(act)
    if problem is not None:
        return await _start(request, client_id, shown=Shown(trouble=trouble_of(request, problem)), problem=problem)
    return RedirectResponse(PLACE, 303)


@router.post("/developers/webhooks")
async def add_hook(request: Request) -> Response:
    """Register a hook for a key, and show its secret this one time."""
    form = await read_form(request)
    client_id = form.get("client_id", "")

    async def act() -> Response:
        writing = await beginning_for(request, webhooks.register_webhook, form)
        body = NewWebhook(address=form.get("address", ""), events=_types(form), client_id=client_id or None)
        return await webhooks.register_webhook(body, writing)

    told, problem = await _done(act)
    if problem is not None:
        shown = Shown(trouble=trouble_of(request, problem), filled=form)
        return await _start(request, client_id, shown=shown, problem=problem)
    return await _start(request, client_id, told["hook_id"], shown=Shown(hook_secret=told["secret"]))


@router.get("/developers/webhooks/{hook_id}")
async def show_hook(hook_id: ItemPath, request: Request) -> Response:
    """One hook: what it was told, and from where on to tell it again."""
    return await _hook(request, hook_id)


@router.post("/developers/webhooks/{hook_id}/{deed}")
async def do(hook_id: ItemPath, deed: str, request: Request) -> Response:
    """Send a test event, make a new secret, tell again from an event on, or end it."""
    if deed not in DEEDS:
        raise NoSuchThing("path.not_found")
    form = await read_form(request)
    told, problem = await _done(lambda: _deed(request, hook_id, deed, form))
    if problem is not None:
        shown = Shown(trouble=trouble_of(request, problem))
        if form.get("on") == "hook":
            return await _hook(request, hook_id, shown, problem)
        return await _start(request, form.get("client_id", ""), hook_id, shown=shown, problem=problem)
    if deed == "rotate":
        return await _hook(request, hook_id, Shown(hook_secret=told["secret"]))
    if deed == "end":
        return RedirectResponse(PLACE, 303)
    on_hook = f"{PLACE}/webhooks/{hook_id}?done={deed}"
    return RedirectResponse(on_hook if form.get("on") == "hook" else f"{PLACE}?hook={hook_id}#test", 303)


async def _deed(request: Request, hook_id: str, deed: str, form: Mapping[str, str]) -> Response:
    if deed == "replay":
        writing = await beginning_for(request, webhooks.replay_webhook, form)
        return await webhooks.replay_webhook(hook_id, ReplayFrom(from_event=form.get("from_event", "")), writing)
    route = {
        "test": webhooks.send_test_event,
        "rotate": webhooks.rotate_webhook,
        "end": webhooks.delete_webhook,
    }[deed]
    return await route(hook_id, await beginning_for(request, route, form))


async def _done(act: Callable[[], Awaitable[Response]]) -> tuple[Mapping[str, Any], Problem | None]:
    try:
        answer = await act()
    except ValueError:  # what the form holds is not what the interface takes
        return {}, Problem(422, "request.invalid")
    except _CAUGHT as error:
        return {}, problem_of(error)
    told = json.loads(bytes(answer.body))
    return told, None if answer.status_code < 400 else Problem(answer.status_code, told["code"])


def _types(form: Mapping[str, str]) -> list[str]:
    """Name the types of the families that were chosen; none at all means all of them."""
    chosen = tuple(f"{each}." for each in FAMILIES if f"family:{each}" in form)
    whole = len(chosen) in (0, len(FAMILIES))
    return [] if whole else [each.KEY for each in OFFERED if each.KEY.startswith(chosen)]


async def _start(
    request: Request,
    client_id: str = "",
    hook_id: str = "",
    *,
    shown: Shown | None = None,
    problem: Problem | None = None,
) -> Response:
    query, shown = request.query_params, shown or Shown()
    known = await know(request, client_id or query.get("key", ""), hook_id or query.get("hook", ""))
    facts = {
        **_usual(known, shown),
        "scopes": scopes_offered(here_of(request).principal().roles),
        "usual_scopes": USUAL_SCOPES,
        "families": FAMILIES,
        "offered": [each.KEY for each in OFFERED],
        "steps": STEPS,
        "done": known.done,
        "site": str(request.base_url).rstrip("/"),
        "here": PLACE,
    }
    return staff_page(request, "developers_start.html", 200 if problem is None else problem.status, **facts)


async def _hook(request: Request, hook_id: str, shown: Shown | None = None, problem: Problem | None = None) -> Response:
    known, shown = await know(request, hook_id=hook_id), shown or Shown()
    if known.hook is None or known.hook["hook_id"] != hook_id:
        raise NoSuchThing("webhook.not_found")
    done = request.query_params.get("done", "")
    facts = {
        **_usual(known, shown),
        "deliveries": await deliveries_of(request, hook_id),
        "said": done if done in ("test", "replay") else "",
        "here": f"{PLACE}/webhooks/{hook_id}",
        "root": PLACE,
    }
    return staff_page(request, "developers_hook.html", 200 if problem is None else problem.status, **facts)


def _usual(known: Known, shown: Shown) -> dict[str, Any]:
    return {"known": known, "shown": shown, "trouble": shown.trouble, "form_key": secrets.token_urlsafe}
