"""Searching tips on a page. What was typed is kept in the audit, and there is no search for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.console.deeds import CAUGHT, Deed, Done, Entry, Plain, Tried
from gateway.console.desk_view import Telling, Told
from gateway.console.paper import trouble_of
from gateway.console.staff import StaffRoute, admitted, here_of, reading_for
from gateway.console.things import ANYBODY, Choices, Move, Thing, or_none
from gateway.problems import Problem, problem_of
from gateway.refusals import Unusable
from gateway.routes import saved_searches, search
from gateway.saved_search_bodies import SavedSearchWish
from lianxi.contracts import codec
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
HERE: Final = "/desk/search"
MOST: Final = 20
LONGEST: Final = 100
_ENDING: Final = re.compile(r"[0-9]{4}")
_CURSOR: Final = re.compile(r"[A-Za-z0-9_=-]{1,400}")


class Searching(Thing):
    """A search, what it found, and the searches that are kept."""

    noun: ClassVar[str] = "search"
    template: ClassVar[str] = "desk_search.html"
    root: ClassVar[str] = f"{HERE}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "save": Deed(
            saved_searches.save_search,
            SavedSearchWish,
            (
                Entry("text", "kept"),
                Entry("name", "line", most=80),
                Entry("is_shared", "tick", needed=False),
                Entry("is_watched", "tick", needed=False),
            ),
            is_quiet=True,
            is_about=False,
        ),
        "drop": Deed(
            saved_searches.drop_saved_search,
            None,
            (Entry("saved_search_id", "choice"),),
            is_quiet=True,
            is_about=False,
            also=("saved_search_id",),
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Search, and list the searches that are kept; what the desk refuses is told with both."""
        del item_id
        query, ending = (request.query_params.get(each, "").strip() for each in ("q", "ending"))
        told: dict[str, Any] = {"q": query, "ending": ending, "found": None, "problem": None}
        if query or ending:
            try:
                told["found"] = await _found(request, query, ending)
            except CAUGHT as error:
                problem = problem_of(error)
                told["problem"] = {"status": problem.status, "code": problem.code}
        kept = await or_none(request, saved_searches.list_saved_searches, None, 200)
        return Response(codec.to_bytes({**told, "saved": (kept or {}).get("items", [])}))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """What was looked for can be kept, and what was kept can be dropped."""
        del policy
        names = (*(("save",) if plain["q"] else ()), "drop")
        return [Move(each, (ANYBODY,), is_main=False) for each in names]

    def id_of(self, plain: Plain) -> str:
        """Name what has no id."""
        del plain
        return "saved"

    def status(self, plain: Plain) -> int:
        """A search that was refused is answered as such."""
        return 200 if plain["problem"] is None else int(plain["problem"]["status"])

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Keep what was looked for."""
        return {"text": plain["q"]}

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Only who keeps a search drops it."""
        del telling
        me = here_of(request).account.account_id
        return {
            "saved_search_id": [
                (each["saved_search_id"], each["name"]) for each in plain["saved"] if each["owner"] == me
            ]
        }

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell what was found."""
        found, problem = plain["found"], plain["problem"]
        rows = [telling.row(each) | _more(telling, each) for each in (found or {}).get("items", ())]
        told: dict[str, Any] = {
            "title": "",
            "number": "",
            "q": plain["q"],
            "ending": plain["ending"],
            "found": None if found is None else {**found, "rows": rows, "next": found.get("next_cursor")},
            "saved": [Told(each, desk_name=telling.name(each.get("desk"))) for each in plain["saved"]],
            "may_search_numbers": await admitted(request, search.search_numbers) is not None,
            "here": HERE,
            "kept": f"{urlencode({'q': plain['q']})}&" if plain["q"] else "",
        }
        if problem is not None and tried is None:
            told["trouble"] = trouble_of(request, Problem(problem["status"], problem["code"]))
        return told

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Go back to the search."""
        del request, item_id, name, came
        return RedirectResponse(HERE, 303)


SEARCHING: Final = Searching()


def _more(telling: Telling, plain: Plain) -> dict[str, Any]:
    return {"excerpt": plain.get("excerpt"), "village": telling.name(plain.get("village"))}


async def _found(request: Request, query: str, ending: str) -> dict[str, Any]:
    cursor = request.query_params.get("cursor", "")
    after = cursor if _CURSOR.fullmatch(cursor) else None
    if query:
        reading = await reading_for(request, search.search_tips)
        answer = await search.search_tips(query[:LONGEST], after, MOST, reading)
    else:
        if not _ENDING.fullmatch(ending):
            raise Unusable("search.ending_unreadable")
        answer = await search.search_numbers(ending, after, MOST, await reading_for(request, search.search_numbers))
    found: dict[str, Any] = json.loads(bytes(answer.body))
    return found


@router.get("/desk/search")
async def find(request: Request) -> Response:
    """Search the tips that I may see by their words, or by the last four digits of a number that they name."""
    return await SEARCHING.page(request, "saved")


@router.post("/desk/search/saved/{deed}")
async def keep(deed: str, request: Request) -> Response:
    """Keep a search, or keep one no longer."""
    return await SEARCHING.act(request, "saved", deed)
