"""The public's pages: report, receipt, dialogue. No account, no script, no trace, and no code in an address."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from gateway import receipts
from gateway.bodies import InformantMessage, Message, PublicStatus
from gateway.console.ground import PageRoute, read_form
from gateway.console.paper import page, trouble_of
from gateway.console.report_form import MOST_PICTURES, NAMED, Choices, Report, filled_in, read_report
from gateway.console.report_form import blank as blank_report
from gateway.console.tickets import DIALOGUE_LIVES, RECEIPT_LIVES, Ticket, read_ticket, write_ticket
from gateway.exchange import House, the_house
from gateway.filings import squares
from gateway.language import language_of
from gateway.picture_answers import signed_answer
from gateway.problems import problem_of
from gateway.refusals import Turned
from gateway.routes import public, warnings
from gateway.wording import words
from lianxi.contracts import proof
from lianxi.kernel.errors import LianxiError, Refused, Unavailable

router = APIRouter(route_class=PageRoute, tags=["pages"], include_in_schema=False)
InHouse = Annotated[House, Depends(the_house)]
VERIFYING: Final = "T-01"
"""The limit that a tip's informant is promised (domain 2.1)."""
MUST_CHANGE: Final = "receipt.must_change"
SLOW_LANE: Final = proof.WAIT
DECLARED: Final = ("is_official", "has_duty_to_report", "patrols_the_place", "seeks_rescue_of_relative")
"""What whoever claims a reward is asked, because the town's table may leave them out."""
_DESK: Final = "desk"
_CAUGHT: Final = (Turned, Refused, Unavailable)


@router.get("/")
async def start(request: Request) -> Response:
    """What this is; somebody in danger comes first."""
    return page(request, "start.html")


@router.get("/warnings")
async def show_warnings(request: Request, house: InHouse) -> Response:
    """What to watch for, and what the town warns of at present; the first needs no desk."""
    try:
        warned = (await warnings.public_warnings(request, house)).items
    except Unavailable:
        return page(request, "warnings.html", warned=(), away=True)
    return page(request, "warnings.html", warned=warned, away=False)


@router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    """How these pages can be used, and what cannot be done yet."""
    return page(request, "accessibility.html")


# --- report


@router.get("/report")
async def begin_report(request: Request, house: InHouse) -> Response:
    """The empty form."""
    return form_page(request, house, Report(blank_report()))


@router.post("/report")
async def change_report(request: Request, house: InHouse) -> Response:
    """The form again, with everything in it."""
    return form_page(request, house, Report(filled_in(await read_form(request))))


@router.get("/report/check")
@router.get("/report/proof")
@router.get("/report/receipt")
async def report_anew(request: Request) -> Response:
    """A page that only a form leads to."""
    return RedirectResponse("/report", 303)


@router.post("/report/check")
async def check_report(request: Request, house: InHouse) -> Response:
    """What is about to be sent, for a last look."""
    report = report_of(request, house, await read_form(request))
    if report.tip is None:
        return form_page(request, house, report, 422)
    return check_page(request, house, report)


@router.post("/report/receipt")
async def send_report(request: Request, house: InHouse) -> Response:
    """Send it, and show the receipt code, once; or show a receipt again to whoever holds its ticket."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is not None:
        return _receipt_page(request, house, ticket)
    report = report_of(request, house, form)
    if report.tip is None:
        return form_page(request, house, report, 422)
    key = form.get("key") or None
    try:
        answer = await public.file_tip(report.tip, request, house, key)
    except _CAUGHT as error:
        return check_page(request, house, report, key, error)
    if answer.status_code != 201:
        return answer
    told = json.loads(bytes(answer.body))
    ticket = Ticket(told["receipt"], told["tip_number"], told["received_at"], told["proof"])
    return _receipt_page(request, house, ticket, 201)


@router.post("/report/proof")
async def save_proof(request: Request, house: InHouse) -> Response:
    """The signed statement that a tip was filed, as the file that others check; it holds no code and no content."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is None or ticket.proof is None:
        return ask_again(request, form)
    return signed_answer(ticket.proof["statement"], f"{ticket.number}.proof")


def report_of(request: Request, house: House, form: Mapping[str, str]) -> Report:
    """Read a report as it stands now."""
    return read_report(form, house.policy, house.clock.now())


def form_page(request: Request, house: House, report: Report, status: int = 200) -> Response:
    """Write the form, with what is filled in and what is not right yet."""
    return page(request, "report.html", status, **_report_facts(request, house, report))


def check_page(
    request: Request, house: House, report: Report, key: str | None = None, error: LianxiError | None = None
) -> Response:
    """Write the last look, and why it could not be sent if it could not."""
    if error is not None and error.code == "attachment.unknown":
        report.filled["attachments"] = ""
    told = None if error is None else problem_of(error)
    facts = _report_facts(request, house, report) | {
        "key": key or secrets.token_urlsafe(24),
        "switch": {"form": "send", "action": "/report/check"},
        "trouble": None if told is None else trouble_of(request, told),
    }
    return page(request, "check.html", 200 if told is None else told.status, **facts)


def _report_facts(request: Request, house: House, report: Report) -> dict[str, Any]:
    choices = Choices.of(house.policy, language_of(request.scope))
    chosen = report.filled
    return {
        "filled": chosen,
        "wrong": report.wrong,
        "choices": choices,
        "danger": choices.name_of(chosen["danger"]),
        "is_named": chosen["stay"] == NAMED,
        "pictures": len(chosen["attachments"].split()),
        "most_pictures": MOST_PICTURES,
        "switch": {"form": "report", "action": "/report"},
    }


def _receipt_page(
    request: Request, house: House, ticket: Ticket, status: int = 200, *, is_stuck: bool = False
) -> Response:
    received_at = datetime.fromisoformat(ticket.received_at)
    language = language_of(request.scope)
    written = write_ticket(house, ticket, RECEIPT_LIVES)
    return page(
        request,
        "receipt.html",
        status,
        groups=receipts.shown(receipts.read_code(ticket.code) or "").split("-"),
        number=ticket.number,
        received_at=received_at,
        promised_by=house.policy.deadline(VERIFYING, received_at),
        next_steps=[said.told(language) for said in words().next_steps.values()],
        ticket=written,
        telephones=[
            f"{each.name_zh if language == 'zh' else each.name_en} {each.number}"
            for each in house.policy.programme.telephones
        ],
        proof=ticket.proof,
        squares="" if ticket.proof is None else squares(ticket.proof["statement"]),
        is_stuck=is_stuck,
        switch={"form": "gate", "action": "/report/receipt"},
    )


# --- dialogue


@router.get("/track")
async def ask_code(request: Request) -> Response:
    """Where the code is entered."""
    return _code_page(request)


@router.get("/track/messages")
@router.get("/track/reopening")
@router.get("/track/code")
async def ask_code_anew(request: Request) -> Response:
    """A page that only a form leads to."""
    return RedirectResponse("/track", 303)


@router.post("/track")
async def show_dialogue(request: Request, house: InHouse) -> Response:
    """Where the tip stands, and what was written; from the receipt page only when the code has been saved."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is not None and ticket.received_at and not form.get("saved"):
        return _receipt_page(request, house, ticket, 422, is_stuck=True)
    code = form.get("code", "") if ticket is None else ticket.code
    if not code.strip():
        return _code_page(request, form, 422, is_empty=True)
    try:
        answer = await public.read_status(request, house, code, SLOW_LANE)
    except _CAUGHT as error:
        if error.code == MUST_CHANGE:
            return _change_page(request, house, code)
        return refused(request, form, error)
    return dialogue_page(request, house, code, answer, draft=form.get("text", ""))


@router.post("/track/code")
async def change_code(request: Request, house: InHouse) -> Response:
    """Change a code that an officer has seen, and show the new one, once, as after filing."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is None:
        return ask_again(request, form)
    try:
        answer = await public.change_code(request, house, ticket.code, SLOW_LANE, form.get("key") or None)
    except _CAUGHT as error:
        return refused(request, form, error)
    if answer.status_code != 200:
        return answer
    told = json.loads(bytes(answer.body))
    return _receipt_page(request, house, Ticket(told["receipt"], told["tip_number"], told["received_at"]))


@router.post("/track/messages")
async def write_message(request: Request, house: InHouse) -> Response:
    """Write to the desk; what cannot be sent yet stays in its box."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is None:
        return ask_again(request, form)
    try:
        body = InformantMessage(text=form.get("text", ""))
    except ValidationError:
        answer = await public.read_status(request, house, ticket.code, SLOW_LANE)
        return dialogue_page(request, house, ticket.code, answer, 422, draft=form.get("text", ""), is_wrong=True)
    try:
        answer = await public.write_message(body, request, house, ticket.code, SLOW_LANE, form.get("key") or None)
    except _CAUGHT as error:
        return refused(request, form, error)
    return dialogue_page(request, house, ticket.code, answer, is_sent=True)


@router.post("/track/reopening")
async def reopen_tip(request: Request, house: InHouse) -> Response:
    """Have a closed tip taken up again; without a reason the page is shown as it was."""
    form = await read_form(request)
    ticket = read_ticket(house, form.get("ticket", ""))
    if ticket is None:
        return ask_again(request, form)
    try:
        body = Message(text=form.get("text", ""))
    except ValidationError:
        answer = await public.read_status(request, house, ticket.code, SLOW_LANE)
        return dialogue_page(request, house, ticket.code, answer, 422)
    try:
        answer = await public.reopen_tip(body, request, house, ticket.code, SLOW_LANE, form.get("key") or None)
    except _CAUGHT as error:
        return refused(request, form, error)
    return dialogue_page(request, house, ticket.code, answer, is_sent=True)


def _code_page(request: Request, form: Mapping[str, str] | None = None, status: int = 200, **more: Any) -> Response:
    form = form or {}
    facts = {"trouble": None, "is_empty": False, "is_over": False, "code": form.get("code", "")}
    return page(request, "track.html", status, draft=form.get("text", ""), **(facts | more))


def _change_page(request: Request, house: House, code: str) -> Response:
    written = write_ticket(house, Ticket(code), DIALOGUE_LIVES)
    switch = {"form": "change", "action": "/track"}
    return page(request, "change.html", ticket=written, key=secrets.token_urlsafe(24), switch=switch)


def ask_again(request: Request, form: Mapping[str, str]) -> Response:
    """Ask for the code again when the ticket's time is over; what was written is kept."""
    return _code_page(request, form, 403, is_over=True)


def refused(request: Request, form: Mapping[str, str], error: LianxiError) -> Response:
    """Say why the dialogue is not shown, and ask for the code again."""
    problem = problem_of(error)
    answer = _code_page(request, form, problem.status, trouble=trouble_of(request, problem))
    for name, value in problem.headers.items():
        answer.headers[name] = value
    return answer


def dialogue_page(
    request: Request,
    house: House,
    code: str,
    answer: Response,
    status: int = 200,
    *,
    draft: str = "",
    is_sent: bool = False,
    is_wrong: bool = False,
    claim: Mapping[str, str] | None = None,
    claim_wrong: str = "",
) -> Response:
    """Write where a tip stands and what was said."""
    if answer.status_code != 200:
        return answer
    told = PublicStatus.model_validate_json(bytes(answer.body))
    written = write_ticket(house, Ticket(code), DIALOGUE_LIVES)
    authors = [each.author for each in told.messages]
    seen = len(authors) - next((place for place, who in enumerate(reversed(authors)) if who != _DESK), len(authors))
    return page(
        request,
        "dialogue.html",
        status,
        told=told,
        seen=seen,
        ticket=written,
        key=secrets.token_urlsafe(24),
        draft=draft,
        is_sent=is_sent,
        is_wrong=is_wrong,
        claim=claim or {},
        claim_wrong=claim_wrong,
        declared=DECLARED,
        switch={"form": "write", "action": "/track"},
    )
