"""Photographs of visits: sent piece by piece under ids that phones make, and shown to the agencies that patrol."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Response

from gateway.attachments import Seal
from gateway.bodies import Instant
from gateway.body import DoorRoute, PictureRoute, picture_in
from gateway.exchange import Reading, Writing, reads, writes
from gateway.idempotency import REPLAYED
from gateway.idempotency import Request as Write
from gateway.picture_answers import PICTURE_ANSWER, PICTURE_BODY, picture_answer
from gateway.refusals import NotAllowed, Taken, Unusable
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.photographs import (
    GetPhotograph,
    ListPhotographs,
    ListStrayPhotographs,
    PhotographKey,
    PhotographPage,
    PhotographTaken,
    PhotographView,
    RecordPhotograph,
    SettlePhotograph,
)
from lianxi.contracts.sealing import VISIT_PICTURE, Opener
from lianxi.kernel.errors import Refused

uploads = APIRouter(route_class=PictureRoute, tags=["inspections"])
router = APIRouter(route_class=DoorRoute, tags=["inspections"])
SERVICE: Final = "inspections"
PATH: Final = "/v1/visits/{visit_id}/photographs/{photo_id}"
_SHA256: Final = "sha-256=:"
NewId = Annotated[str, Path(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
ContentDigest = Annotated[
    str,
    Header(
        alias="Content-Digest",
        max_length=100,
        description="`sha-256=:…:` over the body, worked out on the device when the photograph was taken (RFC 9530)",
    ),
]
TakenAt = Annotated[Instant, Header(alias="Lianxi-Taken-At", description="When it was taken, by the device's clock")]
TakenWhere = Annotated[
    str | None,
    Header(
        alias="Lianxi-Taken-Where",
        pattern=r"^-?[0-9]{1,2}\.[0-9]{1,4},-?[0-9]{1,3}\.[0-9]{1,4}$",
        description="Where it was taken, as degrees north and east, if the person wants to say so",
    ),
]
_ALSO: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": PhotographTaken, "description": "It was here before; nothing is new"}
}


@uploads.put(PATH, status_code=201, response_model=PhotographTaken, openapi_extra=PICTURE_BODY, responses=_ALSO)
async def keep_photograph(
    visit_id: NewId,
    photo_id: NewId,
    content_digest: ContentDigest,
    taken_at: TakenAt,
    taken_where: TakenWhere = None,
    writing: Writing = writes("visit.create"),
) -> Response:
    """Keep a photograph of a visit under the phone's own id: 201 when it is kept, 200 when known, 409 when other.

    It may come before its visit. Only what it shows is kept, drawn anew; the digest must be that of what came.
    """
    raw = await picture_in(writing.request)
    sent = hashlib.sha256(raw).hexdigest()
    if _digest_in(content_digest) != sent:
        raise Unusable("photograph.digest_differs", came=sent)
    upload = _Upload(writing, visit_id, photo_id, raw, sent)
    said = {"visit": visit_id, "sha256": sent, "taken_at": taken_at.isoformat(), "where": taken_where}
    house = writing.house
    write = Write(
        key=house.answers.key("photograph", photo_id),
        fingerprint=house.answers.fingerprint("inspections.record_photograph", said),
        lives_seconds=house.settings.gateway_visit_memory_seconds,
        needs_store=False,
    )

    async def act() -> Response:
        return await upload.hand_in(taken_at, taken_where)

    try:
        answer = await house.answers.once(write, act, writing.refused)
    except Taken as error:
        if error.code != "idempotency.key_reused":
            raise
        # The desk keeps what is different beside what it has, and says so.
        answer = await act()
    if REPLAYED in answer.headers and answer.status_code == 201:
        answer.status_code = 200
    return answer


class _Upload:
    """One photograph on its way to the desk."""

    def __init__(self, writing: Writing, visit_id: str, photo_id: str, raw: bytes, sent_sha256: str) -> None:
        self._writing = writing
        self._visit_id = visit_id
        self._photo_id = photo_id
        self._raw = raw
        self._sent = sent_sha256

    async def hand_in(self, taken_at: Instant, taken_where: str | None) -> Response:
        """Draw it anew, keep it, and tell the desk."""
        house = self._writing.house
        seal = Seal(house.visit_sealer, VISIT_PICTURE)
        picture, kept = await house.attachments.keep(
            self._raw, seal, "photograph", self._photo_id, self._sent, place=taken_where
        )
        told = RecordPhotograph(
            photo_id=self._photo_id,
            visit_id=self._visit_id,
            picture=picture,
            taken_at=taken_at,
            sent_sha256=self._sent,
            kept_sha256=kept,
            submitted_by=self._writing.caller.actor,
            received_at=house.clock.now(),
        )
        try:
            taken = await house.ask(SERVICE, "record_photograph", told, self._writing.caller, PhotographTaken)
        except Refused as error:
            if error.code != "photograph.other_content":
                await house.attachments.let_go([picture])
            raise
        place = {"Location": PATH.format(visit_id=self._visit_id, photo_id=self._photo_id)}
        return self._writing.answer(taken, status=201 if taken.is_new else 200, headers=place)


@router.get("/v1/visits/{visit_id}/photographs", response_model=PhotographPage)
async def list_photographs(visit_id: ItemPath, reading: Reading = reads("visit.read")) -> Response:
    """List the photographs of a visit: when, where and what, and both digests."""
    return await reading.show(SERVICE, "list_photographs", ListPhotographs(visit_id=visit_id), PhotographPage)


@router.get("/v1/stray-photographs", response_model=PhotographPage)
async def list_stray_photographs(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("visit.read")
) -> Response:
    """List the photographs that a person has to look at: whose visit never came, or whose id meant two things."""
    asked = ListStrayPhotographs(cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_stray_photographs", asked, PhotographPage)


@router.post("/v1/stray-photographs/{photo_id}/settle", response_model=PhotographView)
async def settle_photograph(photo_id: ItemPath, writing: Writing = writes("visit.decide")) -> Response:
    """Say that one has looked at such a photograph; it stays as it is, and still joins its visit when that comes."""
    asked = SettlePhotograph(photo_id=photo_id)
    return await writing.decide(SERVICE, "settle_photograph", asked, PhotographView)


@router.get(PATH, response_class=Response, response_model=None, responses=PICTURE_ANSWER)
async def get_photograph(visit_id: ItemPath, photo_id: ItemPath, reading: Reading = reads("visit.read")) -> Response:
    """Read a photograph of a visit; that it was read is kept."""
    mine = Opener.for_one_answer()
    asked = GetPhotograph(visit_id=visit_id, photo_id=photo_id, answer_key=mine.public_key)
    found = await reading.ask(SERVICE, "get_photograph", asked, PhotographKey)
    if "sealed" not in reading.shown(found):
        raise NotAllowed("right.missing", resource="visit", action="read", fields="photographs")
    opened = mine.open(found.sealed, VISIT_PICTURE)
    content = await reading.house.attachments.read(found.file, opened["key"], opened["sha256"])
    return picture_answer(content, found.media_type, found.photo_id)


def _digest_in(header: str) -> str:
    """Read the device's digest.

    Raises:
        Unusable: photograph.digest_unreadable.
    """
    try:
        if header.startswith(_SHA256) and header.endswith(":"):
            return base64.b64decode(header[len(_SHA256) : -1], validate=True).hex()
    except binascii.Error:
        pass
    raise Unusable("photograph.digest_unreadable")
