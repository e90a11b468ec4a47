"""The workbench of one tip: its clocks, its words, what is like it, its dialogue, its line, and what I may do next."""

from __future__ import annotations

import json
from asyncio import gather
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import bodies
from gateway.console.deeds import CAUGHT, Deed, Done, Entry, Plain, Tried
from gateway.console.desk_drawn import tip_progress
from gateway.console.desk_view import Telling, instant
from gateway.console.staff import TYPED, StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import Choices, Move, Thing
from gateway.link_bodies import BondUndoing, BondWish
from gateway.routes import cases, links, supervision, tips, unmasking, vault
from gateway.routes.parameters import ItemPath
from gateway.vault_bodies import OpeningWish
from lianxi.contracts.cases import CaseKind
from lianxi.contracts.clocks import ClockChange
from lianxi.contracts.links import BondKind
from lianxi.contracts.tips import ReturnReason, TellingWay, TipState, VerificationOutcome
from lianxi.contracts.vault import OpeningKind
from lianxi.kernel.errors import NotFound
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
OFFICE_DESK: Final = "office/desk"
RETURNS_AT_MOST: Final = 2
TELLING: Final = "T-02"
WHY: Final = Entry("reason", most=500)
DEEDS: Final[Mapping[str, Deed]] = {
    "accept": Deed(tips.accept_tip),
    "verify": Deed(
        tips.verify_tip,
        bodies.Verification,
        (
            Entry("outcome", "radio", codes=tuple(VerificationOutcome), words="found"),
            Entry("next_owner", "choice", needed=False),
        ),
    ),
    "tell": Deed(tips.tell_informant, bodies.Telling, (Entry("way", "radio", codes=tuple(TellingWay), words="way"),)),
    "close": Deed(tips.close_tip, bodies.Closing, (Entry("outcome", most=500),)),
    "return": Deed(
        tips.return_tip,
        bodies.Return,
        (
            Entry("reason", "choice", codes=tuple(ReturnReason), words="reason"),
            Entry("suggested_desk", "choice"),
            Entry("explanation", most=500),
        ),
        is_quiet=True,
    ),
    "dispatch": Deed(
        tips.dispatch_tip, bodies.Dispatch, (Entry("lead", "choice"), Entry("reason", "line", most=200)), is_quiet=True
    ),
    "case": Deed(
        cases.open_case,
        bodies.NewCase,
        (
            Entry("tip_id", "kept"),
            Entry("owner", "choice"),
            Entry("kind", "choice", codes=tuple(CaseKind), words="case_kind"),
            Entry("basis", "line", most=100),
            Entry("suspected_crime", "tick", needed=False),
        ),
        is_quiet=True,
        is_about=False,
    ),
    "clock": Deed(
        tips.ask_clock_change,
        bodies.ClockAsking,
        (
            Entry("clock", "choice"),
            Entry("change", "choice", codes=tuple(ClockChange), words="change"),
            Entry("reason", "choice"),
        ),
        is_quiet=True,
    ),
    "allow_clock": Deed(
        tips.decide_clock_change,
        bodies.ClockDecision,
        (Entry("change_id", "choice"),),
        lambda _form, _me: {"approve": True},
        is_quiet=True,
        also=("change_id",),
    ),
    "refuse_clock": Deed(
        tips.decide_clock_change,
        bodies.ClockDecision,
        (Entry("change_id", "choice"),),
        lambda _form, _me: {"approve": False},
        is_quiet=True,
        also=("change_id",),
    ),
    "press": Deed(
        supervision.issue_order_about_tip,
        bodies.TipOrder,
        (Entry("target", "choice"), Entry("question", most=1000), Entry("due_on", "day")),
        is_quiet=True,
    ),
    "vault": Deed(
        vault.ask_opening,
        OpeningWish,
        (Entry("kind", "choice", codes=tuple(OpeningKind), words="opening_kind"), Entry("motive", most=1000)),
        is_quiet=True,
    ),
    "unmask": Deed(unmasking.unmask, unmasking.Reason, (Entry("reason", most=1000),), is_quiet=True),
    "bind": Deed(
        links.make_bond,
        BondWish,
        (
            Entry("other_tip_id", "choice"),
            Entry("kind", "radio", codes=tuple(BondKind), words="bond"),
            WHY,
        ),
    ),
    "undo": Deed(links.undo_bond, BondUndoing, (Entry("bond_id", "choice"), WHY), is_quiet=True, also=("bond_id",)),
    "messages": Deed(tips.write_message, bodies.Message, (Entry(TYPED, most=4000),)),
}
APART: Final = ("bind", "undo", "messages")
"""Deeds whose forms stand beside what they are about, not among the steps."""


class Tip(Thing):
    """A tip on its desk."""

    noun: ClassVar[str] = "tip"
    template: ClassVar[str] = "desk_tip.html"
    root: ClassVar[str] = "/desk/tips/"
    deeds: ClassVar[Mapping[str, Deed]] = DEEDS

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await tips.get_tip(item_id, await reading_for(request, tips.get_tip))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Say what is open from where the tip stands; the desk itself has the last word."""
        del policy
        state, lead, owner = plain.get("state"), str(plain.get("lead")), plain.get("next_owner")
        leads = (lead,)
        mine = {TipState.DISPATCHED: "accept", TipState.ACCEPTED: "verify", TipState.VERIFIED: "close"}
        found = [Move(mine[TipState(state)], (lead, owner) if owner else leads)] if state in mine else []
        if state == TipState.DISPATCHED and _may_return(plain, lead):
            found.append(Move("return", leads))
        if state in (TipState.DISPATCHED, TipState.ACCEPTED):
            found.append(Move("dispatch", (OFFICE_DESK, lead), is_main=False))
        if state in mine:
            found += [Move(each, leads, is_main=False) for each in ("clock", "allow_clock", "refuse_clock")]
            found.append(Move("press", (OFFICE_DESK,), is_main=False))
        if any(each["clock"] == TELLING and each["stopped_at"] is None for each in plain.get("clocks") or ()):
            found.append(Move("tell", (lead, owner) if owner else leads, is_main=False))
        if plain.get("case_id") is None and state is not None:
            found.append(Move("case", (lead, owner) if owner else leads, is_main=False))
        return found + [Move(each, leads, is_main=False) for each in ("unmask", "vault", *APART)]

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Fill in what only repeats the tip."""
        return {"tip_id": plain["tip_id"], "owner": str(plain.get("lead")), "target": str(plain.get("lead"))}

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give desks, the clocks that run, and the tips that are like this one."""
        desks, me = telling.desks(), here_of(request).account
        others = await self._beside(request, plain["tip_id"])
        changes = [each for each in plain.get("clock_changes") or () if each["state"] == "asked"]
        return {
            **dict.fromkeys(("lead", "suggested_desk", "next_owner", "target"), desks),
            "owner": [each for each in desks if each[0].partition("/")[0] == me.agency],
            "clock": [
                (each["clock"], telling.limit(each["clock"]))
                for each in plain.get("clocks") or ()
                if not each.get("stopped_at")
            ],
            "reason": telling.pauses(),
            "change_id": [
                (each["change_id"], telling.limit(each["clock"]))
                for each in changes
                if each["asked_by"] != me.account_id
            ],
            "other_tip_id": [(each["tip_id"], each["number"]) for each in others["similar"]],
            "bond_id": [(each["bond_id"], each["with"]) for each in others["bonds"] if each["kind"]],
        }

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a tip."""
        seen = None if tried is None else frozenset(tried.form.get("seen", "").split("."))
        told = telling.tip(plain, seen)
        is_stale = tried is not None and tried.is_stale
        beside = await self._beside(request, plain["tip_id"])
        return {
            "title": told["category"],
            "number": told["number"],
            "tip": told,
            "progress": tip_progress(telling, plain),
            "tip_id": plain["tip_id"],
            "clocks": told["clocks"],
            "changes": [telling.change(each) for each in plain.get("clock_changes") or ()],
            "seen": ".".join(each.mark for each in told["timeline"]),
            "changed": [each for each in told["timeline"] if each.is_new] if is_stale else [],
            "apart": APART,
            "beside": {**beside, "similar": [telling.like(each) for each in beside["similar"]]},
        }

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Go on: to the words that were asked for, to the case that was opened, or back to the tip."""
        if name == "unmask":
            return RedirectResponse(f"{self.root}{item_id}/words", 303)
        if name == "vault":
            return RedirectResponse(f"/desk/vault/{item_id}/{came.plain['request_id']}", 303)
        if name == "case":
            return RedirectResponse(f"/desk/cases/{came.plain['case_id']}", 303)
        return await super().after(request, item_id, name, came)

    async def _beside(self, request: Request, tip_id: str) -> dict[str, Any]:
        """Ask, once for a page, what a tip is like and what it is bound to; a desk that is slow takes nothing away."""
        kept = getattr(request.state, "beside", None)
        if kept is None:
            similar, bound = await gather(
                _or_none(_similar(request, tip_id)),
                _or_none(_bound(request, tip_id)),
            )
            kept = request.state.beside = {
                "is_away": similar is None or bound is None,
                "similar": (similar or {}).get("items", []),
                **_bonds(tip_id, bound or {}),
            }
        found: dict[str, Any] = kept
        return found


def _may_return(plain: Plain, lead: str) -> bool:
    returns = sum(1 for each in plain.get("timeline") or () if each["what"] == "tip.returned")
    return lead != OFFICE_DESK and returns < RETURNS_AT_MOST


async def _similar(request: Request, tip_id: str) -> Response:
    return await links.find_similar(tip_id, 10, await reading_for(request, links.find_similar))


async def _bound(request: Request, tip_id: str) -> Response:
    return await links.list_bonds(tip_id, await reading_for(request, links.list_bonds))


async def _or_none(asking: Awaitable[Response]) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(bytes((await asking).body))
    except NotFound:
        return {}
    except CAUGHT:
        return None
    return found


def _bonds(tip_id: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out the bonds of a tip as a list: with which tip, how, why, and which of those merged came first."""
    merged = {each["tip_id"]: each for each in told.get("merged", ())}
    bonds = []
    for each in told.get("bonds", ()):
        other = next((one for one in each["tip_ids"] if one != tip_id), tip_id)
        tie = each["ties"][-1]
        name = merged[other]["number"] if other in merged else other
        bonds.append({**each, "other": other, "with": name, "why": tie["reason"], "at": instant(tie["made_at"])})
    return {"bonds": bonds, "merged": list(merged.values())}


TIP: Final = Tip()


@router.get("/desk/tips/{tip_id}")
async def show(tip_id: ItemPath, request: Request) -> Response:
    """One tip: its clocks, its words, its line, its dialogue, and what I may do next."""
    return await TIP.page(request, tip_id)


@router.get("/desk/tips/{tip_id}/words")
async def show_words(tip_id: ItemPath, request: Request) -> Response:
    """The informant's own words, while my unmasking runs; every reading is kept."""
    answer = await unmasking.get_words(tip_id, await reading_for(request, unmasking.get_words))
    told = json.loads(bytes(answer.body))
    facts = {"tip_id": tip_id, "words": told, "ends_at": instant(told["ends_at"])}
    return staff_page(request, "desk_words.html", **facts, here=f"/desk/tips/{tip_id}/words")


@router.post("/desk/tips/{tip_id}/{deed}")
async def do(tip_id: ItemPath, deed: str, request: Request) -> Response:
    """Do it; what is refused comes back with everything that was written, and with what has changed meanwhile."""
    return await TIP.act(request, tip_id, deed)
