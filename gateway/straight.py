"""The straight way in for what arrives by the thousand: the same checks in the same order, without the machinery.

A route that is listed here stays hung in the app as it is: its description, its refusals and whatever is unusual about
a request come from there. Only a request that is good in every way is served here, and it is handed on untouched as
soon as anything about it is not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, Final, get_type_hints

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.body import DoorRoute, read_json, replay, says_json
from gateway.exchange import House, Writing, caller_at
from gateway.idempotency import read_key
from gateway.problems import answer_to
from gateway.rights import admit
from lianxi.kernel.errors import LianxiError

STRAIGHT: Final = frozenset({"/v1/tips", "/v1/visits"})
"""Paths whose POST takes a body and a `Writing`, and nothing else."""


@dataclass(frozen=True, slots=True)
class Way:
    """One route, as its own signature describes it."""

    route: APIRoute
    endpoint: Callable[..., Awaitable[Response]]
    body: type[BaseModel]
    right: str
    scopes: tuple[str, ...]

    @classmethod
    def of(cls, route: APIRoute) -> Way:
        """Read what a route wants."""
        needed = signature(route.endpoint).parameters["writing"].default
        hints = get_type_hints(route.endpoint)
        return cls(route, route.endpoint, hints["body"], needed.dependency.right, tuple(needed.scopes))

    def read(self, house: House, scope: Scope, receive: Receive, body: bytes) -> dict[str, Any] | None:
        """Read a request as what its route is called with; nothing when it is not good in every way."""
        headers = Headers(scope=scope)
        if not says_json(headers.get("content-type", "")):
            return None
        try:
            plain = read_json(body, house.settings.gateway_body_depth)
            caller = admit(house.policy.permissions, caller_at(scope["state"], self.scopes), self.right)
            key = read_key(headers.get("idempotency-key"))
            told = self.body.model_validate(plain)
        except (LianxiError, HTTPException, ValidationError):
            return None
        return {"body": told, "writing": Writing(house, caller, Request(scope, receive), key=key, version=None)}


def ways_of(routes: Iterable[Any]) -> Mapping[str, Way]:
    """Find the straight ways among an app's routes."""
    found = (each for each in routes if isinstance(each, DoorRoute) and each.path in STRAIGHT)
    return {route.path: Way.of(route) for route in found if "POST" in (route.methods or ())}


class Straight:
    """Innermost of the doorway: serves what is good in every way, and hands on everything else."""

    def __init__(self, app: ASGIApp, *, house: House, ways: Mapping[str, Way]) -> None:
        self._app = app
        self._house = house
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        way = self._ways.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if way is None:
            await self._app(scope, receive, send)
            return
        message = await receive()  # the whole body: it has been gathered on the way
        body = message.get("body", b"")
        again = replay(body, receive)
        wanted = way.read(self._house, scope, again, body)
        if wanted is None:
            await self._app(scope, again, send)
            return
        scope["route"], scope["endpoint"], scope["path_params"] = way.route, way.endpoint, {}
        try:
            response = await way.endpoint(**wanted)
        except (LianxiError, HTTPException) as error:
            response = await answer_to(Request(scope, again), error)
        await response(scope, again, send)
