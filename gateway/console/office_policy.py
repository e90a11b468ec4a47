"""The rules of the town on a page: in words, file by file, with the versions there have been and what each changed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.console.office_ground import for_the_office, office_page, telling_of
from gateway.console.staff import StaffRoute, reading_for
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.routes import plan, policy_versions

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
FIRST_SHOWN: Final = "clocks"


@router.get("/office/policy")
async def policy(request: Request) -> Response:
    """The rules of one file in words, and what one version says otherwise than another."""
    await for_the_office(request)
    language = language_of(request.scope)
    told = _read(await plan.list_rules(lang=language, reading=await reading_for(request, plan.list_rules)))
    files = list(dict.fromkeys(each["file"] for each in told["items"]))
    query = request.query_params
    file = query.get("file", "") if query.get("file") in files else FIRST_SHOWN
    clause = telling_of(request).clause
    versions = await _versions(request)
    old, new = _number(query.get("old")), _number(query.get("new"))
    facts: dict[str, Any] = {
        "version": told["policy_version"],
        "files": files,
        "file_name": file,
        "rules": [{**each, "by": clause(each["clause"])} for each in told["items"] if each["file"] == file],
        "versions": versions,
        "old": old or versions[0]["version"],
        "new": new or house_of(request).policy.version,
        "changes": await _changes(request, old, new) if old and new else None,
        "kept": f"file={file}&" + (f"old={old}&new={new}&" if old and new else ""),
    }
    return office_page(request, "office_policy.html", **facts)


async def _versions(request: Request) -> list[dict[str, Any]]:
    route = policy_versions.list_versions
    items = _read(await route(reading=await reading_for(request, route)))["items"]
    return [{**each, "published_at": _instant(each["published_at"])} for each in items]


async def _changes(request: Request, old: int, new: int) -> list[dict[str, Any]]:
    route = policy_versions.list_differences
    reading = await reading_for(request, route)
    found: list[dict[str, Any]] = _read(
        await route(old=old, new=new, lang=language_of(request.scope), reading=reading)
    )["items"]
    return found


def _read(answer: Response) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bytes(answer.body))
    return told


def _number(written: str | None) -> int:
    is_number = written is not None and written.isascii() and written.isdigit() and len(written) < 7
    return int(written) if is_number and written is not None else 0


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
