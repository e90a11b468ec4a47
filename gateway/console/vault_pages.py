"""The vault on pages: asking to open what is kept of an informant, a custodian's answer, and a day of reading."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway.console.deeds import Deed, Entry, Plain, Tried
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Move, Thing, telling_for
from gateway.routes import vault
from gateway.routes.parameters import ItemPath
from gateway.vault_bodies import OpeningAnswer
from lianxi.contracts.vault import OpeningState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/vault"
MOST: Final = 200
IDS: Final = ("tip_id", "request_id")
KEPT: Final = tuple(Entry(each, "kept") for each in IDS)


class Opening(Thing):
    """A request to open what is kept of a tip's informant."""

    noun: ClassVar[str] = "opening"
    template: ClassVar[str] = "desk_opening.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "approve": Deed(
            vault.decide_opening,
            OpeningAnswer,
            (*KEPT, Entry("reason", most=1000), Entry("withheld_ground", "line", needed=False, most=200)),
            lambda _form, _me: {"approve": True},
            is_about=False,
            also=IDS,
        ),
        "refuse": Deed(
            vault.decide_opening,
            OpeningAnswer,
            (*KEPT, Entry("reason", most=1000)),
            lambda _form, _me: {"approve": False},
            is_quiet=True,
            is_about=False,
            also=IDS,
        ),
        "withdraw": Deed(vault.withdraw_opening, None, KEPT, is_quiet=True, is_about=False, also=IDS),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it; whoever asked reads the identity by this while the second key holds."""
        tip_id, _, request_id = item_id.partition("/")
        answer = await vault.get_opening(tip_id, request_id, await reading_for(request, vault.get_opening))
        told = json.loads(bytes(answer.body))
        told["is_mine"] = told["asked_by"] == here_of(request).account.account_id
        return Response(json.dumps(told), headers={"ETag": answer.headers["ETag"]})

    def id_of(self, plain: Plain) -> str:
        """Name it by its tip and its own id."""
        return f"{plain['tip_id']}/{plain['request_id']}"

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """A custodian of another agency says yes or no; whoever asked may take it back."""
        del policy
        if plain["state"] != OpeningState.ASKED:
            return []
        names = ("withdraw",) if plain["is_mine"] else ("approve", "refuse")
        return [Move(each, (ANYBODY,), is_main=False) for each in names]

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Each form says for which request it is."""
        return {each: plain[each] for each in IDS}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a request."""
        del request, tried
        return {
            "title": telling.said(f"opening_is.{plain['state']}"),
            "number": "",
            "up": ROOT,
            "up_name": "vault.to_list",
            "opening": told_opening(telling, plain),
            "identity": Told(plain["identity"]) if plain.get("identity") else None,
        }


OPENING: Final = Opening()


def told_opening(telling: Telling, plain: Plain) -> Told:
    """Tell a request to open."""
    more = {
        "asked_agency": telling.name(plain["asked_agency"]),
        "asked_at": instant(plain["asked_at"]),
        "expires_at": instant(plain["expires_at"]),
        "decided_at": instant(plain.get("decided_at")),
        "path": f"{ROOT}/{plain['tip_id']}/{plain['request_id']}",
    }
    return Told({**plain, **more})


@router.get("/desk/vault")
async def list_openings(request: Request) -> Response:
    """The requests to open: custodians and auditors see all, others their own."""
    telling = telling_for(request)
    answer = await vault.list_openings(None, MOST, await reading_for(request, vault.list_openings))
    rows = [told_opening(telling, each) for each in json.loads(bytes(answer.body))["items"]]
    return staff_page(request, "desk_openings.html", rows=rows, here=ROOT)


@router.get("/desk/vault/{tip_id}/{request_id}")
async def show(tip_id: ItemPath, request_id: ItemPath, request: Request) -> Response:
    """One request; the identity is on it for whoever asked, for a day after the yes, and the informant is told."""
    return await OPENING.page(request, f"{tip_id}/{request_id}")


@router.post("/desk/vault/{tip_id}/{request_id}/{deed}")
async def act(tip_id: ItemPath, request_id: ItemPath, deed: str, request: Request) -> Response:
    """Say yes or no, or take it back."""
    return await OPENING.act(request, f"{tip_id}/{request_id}", deed)
