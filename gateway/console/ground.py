"""What every page stands on: forms are read strictly, and posts that another site has made are refused.

A form that another site has made a browser send is told by `Sec-Fetch-Site`, or by `Origin` where a browser does not
send the former. What says neither is let in on public pages only: they know nobody, so there is nothing to borrow.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from gateway import paths
from gateway.refusals import BadRequest, NotAllowed, WrongType

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 60
_OWN_SITES: Final = ("same-origin", "none")


class PageRoute(APIRoute):
    """A route that answers with a page, and takes forms from pages of ours only."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method == "POST":
                refuse_foreign(request)
            return await handle(request)

        return guarded


def refuse_foreign(request: Request) -> None:
    """Refuse a form that did not come from a page of ours.

    Raises:
        NotAllowed: form.foreign.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_own = site in _OWN_SITES
    else:
        origin = request.headers.get("origin", "null")
        is_own = (
            paths.is_public_page(request.url.path)
            if origin == "null"
            else urlsplit(origin).netloc == request.headers.get("host")
        )
    if not is_own:
        raise NotAllowed("form.foreign")


async def read_form(request: Request) -> dict[str, str]:
    """Read a form; each field once, and lines end as everywhere else.

    Raises:
        WrongType: body.wrong_type.
        BadRequest: form.unreadable.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise WrongType("body.wrong_type")
    try:
        text = (await request.body()).decode("utf-8")
        found = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest("form.unreadable") from None
    if any(len(values) > 1 for values in found.values()):
        raise BadRequest("form.unreadable")
    return {name: values[0].replace("\r\n", "\n") for name, values in found.items()}
