"""How a page is written: its template, language and headers. Pages are kept nowhere and fetch nothing elsewhere."""

from __future__ import annotations

import gzip
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway import paths
from gateway.console.drawing.lights import light
from gateway.console.files import address_of, takes_gzip
from gateway.console.sayings import say, say_date, say_due, say_last_day, say_problem, say_time
from gateway.exchange import house_of
from gateway.language import COOKIE, QUERY, chosen_in_query, language_of
from gateway.problems import Problem
from gateway.wording import TAGS, Language, words

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}
_LEAST_PACKED: Final = 500
TOO_MANY: Final = 429
_WORDED_FOR_PEOPLE: Final = "picture."
"""Whoever sends a picture is a person, so that what is said of it needs no other words on a page."""
STAFF_PROBLEM: Final = "desk_problem.html"


@cache
def _templates() -> Environment:
    folder = Path(__file__).with_name("templates")
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(request: Request, template: str, status: int = 200, **facts: Any) -> Response:
    """Write a page in the language of its reader."""
    language = language_of(request.scope)
    text = _templates().get_template(template).render(_common(request, language) | facts)
    answer = _packed(request, text.encode(), status)
    answer.headers["Content-Language"] = TAGS[language]
    if chosen_in_query(request.scope) is not None:
        answer.set_cookie(COOKIE, language, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return answer


def _packed(request: Request, body: bytes, status: int) -> Response:
    if takes_gzip(request) and len(body) > _LEAST_PACKED:
        return Response(gzip.compress(body, 6), status, {**_HEADERS, "Content-Encoding": "gzip"}, "text/html")
    return Response(body, status, _HEADERS, "text/html")


def _common(request: Request, language: Language) -> dict[str, Any]:
    house = house_of(request)
    return {
        "language": language,
        "tag": TAGS[language],
        "other_language": "en" if language == "zh" else "zh",
        "say": partial(say, language),
        "last_day": partial(say_last_day, language),
        "time": partial(say_time, language),
        "until": partial(say_due, language),
        "day": partial(say_date, language),
        "light": light,
        "file": address_of,
        "here": request.url.path,
        "switch": None,
        "language_query": QUERY,
        "territory": house.policy.programme.territory,
        "is_rehearsal": house.settings.rehearsal,
        "exit_address": house.settings.gateway_exit_address,
    }


def trouble_of(request: Request, problem: Problem) -> dict[str, str]:
    """Say a problem in the words of a page: residents' on theirs, and on officials' those of the interface."""
    seconds = problem.headers.get("Retry-After", "")
    language = language_of(request.scope)
    if paths.is_staff_page(request.url.path):
        return _staff_trouble(language, problem, seconds)
    if problem.code.startswith(_WORDED_FOR_PEOPLE):
        wording = words().problem(problem.code, problem.status)
        return {"what": wording.what.told(language), "to_do": wording.to_do.told(language)}
    what, to_do = say_problem(language, problem.code, problem.status, seconds)
    return {"what": what, "to_do": to_do}


_STALE: Final = ("trouble.stale.what", "trouble.stale.to_do")
_RIGHT: Final = ("trouble.right.what", "trouble.right.to_do")
_SAID_OTHERWISE: Final = {
    "request.invalid": ("trouble.invalid.what", "trouble.invalid.to_do"),
    "right.missing": _RIGHT,
    "scope.missing": _RIGHT,
}
"""What the interface says of these is for programs; officials read it in words of their own."""
CHANGED: Final = 412


def _staff_trouble(language: Language, problem: Problem, seconds: str) -> dict[str, str]:
    own = _STALE if problem.status == CHANGED else _SAID_OTHERWISE.get(problem.code)
    if own is not None:
        return {"what": say(language, own[0]), "to_do": say(language, own[1])}
    said = words().problem(problem.code, problem.status)
    to_do = said.to_do.told(language) if problem.status != TOO_MANY else say(language, "staff.wait", seconds=seconds)
    return {"what": said.what.told(language), "to_do": to_do}


def problem_page(problem: Problem, scope: Any) -> Response:
    """Write a refusal as a page of its own, with the way back."""
    request = Request(scope)
    known = scope.get("state", {}).get("correlation_id", "") if problem.status >= 500 else ""
    template = STAFF_PROBLEM if paths.is_staff_page(request.url.path) else "problem.html"
    facts = {
        "trouble": trouble_of(request, problem),
        "correlation_id": known,
        "written": "",
        "person": None,
        "kept": "",
    }
    answer = page(request, template, problem.status, **facts)
    for name, value in problem.headers.items():
        answer.headers[name] = value
    return answer
