"""What a request's body may be: no larger than it must, UTF-8, JSON that says one thing, no tower of brackets.

A route that takes a picture says so by its class, and its body may be larger; all such bodies together have an end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import problem_of, written
from gateway.refusals import HeadersTooLong, TooLong, TooSlow, UnreadableBody, Unusable, WrongType
from gateway.settings import GatewaySettings
from lianxi.kernel.errors import LianxiError, TooBusy

DRAINED_BYTES: Final = 64 * 1024 * 1024
PICTURE_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
_JSON: Final = ("application/json", "+json")
_AS_IT_IS: Final = ("image/", "application/octet-stream")


class SizeLimits:
    """Counts the bytes that really come, whatever the headers say; a body is whole before any route sees it."""

    def __init__(self, app: ASGIApp, *, settings: GatewaySettings) -> None:
        self._app = app
        self._body_bytes = settings.gateway_body_bytes
        self._settings = settings
        self._all_bytes = settings.gateway_pictures_bytes_at_once
        self._header_bytes = settings.gateway_header_bytes
        self._seconds = settings.gateway_body_seconds
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._header_bytes:
            await _turn_away(HeadersTooLong("headers.too_long"), scope, receive, send)
            return
        room = _Room(scope)
        try:
            body = await self._whole(receive, room)
            if isinstance(body, LianxiError):
                await _turn_away(body, scope, receive, send)
            else:
                await self._app(scope, replay(body, receive), send)
        finally:
            self._held -= room.held

    async def _whole(self, receive: Receive, room: _Room) -> bytes | LianxiError:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._body(receive, room)
        except TimeoutError:
            return TooSlow("body.too_slow", longest_seconds=self._seconds)

    async def _body(self, receive: Receive, room: _Room) -> bytes | LianxiError:
        body, total, wrong = bytearray(), 0, None
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return bytes(body)
            chunk = message.get("body", b"")
            total += len(chunk)
            wrong = wrong or self._refused(room, total)
            # What is too long is read on for a while and thrown away: who is still sending does not hear an answer.
            if wrong is None:
                body += chunk
            if not message.get("more_body") or total > DRAINED_BYTES:
                return wrong or bytes(body)

    def _refused(self, room: _Room, total: int) -> LianxiError | None:
        """Let a body grow, or say why not; only a large one asks for its route, and counts against all large ones."""
        if total <= self._body_bytes:
            return None
        room.largest = room.largest or largest_for(room.scope, self._settings)
        if total > room.largest:
            return TooLong("body.too_large", largest_bytes=room.largest)
        others = self._held - room.held
        if others + total > self._all_bytes:
            return TooBusy("pictures.busy")
        self._held, room.held = others + total, total
        return None


@dataclass
class _Room:
    """How much of the room for large bodies one request takes."""

    scope: Scope
    held: int = 0
    largest: int = 0


def replay(body: bytes, receive: Receive) -> Receive:
    """Hand a body out again that was received already."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _turn_away(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    answer = written(problem_of(error), scope)
    answer.headers["Connection"] = "close"
    await answer(scope, receive, send)


def read_json(body: bytes, deepest: int) -> Any:
    """Read a body strictly.

    Raises:
        UnreadableBody: body.not_utf8, body.not_json, body.too_deep, body.duplicate_key.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableBody("body.not_utf8") from None
    try:
        value = _STRICT.decode(text)
    except RecursionError:
        raise UnreadableBody("body.too_deep", deepest=deepest) from None
    except ValueError:
        raise UnreadableBody("body.not_json") from None
    if depth(value) > deepest:
        raise UnreadableBody("body.too_deep", deepest=deepest)
    return value


def _no_number(_name: str) -> Any:
    raise ValueError


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableBody("body.duplicate_key")
    return found


_STRICT: Final = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_once_each)


def depth(value: Any) -> int:
    """Count how many brackets lie around the innermost value, without climbing them by recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        each, level = waiting.pop()
        if isinstance(each, dict | list):
            deepest = max(deepest, level)
            waiting += [(inner, level + 1) for inner in (each.values() if isinstance(each, dict) else each)]
    return deepest


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """Read the body."""
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body(), self.app.state.house.settings.gateway_body_depth)
        return self._json


class DoorRoute(APIRoute):
    """A route that takes JSON and nothing else, and reads it strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            wants_body = self.body_field is not None
            if wants_body or await strict.body():
                if not says_json(request.headers.get("content-type", "")):
                    raise WrongType("body.wrong_type")
                # Where nothing is asked for, an empty object is understood as nothing, and anything else is a mistake.
                if not wants_body and await strict.json() != {}:
                    raise Unusable("body.not_wanted")
            return await handle(strict)

        return strictly


def says_json(content_type: str) -> bool:
    """Say whether a body is JSON by its sender's word."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain == _JSON[0] or (plain.startswith("application/") and plain.endswith(_JSON[1]))


class PictureRoute(APIRoute):
    """A route that takes one picture as it is, and therefore a larger body than others."""

    @staticmethod
    def largest(settings: GatewaySettings) -> int:
        """Say how many bytes it takes."""
        return settings.gateway_picture_bytes


class EvidenceRoute(PictureRoute):
    """A route that takes a file of evidence as it is, which may be larger still."""

    @staticmethod
    def largest(settings: GatewaySettings) -> int:
        """Say how many bytes it takes."""
        return settings.gateway_evidence_bytes


async def picture_in(request: Request) -> bytes:
    """Read a body that is a picture by its sender's word; what it really is, its content will say.

    Raises:
        WrongType: picture.wrong_type.
    """
    if not request.headers.get("content-type", "").strip().lower().startswith(_AS_IT_IS):
        raise WrongType("picture.wrong_type")
    return await request.body()


def largest_for(scope: Scope, settings: GatewaySettings) -> int:
    """Say how large the body of a request may be: larger where a route takes a picture or a file."""
    routes = (route for route in _picture_routes(scope["app"]) if route.matches(scope)[0] is Match.FULL)
    return next((route.largest(settings) for route in routes), settings.gateway_body_bytes)


def _picture_routes(app: Any) -> Iterator[PictureRoute]:
    for area in app.routes:
        for route in getattr(getattr(area, "original_router", area), "routes", [area]):
            if isinstance(route, PictureRoute):
                yield route
