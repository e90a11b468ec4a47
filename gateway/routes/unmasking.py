"""Informants' own words: for a reason, for fifteen minutes, and the office reads of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from gateway.bodies import Body, Long
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.sealing import WORDS, Opener
from lianxi.contracts.unmasking import (
    GetWords,
    ListUnmaskings,
    SealedWords,
    Unmask,
    UnmaskingPage,
    UnmaskingView,
    Words,
)

router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE = "tips"


class Reason(Body):
    """Why the informant's own words are needed."""

    reason: Annotated[Long, Field(min_length=4, max_length=1000, description="The office and auditors read this")]


@router.post("/v1/tips/{tip_id}/unmask", status_code=201, response_model=UnmaskingView)
async def unmask(tip_id: ItemPath, body: Reason, writing: Writing = writes("tip.unmask")) -> Response:
    """Read a tip's own words for fifteen minutes from now on; the reason is kept, and the office is told each week."""
    asked = body.contract(Unmask, tip_id=tip_id)
    return await writing.create(
        SERVICE, "unmask", asked, UnmaskingView, at=lambda view: f"/v1/tips/{view.tip_id}/words"
    )


@router.get("/v1/tips/{tip_id}/words", response_model=Words)
async def get_words(tip_id: ItemPath, reading: Reading = reads("tip.unmask")) -> Response:
    """Read what the informant wrote, word for word, while your unmasking runs. Every reading is kept."""
    mine = Opener.for_one_answer()
    asked = GetWords(tip_id=tip_id, answer_key=mine.public_key)
    sealed = await reading.ask(SERVICE, "get_words", asked, SealedWords)
    told = mine.open(sealed.sealed, WORDS)
    words = Words(
        tip_id=sealed.tip_id,
        ends_at=sealed.ends_at,
        text=told["text"],
        place=told["place"],
        messages=tuple(told["messages"]),
    )
    return reading.answer(words, headers={"Cache-Control": "no-store"})


@router.get("/v1/unmaskings", response_model=UnmaskingPage)
async def list_unmaskings(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("audit.read")) -> Response:
    """Read who has unmasked which tip, when and why, newest first: the office and auditors all, agencies their own."""
    return await reading.page(SERVICE, "list_unmaskings", ListUnmaskings(cursor=cursor, limit=limit), UnmaskingPage)
