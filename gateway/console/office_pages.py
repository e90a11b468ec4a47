"""The office's overview: what is due, who is late, what has come; an older number stands with its hour."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.console.office_ground import Told, ask, for_the_office, may_order, office_page, telling_of
from gateway.console.office_pictures import Pictures
from gateway.console.office_view import Coverage, Period, Unit, coverage_of, next_of, periods_of, units_of
from gateway.console.staff import StaffRoute
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.routes import figures, reports
from lianxi.contracts.inspections import Grade
from lianxi.kernel.clock import local_date
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
OFFICE: Final = "office"
RUNNING: Final = ("kept", "waiting", "due", "overdue")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the desks say, each for itself, so that one that is away takes nothing else with it."""

    returns: Told
    tips: Told
    visits: Told
    clauses: Told


async def hear(request: Request) -> Heard:
    """Ask the desks all at once."""
    return Heard(
        *await gather(
            ask(request, reports.list_stage_reports, agency=None),
            ask(request, figures.get_tip_figures),
            ask(request, figures.get_visit_figures),
            ask(request, reports.list_clauses, only_own=False),
        )
    )


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the overview's cards and lights say."""

    today: date
    periods: tuple[Period, ...]
    coming: Period | None
    units: tuple[Unit, ...]
    visits: Coverage
    clauses: Mapping[str, int]

    @property
    def late(self) -> list[Unit]:
        """The units with something late, the most first."""
        return sorted((each for each in self.units if each.late), key=lambda unit: -unit.late)


def look_over(request: Request, heard: Heard) -> Overview:
    """Work the overview out from what was heard."""
    house = house_of(request)
    now = house.clock.now()
    today, periods = local_date(now), periods_of(heard.returns.items)
    tips = heard.tips.plain or {}
    totals = (heard.clauses.plain or {}).get("totals", {})
    return Overview(
        today=today,
        periods=periods,
        coming=next_of(periods, today),
        units=units_of(first_desks(house.policy), tips.get("desks", ()), periods, now),
        visits=coverage_of(heard.visits.items, Grade.KEY),
        clauses=totals,
    )


def first_desks(policy: Policy) -> dict[str, str]:
    """Name each unit's first desk, in the order of the plan."""
    return {code: agency.desks[0].code for code, agency in policy.agencies.items() if agency.desks}


@router.get("/office")
async def overview(request: Request) -> Response:
    """The whole town at a glance."""
    await for_the_office(request)
    heard = await hear(request)
    seen, policy = look_over(request, heard), house_of(request).policy
    pictures = Pictures(policy, language_of(request.scope), telling_of(request))
    tips = heard.tips.plain
    facts = {
        **_cards(request, heard, seen),
        "may_order": await may_order(request),
        "bars": pictures.returns(seen.periods),
        "tiles": None if tips is None else pictures.villages(tips["villages"]),
        "weeks": None if tips is None else pictures.weeks(tips["weeks"]),
        "calendar": pictures.calendar(seen.periods, seen.today),
        "steps": _steps(request, heard, seen),
    }
    return office_page(request, "office_overview.html", **facts)


@router.get("/office/cards")
async def cards(request: Request) -> Response:
    """The row of cards alone, for a page that stays open."""
    await for_the_office(request)
    heard = await hear(request)
    return office_page(request, "office_cards.html", **_cards(request, heard, look_over(request, heard)))


def _cards(request: Request, heard: Heard, seen: Overview) -> dict[str, Any]:
    horizon = house_of(request).policy.calendar.horizon
    coming = seen.coming
    is_uncertain = coming is not None and (horizon is None or coming.due_on > horizon)
    return {
        "heard": heard,
        "seen": seen,
        "name": telling_of(request).name,
        "days": None if coming is None else (coming.due_on - seen.today).days,
        "is_uncertain": is_uncertain,
        "running": sum(seen.clauses.get(each, 0) for each in RUNNING),
        "whole": sum(seen.clauses.values()),
    }


def _steps(request: Request, heard: Heard, seen: Overview) -> Sequence[tuple[str, bool | None]]:
    """Say which of the seven first steps are done, while nothing has happened yet; none once something has."""
    tips = heard.tips.plain
    if tips is None or heard.visits.plain is None or heard.returns.plain is None:
        return ()
    has_tips = any(each["count"] for each in tips["weeks"]) or bool(tips["desks"])
    if has_tips or heard.visits.items or any(each.filed for each in seen.periods):
        return ()
    policy = house_of(request).policy
    return (
        ("units", bool(policy.agencies)),
        ("people", None),
        ("villages", bool(policy.villages)),
        ("rules", bool(seen.clauses)),
        ("hotline", any(each.verified_on for each in policy.contacts)),
        ("https", request.url.scheme == "https"),
        ("notice", False),
    )
