"""Open311 GeoReport v2: programs of the public report in public categories, and follow what was filed to be seen.

A report goes the way of the public's own form, under the same limits and seals, and gets the same receipt code. Read
back is only how it stands, by the day: no text, no place, no picture, no name, no desk. Who gave no name, or did not
ask to be seen, is in no list and behind no token (domain K-04).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime

from gateway import georeport_bodies as bodies
from gateway import intake
from gateway.bodies import Code, InformantMessage
from gateway.exchange import House, IdempotencyKey
from gateway.georeport import JSON, XML, GeoReportError, Row, Written, told
from gateway.georeport_forms import REPORT, UPDATE, checked, read_form, read_report
from gateway.idempotency import read_key
from gateway.language import language_of
from gateway.refusals import BadRequest, NoSuchThing
from gateway.routes import public
from gateway.routes.public import InHouse, Proof, ReceiptCode
from gateway.wording import Language, words
from lianxi.contracts.envelope import Caller
from lianxi.contracts.public_requests import (
    FindPublicRequests,
    ListPublicRequests,
    PublicRequestList,
    PublicRequestView,
)
from lianxi.contracts.tips import FindTipByReceipt
from lianxi.kernel.clock import SHANGHAI, local_date
from lianxi.kernel.ids import derived_id
from lianxi.policy.model import Route

V2: Final = "/open311/v2"
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
SOURCE: Final = "open311"
SPAN: Final = timedelta(days=90)
LONGEST: Final = timedelta(days=366)
OPEN, CLOSED = "open", "closed"
FIRST_DAY: Final = date(2015, 1, 1)
_TEXT: Final = {XML: {"schema": {"type": "string"}}}
_NO: Final = {
    "model": list[GeoReportError],
    "description": "No, or not now; each says why and what to do",
    "content": _TEXT,
}


async def _ours(
    request: Request, house: InHouse, jurisdiction_id: Annotated[str | None, Query(max_length=200)] = None
) -> None:
    """See that whoever asks means this town; whoever names none does.

    Raises:
        NoSuchThing: open311.jurisdiction_unknown.
    """
    if jurisdiction_id and jurisdiction_id != house.policy.programme.code:
        raise NoSuchThing("open311.jurisdiction_unknown", jurisdiction_id=house.policy.programme.code)


router = APIRouter(tags=["open311"], dependencies=[Depends(_ours)])
Form = Annotated[Written, Path(description="`json` or `xml`")]
Numbers = Annotated[str | None, Query(max_length=2_000, description="Ids, by commas; other filters then count nothing")]
When = Annotated[AwareDatetime | None, Query(description="An instant with its zone; whole days are meant")]
Codes = Annotated[str | None, Query(max_length=2_000, description="Service codes, by commas")]
Status = Annotated[
    str | None, Query(pattern=r"^(open|closed)(,(open|closed))?$", description="`open`, `closed` or both")
]


def _says(model: Any) -> Any:
    """Describe an answer in both forms, and a refusal in GeoReport's own."""
    return {200: {"model": model, "content": _TEXT}, "default": _NO}


@router.get(f"{V2}/discovery.{{form}}", responses=_says(bodies.Discovery), response_class=Response)
async def discover(form: Form, request: Request, house: InHouse) -> Response:
    """Find out what there is."""
    language = language_of(request.scope)
    url = str(request.base_url).rstrip("/") + V2
    endpoint = {
        "specification": SPECIFICATION,
        "url": url,
        "changeset": _day(house.policy.programme.issued_on),
        "type": "production",
        "formats": [JSON, XML],
    }
    shown = {
        "changeset": endpoint["changeset"],
        "contact": _said("georeport_contact", language),
        "key_service": _said("georeport_keys", language),
        "endpoints": [endpoint],
    }
    return told(form, "discovery", shown)


@router.get(f"{V2}/services.{{form}}", responses=_says(list[bodies.Service]), response_class=Response)
async def list_services(form: Form, request: Request, house: InHouse) -> Response:
    """List the categories that the policy opens to everybody. Whoever is in danger calls 110."""
    language = language_of(request.scope)
    group = house.policy.programme.title_zh if language == "zh" else house.policy.programme.title_en
    rows = [
        {
            "service_code": each.category,
            "service_name": _name(each, language),
            "description": each.reason_zh if language == "zh" else each.reason_en,
            "metadata": True,
            "type": "batch",
            "keywords": "",
            "group": group,
        }
        for each in house.policy.public_routes
    ]
    return told(form, "services", rows)


@router.get(
    f"{V2}/services/{{service_code}}.{{form}}", responses=_says(bodies.ServiceDefinition), response_class=Response
)
async def define_service(
    service_code: Annotated[Code, Path()], form: Form, request: Request, house: InHouse
) -> Response:
    """Read what may be said beside the description."""
    if service_code not in {each.category for each in house.policy.public_routes}:
        raise NoSuchThing("open311.service_unknown")
    language = language_of(request.scope)
    villages = [
        (code, each.name_zh if language == "zh" else each.name_en) for code, each in house.policy.villages.items()
    ]
    rows = _attributes(villages, language)
    return told(form, "service_definition", {"service_code": service_code, "attributes": rows})


@router.post(
    f"{V2}/requests.{{form}}",
    responses=_says(list[bodies.Receipt]),
    response_class=Response,
    openapi_extra=REPORT,
)
async def file_request(
    form: Form, request: Request, house: InHouse, idempotency_key: IdempotencyKey = None
) -> Response:
    """Report in a public category, with coordinates, an address in words, or an address code alone.

    The answer shows a receipt code, once; with it the informant comes back at `/track`.
    """
    given = await read_form(request)
    body, open_to_all = read_report(given, house.policy)
    filed = await public.file(house, request, body, idempotency_key, by=SOURCE, open_to_all=open_to_all)
    if filed.answer.status_code >= 300:
        return filed.answer
    receipt = json.loads(bytes(filed.answer.body))["receipt"]
    language = language_of(request.scope)
    notice = f"{_said('georeport_receipt', language)} {receipt}"
    if "media_url" in given:
        notice = f"{notice} {_said('georeport_media', language)}"
    row = {"token": filed.seed.hex(), "service_notice": notice, "account_id": None, "receipt": receipt}
    return told(form, "service_requests", [row])


@router.get(f"{V2}/tokens/{{token}}.{{form}}", responses=_says(list[bodies.TokenAnswer]), response_class=Response)
async def read_token(
    token: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")], form: Form, request: Request, house: InHouse
) -> Response:
    """Read to which request a token leads: as soon as the desk has it, and if everybody may see it."""
    found = await _found(request, house, FindPublicRequests(tip_id=derived_id("tip", token)))
    return told(form, "service_requests", [{"service_request_id": found[0].number, "token": token}])


@router.get(
    f"{V2}/requests/{{service_request_id}}.{{form}}",
    responses=_says(list[bodies.ServiceRequest]),
    response_class=Response,
)
async def read_request(
    service_request_id: Annotated[str, Path(max_length=80)], form: Form, request: Request, house: InHouse
) -> Response:
    """Read how a report stands."""
    found = await _found(request, house, FindPublicRequests(numbers=(service_request_id,)))
    return told(form, "service_requests", _rows(found, house, language_of(request.scope)))


@router.get(f"{V2}/requests.{{form}}", responses=_says(list[bodies.ServiceRequest]), response_class=Response)
async def list_requests(
    form: Form,
    request: Request,
    house: InHouse,
    service_request_id: Numbers = None,
    service_code: Codes = None,
    start_date: When = None,
    end_date: When = None,
    status: Status = None,
) -> Response:
    """List how reports stand that were filed to be seen: of the last 90 days, or as asked, the newest first."""
    if service_request_id:
        asked = FindPublicRequests(numbers=tuple(service_request_id.split(",")[:50]))
        found = await _public(request, house, "find_public_requests", asked)
    else:
        first, last = _days(house, start_date, end_date)
        chosen = None if status is None or "," in status else status == OPEN
        codes = tuple(service_code.split(",")[:100]) if service_code else ()
        listed = ListPublicRequests(received_from=first, received_to=last, categories=codes, is_open=chosen)
        found = await _public(request, house, "list_public_requests", listed)
    return told(form, "service_requests", _rows(found, house, language_of(request.scope)))


@router.get(
    f"{V2}/servicerequestupdates.{{form}}", responses=_says(list[bodies.RequestUpdate]), response_class=Response
)
async def list_updates(
    form: Form, request: Request, house: InHouse, start_date: When = None, end_date: When = None
) -> Response:
    """List on which days reports went on that were filed to be seen, the newest first."""
    first, last = _days(house, start_date, end_date)
    asked = ListPublicRequests(received_from=max(FIRST_DAY, first - LONGEST), received_to=last)
    found = await _public(request, house, "list_public_requests", asked)
    rows = [row for each in found for row in _updates(each, first, last, language_of(request.scope))]
    return told(form, "service_request_updates", sorted(rows, key=lambda row: row["updated_datetime"], reverse=True))


@router.post(
    f"{V2}/servicerequestupdates.{{form}}",
    responses=_says(list[bodies.UpdateReceipt]),
    response_class=Response,
    openapi_extra=UPDATE,
)
async def post_update(
    form: Form,
    request: Request,
    house: InHouse,
    lianxi_receipt: ReceiptCode = None,
    lianxi_proof: Proof = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Write to the desk that has a report, with its receipt code: whoever filed it and nobody else adds to it."""
    given = await read_form(request)
    body = checked(InformantMessage, {"text": given.get("description", "")})
    async with public.trying(request, house, lianxi_receipt, lianxi_proof) as verifier:
        view = await public.status_by_code(
            request, house, verifier, "find_tip_by_receipt", FindTipByReceipt(receipt_verifier=verifier)
        )
        if view.number != given.get("service_request_id"):
            raise NoSuchThing("receipt.not_found")
        answer = await public.write_from_informant(request, house, verifier, body, read_key(idempotency_key))
    if answer.status_code >= 300:
        return answer
    said = json.loads(bytes(answer.body))["messages"]
    return told(form, "service_request_updates", [{"update_id": derived_id("update", view.number, str(len(said)))}])


async def _found(request: Request, house: House, asked: FindPublicRequests) -> Sequence[PublicRequestView]:
    found = await _public(request, house, "find_public_requests", asked)
    if not found:
        raise NoSuchThing("open311.request_unknown")
    return found


async def _public(request: Request, house: House, method: str, asked: Any) -> Sequence[PublicRequestView]:
    anybody = Caller(actor=public.PUBLIC, agency=public.PUBLIC, correlation_id=request.state.correlation_id)
    return (await house.ask(intake.SERVICE, method, asked, anybody, PublicRequestList)).items


def _days(house: House, start: datetime | None, end: datetime | None) -> tuple[date, date]:
    """Read which days are meant.

    Raises:
        BadRequest: open311.days_wrong when they are in no order, or more than a year.
    """
    try:
        first = None if start is None else local_date(start)
        last = None if end is None else local_date(end)
        if first is not None:
            last = last or first + SPAN
        last = last or local_date(house.clock.now())
        first = first or last - SPAN
    except OverflowError:
        raise BadRequest("open311.days_wrong") from None
    if not timedelta() <= last - first <= LONGEST or last >= date(9000, 1, 1):
        raise BadRequest("open311.days_wrong")
    return max(first, FIRST_DAY), max(last, FIRST_DAY)


def _rows(found: Sequence[PublicRequestView], house: House, language: Language) -> list[Row]:
    names = {each.category: _name(each, language) for each in house.policy.public_routes}
    empty = dict.fromkeys(name for name, field in bodies.ServiceRequest.model_fields.items() if not field.is_required())
    return [{**_row(each, names.get(each.category, each.category), language), **empty} for each in found]


def _row(view: PublicRequestView, name: str, language: Language) -> Mapping[str, Any]:
    last = view.steps[-1]
    return {
        "service_request_id": view.number,
        "status": OPEN if view.is_open else CLOSED,
        "status_notes": _said(last.code, language),
        "service_name": name,
        "service_code": view.category,
        "requested_datetime": _day(view.steps[0].on),
        "updated_datetime": _day(max(each.on for each in view.steps)),
    }


def _updates(view: PublicRequestView, first: date, last: date, language: Language) -> Iterator[Row]:
    for each in view.steps:
        if first <= each.on <= last:
            yield {
                "update_id": derived_id("update", view.number, each.code, each.on.isoformat()),
                "service_request_id": view.number,
                "status": CLOSED if each.code == "finished" else OPEN,
                "updated_datetime": _day(each.on),
                "description": _said(each.code, language),
                "media_url": None,
            }


def _day(on: date) -> str:
    return datetime(on.year, on.month, on.day, tzinfo=SHANGHAI).isoformat()


def _name(route: Route, language: Language) -> str:
    return route.name_zh if language == "zh" else route.name_en


def _said(code: str, language: Language) -> str:
    return words().steps[code].told(language)


def _attributes(villages: Sequence[tuple[str, str]], language: Language) -> list[Row]:
    yes_no = [(each, _said(f"georeport_{each}", language)) for each in ("yes", "no")]
    asked: Sequence[tuple[str, str, Sequence[tuple[str, str]]]] = (
        ("village", "singlevaluelist", villages),
        ("rental_code", "string", ()),
        ("happened_at", "datetime", ()),
        ("people_count", "number", ()),
        ("publish", "singlevaluelist", yes_no),
    )
    return [
        {
            "variable": True,
            "code": code,
            "datatype": datatype,
            "required": False,
            "datatype_description": "",
            "order": number,
            "description": _said(f"georeport_{code}", language),
            "values": [{"key": key, "name": name} for key, name in values],
        }
        for number, (code, datatype, values) in enumerate(asked, 1)
    ]
