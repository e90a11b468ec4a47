"""What comes in by GeoReport v2: a form, read into the body that the public's own form is read into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from pydantic import ValidationError

from gateway.bodies import Body, PublicTip
from gateway.refusals import BadRequest, Unusable, WrongType
from lianxi.policy.policy import Policy

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 60
ATTRIBUTES: Final = ("village", "rental_code", "happened_at", "people_count", "publish")
_TEXT: Final = {"type": "string"}
B = TypeVar("B", bound=Body)


async def read_form(request: Request) -> dict[str, str]:
    """Read a form; a field that is written twice says two things and is no form.

    Raises:
        WrongType: open311.form_needed.
        BadRequest: open311.form_unreadable.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise WrongType("open311.form_needed")
    try:
        raw = (await request.body()).decode("ascii")
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest("open311.form_unreadable") from None
    form = {name: value.strip() for name, value in pairs}
    if len(form) != len(pairs):
        raise BadRequest("open311.form_unreadable")
    return {name: value for name, value in form.items() if value}


def read_report(form: Mapping[str, str], policy: Policy) -> tuple[PublicTip, bool]:
    """Read a report, and whether everybody may see how it stands.

    What GeoReport knows of a telephone or an account is not read: nothing of it is kept.

    Raises:
        Unusable: open311.service_unknown, open311.place_missing, open311.coordinates_wrong.
        RequestValidationError: something in it is not right.
    """
    service = form.get("service_code", "")
    if service not in {each.category for each in policy.public_routes}:
        raise Unusable("open311.service_unknown", allowed=[each.category for each in policy.public_routes])
    given = {name: form.get(f"attribute[{name}]") for name in ATTRIBUTES}
    village = given["village"] or _village_in(form.get("address_id", ""), policy)
    place = _place(form, policy)
    if not (place or village or given["rental_code"]):
        raise Unusable("open311.place_missing")
    said = {
        "category": service,
        "text": form.get("description"),
        "village": village,
        "place": place,
        "rental_code": given["rental_code"],
        "happened_at": given["happened_at"],
        "people_count": given["people_count"],
        "contact": _contact(form),
    }
    body = checked(PublicTip, {name: value for name, value in said.items() if value is not None})
    return body, given["publish"] == "yes"


def checked(kind: type[B], said: Mapping[str, Any]) -> B:
    """Read as a body what a form said.

    Raises:
        RequestValidationError: something in it is not right.
    """
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        wrong = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        raise RequestValidationError(wrong) from None


def _village_in(address_id: str, policy: Policy) -> str | None:
    full = address_id if address_id.startswith("village/") else f"village/{address_id}"
    return full if full in policy.villages else None


def _place(form: Mapping[str, str], policy: Policy) -> str | None:
    """Put into words where it is: what was written, the address code, the coordinates; the desk alone reads it."""
    code = form.get("address_id", "")
    parts = [form.get("address_string"), f"地址编码 {code}" if code and _village_in(code, policy) is None else None]
    if "lat" in form or "long" in form:
        parts.append(_coordinates(form.get("lat", ""), form.get("long", "")))
    return ", ".join(each for each in parts if each) or None


def _coordinates(latitude: str, longitude: str) -> str:
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        raise Unusable("open311.coordinates_wrong") from None
    # A comparison with what is no number is never true.
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise Unusable("open311.coordinates_wrong")
    return f"{north:.6f}, {east:.6f}"


def _contact(form: Mapping[str, str]) -> dict[str, str] | None:
    name = " ".join(each for each in (form.get("last_name"), form.get("first_name")) if each)
    given = {"name": name, "phone": form.get("phone"), "other": form.get("email")}
    return {key: value for key, value in given.items() if value} or None


def _described(fields: Mapping[str, str], needed: tuple[str, ...]) -> dict[str, Any]:
    """Describe a form for OpenAPI."""
    properties = {name: {**_TEXT, "description": words} for name, words in fields.items()}
    schema = {"type": "object", "required": list(needed), "properties": properties}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


REPORT: Final = _described(
    {
        "service_code": "A category of `services`",
        "description": "What is going on; only the desk reads it",
        "address_string": "Where, in words",
        "address_id": "An address code, or the code of a village",
        "lat": "Latitude (WGS84), with `long`",
        "long": "Longitude",
        "first_name": "With a name, telephone or address a report is not anonymous; all three go into the vault unread",
        "last_name": "As `first_name`",
        "phone": "As `first_name`",
        "email": "As `first_name`",
        "attribute[village]": "The code of a village",
        "attribute[rental_code]": "The code of a rental",
        "attribute[happened_at]": "When it happened, with its zone",
        "attribute[people_count]": "How many people were there",
        "attribute[publish]": "`yes` to let everybody see how the report stands; not of anonymous reports",
        "device_id": "Not read",
        "account_id": "Not read",
        "media_url": "Not read; pictures go to /v1/public/attachments or the town's page",
        "api_key": "Not needed and not read",
    },
    ("service_code", "description"),
)


UPDATE: Final = _described(
    {"service_request_id": "The number on the receipt", "description": "What the desk should know; only it reads this"},
    ("service_request_id", "description"),
)
