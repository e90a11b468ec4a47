"""Stage reports as a board, unit by date, and one of them to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.console.desk_view import Telling
from gateway.console.drawing.lights import State
from gateway.console.office_ground import ask, for_the_office, may_order, office_page, telling_of
from gateway.console.office_pictures import Pictures
from gateway.console.office_view import FILED, REPORT_LIGHTS, Period, periods_of
from gateway.console.staff import StaffRoute
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.refusals import NoSuchThing
from gateway.routes import reports
from gateway.routes.parameters import ItemPath
from lianxi.kernel.errors import StoreDown

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
BOARD: Final = "/office/returns"


@router.get(BOARD)
async def board(request: Request) -> Response:
    """Every unit's report for every date."""
    await for_the_office(request)
    told = await ask(request, reports.list_stage_reports, agency=None)
    policy, periods = house_of(request).policy, periods_of(told.items)
    pictures = _pictures(request)
    facts: dict[str, Any] = {
        "told": told,
        "periods": periods,
        "names": [pictures.period(each) for each in periods],
        "units": tuple(policy.agencies),
        "name": telling_of(request).name,
        "standing": partial(standing, issued_on=house_of(request).policy.programme.issued_on),
        "bars": pictures.returns(periods),
        "may_order": await may_order(request),
    }
    return office_page(request, "office_returns.html", **facts)


@router.get(BOARD + "/{report_id}")
async def one(report_id: ItemPath, request: Request) -> Response:
    """One unit's report, in its four parts."""
    await for_the_office(request)
    told = await ask(request, reports.list_stage_reports, agency=None)
    if told.plain is None:
        raise StoreDown("desk.away")
    period, report = _find(periods_of(told.items), report_id)
    is_chinese = language_of(request.scope) == "zh"
    parts = house_of(request).policy.report_parts
    facts = {
        "report": report,
        "period": _pictures(request).period(period),
        "name": telling_of(request).name,
        "standing": standing(report, issued_on=house_of(request).policy.programme.issued_on),
        "filed_at": None if not report.get("filed_at") else datetime.fromisoformat(report["filed_at"]),
        "others": others(telling_of(request), report),
        "parts": [(each.code, each.name_zh if is_chinese else each.name_en) for each in parts],
    }
    return office_page(request, "office_return.html", **facts)


def others(telling: Telling, report: Mapping[str, Any]) -> list[tuple[str, int, int, str]]:
    """List the figures of which the unit wrote another number than the system's, with both and the reason."""
    figures, remarks = report.get("figures") or {}, report.get("remarks") or {}
    return [
        (telling.figure(name), count, figures[name], remarks.get(name, ""))
        for name, count in (report.get("stated") or {}).items()
        if count != figures.get(name, count)
    ]


def standing(report: Mapping[str, Any], *, issued_on: date) -> tuple[State, str]:
    """Say how a report stands: its light and its state; a day before the plan was issued is owed by nobody (X-03)."""
    state = report["state"]
    if state not in FILED and report["due_on"] < issued_on.isoformat():
        return "none", "before"
    return REPORT_LIGHTS[state], state


def _find(periods: tuple[Period, ...], report_id: str) -> tuple[Period, Any]:
    for period in periods:
        for report in period.reports.values():
            if report["report_id"] == report_id:
                return period, report
    raise NoSuchThing("stage_report.not_found")


def _pictures(request: Request) -> Pictures:
    return Pictures(house_of(request).policy, language_of(request.scope), telling_of(request))
