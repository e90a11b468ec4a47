"""Meetings on their pages: the agenda that fills itself, who came, what was decided, and the minutes as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import meeting_bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried, do
from gateway.console.desk_view import Telling, instant
from gateway.console.ground import read_form
from gateway.console.staff import StaffRoute, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, page_about, telling_for
from gateway.exchange import house_of
from gateway.routes import meetings
from gateway.routes.parameters import ItemPath
from lianxi.contracts.meetings import ItemOutcome, MeetingKind, MeetingState, Presence
from lianxi.kernel.clock import local_date
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/meetings"
OFFICE_DESK: Final = "office/desk"
CLAUSE: Final = "L78.2"
MOST: Final = 50
SEAT: Final = "seat."
WHY: Final = "why."
OUTCOMES: Final = (ItemOutcome.DISCUSSED, ItemOutcome.PARKED, ItemOutcome.DROPPED)
CALL: Final = Deed(
    meetings.call_meeting,
    meeting_bodies.MeetingCall,
    (
        Entry("kind", "choice", codes=tuple(MeetingKind), words="meeting_kind"),
        Entry("title", "line", most=120),
        Entry("place", "line", most=120),
        Entry("held_at", "moment"),
        Entry("agencies", "many", needed=False),
    ),
    is_about=False,
)


def who_came(form: Form, _me: str) -> Mapping[str, Any]:
    """Read a row for each seat: who came, and why not."""
    said = []
    for name, presence in form.items():
        if name.startswith(SEAT):
            place = name.removeprefix(SEAT)
            seat, _, unit = place.partition(":")
            reason = form.get(f"{WHY}{place}", "").strip()
            said.append({"seat": seat, "unit": unit or None, "presence": presence, "reason": reason})
    return {"attendance": said}


class Meeting(Thing):
    """A meeting."""

    noun: ClassVar[str] = "meeting"
    template: ClassVar[str] = "desk_meeting.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "propose": Deed(
            meetings.propose_item,
            meeting_bodies.ItemProposal,
            (Entry("title", "line", most=120), Entry("about", "line", needed=False, most=120)),
        ),
        "hold": Deed(meetings.hold_meeting, meeting_bodies.Attendance, more=who_came),
        "settle": Deed(
            meetings.settle_item,
            meeting_bodies.ItemSettled,
            (
                Entry("item_id", "choice"),
                Entry("outcome", "choice", codes=OUTCOMES, words="item_outcome"),
                Entry("remark", needed=False, most=2000),
            ),
            also=("item_id",),
        ),
        "decide": Deed(
            meetings.take_decision,
            meeting_bodies.DecisionBody,
            (
                Entry("what", most=2000),
                Entry("owner", "choice"),
                Entry("due_on", "day"),
                Entry("item_id", "choice", needed=False),
            ),
        ),
        "close": Deed(
            meetings.close_meeting, meeting_bodies.Minutes, (Entry("summary", needed=False, most=2000),), is_quiet=True
        ),
        "cancel": Deed(
            meetings.cancel_meeting, meeting_bodies.MeetingReason, (Entry("reason", most=2000),), is_quiet=True
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await meetings.get_meeting(item_id, await reading_for(request, meetings.get_meeting))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Anybody invited proposes; the office holds, settles, decides and closes."""
        del policy
        propose = Move("propose", (ANYBODY,), CLAUSE, is_main=False)
        office = (OFFICE_DESK,)
        if plain.get("state") == MeetingState.CALLED:
            return [propose, Move("hold", office, CLAUSE), Move("cancel", office, CLAUSE, is_main=False)]
        if plain.get("state") == MeetingState.HELD:
            settle = [Move(each, office, CLAUSE, is_main=False) for each in ("settle", "decide", "hold")]
            return [*settle, Move("close", office, CLAUSE), propose]
        return []

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """An item is one of the agenda, an owner one of the town's desks."""
        del request
        items = [(each["item_id"], _named(telling, each)) for each in plain.get("agenda") or ()]
        return {"item_id": items, "owner": telling.desks()}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a meeting."""
        del request
        agenda = plain.get("agenda") or ()
        written = tried.form if tried is not None and tried.deed == "hold" else {}
        return {
            "title": plain.get("title", ""),
            "number": telling.said(f"meeting_is.{plain['state']}") if plain.get("state") else "",
            "up": ROOT,
            "up_name": "staff.meetings",
            "meeting": plain,
            "kind_name": telling.said(f"meeting_kind.{plain['kind']}") if plain.get("kind") else "",
            "held_at": instant(plain.get("held_at")),
            "units": [telling.name(each) for each in plain["agencies"]],
            "items": [_item(telling, each) for each in agenda],
            "seats": [_seat(telling, each, written) for each in plain.get("seats") or ()],
            "decided": [decision_row(telling, each) for each in plain.get("decisions") or ()],
            "presences": [(each.value, telling.said(f"presence.{each}")) for each in Presence],
            "apart": ("hold",),
        }


def _named(telling: Telling, item: Plain) -> str:
    if item["title"]:
        return str(item["title"])
    due_on = "" if item["due_on"] is None else date.fromisoformat(item["due_on"]).isoformat()
    told = (telling.said(f"item_source.{item['source']}"), telling.name(item["agency"]), due_on)
    return " · ".join(each for each in told if each)


def _item(telling: Telling, item: Plain) -> dict[str, Any]:
    return {
        "name": _named(telling, item),
        "source": telling.said(f"item_source.{item['source']}"),
        "is_from_data": item["source"] != "proposed",
        "unit": telling.name(item["agency"]),
        "path": page_about(item["about"]),
        "outcome": telling.said(f"item_outcome.{item['outcome']}"),
        "remark": item["remark"],
    }


def _seat(telling: Telling, seat: Plain, written: Form) -> dict[str, Any]:
    place = f"{seat['seat']}:{seat['unit'] or ''}"
    presence = written.get(f"{SEAT}{place}") or seat["presence"]
    return {
        "place": place,
        "name": telling.name(seat["unit"]) if seat["unit"] else telling.said_or(f"seat.{seat['seat']}", seat["seat"]),
        "presence": presence or Presence.ABSENT.value,
        "said": telling.said(f"presence.{seat['presence']}") if seat["presence"] else "",
        "reason": written.get(f"{WHY}{place}", seat["reason"]),
    }


def decision_row(telling: Telling, plain: Plain) -> dict[str, Any]:
    """Tell a decision as it stands in a list."""
    due_at = instant(plain.get("due_at"))
    return {
        "path": f"/desk/decisions/{plain['decision_id']}",
        "what": plain.get("what") or "",
        "owner": telling.name(plain["owner"]),
        "state": telling.said(f"decision_is.{plain['state']}") if plain.get("state") else "",
        "due_at": due_at,
        "left": telling.left(due_at) if plain.get("state") == "open" else None,
    }


MEETING: Final = Meeting()


@router.get(ROOT)
async def list_meetings(request: Request) -> Response:
    """The meetings that my unit is invited to, what they decided that is open, and a form to call one."""
    return await _list(request)


@router.post(ROOT)
async def call(request: Request) -> Response:
    """Call a meeting."""
    came = await do(request, "call", CALL, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, came)
    return RedirectResponse(f"{MEETING.root}{came.plain['meeting_id']}", 303)


async def _list(request: Request, tried: Tried | None = None) -> Response:
    telling = telling_for(request)
    answer = await meetings.list_meetings(None, MOST, await reading_for(request, meetings.list_meetings))
    reading = await reading_for(request, meetings.list_decisions)
    open_ones = await meetings.list_decisions(True, None, MOST, reading)
    policy = house_of(request).policy
    choices = {"agencies": [(code, telling.name(code)) for code in policy.agencies]}
    facts = {
        "rows": [_row(telling, each) for each in json.loads(bytes(answer.body))["items"]],
        "owed": [decision_row(telling, each) for each in json.loads(bytes(open_ones.body))["items"]],
        "here": ROOT,
        **await beginning(request, "meeting", "call", CALL, ROOT, choices, tried, CLAUSE),
    }
    return staff_page(request, "desk_meetings.html", 200 if tried is None else tried.status, **facts)


def _row(telling: Telling, plain: Plain) -> dict[str, Any]:
    held_at = datetime.fromisoformat(plain["held_at"])
    return {
        "path": f"{MEETING.root}{plain['meeting_id']}",
        "title": plain["title"],
        "kind": telling.said(f"meeting_kind.{plain['kind']}"),
        "state": telling.said(f"meeting_is.{plain['state']}"),
        "place": plain["place"],
        "held_at": held_at,
        "is_today": local_date(held_at) == telling.today,
    }


@router.get(ROOT + "/{meeting_id}")
async def show(meeting_id: ItemPath, request: Request) -> Response:
    """One meeting: agenda, seats, decisions."""
    return await MEETING.page(request, meeting_id)


@router.get(ROOT + "/{meeting_id}/minutes.docx")
async def minutes(meeting_id: ItemPath, request: Request) -> Response:
    """Its minutes, as a file for an office program."""
    return await meetings.get_minutes(meeting_id, await reading_for(request, meetings.get_minutes))


@router.post(ROOT + "/{meeting_id}/{deed}")
async def act(meeting_id: ItemPath, deed: str, request: Request) -> Response:
    """Propose, say who came, settle, decide, close, or call off."""
    return await MEETING.act(request, meeting_id, deed)
