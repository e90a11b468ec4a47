"""Bulletins and summaries on pages: drafted from what was counted, issued, taken as a paper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import bulletin_bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Plain, Tried, do
from gateway.console.desk_view import Telling, instant
from gateway.console.ground import read_form
from gateway.console.record_names import event_name
from gateway.console.staff import StaffRoute, reading_for, staff_page
from gateway.console.things import ANYBODY, Move, Thing, telling_for
from gateway.routes import bulletins
from gateway.routes.parameters import ItemPath
from lianxi.contracts.bulletins import BulletinKind, BulletinState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/bulletins"
CLAUSE: Final = "L79.2"
MOST: Final = 200
DRAFT: Final = Deed(
    bulletins.draft_bulletin,
    bulletin_bodies.NewBulletin,
    (
        Entry("kind", "choice", codes=tuple(BulletinKind), words="bulletin_kind"),
        Entry("title", "line", most=120),
        Entry("first_on", "day"),
        Entry("last_on", "day"),
        Entry("remarks", needed=False, most=4000),
    ),
    is_about=False,
)


class Written(Thing):
    """A bulletin or a summary."""

    noun: ClassVar[str] = "bulletin"
    template: ClassVar[str] = "desk_bulletin.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {"issue": Deed(bulletins.issue_bulletin)}

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await bulletins.get_bulletin(item_id, await reading_for(request, bulletins.get_bulletin))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """A draft is issued."""
        del policy
        return [Move("issue", (ANYBODY,), CLAUSE)] if plain.get("state") == BulletinState.DRAFTED else []

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a bulletin, with the events that each figure counts."""
        del request, tried
        return {
            "title": plain.get("title") or telling.said(f"bulletin_kind.{plain['kind']}"),
            "number": telling.said(f"bulletin_is.{plain['state']}") if plain.get("state") else "",
            "up": ROOT,
            "up_name": "staff.bulletins",
            "bulletin": plain,
            "first": date.fromisoformat(plain["first_on"]),
            "last": date.fromisoformat(plain["last_on"]),
            "asked_at": instant(plain.get("asked_at")),
            "figures": [
                {**each, "name": telling.figure(each["figure"]), "told": event_name(telling, each["event"])}
                for each in plain.get("figures") or ()
                if each["count"]
            ],
            "units": [telling.name(each["unit"]) for each in plain.get("reports") or ()],
        }


WRITTEN: Final = Written()


@router.get(ROOT)
async def list_bulletins(request: Request) -> Response:
    """What has been issued, the newest first; the office sees its drafts, and a form for another."""
    return await _list(request)


@router.post(ROOT)
async def draft(request: Request) -> Response:
    """Draft one."""
    came = await do(request, "draft", DRAFT, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, came)
    return RedirectResponse(f"{WRITTEN.root}{came.plain['bulletin_id']}", 303)


async def _list(request: Request, tried: Tried | None = None) -> Response:
    telling = telling_for(request)
    answer = await bulletins.list_bulletins(None, MOST, await reading_for(request, bulletins.list_bulletins))
    rows = [
        {
            "path": f"{WRITTEN.root}{each['bulletin_id']}",
            "title": each.get("title") or "",
            "kind": telling.said(f"bulletin_kind.{each['kind']}"),
            "state": telling.said(f"bulletin_is.{each['state']}") if each.get("state") else "",
            "first": date.fromisoformat(each["first_on"]),
            "last": date.fromisoformat(each["last_on"]),
        }
        for each in json.loads(bytes(answer.body))["items"]
    ]
    facts = {
        "rows": rows,
        "here": ROOT,
        **await beginning(request, "bulletin", "draft", DRAFT, ROOT, {}, tried, CLAUSE),
    }
    return staff_page(request, "desk_bulletins.html", 200 if tried is None else tried.status, **facts)


@router.get(ROOT + "/{bulletin_id}.docx")
async def paper(bulletin_id: ItemPath, request: Request) -> Response:
    """The paper, for an office program."""
    return await bulletins.get_paper(bulletin_id, await reading_for(request, bulletins.get_paper))


@router.get(ROOT + "/{bulletin_id}")
async def show(bulletin_id: ItemPath, request: Request) -> Response:
    """One bulletin."""
    return await WRITTEN.page(request, bulletin_id)


@router.post(ROOT + "/{bulletin_id}/{deed}")
async def act(bulletin_id: ItemPath, deed: str, request: Request) -> Response:
    """Issue it."""
    return await WRITTEN.act(request, bulletin_id, deed)
