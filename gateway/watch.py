"""Measures every request by its route's template, and notes it in the request audit. Neither sees what was asked."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import paths
from gateway.audit import RequestAudit
from gateway.ledger import RequestRow
from gateway.principal import Principal
from lianxi.kernel.clock import Clock, level_to_hour
from lianxi.runtime import metrics

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Watch:
    """Counts, times and notes requests."""

    def __init__(self, app: ASGIApp, *, clock: Clock, audit: RequestAudit) -> None:
        self._app = app
        self._clock = clock
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, sending)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNMATCHED)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        metrics.http_request_duration_seconds.labels(route, method, f"{status // 100}xx").observe(seconds)
        if not paths.is_noted(route):
            return
        state = scope["state"]
        if paths.is_public(route):
            self._audit.note(self._row("public", "", scope, route, status, None, None))
        elif isinstance(state.get("door"), Principal):
            who: Principal = state["door"]
            code, correlation_id = state.get("problem_code"), state["correlation_id"]
            self._audit.note(self._row(who.client_id, who.agency, scope, route, status, code, correlation_id))

    def _row(
        self,
        actor: str,
        agency: str,
        scope: Scope,
        route: str,
        status: int,
        code: str | None,
        correlation_id: str | None,
    ) -> RequestRow:
        now = self._clock.now()
        return RequestRow(
            actor=actor,
            agency=agency,
            method=scope["method"],
            route=route,
            status=status,
            code=code,
            correlation_id=correlation_id,
            at=now if correlation_id is not None else level_to_hour(now),
        )
