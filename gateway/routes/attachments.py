"""Pictures with a tip: taken in without what gives anybody away, and shown to those who hold the tip."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from gateway.attachment_bodies import Attached
from gateway.body import DoorRoute, PictureRoute, picture_in
from gateway.exchange import House, IdempotencyKey, Reading, Writing, reads, the_house, writes
from gateway.idempotency import Request as Write
from gateway.idempotency import read_key
from gateway.picture_answers import PICTURE_ANSWER, PICTURE_BODY, picture_answer
from gateway.problems import problem_of, written
from gateway.refusals import NotAllowed
from gateway.routes.parameters import ItemPath
from lianxi.contracts import codec
from lianxi.contracts.attachments import AttachmentKey, GetAttachment
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import PICTURE, Opener

uploads = APIRouter(route_class=PictureRoute, tags=["public"])
router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE: Final = "tips"
PUBLIC: Final = "public"
InHouse = Annotated[House, Depends(the_house)]


@uploads.post("/v1/public/attachments", status_code=201, response_model=Attached, openapi_extra=PICTURE_BODY)
async def upload_picture(request: Request, house: InHouse, idempotency_key: IdempotencyKey = None) -> Response:
    """Hand in a picture before its tip: a JPEG, PNG or WebP as the body, of which only what it shows is kept.

    It is drawn anew, so that where, when and with what it was taken does not come in; no name is asked for. The tip
    names `attachment` in its `attachments`, within an hour.
    """
    return await take_public_picture(request, house, await picture_in(request), idempotency_key)


async def take_public_picture(request: Request, house: House, raw: bytes, idempotency_key: str | None) -> Response:
    """Take in a picture from anybody, however it came: as a body of its own or in a form."""
    await house.rates.take(house.rates.upload, "uploads", house.buckets.of(request.scope))
    key = read_key(idempotency_key)

    async def act() -> Response:
        return await _taken(house, raw)

    if key is None:
        return await act()
    write = Write(
        house.answers.key(PUBLIC, key),
        house.answers.fingerprint("public.attachment", hashlib.sha256(raw).hexdigest()),
        house.settings.gateway_attachment_seconds,
        needs_store=False,
    )
    return await house.answers.once(write, act, lambda error: written(problem_of(error), request.scope))


@uploads.post(
    "/v1/tips/attachments", status_code=201, response_model=Attached, openapi_extra=PICTURE_BODY, tags=["tips"]
)
async def upload_picture_of_agency(writing: Writing = writes("tip.create")) -> Response:
    """Hand in a picture before the tip or message that an officer writes down; drawn anew as everybody's."""
    raw = await picture_in(writing.request)

    async def act(_caller: Caller) -> Response:
        return await _taken(writing.house, raw)

    return await writing.once("tips.attachment", hashlib.sha256(raw).hexdigest(), act, needs_store=False)


@router.get(
    "/v1/tips/{tip_id}/attachments/{number}", response_class=Response, response_model=None, responses=PICTURE_ANSWER
)
async def get_picture(
    tip_id: ItemPath, number: Annotated[int, Path(ge=1, le=999)], reading: Reading = reads("tip.read")
) -> Response:
    """Read a picture of a tip, by the desks that hold it; that it was read is kept."""
    mine = Opener.for_one_answer()
    asked = GetAttachment(tip_id=tip_id, number=number, answer_key=mine.public_key)
    found = await reading.ask(SERVICE, "get_attachment", asked, AttachmentKey, about=tip_id)
    if "sealed" not in reading.shown(found):
        raise NotAllowed("right.missing", resource="tip", action="read", fields="photographs")
    opened = mine.open(found.sealed, PICTURE)
    content = await reading.house.attachments.read(found.file, opened["key"], opened["sha256"])
    return picture_answer(content, found.media_type, f"{found.tip_number}-{found.number}")


async def _taken(house: House, raw: bytes) -> Response:
    token, slip = await house.attachments.take(raw)
    told = Attached(attachment=token, sha256=slip.sha256, size=slip.size, media_type=slip.media_type)
    return Response(codec.to_bytes(told.model_dump(mode="json")), 201, media_type="application/json")
