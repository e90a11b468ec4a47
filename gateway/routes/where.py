"""Where is it? For any thing with an id: the whole way and the present holder, for whoever may read the thing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Depends, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, reading
from gateway.refusals import NoSuchThing, NotAllowed
from gateway.routes.parameters import ItemPath
from gateway.whereabouts import whereabouts_of
from lianxi.contracts.cases import AssistanceView, CaseView, GetAssistance, GetCase, GetReferral, ReferralView
from lianxi.contracts.notifications import GetNotice, NoticeView
from lianxi.contracts.tips import GetTip, TipView
from lianxi.contracts.transfers import GetTransfer, TransferView
from lianxi.contracts.whereabouts import Whereabouts
from lianxi.kernel.errors import NotFound

router = APIRouter(route_class=DoorRoute, tags=["tips"])
MOST_BESIDE: Final = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of thing is asked for: at which desk, by which question, with which right and scope."""

    service: str
    method: str
    question: Callable[[str], Any]
    answer: type[Any]
    right: str
    scope: str


KINDS: Final[Mapping[str, Kind]] = {
    "tip": Kind("tips", "get_tip", lambda each: GetTip(tip_id=each), TipView, "tip.read", "tips:read"),
    "case": Kind("cases", "get_case", lambda each: GetCase(case_id=each), CaseView, "case.read", "cases:read"),
    "referral": Kind(
        "cases", "get_referral", lambda each: GetReferral(referral_id=each), ReferralView, "referral.read", "cases:read"
    ),
    "assistance": Kind(
        "cases",
        "get_assistance",
        lambda each: GetAssistance(assistance_id=each),
        AssistanceView,
        "assistance.read",
        "cases:read",
    ),
    "transfer": Kind(
        "cases", "get_transfer", lambda each: GetTransfer(transfer_id=each), TransferView, "transfer.read", "cases:read"
    ),
    "notice": Kind(
        "notifications", "get_notice", lambda each: GetNotice(notice_id=each), NoticeView, "notice.read", "notices:read"
    ),
}
"""The noun that an id begins with → how such a thing is asked for."""


@router.get("/v1/where/{item_id}", response_model=Whereabouts)
async def get_whereabouts(item_id: ItemPath, asking: Reading = Depends(reading)) -> Response:
    """Read where a tip, case, referral, request or notice is: its way, and who has it; what may not be read is 404."""
    noun = item_id.partition("_")[0]
    if noun not in KINDS:
        raise NoSuchThing("path.not_found")
    plain = await _read(asking, KINDS[noun], item_id)
    beside = await asyncio.gather(*(_beside(asking, each) for each in (plain.get("referral_ids") or ())[:MOST_BESIDE]))
    found = whereabouts_of(noun, item_id, plain, [("referral", each) for each in beside if each])
    return asking.answer(found)


async def _read(asking: Reading, kind: Kind, item_id: str) -> dict[str, Any]:
    """Ask a thing's desk, with the right that its own path needs, and cut the answer as that path does."""
    if kind.scope not in asking.caller.scopes:
        raise NotAllowed("scope.missing", scope=kind.scope)
    entitled = asking.with_right(kind.right)
    view = await entitled.ask(kind.service, kind.method, kind.question(item_id), kind.answer, about=item_id)
    shown: dict[str, Any] = entitled.shown(view)
    return shown


async def _beside(asking: Reading, item_id: str) -> dict[str, Any]:
    """Read what was sent out from a thing; a draft that a crash cut off is no part of its way."""
    try:
        return await _read(asking, KINDS["referral"], item_id)
    except (NotFound, NotAllowed):
        return {}
