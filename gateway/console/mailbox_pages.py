"""The mailbox of a rehearsal: every message to telephones and mailboxes that would have gone out, newest first."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.console.staff import StaffRoute, here_of, staff_page
from gateway.exchange import house_of
from gateway.refusals import NoSuchThing, NotAllowed

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
SHOWN: Final = 100
LARGEST: Final = 512 * 1024


@router.get("/ops/mailbox")
async def mailbox(request: Request) -> Response:
    """What would have gone out, to those who see all messages or keep the town running."""
    house = house_of(request)
    path = house.settings.gateway_mailbox_file
    if not house.settings.rehearsal or path is None:
        raise NoSuchThing("path.not_found")
    roles = here_of(request).principal().roles
    permissions = house.policy.permissions
    sees_all = "all" in permissions.rows_of(roles, "outside", "read")
    if not (sees_all or permissions.rows_of(roles, "letter", "read")):
        raise NotAllowed("right.missing", resource="outside", action="read")
    rows = await run_in_threadpool(read_last, path)
    return staff_page(request, "mailbox.html", rows=rows, here="/ops/mailbox", shown=SHOWN)


def read_last(path: Path) -> list[dict[str, Any]]:
    """Read the last messages of the file, newest first; a line that is being written is left for the next time."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LARGEST))
            lines = file.read().split(b"\n")
    except OSError:
        return []
    found = []
    for line in reversed(lines[1:] if size > LARGEST else lines):
        row = _read(line)
        if row is not None:
            found.append(row)
        if len(found) == SHOWN:
            break
    return found


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
        return {**row, "at": datetime.fromisoformat(row["at"])}
    except (ValueError, LookupError, TypeError):
        return None
