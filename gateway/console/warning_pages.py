"""Public warnings on their pages: what is drafted, what the public reads, and who approved it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway import warning_bodies
from gateway.console.deeds import Deed, Entry, Plain, Tried
from gateway.console.desk_view import Telling, instant
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Move, Thing, telling_for
from gateway.routes import warnings
from gateway.routes.parameters import ItemPath
from lianxi.contracts.warnings import ApprovingOrgan, WarningState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/warnings/"
MOST: Final = 200
CLAUSE: Final = "L73.1"


class Warned(Thing):
    """A public warning."""

    noun: ClassVar[str] = "warning"
    template: ClassVar[str] = "desk_warning.html"
    root: ClassVar[str] = ROOT
    deeds: ClassVar[Mapping[str, Deed]] = {
        "publish": Deed(
            warnings.publish_warning,
            warning_bodies.Approval,
            (
                Entry("organ", "choice", codes=tuple(ApprovingOrgan), words="organ"),
                Entry("reference", "line", most=60),
                Entry("approved_on", "day"),
            ),
        ),
        "withdraw": Deed(
            warnings.withdraw_warning, warning_bodies.Withdrawal, (Entry("reason", most=500),), is_quiet=True
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it, and say whether the reader wrote it: then another has to publish it."""
        answer = await warnings.get_warning(item_id, await reading_for(request, warnings.get_warning))
        plain = json.loads(bytes(answer.body))
        plain["is_mine"] = plain["drafted_by"] == here_of(request).account.account_id
        return Response(json.dumps(plain), headers={"ETag": answer.headers["ETag"]})

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """A draft is published by another than its writer; it and what is public can be taken back."""
        del policy
        if plain["state"] not in (WarningState.DRAFTED, WarningState.PUBLISHED):
            return []
        withdraw = Move("withdraw", (ANYBODY,), CLAUSE, is_main=False)
        if plain["state"] == WarningState.PUBLISHED or plain["is_mine"]:
            return [withdraw]
        return [Move("publish", (ANYBODY,), CLAUSE), withdraw]

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a warning as the public will read it, and beside it who answers for it."""
        del request, tried
        return {
            "title": plain["title"],
            "number": telling.said(f"warning_is.{plain['state']}"),
            "up": "/desk/warnings",
            "up_name": "staff.warnings",
            "warning": plain,
            "agency": telling.name(plain["agency"]),
            "organ": telling.said(f"organ.{plain['organ']}") if plain.get("organ") else "",
            "drafted_at": instant(plain["drafted_at"]),
            "published_at": instant(plain.get("published_at")),
            "withdrawn_at": instant(plain.get("withdrawn_at")),
        }


WARNED: Final = Warned()


@router.get("/desk/warnings")
async def list_warnings(request: Request) -> Response:
    """Every warning, drafts among them, the newest first; a new one is begun on the page of its case."""
    telling = telling_for(request)
    answer = await warnings.list_warnings(None, None, MOST, await reading_for(request, warnings.list_warnings))
    rows = [
        {**each, "agency": telling.name(each["agency"]), "drafted_at": instant(each["drafted_at"])}
        for each in json.loads(bytes(answer.body))["items"]
    ]
    return staff_page(request, "desk_warnings.html", rows=rows, here="/desk/warnings")


@router.get("/desk/warnings/{warning_id}")
async def show(warning_id: ItemPath, request: Request) -> Response:
    """One warning."""
    return await WARNED.page(request, warning_id)


@router.post("/desk/warnings/{warning_id}/{deed}")
async def act(warning_id: ItemPath, deed: str, request: Request) -> Response:
    """Publish it, or take it back."""
    return await WARNED.act(request, warning_id, deed)
