"""Gives every request an id that follows it through all processes, and every answer the headers that browsers need."""

from __future__ import annotations

import re
import secrets
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import paths

_CORRELATION: Final = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_TRACE: Final = re.compile(r"^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$")
_PAGES: Final = ("/docs", "/redoc", "/problems/")
_OWN: Final = b"x-correlation-id"
_POLICY: Final = b"content-security-policy"
_STRICT: Final = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")
_PAGE: Final = (
    _POLICY,
    (
        b"default-src 'none'; connect-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; font-src 'self'; worker-src blob:; frame-ancestors 'none'"
    ),
)
_ALWAYS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Correlation:
    """Takes over a caller's correlation id and trace, or makes them; the public's are always made here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        told = {} if paths.is_public(scope["path"]) else dict(scope["headers"])
        state["correlation_id"] = _correlation(told.get(b"x-correlation-id", b""))
        state["traceparent"] = _trace(told.get(b"traceparent", b""))
        policy = _PAGE if scope["path"].startswith(_PAGES) else _STRICT

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                ours = [(_OWN, state["correlation_id"].encode()), policy, *_ALWAYS]
                message["headers"] = [*message["headers"], *(each for each in ours if each[0] not in given)]
            await send(message)

        await self._app(scope, receive, sending)


def _correlation(given: bytes) -> str:
    text = given.decode("latin-1")
    return text if _CORRELATION.match(text) else secrets.token_hex(16)


def _trace(given: bytes) -> str:
    """Continue a trace under a step of our own, or begin one (W3C Trace Context)."""
    found = _TRACE.match(given.decode("latin-1"))
    trace, flags = (found[1], found[2]) if found else (secrets.token_hex(16), "01")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"
