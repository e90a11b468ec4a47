"""A reward claimed by form: by whoever holds the receipt code, and for whom only custodian and payer will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from gateway.console.ground import PageRoute, read_form
from gateway.console.public_pages import DECLARED, SLOW_LANE, ask_again, dialogue_page, refused
from gateway.console.tickets import read_ticket
from gateway.exchange import House, the_house
from gateway.refusals import Turned
from gateway.reward_bodies import RewardClaim
from gateway.routes import public
from lianxi.kernel.errors import Refused, Unavailable

router = APIRouter(route_class=PageRoute, tags=["pages"], include_in_schema=False)
InHouse = Annotated[House, Depends(the_house)]
_CAUGHT = (Turned, Refused, Unavailable)


@router.get("/track/reward")
async def begin_anew(request: Request) -> Response:
    """A page that only a form leads to."""
    return RedirectResponse("/track", 303)


@router.post("/track/reward")
async def claim_reward(request: Request, house: InHouse) -> Response:
    """Claim the reward; what is not right yet comes back as it was filled in."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is None:
        return ask_again(request, {})
    try:
        body = _claim(form)
        answer = await public.claim_reward(body, request, house, ticket.code, SLOW_LANE, form.get("key") or None)
    except ValidationError as error:
        wrong = "number_not_kept" if error.errors()[0]["type"] == "number_not_kept" else "missing"
        answer = await public.read_status(request, house, ticket.code, SLOW_LANE)
        return dialogue_page(request, house, ticket.code, answer, 422, claim=form, claim_wrong=wrong)
    except _CAUGHT as error:
        return refused(request, {}, error)
    return dialogue_page(request, house, ticket.code, answer)


def _claim(form: Mapping[str, str]) -> RewardClaim:
    said = {name: name in form for name in DECLARED}
    return RewardClaim.model_validate(
        {"name": form.get("name") or None, "reference": form.get("reference", ""), **said}
    )
