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
from gateway.body import PictureRoute
from gateway.refusals import BadRequest, NotAllowed, WrongType
from gateway.uploads import MULTIPART, read_upload

FORM: Final = "application/x-www-form-urlencoded"
PICTURE: Final = "picture"
MOST_FIELDS: Final = 60
LARGEST_FIELD: Final = 1024 * 1024
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


class PicturePageRoute(PageRoute, PictureRoute):
    """A page's route whose form may bring a picture, and therefore a larger body than others."""


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


async def read_form(request: Request, most: int = MOST_FIELDS) -> dict[str, str]:
    """Read a form of at most so many fields; each field once, and lines end as everywhere else.

    Raises:
        WrongType: body.wrong_type.
        BadRequest: form.unreadable.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise WrongType("body.wrong_type")
    try:
        text = (await request.body()).decode("utf-8")
        found = parse_qs(text, keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        raise BadRequest("form.unreadable") from None
    if any(len(values) > 1 for values in found.values()):
        raise BadRequest("form.unreadable")
    return {name: _lines(values[0]) for name, values in found.items()}


async def read_picture_form(request: Request) -> tuple[dict[str, str], bytes]:
    """Read a form that may bring one picture, called `picture`; what its sender calls the file is not looked at.

    Raises:
        WrongType: body.wrong_type.
        BadRequest: form.unreadable.
    """
    form, raw, _ = await read_file_form(request)
    return form, raw


async def read_file_form(request: Request) -> tuple[dict[str, str], bytes, str]:
    """Read a form that may bring one file, called `picture` whatever it is, and of what type its sender says it is.

    Raises:
        WrongType: body.wrong_type.
        BadRequest: form.unreadable.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
        raise WrongType("body.wrong_type")
    form, upload = await read_upload(request, MOST_FIELDS, file=PICTURE, largest_field=LARGEST_FIELD)
    return (form, b"", "") if upload is None else (form, upload.raw, upload.media_type)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
