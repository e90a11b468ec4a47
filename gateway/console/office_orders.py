"""Supervision on pages: what units are asked, seen before it goes out; the register of orders; answers and verdicts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from gateway.bodies import NewOrder, OrderReview, OrdersToLate
from gateway.console.desk_view import left_until
from gateway.console.ground import read_form
from gateway.console.office_ground import ask, for_the_office, may_order, office_page, telling_of
from gateway.console.office_pages import first_desks
from gateway.console.office_view import Matter, Period, Unit, next_of, periods_of, units_of
from gateway.console.paper import trouble_of
from gateway.console.sayings import say, say_date, say_time
from gateway.console.staff import TYPED, StaffRoute, admitted, beginning_for, problem_in, writing_for
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.problems import Problem
from gateway.refusals import BadRequest, NotAllowed
from gateway.routes import figures, reports, supervision
from gateway.routes.parameters import ItemPath
from lianxi.contracts.reporting import OrderState
from lianxi.kernel.clock import local_date

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
REGISTER: Final = "/office/supervision"
ALL_LATE: Final = "late"
ON_A_PAGE: Final = 50
DAYS_TO_ANSWER: Final = 2
"""Working days that a form proposes for an answer."""
MOST_AT_ONCE: Final = 40
OFFICE: Final = "office"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be asked: of which desks about which items, in which words, by which day.

    With `report_due_on`, it is asked of everybody whose report for that date is late when it is sent.
    """

    matters: tuple[tuple[str, str], ...]
    question: str
    due_on: str
    report_due_on: str = ""

    @property
    def written(self) -> str:
        """The matters as a form carries them."""
        return ";".join(f"{desk}={about}" for desk, about in self.matters)

    def bodies(self) -> list[NewOrder]:
        """Read each as the interface does.

        Raises:
            ValidationError: something in it is not what the interface takes.
        """
        return [
            NewOrder.model_validate({"target": desk, "about": about, "question": self.question, "due_on": self.due_on})
            for desk, about in self.matters
        ]

    def to_late(self) -> OrdersToLate:
        """Read it as the interface reads an order to everybody who is late.

        Raises:
            ValidationError: as `bodies`.
        """
        return OrdersToLate.model_validate(
            {"report_due_on": self.report_due_on, "question": self.question, "due_on": self.due_on}
        )


# --- the register


@router.get(REGISTER)
async def register(request: Request) -> Response:
    """The orders, newest first, with their answers and verdicts."""
    await for_the_office(request)
    return await _register(request)


async def _register(request: Request, problem: Problem | None = None, tried: str = "") -> Response:
    query = request.query_params
    only_open = query.get("state") == "open"
    cursor = query.get("cursor") or None
    told = await ask(request, supervision.list_orders, only_open=only_open, cursor=cursor, limit=ON_A_PAGE)
    facts = {
        "told": told,
        "orders": [_row(request, each) for each in told.items],
        "following": (told.plain or {}).get("next_cursor"),
        "only_open": only_open,
        "may_order": await may_order(request),
        "may_review": await admitted(request, supervision.review_order) is not None,
        "keys": secrets.token_urlsafe,
        "tried": tried,
        "trouble": None if problem is None else trouble_of(request, problem),
        "issued": _count(query.get("issued", "")),
        "tomorrow": _workday(request, DAYS_TO_ANSWER),
        "kept": "state=open&" if only_open else "",
        "here": REGISTER,
    }
    return office_page(request, "office_supervision.html", 200 if problem is None else problem.status, **facts)


def _row(request: Request, plain: Mapping[str, Any]) -> dict[str, Any]:
    telling, now = telling_of(request), house_of(request).clock.now()
    due_at = datetime.fromisoformat(plain["due_at"])
    is_running = plain["state"] == OrderState.ISSUED
    light = "late" if is_running and due_at <= now else "near" if plain["state"] != OrderState.ACCEPTED else "good"
    kind, _, item = plain["about"].partition("/")
    return {
        **plain,
        "target": telling.name(plain["target"]),
        "light": light,
        "kind": kind,
        "item": item,
        "due_at": due_at,
        "left": left_until(due_at, now) if is_running else None,
        "issued_at": datetime.fromisoformat(plain["issued_at"]),
        "answered_at": None if not plain.get("answered_at") else datetime.fromisoformat(plain["answered_at"]),
    }


@router.post(REGISTER + "/{order_id}/review")
async def review(order_id: ItemPath, request: Request) -> Response:
    """Accept an answer, or say why not and set a new day."""
    form = await read_form(request)
    try:
        body = OrderReview.model_validate(
            {
                "accept": form.get("verdict") == "accept",
                "remark": form.get(TYPED, ""),
                "new_due_on": form.get("new_due_on") or None,
            }
        )
    except ValidationError:
        return await _register(request, Problem(422, "request.invalid"), order_id)
    writing = await writing_for(request, supervision.review_order, form)
    problem = await problem_in(supervision.review_order(order_id, body, writing))
    if problem is not None:
        return await _register(request, problem, order_id)
    return RedirectResponse(REGISTER, 303)


# --- a new order


@router.get(REGISTER + "/new")
async def begin(request: Request) -> Response:
    """What could be asked of a unit, of all that are late, or of all whose report is late."""
    await _may_begin(request)
    query = request.query_params
    chosen, periods = await _chosen(request, query.get("unit", ""))
    due_on = query.get("returns", "")
    matters = _of_returns(request, periods, due_on) if due_on else [each for unit in chosen for each in unit.matters]
    if not matters and not due_on:
        matters = [_plain_matter(unit, periods, request) for unit in chosen]
    draft = Draft(
        matters=tuple((each.desk, each.about) for each in matters[:MOST_AT_ONCE]),
        question=_question(request, matters),
        due_on=_workday(request, DAYS_TO_ANSWER).isoformat(),
        report_due_on=due_on if matters else "",
    )
    return _form(request, draft)


async def _may_begin(request: Request) -> None:
    """Let nobody fill in a form in vain.

    Raises:
        NotAllowed: right.missing.
    """
    await for_the_office(request)
    if not await may_order(request):
        raise NotAllowed("right.missing", resource="supervision", action="create")


async def _chosen(request: Request, unit: str) -> tuple[list[Unit], tuple[Period, ...]]:
    returns = await ask(request, reports.list_stage_reports, agency=None)
    tips = await ask(request, figures.get_tip_figures)
    house, periods = house_of(request), periods_of(returns.items)
    desks = (tips.plain or {}).get("desks", ())
    units = units_of(first_desks(house.policy), desks, periods, house.clock.now())
    chosen = [each for each in units if each.code != OFFICE and (each.late if unit == ALL_LATE else each.code == unit)]
    return chosen, periods


def _of_returns(request: Request, periods: Sequence[Period], due_on: str) -> list[Matter]:
    firsts = first_desks(house_of(request).policy)
    return [
        Matter(firsts[unit], f"stage_report/{each.reports[unit]['report_id']}", "report", due_on=each.due_on)
        for each in periods
        if each.due_on.isoformat() == due_on
        for unit in each.late
    ]


def _plain_matter(unit: Unit, periods: Sequence[Period], request: Request) -> Matter:
    """Ask a unit with nothing late about its next report, or about itself when it owes none."""
    house = house_of(request)
    desk = first_desks(house.policy)[unit.code]
    coming = next_of(periods, local_date(house.clock.now()))
    if coming is not None and unit.code in coming.reports:
        return Matter(desk, f"stage_report/{coming.reports[unit.code]['report_id']}", "coming", due_on=coming.due_on)
    return Matter(desk, f"agency/{unit.code}", "unit")


def _question(request: Request, matters: Sequence[Matter]) -> str:
    """Propose words; those of one kind of matter name its date, those of several speak of them all."""
    language = language_of(request.scope)
    kinds = {each.kind for each in matters}
    if len(matters) == 1 and matters[0].since is not None:
        return say(language, "order.ask_tip", time=say_time(language, matters[0].since))
    dates = {each.due_on for each in matters if each.due_on is not None}
    if kinds == {"report"} and len(dates) == 1:
        return say(language, "order.ask_report", day=say_date(language, dates.pop()))
    if kinds == {"coming"}:
        return say(language, "order.ask_coming", day=say_date(language, dates.pop()))
    return say(language, "order.ask_late") if kinds & {"tip", "report"} else say(language, "order.ask_unit")


def _workday(request: Request, amount: int) -> date:
    house = house_of(request)
    return house.policy.calendar.working_day_after(local_date(house.clock.now()), amount)


def _form(request: Request, draft: Draft, status: int = 200, wrong: frozenset[str] = frozenset()) -> Response:
    facts = {
        "draft": draft,
        "rows": _rows(request, draft),
        "wrong": wrong,
        "today": local_date(house_of(request).clock.now()).isoformat(),
        "here": REGISTER,
    }
    return office_page(request, "office_order.html", status, **facts)


def _rows(request: Request, draft: Draft) -> list[dict[str, str]]:
    name = telling_of(request).name
    return [
        {"target": name(desk), "kind": about.partition("/")[0], "item": about.partition("/")[2]}
        for desk, about in draft.matters
    ]


# --- look at it, then send it


@router.post(REGISTER + "/preview")
async def preview(request: Request) -> Response:
    """The orders as their units will read them; nothing has been sent."""
    await _may_begin(request)
    draft = _read_draft(await read_form(request))
    wrong = wrong_in(draft, local_date(house_of(request).clock.now()))
    if wrong:
        return _form(request, draft, 422, wrong)
    return _preview(request, draft)


@router.post(REGISTER + "/change")
async def change(request: Request) -> Response:
    """The form again, with everything in it."""
    await for_the_office(request)
    return _form(request, _read_draft(await read_form(request)))


@router.post(REGISTER)
async def issue(request: Request) -> Response:
    """Send them. Sent again under the same key, none goes out twice."""
    await for_the_office(request)
    form = await read_form(request)
    draft = _read_draft(form)
    if wrong_in(draft, date.min):
        return _form(request, draft, 422, wrong_in(draft, date.min))
    send = _issue_to_late if draft.report_due_on else _issue
    problem, sent = await send(request, form, draft)
    if problem is not None:
        return _preview(request, draft, problem, form.get("key", ""))
    return RedirectResponse(f"{REGISTER}?issued={sent}", 303)


async def _issue(request: Request, form: Mapping[str, str], draft: Draft) -> tuple[Problem | None, int]:
    sent = 0
    for number, body in enumerate(draft.bodies()):
        keyed = {**form, "key": f"{form.get('key', '')}-{number}"}
        writing = await beginning_for(request, supervision.issue_order, keyed)
        problem = await problem_in(supervision.issue_order(body, writing))
        if problem is not None:
            return problem, sent
        sent += 1
    return None, sent


async def _issue_to_late(request: Request, form: Mapping[str, str], draft: Draft) -> tuple[Problem | None, int]:
    writing = await beginning_for(request, supervision.issue_orders_to_late, form)
    answers: list[Response] = []

    async def act() -> Response:
        answers.append(await supervision.issue_orders_to_late(draft.to_late(), writing))
        return answers[-1]

    problem = await problem_in(act())
    return problem, 0 if problem is not None else len(json.loads(bytes(answers[-1].body))["items"])


def _preview(request: Request, draft: Draft, problem: Problem | None = None, key: str = "") -> Response:
    facts = {
        "draft": draft,
        "rows": _rows(request, draft),
        "due": date.fromisoformat(draft.due_on),
        "key": key or secrets.token_urlsafe(24),
        "trouble": None if problem is None else trouble_of(request, problem),
        "here": REGISTER,
    }
    return office_page(request, "office_order_preview.html", 200 if problem is None else problem.status, **facts)


def _read_draft(form: Mapping[str, str]) -> Draft:
    parts = [each.partition("=") for each in form.get("matters", "").split(";") if each]
    if not parts or len(parts) > MOST_AT_ONCE:
        raise BadRequest("form.unreadable")
    matters = tuple((desk, about) for desk, _, about in parts)
    return Draft(matters, form.get(TYPED, ""), form.get("due_on", ""), form.get("report_due_on", ""))


def wrong_in(draft: Draft, today: date) -> frozenset[str]:
    """Say which fields of a draft the interface would not take."""
    try:
        bodies = draft.bodies()
        if draft.report_due_on:
            draft.to_late()
    except ValidationError as error:
        fields = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
        if not fields & {"question", "due_on"}:
            raise BadRequest("form.unreadable") from None
        return frozenset(fields)
    return frozenset({"due_on"}) if any(each.due_on < today for each in bodies) else frozenset()


def _count(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 4 else 0
