"""What the office's pages stand on: who may see the whole town, and what desks say or, while away, said last."""

from __future__ import annotations

import json
from asyncio import timeout
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import Request, Response

from gateway.console.desk_view import Telling
from gateway.console.office_known import LastKnown
from gateway.console.staff import admitted, reading_for, staff_page
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.refusals import NotAllowed
from gateway.routes import reports, supervision
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Unavailable

PLACES: Final = (
    ("/office", "office.overview"),
    ("/office/returns", "office.returns"),
    ("/office/supervision", "office.supervision"),
    ("/office/visits", "office.visits"),
    ("/office/sentences", "office.sentences"),
    ("/office/policy", "office.policy"),
)
ROOT: Final = "/office"
PATIENCE_SECONDS: Final = 3.0
Route = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a desk says; when it is away, what it said last and when, if this process has heard it before."""

    plain: dict[str, Any] | None
    as_of: datetime | None = None
    is_away: bool = False
    may: bool = True

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items of a list; none when nothing is known."""
        return [] if self.plain is None else list(self.plain["items"])


async def for_the_office(request: Request) -> Caller:
    """Let whoever sees all units' reports in: the office and its leaders.

    Raises:
        NotAllowed: right.missing.
    """
    caller = await admitted(request, reports.list_stage_reports)
    if caller is None or not caller.sees_all:
        raise NotAllowed("right.missing", resource="stage_report", action="read")
    return caller


async def ask(request: Request, route: Route, **asked: Any) -> Told:
    """Ask a route of the interface; what the caller may not ask is nothing, and what is away is what was said last."""
    caller = await admitted(request, route)
    if caller is None:
        return Told(None, may=False)
    known, key = known_of(request), _key(route, asked, caller)
    kept = known.last(key)
    try:
        # Whoever has a number of before to read waits no longer than for a page; whoever has none waits for the desk.
        async with timeout(None if kept is None else PATIENCE_SECONDS):
            answer = await route(**asked, reading=await reading_for(request, route))
    except (Unavailable, TimeoutError):
        return Told(None, is_away=True) if kept is None else Told(kept.plain, kept.at, is_away=True)
    plain = json.loads(bytes(answer.body))
    known.keep(key, plain, house_of(request).clock.now())
    return Told(plain)


def known_of(request: Request) -> LastKnown:
    """Find what desks said last to this process."""
    known: LastKnown = request.app.state.last_known
    return known


def _key(route: Route, asked: dict[str, Any], caller: Caller) -> tuple[Any, ...]:
    name = f"{route.__module__}.{getattr(route, '__name__', '')}"
    return (name, repr(sorted(asked.items())), caller.agency, caller.roles, caller.desks, caller.areas)


async def may_order(request: Request) -> bool:
    """Say whether somebody may issue supervision orders."""
    return await admitted(request, supervision.issue_order) is not None


def office_page(request: Request, template: str, status: int = 200, **facts: Any) -> Response:
    """Write a page of the office, with the way to its other pages."""
    return staff_page(
        request, template, status, **{"office_places": PLACES, "root": ROOT, "here": request.url.path, **facts}
    )


def telling_of(request: Request) -> Telling:
    """Make what tells codes by their names."""
    house = house_of(request)
    return Telling(house.policy, language_of(request.scope), house.clock.now())
