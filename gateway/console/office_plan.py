"""The plan on pages: what has been visited, which sentence is kept, and the rules in words with what changed when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.console.desk_view import Telling
from gateway.console.drawing.lights import State
from gateway.console.office_ground import ask, for_the_office, office_page, telling_of
from gateway.console.office_pictures import GRADES, Pictures
from gateway.console.office_view import coverage_of
from gateway.console.staff import StaffRoute
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.routes import coverage, figures, reports
from lianxi.contracts.inspections import Grade
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
SENTENCE_LIGHTS: Final[Mapping[str, State]] = {
    "kept": "good",
    "waiting": "off",
    "due": "near",
    "overdue": "late",
    "not_running": "none",
    "refused": "none",
    "heading": "none",
}
MEMBERS: Final = "members"


@router.get("/office/visits")
async def visits(request: Request) -> Response:
    """How much of each village has been visited in time, by grade."""
    await for_the_office(request)
    told = await ask(request, figures.get_visit_figures)
    month = await ask(request, coverage.get_coverage, month=None)
    pictures = Pictures(house_of(request).policy, language_of(request.scope), telling_of(request))
    totals = [(pictures.grade(each), coverage_of(told.items, each)) for each in GRADES]
    facts: dict[str, Any] = {
        "told": told,
        "totals": [
            {"name": name, "rate": each.rate, "on_time": each.on_time, "rentals": each.rentals} for name, each in totals
        ],
        "coverage": pictures.coverage(told.items),
        "month": _month(month.plain, telling_of(request), pictures) if month.plain else None,
    }
    return office_page(request, "office_visits.html", **facts)


def _month(plain: Mapping[str, Any], telling: Telling, pictures: Pictures) -> dict[str, Any]:
    """Tell the windows that close in a month: in all, by grade, by village and by assistant."""
    kinds = (
        ("grades", lambda each: pictures.grade(Grade(each))),
        ("villages", telling.name),
        ("assistants", lambda each: "—" if each == "-" else each),
    )
    return {
        "of": plain["month"][:7],
        "total": plain["total"],
        "kinds": [(kind, [{**row, "told": name(row["name"])} for row in plain[kind]]) for kind, name in kinds],
    }


@router.get("/office/sentences")
async def sentences(request: Request) -> Response:
    """Every sentence of the plan with its live state."""
    await for_the_office(request)
    told = await ask(request, reports.list_clauses, only_own=False)
    query, policy, telling = request.query_params, house_of(request).policy, telling_of(request)
    state = query.get("state", "") if query.get("state") in SENTENCE_LIGHTS else ""
    unit = query.get("unit", "") if query.get("unit") in policy.agencies else ""
    rows = [each for each in told.items if state in {"", each["state"]} and (not unit or _concerns(policy, each, unit))]
    facts: dict[str, Any] = {
        "told": told,
        "whole": len(told.items),
        "totals": [(each, n) for each, n in (told.plain or {}).get("totals", {}).items() if n],
        "state": state,
        "unit": unit,
        "units": [(code, telling.name(code)) for code in policy.agencies],
        "sections": _sections(request, rows),
        "kept": "".join(f"{name}={value}&" for name, value in (("state", state), ("unit", unit)) if value),
    }
    return office_page(request, "office_sentences.html", **facts)


def _concerns(policy: Policy, plain: Mapping[str, Any], unit: str) -> bool:
    named = {*plain["lead"], *plain["support"]}
    return unit in named or (MEMBERS in named and unit in policy.members)


def _sections(request: Request, rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    clauses = house_of(request).policy.clauses
    is_chinese = language_of(request.scope) == "zh"
    grouped = groupby(rows, key=lambda each: clauses.section_of(each["clause"]))
    return [
        (section.title_zh if is_chinese else section.title_en, [_sentence(request, each) for each in found])
        for section, found in grouped
    ]


def _sentence(request: Request, plain: Mapping[str, Any]) -> dict[str, Any]:
    name = telling_of(request).name
    mark = "、" if language_of(request.scope) == "zh" else ", "
    last, following = plain["last_proof_at"], plain["next_due_on"]
    return {
        **plain,
        "light": SENTENCE_LIGHTS[plain["state"]],
        "lead": mark.join(name(each) for each in plain["lead"]),
        "support": mark.join(name(each) for each in plain["support"]),
        "last_proof_at": None if last is None else datetime.fromisoformat(last),
        "next_due_on": None if following is None else date.fromisoformat(following),
    }
