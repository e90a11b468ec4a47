"""The agency's accounts on pages: who is invited, what each may do, who stands in, and leaving in one action."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway.console.deeds import Deed, Done, Entry, Plain, Tried, do
from gateway.console.desk_view import Telling
from gateway.console.ground import read_form
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, or_none, page_about, telling_for
from gateway.exchange import house_of
from gateway.refusals import NoSuchThing
from gateway.routes import people
from gateway.routes.parameters import ItemPath
from lianxi.contracts import codec
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/people"
BOXES: Final = ("roles", "desks", "areas", "keeps")
DUTIES: Final = tuple(Entry(each, "many", needed=False) for each in BOXES)


async def accounts(request: Request) -> list[dict[str, Any]]:
    """Read the accounts of my agency."""
    answer = await people.list_accounts(await reading_for(request, people.list_accounts))
    found: list[dict[str, Any]] = json.loads(bytes(answer.body))["items"]
    return found


def duties_open(policy: Policy, telling: Telling, agency: str, keeps: Iterable[str]) -> Choices:
    """Give the roles, desks and villages that an official of an agency may have."""
    roles = [each.code for each in policy.permissions.roles if each.held_in is None or agency in each.held_in]
    return {
        "roles": [(code, telling.name(f"role:{code}")) for code in roles],
        "desks": [each for each in telling.desks() if each[0].partition("/")[0] == agency],
        "areas": [(code, telling.name(code)) for code in policy.villages],
        "keeps": [(code, code) for code in dict.fromkeys(keeps)],
    }


class Account(Thing):
    """One official's account."""

    noun: ClassVar[str] = "account"
    template: ClassVar[str] = "desk_account.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "duties": Deed(people.set_duties, people.Duties, DUTIES, is_quiet=True),
        "acting": Deed(
            people.set_acting,
            people.NewActing,
            (
                Entry("stands_in_for", "choice"),
                Entry("begins_at", "moment"),
                Entry("ends_at", "moment"),
                Entry("reason", most=500),
            ),
            is_quiet=True,
        ),
        "end_acting": Deed(
            people.end_acting, None, (Entry("acting_id", "choice"),), is_quiet=True, also=("acting_id",)
        ),
        "invite_again": Deed(people.invite_again, is_quiet=True),
        "hand_over": Deed(
            people.hand_over,
            people.Successor,
            (Entry("successor", "choice"), Entry("departs", "tick", needed=False), Entry("reason", most=500)),
            is_quiet=True,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Find it among the agency's."""
        rows = await accounts(request)
        found = next((each for each in rows if each["account_id"] == item_id), None)
        if found is None:
            raise NoSuchThing("item.not_found")
        others = [each for each in rows if each["account_id"] != item_id and not each["departed_at"]]
        held = await or_none(request, people.list_held, item_id)
        is_mine = item_id == here_of(request).account.account_id
        return Response(codec.to_bytes({**found, "others": others, "held": held, "is_mine": is_mine}))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Say what may be done with an account that is still there; nobody gives anything to themselves."""
        del policy
        if plain["departed_at"] or plain["is_mine"]:
            return []
        return [Move(each, (ANYBODY,), is_main=False) for each in self.deeds]

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Tick what is there already; whoever hands over usually leaves."""
        ticked = {f"{box}.{code}": "yes" for box in BOXES for code in plain[box]}
        return {**ticked, "departs": "yes"}

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give what may be chosen within the agency."""
        policy, mine = house_of(request).policy, [*plain["keeps"], *here_of(request).account.keeps]
        names = {each["account_id"]: each["shown_name"] for each in plain["others"]}
        others = list(names.items())
        acting = [
            (each["acting_id"], names.get(each["stands_in_for"], each["stands_in_for"])) for each in plain["acting"]
        ]
        return {
            **duties_open(policy, telling, plain["agency"], mine),
            **dict.fromkeys(("stands_in_for", "successor"), others),
            "acting_id": acting,
        }

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell an account."""
        del request, tried
        return {
            "title": plain["shown_name"],
            "number": plain["name"],
            "up": ROOT,
            "up_name": "account.to_list",
            "account": told_account(telling, plain),
            "held": None if plain["held"] is None else len(plain["held"]["items"]),
        }

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Show this one time what is shown once: an invitation, a receipt."""
        if name == "invite_again":
            return invitation_page(request, came.plain, 200)
        if name == "hand_over":
            return receipt_page(request, came.plain)
        return await super().after(request, item_id, name, came)


ACCOUNT: Final = Account()
INVITE: Final = Deed(
    people.invite,
    people.NewAccount,
    (Entry("name", "line", most=60), Entry("shown_name", "line", most=60), *DUTIES),
    is_about=False,
)


class Newcomer(Thing):
    """The account that is not there yet, beside the list of those that are."""

    noun: ClassVar[str] = "account"
    template: ClassVar[str] = "desk_people.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {"invite": INVITE}

    async def read(self, request: Request, item_id: str) -> Response:
        """Read the accounts that are there."""
        del item_id
        return Response(codec.to_bytes({"items": await accounts(request)}))

    def id_of(self, plain: Plain) -> str:
        """Name what has no id yet."""
        del plain
        return "new"

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Somebody can always be invited."""
        del policy, plain
        return [Move("invite", (ANYBODY,), is_main=False)]

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give what may be chosen within the agency."""
        del plain
        account = here_of(request).account
        return duties_open(house_of(request).policy, telling, account.agency, account.keeps)

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell the accounts."""
        del request, tried
        rows = [told_account(telling, each) for each in plain["items"]]
        return {"title": telling.said("account.title"), "number": "", "rows": rows, "here": ROOT}

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Show the invitation, this one time."""
        del item_id, name
        return invitation_page(request, came.plain, 201)


NEWCOMER: Final = Newcomer()


def told_account(telling: Telling, plain: Plain) -> dict[str, Any]:
    """Tell an account by names."""
    state = "departed" if plain["departed_at"] else "active" if plain["is_taken_up"] else "invited"
    return {
        **plain,
        "state": f"account_is.{state}",
        "roles": [telling.name(f"role:{each}") for each in plain["roles"]],
        "desks": [telling.name(each) for each in plain["desks"]],
        "areas": [telling.name(each) for each in plain["areas"]],
        "acting": [{**each, "until": datetime.fromisoformat(each["ends_at"])} for each in plain["acting"]],
    }


def invitation_page(request: Request, plain: Plain, status: int) -> Response:
    """Show what is to be handed over in person; it is kept nowhere."""
    address = str(request.url.replace(path="/desk/invitation", query=""))
    facts: dict[str, Any] = {"account": plain, "address": address, "here": ROOT}
    return staff_page(request, "desk_invited.html", status, **facts)


def receipt_page(request: Request, plain: Plain) -> Response:
    """Show the receipt of a hand-over, the same for both sides."""
    telling = telling_for(request)
    told = {
        **plain,
        "finished_at": datetime.fromisoformat(plain["finished_at"]),
        "roles": [telling.name(f"role:{each}") for each in plain["roles"]],
        "desks": [telling.name(each) for each in plain["desks"]],
        "items": [{**each, "path": page_about(each["item_id"])} for each in plain["items"]],
    }
    facts: dict[str, Any] = {"receipt": told, "here": f"/desk/departures/{plain['hand_over_id']}"}
    return staff_page(request, "desk_receipt.html", **facts)


@router.get("/desk/people")
async def list_people(request: Request) -> Response:
    """The accounts of my agency, and the form that invites somebody."""
    return await NEWCOMER.page(request, "new")


@router.post("/desk/people/new/invite")
async def invite(request: Request) -> Response:
    """Invite somebody; the invitation is shown this one time."""
    form = await read_form(request)
    came = await do(request, "invite", INVITE, "", form)
    if isinstance(came, Tried):
        return await NEWCOMER.page(request, "new", tried=came)
    return await NEWCOMER.after(request, "new", "invite", came)


@router.get("/desk/people/{account_id}")
async def show(account_id: ItemPath, request: Request) -> Response:
    """One account: duties, acting, what it holds, and how its owner leaves."""
    return await ACCOUNT.page(request, account_id)


@router.post("/desk/people/{account_id}/{deed}")
async def act(account_id: ItemPath, deed: str, request: Request) -> Response:
    """Give and take duties, let stand in, invite anew, hand over."""
    return await ACCOUNT.act(request, account_id, deed)


@router.get("/desk/departures/{hand_over_id}")
async def show_receipt(hand_over_id: ItemPath, request: Request) -> Response:
    """The receipt of a hand-over."""
    answer = await people.get_hand_over(hand_over_id, await reading_for(request, people.get_hand_over))
    return receipt_page(request, json.loads(bytes(answer.body)))
