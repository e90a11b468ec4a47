"""Pictures by forms: added one by one before a report is sent, or as a message. They are drawn anew as all are."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from gateway.bodies import InformantMessage
from gateway.console.ground import PicturePageRoute, read_picture_form
from gateway.console.public_pages import SLOW_LANE, ask_again, check_page, dialogue_page, form_page, refused, report_of
from gateway.console.report_form import MOST_PICTURES
from gateway.console.sayings import say
from gateway.console.tickets import read_ticket
from gateway.exchange import House, the_house
from gateway.language import language_of
from gateway.refusals import Turned, Unusable
from gateway.routes import attachments, public
from lianxi.kernel.errors import Refused, Unavailable

router = APIRouter(route_class=PicturePageRoute, tags=["pages"], include_in_schema=False)
InHouse = Annotated[House, Depends(the_house)]
_CAUGHT: Final = (Turned, Refused, Unavailable)


@router.get("/report/pictures")
@router.get("/track/pictures")
async def begin_anew(request: Request) -> Response:
    """A page that only a form leads to."""
    return RedirectResponse("/" + request.url.path.split("/")[1], 303)


@router.post("/report/pictures")
async def add_picture(request: Request, house: InHouse) -> Response:
    """Add a picture to a report that is about to be sent."""
    form, raw = await read_picture_form(request)
    report = report_of(request, house, form)
    if report.tip is None:
        return form_page(request, house, report, 422)
    named = report.filled["attachments"].split()
    try:
        if len(named) >= MOST_PICTURES:
            raise Unusable("picture.too_many")
        report.filled["attachments"] = " ".join([*named, await _taken(request, house, raw)])
    except _CAUGHT as error:
        return check_page(request, house, report, error=error)
    return check_page(request, house, report)


@router.post("/track/pictures")
async def send_picture(request: Request, house: InHouse) -> Response:
    """Send a picture to the desk as a message of its own, with a line of words if there are any."""
    form, raw = await read_picture_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is None:
        return ask_again(request, form)
    text = say(language_of(request.scope), "dialogue.picture_sent")
    key = form.get("key") or None
    try:
        body = InformantMessage(text=text, attachments=(await _taken(request, house, raw),))
        answer = await public.write_message(body, request, house, ticket.code, SLOW_LANE, key)
    except _CAUGHT as error:
        return refused(request, form, error)
    return dialogue_page(request, house, ticket.code, answer, is_sent=True)


async def _taken(request: Request, house: House, raw: bytes) -> str:
    if not raw:
        raise Unusable("picture.missing")
    answer = await attachments.take_public_picture(request, house, raw, None)
    token: str = json.loads(bytes(answer.body))["attachment"]
    return token
