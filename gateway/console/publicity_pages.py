"""The register of publicity: a year's calendar of what was done and missed, the gaps, and the form to record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import publicity_bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried, do
from gateway.console.desk_view import Telling, instant
from gateway.console.drawing.periods import STATES, Owing, PeriodWords, Stretch, period_grid
from gateway.console.drawing.sheet import Picture
from gateway.console.ground import read_form
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, telling_for
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.routes import publicity
from gateway.routes.parameters import ItemPath
from gateway.routes.publicity import YearQuery
from gateway.wording import Language
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/publicity"
CLAUSE: Final = "L62.1"
MOST: Final = 50
OFFICE: Final = "office"
PHOTOS: Final = Entry("photos", needed=False, most=2000, is_apart=True)


def digests(form: Form, _me: str) -> Mapping[str, Any]:
    """Read the digests of photographs, one a line."""
    return {"photos": [each.strip() for each in form.get(PHOTOS.field, "").splitlines() if each.strip()]}


RECORD: Final = Deed(
    publicity.record_activity,
    publicity_bodies.ActivityRecord,
    (
        Entry("duty", "choice"),
        Entry("party", "choice", needed=False),
        Entry("what", most=1000),
        Entry("place", "line", most=200),
        Entry("village", "choice", needed=False),
        Entry("held_on", "day"),
        Entry("reach", "number"),
        Entry("material", needed=False, most=1000),
        PHOTOS,
        Entry("is_warning", "tick", needed=False),
        Entry("approval", "line", needed=False, most=120),
    ),
    digests,
    is_about=False,
)


class Activity(Thing):
    """An activity of publicity."""

    noun: ClassVar[str] = "activity"
    template: ClassVar[str] = "desk_activity.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "withdraw": Deed(
            publicity.withdraw_activity,
            publicity_bodies.ActivityWithdrawal,
            (Entry("reason", most=1000),),
            is_quiet=True,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await publicity.get_activity(item_id, await reading_for(request, publicity.get_activity))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """What was recorded wrongly can be taken back, once."""
        del policy
        return [] if plain.get("withdrawn_at") else [Move("withdraw", (ANYBODY,), CLAUSE, is_main=False)]

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell an activity."""
        del tried
        names = duty_names(house_of(request).policy, language_of(request.scope))
        return {
            "title": names.get(plain.get("duty") or "", telling.said("kind.activity")),
            "number": telling.name(plain["agency"]),
            "up": ROOT,
            "up_name": "staff.publicity",
            "activity": plain,
            "party": telling.name(plain.get("party")),
            "village": telling.name(plain.get("village")),
            "held_on": date.fromisoformat(plain["held_on"]) if plain.get("held_on") else None,
            "recorded_at": instant(plain.get("recorded_at")),
            "withdrawn_at": instant(plain.get("withdrawn_at")),
        }


ACTIVITY: Final = Activity()


def duty_names(policy: Policy, language: Language) -> dict[str, str]:
    """Name the duties of publicity."""
    return {each.code: each.name_zh if language == "zh" else each.name_en for each in policy.publicity}


@router.get(ROOT)
async def register(request: Request, year: YearQuery = None) -> Response:
    """A year of publicity: the calendar, the gaps, what was done last, and the form to record."""
    return await _register(request, year)


@router.post(ROOT)
async def record(request: Request) -> Response:
    """Record an activity."""
    came = await do(request, "record", RECORD, "", await read_form(request))
    if isinstance(came, Tried):
        return await _register(request, None, came)
    return RedirectResponse(f"{ACTIVITY.root}{came.plain['activity_id']}", 303)


async def _register(request: Request, year: int | None, tried: Tried | None = None) -> Response:
    telling, policy = telling_for(request), house_of(request).policy
    reading = await reading_for(request, publicity.get_publicity_year)
    told = json.loads(bytes((await publicity.get_publicity_year(year, None, reading)).body))
    reading = await reading_for(request, publicity.list_activities)
    last = json.loads(bytes((await publicity.list_activities(None, None, MOST, reading)).body))["items"]
    names = duty_names(policy, language_of(request.scope))
    facts = {
        "year": told["year"],
        "calendar": _calendar(telling, told),
        "gaps": [_gap(telling, names, each) for each in told["gaps"]],
        "duties": [_duty(telling, names, each) for each in told["duties"]],
        "rows": [_row(names, each) for each in last if each.get("held_on")],
        "here": ROOT,
        **await beginning(request, "activity", "record", RECORD, ROOT, _choices(request, names), tried, CLAUSE),
    }
    return staff_page(request, "desk_publicity.html", 200 if tried is None else tried.status, **facts)


def _choices(request: Request, names: Mapping[str, str]) -> Choices:
    telling, policy = telling_for(request), house_of(request).policy
    agency = here_of(request).account.agency
    mine = [each for each in policy.publicity if agency == OFFICE or each.lead in (agency, OFFICE)]
    parties = dict.fromkeys(party for each in mine for party in each.parties)
    return {
        "duty": [(each.code, names[each.code]) for each in mine],
        "party": [(code, telling.name(code)) for code in parties],
        "village": [(code, telling.name(code)) for code in policy.villages],
    }


def _calendar(telling: Telling, told: Plain) -> Picture:
    said = PeriodWords(
        title=telling.said("publicity.calendar"),
        head=telling.said("publicity.duty"),
        states={each: telling.said(f"period_is.{each}") for each in STATES},
        months=telling.months(),
    )
    shared = Counter(each["duty"] for each in told["duties"])
    names = {
        (each["duty"], each["party"]): _called(telling, each, is_shared=shared[each["duty"]] > 1)
        for each in told["duties"]
    }
    rows = [Owing(names[each["duty"], each["party"]], _stretches(each["periods"])) for each in told["duties"]]
    return period_grid(said, told["year"], rows, telling.today)


def _stretches(periods: Sequence[Plain]) -> list[Stretch]:
    return [
        Stretch(date.fromisoformat(each["first_on"]), date.fromisoformat(each["last_on"]), each["state"])
        for each in periods
    ]


def _called(telling: Telling, duty: Plain, *, is_shared: bool) -> str:
    """Name a row of the calendar by what tells it from the others, for the beginning is all that may fit."""
    name = str(duty["name_zh"] if telling.is_chinese else duty["name_en"])
    return f"{telling.name(duty['party'])} · {name}" if is_shared and duty["party"] else name


def _duty(telling: Telling, names: Mapping[str, str], plain: Plain) -> dict[str, Any]:
    return {
        "name": names.get(plain["duty"], plain["duty"]),
        "party": telling.name(plain["party"]),
        "unit": telling.name(plain["unit"]),
        "clause": telling.clause(plain["clause"]),
        "activities": plain["activities"],
        "reach": plain["reach"],
    }


def _gap(telling: Telling, names: Mapping[str, str], plain: Plain) -> dict[str, Any]:
    return {
        "name": names.get(plain["duty"], plain["duty"]),
        "party": telling.name(plain["party"]),
        "unit": telling.name(plain["unit"]),
        "first": date.fromisoformat(plain["first_on"]),
        "last": date.fromisoformat(plain["last_on"]),
        "periods": plain["periods"],
    }


def _row(names: Mapping[str, str], plain: Plain) -> dict[str, Any]:
    return {
        "path": f"{ACTIVITY.root}{plain['activity_id']}",
        "name": names.get(plain["duty"], plain["duty"]),
        "place": plain.get("place", ""),
        "held_on": date.fromisoformat(plain["held_on"]),
        "reach": plain.get("reach", 0),
        "is_withdrawn": plain.get("withdrawn_at") is not None,
    }


@router.get(ROOT + "/{activity_id}")
async def show(activity_id: ItemPath, request: Request) -> Response:
    """One activity."""
    return await ACTIVITY.page(request, activity_id)


@router.post(ROOT + "/{activity_id}/{deed}")
async def act(activity_id: ItemPath, deed: str, request: Request) -> Response:
    """Take it back."""
    return await ACTIVITY.act(request, activity_id, deed)
