"""Messages that carriers send: the year's plan, a text with its approval, and the page on which a carrier proves it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import campaign_bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Plain, Tried, do
from gateway.console.desk_view import Telling, instant
from gateway.console.ground import read_form
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, telling_for
from gateway.routes import campaigns
from gateway.routes.parameters import ItemPath
from gateway.routes.publicity import YearQuery
from lianxi.contracts.campaigns import CARRIERS, CampaignState, SendState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/campaigns"
CLAUSE: Final = "L65.1"
MOST: Final = 50
CARRIER: Final = Entry("carrier", "choice", is_apart=True)
TEXT: Final = (Entry("text", most=280), Entry("is_warning", "tick", needed=False))
DRAFT: Final = Deed(
    campaigns.draft_campaign, campaign_bodies.NewCampaign, (Entry("due_on", "choice"), *TEXT), is_about=False
)
STEPS: Final[Mapping[str, Mapping[str, tuple[SendState, ...]]]] = {
    "carrier": {"take": (SendState.HANDED,), "prove": (SendState.HANDED, SendState.TAKEN)},
    "unit": {"send_back": (SendState.PROVEN,)},
}
"""What may be done with a carrier's part, by whom and in which states."""


class Sending(Thing):
    """A campaign."""

    noun: ClassVar[str] = "campaign"
    template: ClassVar[str] = "desk_campaign.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "approve": Deed(
            campaigns.approve_campaign,
            campaign_bodies.CampaignApproval,
            (Entry("approval", "line", needed=False, most=120),),
        ),
        "rewrite": Deed(campaigns.rewrite_campaign, campaign_bodies.CampaignText, TEXT, is_quiet=True),
        "withdraw": Deed(
            campaigns.withdraw_campaign, campaign_bodies.CampaignReason, (Entry("reason", most=500),), is_quiet=True
        ),
        "take": Deed(campaigns.take_send, None, (CARRIER,), also=("carrier",)),
        "prove": Deed(
            campaigns.return_proof,
            campaign_bodies.SendProof,
            (
                CARRIER,
                Entry("sent_on", "day"),
                Entry("sent", "number"),
                Entry("text_sha256", "line", most=64),
                Entry("file_sha256", "line", most=64),
            ),
            also=("carrier",),
        ),
        "send_back": Deed(
            campaigns.send_back_proof,
            campaign_bodies.CampaignReason,
            (CARRIER, Entry("reason", most=500)),
            is_quiet=True,
            also=("carrier",),
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it, and say who reads: a writer does not approve, and a carrier has its own steps."""
        answer = await campaigns.get_campaign(item_id, await reading_for(request, campaigns.get_campaign))
        plain = json.loads(bytes(answer.body))
        account = here_of(request).account
        plain["is_mine"] = account.account_id in plain.get("written_by", ())
        plain["is_carrier"] = account.agency == CARRIERS
        return Response(json.dumps(plain), headers={"ETag": answer.headers["ETag"]})

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """A draft is approved by somebody who did not write at it; what was handed is taken and proven by carriers."""
        del policy
        states = [each["state"] for each in plain["sends"]]
        if plain["is_carrier"]:
            return [] if plain["state"] == CampaignState.WITHDRAWN else _steps("carrier", states)
        rewrite, withdraw = (Move(each, (ANYBODY,), CLAUSE, is_main=False) for each in ("rewrite", "withdraw"))
        if plain["state"] == CampaignState.DRAFTED:
            approve = [] if plain["is_mine"] else [Move("approve", (ANYBODY,), CLAUSE)]
            return [*approve, rewrite, withdraw]
        if plain["state"] == CampaignState.WITHDRAWN:
            return []
        return [*_steps("unit", states), *([] if SendState.PROVEN in states else [withdraw])]

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """A carrier is itself; the unit chooses among those that have proven something."""
        del request
        open_to = plain["sends"] if plain["is_carrier"] else _in(plain["sends"], STEPS["unit"]["send_back"])
        return {"carrier": [(each["carrier"].partition("/")[2], telling.name(each["carrier"])) for each in open_to]}

    def given(self, plain: Plain) -> Mapping[str, str]:
        """The text and its digest stand in the forms already; a carrier sends exactly this text."""
        mine = plain["sends"][0]["carrier"].partition("/")[2] if plain["is_carrier"] and plain["sends"] else ""
        return {"text": plain["text"], "text_sha256": plain["text_sha256"], "carrier": mine}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a campaign: the text, who approved it, and each carrier's part."""
        del request, tried
        return {
            "title": telling.duty(plain["duty"]),
            "number": telling.said(f"campaign_is.{plain['state']}"),
            "up": ROOT,
            "up_name": "staff.campaigns",
            "campaign": plain,
            "unit": telling.name(plain["agency"]),
            "due_on": date.fromisoformat(plain["due_on"]),
            "approved_at": instant(plain.get("approved_at")),
            "withdrawn_at": instant(plain.get("withdrawn_at")),
            "sends": [_part(telling, each) for each in plain["sends"]],
        }


SENDING: Final = Sending()


def _steps(who: str, states: Sequence[str]) -> list[Move]:
    return [Move(deed, (ANYBODY,), CLAUSE) for deed, among in STEPS[who].items() if set(states) & set(among)]


def _in(sends: Sequence[Plain], among: Sequence[SendState]) -> list[Plain]:
    return [each for each in sends if each["state"] in among]


def _part(telling: Telling, send: Plain) -> dict[str, Any]:
    proof = send["proof"]
    return {
        **send,
        "name": telling.name(send["carrier"]),
        "said": telling.said(f"send_is.{send['state']}"),
        "taken_at": instant(send["taken_at"]),
        "sent_on": date.fromisoformat(proof["sent_on"]) if proof else None,
    }


@router.get(ROOT)
async def list_campaigns(request: Request, year: YearQuery = None) -> Response:
    """A year's plan of what carriers owe, the texts, and the form to write one."""
    return await _list(request, year)


@router.post(ROOT)
async def draft(request: Request) -> Response:
    """Write the text of a period."""
    came = await do(request, "draft", DRAFT, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, None, came)
    return RedirectResponse(f"{SENDING.root}{came.plain['campaign_id']}", 303)


async def _list(request: Request, year: int | None, tried: Tried | None = None) -> Response:
    telling = telling_for(request)
    reading = await reading_for(request, campaigns.get_campaign_plan)
    plan = json.loads(bytes((await campaigns.get_campaign_plan(year, reading)).body))
    reading = await reading_for(request, campaigns.list_campaigns)
    found = json.loads(bytes((await campaigns.list_campaigns(None, None, MOST, reading)).body))["items"]
    open_days = dict.fromkeys(
        each["due_on"] for each in plan["items"] if each["state"] == SendState.OWED and not each["is_late"]
    )
    choices = {"due_on": [(each, each) for each in open_days]}
    facts = {
        "year": plan["year"],
        "plan": [_owed(telling, each) for each in plan["items"]],
        "rows": [
            {**each, "due": date.fromisoformat(each["due_on"]), "said": telling.said(f"campaign_is.{each['state']}")}
            for each in found
        ],
        "here": ROOT,
        **await beginning(request, "campaign", "draft", DRAFT, ROOT, choices, tried, CLAUSE),
    }
    return staff_page(request, "desk_campaigns.html", 200 if tried is None else tried.status, **facts)


def _owed(telling: Telling, plain: Plain) -> dict[str, Any]:
    return {
        **plain,
        "name": telling.name(plain["carrier"]),
        "due": date.fromisoformat(plain["due_on"]),
        "said": telling.said(f"send_is.{plain['state']}"),
        "path": f"{SENDING.root}{plain['campaign_id']}" if plain["campaign_id"] else "",
    }


@router.get(ROOT + "/{campaign_id}")
async def show(campaign_id: ItemPath, request: Request) -> Response:
    """One campaign."""
    return await SENDING.page(request, campaign_id)


@router.post(ROOT + "/{campaign_id}/{deed}")
async def act(campaign_id: ItemPath, deed: str, request: Request) -> Response:
    """Rewrite, approve, take back; take the task, prove it, ask for another proof."""
    return await SENDING.act(request, campaign_id, deed)
