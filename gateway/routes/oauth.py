"""Tokens for agencies' machines: OAuth 2 client credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gateway.exchange import House, house_of
from gateway.principal import SCOPES
from gateway.refusals import BadRequest, NotKnown
from lianxi.contracts import codec

router = APIRouter(tags=["tokens"])
UNKNOWN = "unknown"
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 10
_TEXT = {"type": "string"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": _TEXT,
                        "client_secret": _TEXT,
                        "scope": {
                            "type": "string",
                            "description": f"Any of: {' '.join(SCOPES)}; all of the client's if absent",
                        },
                    },
                }
            }
        },
    }
}


class Token(BaseModel):
    """A token and for how long it lives."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


@router.post("/oauth/token", response_model=Token, openapi_extra=_BODY)
async def grant_token(request: Request) -> Response:
    """Get a token for a client's id and secret, by form or by Basic authentication."""
    house = house_of(request)
    form = await _form(request)
    if form.get("grant_type") != "client_credentials":
        raise BadRequest("grant.unsupported", error="unsupported_grant_type")
    client_id, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    wanted = frozenset(form.get("scope", "").split())
    try:
        token, scopes = house.tokens.grant(client_id, secret, wanted)
    except NotKnown as error:
        error.facts["error"] = "invalid_client"
        error.headers["WWW-Authenticate"] = 'Basic realm="lianxi"'
        await _note_failure(house, client_id, request.state.correlation_id)
        raise
    told = Token(
        access_token=token,
        token_type="Bearer",  # noqa: S106
        expires_in=house.tokens.lives_seconds,
        scope=" ".join(sorted(scopes)),
    )
    return Response(codec.to_bytes(told.model_dump()), 200, {"Pragma": "no-cache"}, "application/json")


async def _note_failure(house: House, client_id: str, correlation_id: str) -> None:
    """Keep a failed sign-in whatever becomes of the request; who is unknown is not named, for it may be anything."""
    actor = client_id if house.register.find(client_id) is not None else UNKNOWN
    await house.note_failed_sign_in("oauth.token", actor, correlation_id)


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadRequest("grant.unreadable", error="invalid_request")
    try:
        text = (await request.body()).decode("utf-8")
        found = parse_qs(text, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest("grant.unreadable", error="invalid_request") from None
    if any(len(values) > 1 for values in found.values()):
        raise BadRequest("grant.unreadable", error="invalid_request")
    return {name: values[0] for name, values in found.items()}


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, coded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(coded.strip(), validate=True).decode("utf-8").partition(":")
    except (ValueError, binascii.Error):
        raise BadRequest("grant.unreadable", error="invalid_request") from None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None
