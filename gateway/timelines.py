"""One timeline of a case, from every desk that knows of it, each asked as the reader and cut to what that one may see.

Clause: L31.1; criterion 9.5. The desks are asked at once. What one does not answer, or may not tell this reader, is
named in `left_out`, so that nobody takes half of it for the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from gateway.exchange import Reading
from gateway.refusals import NotAllowed
from lianxi.contracts.cases import Measure
from lianxi.contracts.inspections import ListVisits, VisitList
from lianxi.contracts.timelines import CaseTimeline, GetTimeline, Source, TimelineLine
from lianxi.contracts.tips import GetTip, TipView
from lianxi.kernel.errors import Refused, Unavailable

SERVICE: Final = "cases"
MOST_VISITS: Final = 200
Lines = Sequence[TimelineLine]


def words_of(line: TimelineLine) -> tuple[str, str]:
    """Name the saying that tells a line, and what is said behind it: the limit, where a line is about one."""
    what, _, limit = line.what.partition(".")
    if line.source == "tip":
        return f"happened.{line.what}", ""
    if line.source == "visit":
        return f"outcome.{line.what}", ""
    if what in ("met", "breached"):
        return f"casefile.{what}", limit
    is_measure = line.source == "case" and what in tuple(Measure)
    return (f"measure.{what}" if is_measure else f"filed.{line.source}.{what}"), ""


async def timeline_of(reading: Reading, case_id: str) -> CaseTimeline:
    """Put a case's timeline together for one reader.

    Raises:
        NotFound: case.not_found.
    """
    asked = GetTimeline(case_id=case_id)
    own = await reading.house.ask(SERVICE, "get_timeline", asked, reading.caller, CaseTimeline)
    if "lines" not in reading.shown(own):
        return replace(own, lines=(), tip_id=None, rental_code=None)
    left_out: list[Source] = []
    if not _may(reading, "evidence.read", "cases:read"):
        own = replace(own, lines=tuple(each for each in own.lines if each.source != "evidence"))
        left_out.append("evidence")

    async def or_left_out(source: Source, ask: Callable[[], Awaitable[Lines]]) -> Lines:
        try:
            return await ask()
        except (Refused, NotAllowed, Unavailable):
            left_out.append(source)
            return ()

    more = await asyncio.gather(
        or_left_out("tip", lambda: _of_tip(reading, own.tip_id)),
        or_left_out("visit", lambda: _of_visits(reading, own.rental_code)),
    )
    lines = sorted([*own.lines, *(line for lines in more for line in lines)], key=lambda each: each.at)
    return replace(own, lines=tuple(lines), left_out=tuple(sorted(left_out)))


def _may(reading: Reading, right: str, scope: str) -> bool:
    try:
        _entitled(reading, right, scope)
    except NotAllowed:
        return False
    return True


def _entitled(reading: Reading, right: str, scope: str) -> Reading:
    """Go on under another right than the route's; its scope is asked for as at its own door."""
    if scope not in reading.caller.scopes:
        raise NotAllowed("scope.missing", scope=scope)
    return reading.with_right(right)


async def _of_tip(reading: Reading, tip_id: str | None) -> Lines:
    if tip_id is None:
        return ()
    asker = _entitled(reading, "tip.read", "tips:read")
    plain = asker.shown(await asker.house.ask("tips", "get_tip", GetTip(tip_id=tip_id), asker.caller, TipView))
    return [
        TimelineLine(
            at=datetime.fromisoformat(each["at"]),
            source="tip",
            what=each["what"],
            about=f"tip/{tip_id}",
            by=each["by"] or None,
        )
        for each in plain.get("timeline", ())
    ]


async def _of_visits(reading: Reading, rental_code: str | None) -> Lines:
    if rental_code is None:
        return ()
    asker = _entitled(reading, "visit.read", "visits:read")
    asked = ListVisits(rental_code=rental_code, limit=MOST_VISITS)
    page = asker.shown(await asker.house.ask("inspections", "list_visits", asked, asker.caller, VisitList))
    return [_visit_line(each) for each in page["items"] if "visited_at" in each]


def _visit_line(plain: dict[str, Any]) -> TimelineLine:
    # By whom is left out: a case's file is no track of where an assistant went.
    return TimelineLine(
        at=datetime.fromisoformat(plain["visited_at"]),
        source="visit",
        what=plain["outcome"],
        about=f"visit/{plain['visit_id']}",
    )
