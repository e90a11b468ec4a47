"""Schemas of events, as their `dataschema` names them: nothing about anybody, for whoever writes a receiver."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Response

from gateway.refusals import NoSuchThing
from lianxi.contracts import codec
from lianxi.contracts.registry import EVENTS
from lianxi.contracts.webhooks import SCHEMA, HookNews, hook_schema

router = APIRouter(tags=["schemas"])
MEDIA_TYPE = "application/schema+json"


@router.get("/schemas", include_in_schema=False)
async def list_schemas() -> Response:
    """List them."""
    return Response(codec.to_bytes({"items": sorted(_all())}), media_type="application/json")


@router.get("/schemas/{name}", include_in_schema=False)
async def get_schema(name: str) -> Response:
    """Hand one out."""
    found = _all().get(f"/schemas/{name}")
    if found is None:
        raise NoSuchThing("path.not_found")
    return Response(found, media_type=MEDIA_TYPE)


@cache
def _all() -> dict[str, bytes]:
    written = {f"/schemas/{key}.json": codec.to_bytes(codec.json_schema(event)) for key, event in EVENTS.items()}
    return written | {SCHEMA: codec.to_bytes(hook_schema(codec.json_schema(HookNews)))}
