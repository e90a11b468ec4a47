"""What a request's body may be: no larger than it must, UTF-8, JSON that says one thing, no tower of brackets."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import problem_of, written
from gateway.refusals import HeadersTooLong, TooLong, UnreadableBody, Unusable, WrongType

DRAINED_BYTES: Final = 64 * 1024 * 1024
_JSON: Final = ("application/json", "+json")


class SizeLimits:
    """Counts the bytes that really come, whatever the headers say; a body is whole before any route sees it."""

    def __init__(self, app: ASGIApp, *, body_bytes: int, header_bytes: int) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._header_bytes = header_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._header_bytes:
            await _turn_away(HeadersTooLong("headers.too_long"), scope, receive, send)
            return
        body = await self._body(receive)
        if body is None:
            await _turn_away(TooLong("body.too_large", largest_bytes=self._body_bytes), scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _body(self, receive: Receive) -> bytes | None:
        body, total = bytearray(), 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return bytes(body)
            chunk = message.get("body", b"")
            total += len(chunk)
            if total <= self._body_bytes:
                body += chunk
            # What is too long is read on for a while and thrown away: who is still sending does not hear an answer.
            if not message.get("more_body") or total > DRAINED_BYTES:
                return bytes(body) if total <= self._body_bytes else None


def _replay(body: bytes, receive: Receive) -> Receive:
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
        value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once_each)
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
                if not _says_json(request.headers.get("content-type", "")):
                    raise WrongType("body.wrong_type")
                # Where nothing is asked for, an empty object is understood as nothing, and anything else is a mistake.
                if not wants_body and await strict.json() != {}:
                    raise Unusable("body.not_wanted")
            return await handle(strict)

        return strictly


def _says_json(content_type: str) -> bool:
    plain = content_type.partition(";")[0].strip().lower()
    return plain == _JSON[0] or (plain.startswith("application/") and plain.endswith(_JSON[1]))
