"""Matters that the police hand over, on pages: signed for, refused with a reason, sent again, decided by the office."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import transfer_bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried, do
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.ground import read_form
from gateway.console.handover_pages import POLICE, paper_entries, papers_in
from gateway.console.staff import StaffRoute, admitted, here_of, reading_for, staff_page
from gateway.console.things import Choices, Move, Thing, telling_for
from gateway.console.tray import Row
from gateway.exchange import house_of
from gateway.routes import referrals, transfers
from gateway.routes.parameters import ItemPath
from lianxi.contracts.cases import PAPERS
from lianxi.contracts.transfers import TransferGround, TransferRefusal, TransferState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/transfers"
OFFICE_DESK: Final = "office/desk"
HANDED: Final = "L32.1"
DISPUTED: Final = "L81.2"
MOST: Final = 200
BASIS: Final = Entry("basis", most=500)
SEND: Final = Deed(
    transfers.send_transfer,
    transfer_bodies.NewTransfer,
    (
        Entry("sender", "choice"),
        Entry("receiver", "choice"),
        Entry("ground", "choice", codes=tuple(TransferGround), words="transfer_ground"),
        BASIS,
        Entry("reference", "line", most=60),
        *paper_entries(PAPERS),
    ),
    lambda form, _me: {"papers": papers_in(form)},
    is_about=False,
)


def signed_by_me(form: Form, me: str) -> Mapping[str, Any]:
    """Sign as the officer who presses the button, for the desk that the matter was sent to."""
    return {"desk": form.get("desk", ""), "officer": me}


class Transfer(Thing):
    """A matter that is handed over."""

    noun: ClassVar[str] = "transfer"
    template: ClassVar[str] = "desk_transfer.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "accept": Deed(
            transfers.accept_transfer, transfer_bodies.TransferAcceptance, (Entry("desk", "kept"),), signed_by_me
        ),
        "refuse": Deed(
            transfers.refuse_transfer,
            transfer_bodies.TransferRefusing,
            (
                Entry("reason", "choice", codes=tuple(TransferRefusal), words="transfer_refusal"),
                Entry("text", most=500),
            ),
            is_quiet=True,
        ),
        "resend": Deed(
            transfers.resend_transfer, transfer_bodies.TransferResending, (Entry("receiver", "choice"), BASIS)
        ),
        "arbitrate": Deed(
            transfers.arbitrate_transfer,
            transfer_bodies.TransferArbitration,
            (Entry("receiver", "choice"), Entry("grounds", most=500)),
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await transfers.get_transfer(item_id, await reading_for(request, transfers.get_transfer))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Whoever was sent it signs or says why not; the police try again; after two refusals the office decides."""
        del policy
        if plain.get("state") == TransferState.SENT:
            holder = (plain["receiver"],)
            refuse = Move("refuse", holder, DISPUTED, is_main=False)
            return [Move("accept", holder, HANDED), *([] if plain.get("arbitration") else [refuse])]
        if plain.get("state") == TransferState.REFUSED:
            return [Move("resend", (plain["sender"],), DISPUTED)]
        return [Move("arbitrate", (OFFICE_DESK,), DISPUTED)] if plain.get("state") == TransferState.ARBITRATING else []

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """It goes to a desk of any agency but the police."""
        del request, plain
        return {"receiver": others_than_police(telling)}

    def given(self, plain: Plain) -> Mapping[str, str]:
        """The receipt is signed for the desk that it was sent to; what was said before can be added to."""
        return {"desk": plain["receiver"], BASIS.field: str(plain.get("basis") or "")}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a matter: why it is no crime, its papers, who refused it and why, what the office decided."""
        del tried
        decided = plain.get("arbitration")
        return {
            "title": f"{telling.name('resource:transfer')} · {state_of(telling, plain)}",
            "number": plain.get("reference") or "",
            "up": ROOT,
            "up_name": "staff.transfers",
            "matter": Told(plain),
            "sender": telling.name(plain["sender"]),
            "receiver": telling.name(plain["receiver"]),
            "sent_at": instant(plain.get("sent_at")),
            "refusals": [_refusal(telling, each) for each in plain.get("refusals") or ()],
            "decided": decided
            and {
                **decided,
                "receiver": telling.name(decided["receiver"]),
                "at": instant(decided["at"]),
            },
            "papers": [
                Told(each, key=f"paper_is.{each['status']}", called=telling.paper(each["name"]))
                for each in plain.get("papers") or ()
            ],
            "receipt": plain.get("receipt"),
            "may_read_referral": await admitted(request, referrals.get_referral) is not None,
        }


TRANSFER: Final = Transfer()


def others_than_police(telling: Telling) -> list[tuple[str, str]]:
    """List the desks that a matter can be handed to."""
    return [each for each in telling.desks() if each[0].partition("/")[0] != POLICE]


def state_of(telling: Telling, plain: Plain) -> str:
    """Say where a matter stands."""
    return telling.said(f"transfer_is.{plain['state']}") if plain.get("state") else ""


def waiting_row(telling: Telling, plain: Plain, moves: Sequence[Move]) -> Row:
    """Tell a matter as a row of the inbox."""
    return Row(
        kind="transfer",
        path=f"{TRANSFER.root}{plain['transfer_id']}",
        title=telling.name("resource:transfer"),
        number=plain.get("reference") or "",
        state=state_of(telling, plain),
        desk=moves[0].desks[0],
        came_at=instant(plain.get("sent_at")),
    )


def _refusal(telling: Telling, plain: Plain) -> dict[str, Any]:
    return {
        **plain,
        "by": telling.name(plain["by"]),
        "reason": telling.said(f"transfer_refusal.{plain['reason']}"),
        "at": instant(plain["at"]),
    }


@router.get(ROOT)
async def list_transfers(request: Request) -> Response:
    """What my desks sent and were sent: what waits for us, what waits for others, what was signed for."""
    return await _list(request)


@router.post(ROOT)
async def hand_over(request: Request) -> Response:
    """Hand a matter over, as the police."""
    came = await do(request, "send", SEND, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, came)
    return RedirectResponse(f"{TRANSFER.root}{came.plain['transfer_id']}", 303)


async def _list(request: Request, tried: Tried | None = None) -> Response:
    telling = telling_for(request)
    answer = await transfers.list_transfers(None, MOST, await reading_for(request, transfers.list_transfers))
    told = json.loads(bytes(answer.body))
    rows = [await _row(request, telling, each) for each in told["items"]]
    begun = await beginning(request, "transfer", "send", SEND, ROOT, await _choices(request, telling), tried, HANDED)
    if here_of(request).account.agency != POLICE:
        begun["forms"] = []
    facts = {
        "mine": [each for each in rows if each["is_open"] and each["is_mine"]],
        "others": [each for each in rows if each["is_open"] and not each["is_mine"]],
        "ended": [each for each in rows if not each["is_open"]],
        "is_cut": told.get("next_cursor") is not None,
        "here": ROOT,
        **begun,
    }
    return staff_page(request, "desk_transfers.html", 200 if tried is None else tried.status, **facts)


async def _choices(request: Request, telling: Telling) -> Choices:
    caller = await admitted(request, transfers.send_transfer)
    mine = [each for each in telling.desks() if each[0].startswith(f"{POLICE}/") and caller and caller.holds(each[0])]
    return {"sender": mine, "receiver": others_than_police(telling)}


async def _row(request: Request, telling: Telling, plain: Plain) -> dict[str, Any]:
    moves = TRANSFER.moves(house_of(request).policy, plain)
    callers = [(each, await admitted(request, TRANSFER.deeds[each.deed].route)) for each in moves]
    return {
        "path": f"{TRANSFER.root}{plain['transfer_id']}",
        "name": plain.get("reference") or telling.name("resource:transfer"),
        "sender": telling.name(plain["sender"]),
        "receiver": telling.name(plain["receiver"]),
        "state": state_of(telling, plain),
        "ground": telling.said(f"transfer_ground.{plain['ground']}") if plain.get("ground") else "",
        "sent_at": instant(plain.get("sent_at")),
        "is_open": bool(moves),
        "is_mine": any(caller is not None and any(map(caller.holds, each.desks)) for each, caller in callers),
    }


@router.get(ROOT + "/{transfer_id}")
async def show(transfer_id: ItemPath, request: Request) -> Response:
    """One matter: who holds the ball, its papers, each refusal with its reason, and what I may do."""
    return await TRANSFER.page(request, transfer_id)


@router.post(ROOT + "/{transfer_id}/{deed}")
async def act(transfer_id: ItemPath, deed: str, request: Request) -> Response:
    """Sign, refuse with a reason, send again, or decide whose it is."""
    return await TRANSFER.act(request, transfer_id, deed)
