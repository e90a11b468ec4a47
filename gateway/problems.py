"""The one table from errors to answers: every refusal, and every failure, leaves as a problem document (RFC 9457).

Nothing of what was sent is repeated in an answer, and of what went wrong inside only the correlation id leaves.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import georeport, paths
from gateway.language import language_of
from gateway.refusals import NoSuchThing, Turned, UnreadableBody
from gateway.wording import TAGS, Language, words
from lianxi.kernel.errors import (
    Broken,
    Conflict,
    Forbidden,
    LianxiError,
    NotFound,
    Refused,
    TooBusy,
    Unavailable,
)
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log

log = get_log()
MEDIA_TYPE: Final = "application/problem+json"
_FIELD: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,60}$")
_STATUS: Final[tuple[tuple[type[LianxiError], int], ...]] = (
    (NotFound, 404),
    (Conflict, 409),
    (Forbidden, 403),
    (Refused, 422),
    (TooBusy, 429),
    (Unavailable, 503),
    (Broken, 500),
)
_HTTP_CODES: Final = {404: "path.not_found", 405: "method.not_allowed", 400: "body.not_json", 413: "body.too_large"}
_REASONS: Final = {
    400: "validation",
    401: "auth",
    403: "scope",
    408: "validation",
    413: "validation",
    415: "validation",
    422: "validation",
    429: "rate",
}


class FieldError(BaseModel):
    """One thing in the request that is not right."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or `?name` of a query parameter")
    detail: str


class ProblemDocument(BaseModel):
    """An answer that says no, and what to do about it (RFC 9457)."""

    type: str = Field(description="A page that explains the code, in Chinese and English")
    title: str
    status: int
    detail: str = Field(description="What to do")
    code: str = Field(description="Stable; programs may rely on it")
    correlation_id: str | None = None
    clause: str | None = Field(
        default=None, description="The sentence of the plan, or the article of law, that says no"
    )
    retryable: bool
    facts: dict[str, Any] = Field(default_factory=dict)
    errors: list[FieldError] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem before it is written in somebody's language."""

    status: int
    code: str
    headers: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    clause: str | None = None
    wrong: tuple[tuple[str, str, str | None], ...] = ()
    retryable: bool = False


PageWriter = Callable[[Problem, Scope], Response]
"""Writes a problem as a page; the console hangs its own into the app's state as `problem_page`."""


def problem_of(error: Exception, *, has_precondition: bool = False) -> Problem:
    """Say what answer an error gets."""
    if isinstance(error, UnreadableBody):
        error = error.told
    if isinstance(error, Turned):
        retryable = "Retry-After" in error.headers
        return Problem(error.status, error.code, error.headers, error.facts, retryable=retryable)
    if isinstance(error, Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
        return Problem(_status(error), error.code, headers, retryable=True)
    if isinstance(error, Refused):
        stale = has_precondition and isinstance(error, Conflict) and error.code.endswith(".changed")
        return Problem(412 if stale else _status(error), error.code, facts=error.facts, clause=error.clause)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        code = _HTTP_CODES.get(error.status_code, "gateway.failed" if error.status_code >= 500 else "request.invalid")
        return Problem(error.status_code, code, dict(error.headers or {}))
    return Problem(500, error.code if isinstance(error, Broken) else "gateway.failed")


def _status(error: LianxiError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(each["loc"][0] == "path" for each in found):
        return problem_of(NoSuchThing("item.not_found"))
    wrong = tuple((_pointer(each["loc"]), str(each["type"]), _expected(each)) for each in found[:20])
    return Problem(422, "request.invalid", wrong=wrong)


def _pointer(location: tuple[int | str, ...]) -> str:
    # A field's name comes from whoever sent it; what is no name is not repeated.
    kind, *rest = location
    names = [str(part) if isinstance(part, int) or _FIELD.match(part) else "?" for part in rest]
    return "/" + "/".join(names) if kind == "body" else f"?{'.'.join(names)}" if kind == "query" else ".".join(names)


def _expected(error: Mapping[str, Any]) -> str | None:
    context = error.get("ctx") or {}
    return str(context["expected"]) if error["type"] in {"enum", "literal_error"} and "expected" in context else None


def written(problem: Problem, scope: Scope) -> Response:
    """Write a problem as an answer, in the language of whoever asked: a page for people, a document for machines."""
    scope.setdefault("state", {})["problem_code"] = problem.code
    _count(problem)
    page: PageWriter | None = getattr(scope["app"].state, "problem_page", None) if paths.wants_page(scope) else None
    if page is None:
        return _for_georeport(problem, scope) if paths.is_georeport(scope["path"]) else _document(problem, scope)
    return page(problem, scope)


def _for_georeport(problem: Problem, scope: Scope) -> Response:
    language = language_of(scope)
    wording = words().problem(problem.code, problem.status)
    wrong = "; ".join(f"{pointer}: {_said(kind, expected, language)}" for pointer, kind, expected in problem.wrong)
    told = f"{problem.code}: {wording.what.told(language)}. {wording.to_do.told(language)} {wrong}".strip()
    answer = georeport.refusal(georeport.STATUS.get(problem.status, problem.status), told, scope["path"])
    answer.headers.update({**problem.headers, "Content-Language": TAGS[language]})
    return answer


def _document(problem: Problem, scope: Scope) -> Response:
    language = language_of(scope)
    wording = words().problem(problem.code, problem.status)
    document: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": wording.what.told(language),
        "status": problem.status,
        "detail": wording.to_do.told(language),
        "code": problem.code,
        "correlation_id": _correlation_id(problem, scope),
        "clause": problem.clause,
        "retryable": problem.retryable,
        "facts": dict(problem.facts),
        "errors": [
            {"pointer": pointer, "detail": _said(kind, expected, language)} for pointer, kind, expected in problem.wrong
        ],
    }
    if "error" in problem.facts:  # OAuth's own word for it (RFC 6749, 5.2)
        document["error"] = problem.facts["error"]
    headers = {**problem.headers, "Content-Language": TAGS[language], "Cache-Control": "no-store"}
    body = json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")
    return Response(body, problem.status, headers, MEDIA_TYPE)


def _correlation_id(problem: Problem, scope: Scope) -> str | None:
    # Refusals to the public are alike to the last byte: an answer must not tell one wrong receipt code from another.
    if problem.status < 500 and paths.is_public(scope["path"]):
        return None
    given: str | None = scope.get("state", {}).get("correlation_id")
    return given


def _said(kind: str, expected: str | None, language: Language) -> str:
    fields = words().fields
    said = fields.get(kind, fields["other"]).told(language)
    return said if expected is None else f"{said}: {expected}"


def _count(problem: Problem) -> None:
    reason = "idempotency" if problem.code.startswith("idempotency.") else _REASONS.get(problem.status)
    if reason is not None:
        metrics.http_refusals_total.labels(reason).inc()


def has_precondition(scope: Scope) -> bool:
    """Say whether the request carries `If-Match`."""
    return any(name == b"if-match" for name, _ in scope["headers"])


async def answer_to(request: Request, error: Exception) -> Response:
    """Answer an error, and report it if it is ours."""
    problem = problem_of(error, has_precondition=has_precondition(request.scope))
    if problem.status >= 500 and not isinstance(error, Unavailable):
        _report(request.scope, error)
    return written(problem, request.scope)


def _report(scope: Scope, error: Exception) -> None:
    # Where it happened and what kind it is; never the error's own words, which may quote what somebody wrote.
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    log.error(
        "request_failed",
        kind=type(error).__name__,
        error_code=getattr(error, "code", None),
        correlation_id=scope.get("state", {}).get("correlation_id"),
        where=[f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    )


def install(app: FastAPI) -> None:
    """Have the app answer every error that has a place in the table."""
    for kind in (LianxiError, HTTPException, UnreadableBody, RequestValidationError, ResponseValidationError):
        app.add_exception_handler(kind, answer_to)


class LastResort:
    """Outermost: whatever nobody foresaw becomes a problem document with a correlation id and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            await self._say(error, begun, scope, receive, send)

    async def _say(self, error: Exception, begun: bool, scope: Scope, receive: Receive, send: Send) -> None:
        problem = problem_of(error)
        if problem.status >= 500 and not isinstance(error, Unavailable):
            _report(scope, error)
        if not begun:
            await written(problem, scope)(scope, receive, send)
