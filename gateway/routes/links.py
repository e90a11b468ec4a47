"""Tips that may be about the same, and the bonds that people make between tips."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads
from gateway.link_bodies import BondUndoing, BondWish
from gateway.routes.parameters import ItemPath, Officer
from lianxi.contracts.links import BondList, BondView, FindSimilar, ListBonds, MakeBond, SimilarTips, UndoBond

router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE = "tips"
Few = Annotated[int, Query(ge=1, le=50)]


@router.get("/v1/tips/{tip_id}/similar", response_model=SimilarTips)
async def find_similar(tip_id: ItemPath, limit: Few = 10, reading: Reading = reads("tip.read")) -> Response:
    """Read which tips may be about the same, how far and why. It is a hint: nothing is ever merged by a program."""
    asked = FindSimilar(tip_id=tip_id, limit=limit)
    return await reading.show(SERVICE, "find_similar", asked, SimilarTips, about=tip_id)


@router.get("/v1/tips/{tip_id}/links", response_model=BondList)
async def list_bonds(tip_id: ItemPath, reading: Reading = reads("tip.read")) -> Response:
    """Read what a tip is bound to, and the tips that are merged with it in the order in which they came in."""
    return await reading.show(SERVICE, "list_bonds", ListBonds(tip_id=tip_id), BondList, about=tip_id)


@router.post("/v1/tips/{tip_id}/links", response_model=BondView)
async def make_bond(
    tip_id: ItemPath, body: BondWish, officer: Officer = None, writing: Writing = decides("tip.decide")
) -> Response:
    """Link two tips or merge them, by a person; a machine names the officer. Both tips stay what they are."""
    asked = body.contract(MakeBond, tip_id=tip_id, officer=officer)
    return await writing.decide(SERVICE, "make_bond", asked, BondView, about=tip_id)


@router.post("/v1/tips/{tip_id}/links/{bond_id}/undo", response_model=BondView)
async def undo_bond(
    tip_id: ItemPath,
    bond_id: ItemPath,
    body: BondUndoing,
    officer: Officer = None,
    writing: Writing = decides("tip.decide"),
) -> Response:
    """Undo what was bound last between two tips, by a person; what was before it holds again."""
    asked = body.contract(UndoBond, tip_id=tip_id, bond_id=bond_id, officer=officer)
    return await writing.decide(SERVICE, "undo_bond", asked, BondView, about=tip_id)
