"""Informants' identities: asked for by one, allowed by another, read for a day. No other path leads to one."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.vault_bodies import OpeningAnswer, OpeningWish, opened
from lianxi.contracts.sealing import Opener
from lianxi.contracts.vault import (
    AskOpening,
    CountVaultKeys,
    DecideOpening,
    GetOpening,
    ListOpenings,
    OpenedView,
    OpeningPage,
    OpeningView,
    SealedOpening,
    VaultKeys,
    WithdrawOpening,
)

router = APIRouter(route_class=DoorRoute, tags=["vault"])
SERVICE = "tips"


@router.post("/v1/tips/{tip_id}/vault/requests", status_code=201, response_model=OpeningView)
async def ask_opening(tip_id: ItemPath, body: OpeningWish, writing: Writing = writes("vault.create")) -> Response:
    """Ask to open what is kept of a tip's informant; a custodian of another agency decides, within a day."""
    asked = body.contract(AskOpening, tip_id=tip_id)
    return await writing.create(
        SERVICE,
        "ask_opening",
        asked,
        OpeningView,
        at=lambda view: f"/v1/tips/{view.tip_id}/vault/requests/{view.request_id}",
    )


@router.get("/v1/tips/{tip_id}/vault/requests/{request_id}", response_model=OpenedView)
async def get_opening(tip_id: ItemPath, request_id: ItemPath, reading: Reading = reads("vault.read")) -> Response:
    """Read one request. Whoever asked reads the identity by this, for a day after the yes; the informant is told."""
    mine = Opener.for_one_answer()
    asked = GetOpening(tip_id=tip_id, request_id=request_id, answer_key=mine.public_key)
    sealed = await reading.ask(SERVICE, "get_opening", asked, SealedOpening)
    answer = reading.answer(opened(sealed, mine))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/v1/tips/{tip_id}/vault/requests/{request_id}/decide", response_model=OpeningView)
async def decide_opening(
    tip_id: ItemPath, request_id: ItemPath, body: OpeningAnswer, writing: Writing = decides("vault.decide")
) -> Response:
    """Say yes or no: a custodian, neither whoever asked nor of that agency."""
    asked = body.contract(DecideOpening, tip_id=tip_id, request_id=request_id)
    return await writing.decide(SERVICE, "decide_opening", asked, OpeningView)


@router.post("/v1/tips/{tip_id}/vault/requests/{request_id}/withdraw", response_model=OpeningView)
async def withdraw_opening(
    tip_id: ItemPath, request_id: ItemPath, writing: Writing = decides("vault.create")
) -> Response:
    """Take a request back."""
    asked = WithdrawOpening(tip_id=tip_id, request_id=request_id)
    return await writing.decide(SERVICE, "withdraw_opening", asked, OpeningView)


@router.get("/v1/vault/requests", response_model=OpeningPage)
async def list_openings(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("vault.read")) -> Response:
    """Read requests to open, newest first: custodians and auditors all, anybody else their own."""
    return await reading.page(SERVICE, "list_openings", ListOpenings(cursor=cursor, limit=limit), OpeningPage)


@router.get("/v1/ops/vault-keys", response_model=VaultKeys)
async def count_keys(reading: Reading = reads("letter.read")) -> Response:
    """Read how many records lie under which key of the vault; one that locks none and is not current may be retired."""
    return await reading.show(SERVICE, "count_vault_keys", CountVaultKeys(), VaultKeys)
