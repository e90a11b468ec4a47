"""What an agency owes: its stage reports, prefilled with its own numbers, and its sentences of the plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway import bodies
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.office_returns import others
from gateway.console.staff import StaffRoute, here_of, reading_for, staff_page
from gateway.console.things import Choices, Move, Thing, or_none, telling_for
from gateway.exchange import house_of
from gateway.refusals import NoSuchThing
from gateway.routes import reports
from gateway.routes.parameters import ItemPath
from lianxi.contracts import codec
from lianxi.contracts.reporting import StageReportState
from lianxi.kernel.clock import SHANGHAI, local_date
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/returns"
COUNT: Final = "count."
REMARK: Final = "remark."
PARTS: Final = ("practice", "results", "problems", "advice")
OPEN: Final = (StageReportState.NOT_DUE, StageReportState.DUE, StageReportState.MISSED)
LATE: Final = (StageReportState.MISSED, StageReportState.FILED_LATE)
STATES: Final = ("overdue", "due", "waiting", "kept")
"""States of sentences, the most urgent first; whatever else there is comes after them."""


def end_of(day: str) -> datetime:
    """Say when a day of the town is over."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), SHANGHAI)


def own_numbers(form: Form, _me: str) -> Mapping[str, Any]:
    """Read the numbers that somebody wrote beside the system's, and the remarks that say why."""
    counts, remarks = (_named(form, group) for group in (COUNT, REMARK))
    return {"figures": counts, "remarks": remarks} if counts or remarks else {}


def _named(form: Form, group: str) -> dict[str, str]:
    """Take the fields of a group that were filled in, by the figure that each is about."""
    said = {name.removeprefix(group): value.strip() for name, value in form.items() if name.startswith(group)}
    return {name: value for name, value in said.items() if value}


class Return(Thing):
    """One stage report of the agency."""

    noun: ClassVar[str] = "return"
    template: ClassVar[str] = "desk_return.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "file": Deed(
            reports.file_stage_report,
            bodies.StageReport,
            tuple(Entry(each, most=4000) for each in PARTS),
            more=own_numbers,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Find it among the agency's, with the draft that its own numbers give while it is open."""
        found = next((each for each in await own_returns(request) if each["report_id"] == item_id), None)
        if found is None:
            raise NoSuchThing("item.not_found")
        is_mine = found["agency"] == here_of(request).account.agency
        is_open = is_mine and found.get("state") in OPEN
        draft = await or_none(request, reports.get_stage_report_draft, item_id) if is_open else None
        return Response(codec.to_bytes({**found, "draft": draft}), headers={"ETag": f'"{found["version"]}"'})

    def id_of(self, plain: Plain) -> str:
        """Name the report."""
        return str(plain["report_id"])

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """It may be filed until it has been; late is marked, and still taken."""
        del policy
        return [Move("file", (plain["agency"],), "L90.1")] if plain.get("state") in OPEN else []

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Fill the four parts with what happened in the period."""
        draft = plain.get("draft") or {}
        return {f"text_{each}": str(draft.get(each, "")) for each in PARTS}

    def form(self, request: Request, plain: Plain, move: Move, tried: Tried | None, choices: Choices) -> dict[str, Any]:
        """Offer beside the four parts, folded, a number and a remark for each figure that may be otherwise."""
        made = super().form(request, plain, move, tried, choices)
        telling, values = telling_for(request), {} if tried is None else tried.form
        figures = (plain.get("draft") or {}).get("figures") or {}
        wanted = "" if tried is None or tried.problem is None else str(tried.problem.facts.get("figure", ""))
        made["folded"] = [
            {
                "name": telling.figure(name),
                "counted": counted,
                "count": (f"{COUNT}{name}", values.get(f"{COUNT}{name}", "")),
                "remark": (f"{REMARK}{name}", values.get(f"{REMARK}{name}", "")),
                "is_wrong": name == wanted,
            }
            for name, counted in figures.items()
        ]
        made["is_unfolded"] = any(each["count"][1] or each["remark"][1] for each in made["folded"])
        return made

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a report; where the unit wrote another number, both stand there, and why."""
        del request, tried
        draft = plain.get("draft") or {}
        figures = draft.get("figures") or plain.get("figures") or {}
        return {
            "title": telling.said("stage.title"),
            "number": telling.name(plain["agency"]),
            "up": ROOT,
            "up_name": "stage.to_list",
            "report": _told(telling, plain),
            "figures": [(telling.figure(name), value) for name, value in figures.items() if isinstance(value, int)],
            "others": others(telling, plain),
            "texts": [(f"entry.return.{each}", plain.get(each)) for each in PARTS if plain.get(each)],
            "period": [_day(draft[each]) for each in ("period_from", "period_to") if draft.get(each)],
            "draft_is_away": plain.get("state") in OPEN and not draft,
        }


RETURN: Final = Return()


async def own_returns(request: Request) -> list[dict[str, Any]]:
    """Read the stage reports that somebody may see, the next one first."""
    answer = await reports.list_stage_reports(None, await reading_for(request, reports.list_stage_reports))
    found: list[dict[str, Any]] = json.loads(bytes(answer.body))["items"]
    return sorted(found, key=lambda each: (each.get("due_on") or "", each["agency"]))


def _day(written: str) -> datetime:
    return datetime.combine(date.fromisoformat(written), time(12), SHANGHAI)


def _told(telling: Telling, plain: Plain) -> dict[str, Any]:
    due_at = end_of(plain["due_on"]) if plain.get("due_on") else None
    is_open = plain.get("state") in OPEN
    more = {
        "agency": telling.name(plain["agency"]),
        "state_name": telling.state("stage_report", plain.get("state")),
        "due_at": due_at,
        "filed_at": instant(plain.get("filed_at")),
        "left": telling.left(due_at) if is_open else None,
        "is_late": plain.get("state") in LATE,
    }
    return Told({**plain, **more})


@router.get("/desk/returns")
async def list_returns(request: Request) -> Response:
    """The agency's stage reports: the next one to file first, then those to come, then those that are done."""
    telling, agency = telling_for(request), here_of(request).account.agency
    rows = [_told(telling, each) for each in await own_returns(request) if each["agency"] == agency]
    still = [each for each in rows if each.get("state") in OPEN]
    done = [each for each in reversed(rows) if each.get("state") not in OPEN]
    return staff_page(request, "desk_returns.html", open_rows=still, done_rows=done, here=ROOT)


@router.get("/desk/returns/{report_id}")
async def show(report_id: ItemPath, request: Request) -> Response:
    """One stage report, prefilled with the agency's own numbers until it is filed."""
    return await RETURN.page(request, report_id)


@router.post("/desk/returns/{report_id}/{deed}")
async def act(report_id: ItemPath, deed: str, request: Request) -> Response:
    """File it; late is still better than never."""
    return await RETURN.act(request, report_id, deed)


@router.get("/desk/obligations")
async def obligations(request: Request) -> Response:
    """What this agency owes by the plan, the overdue first, with what has kept it so far."""
    telling, here = telling_for(request), here_of(request)
    reading = await reading_for(request, reports.list_obligations)
    told = json.loads(bytes((await reports.list_obligations(here.account.agency, reading)).body))
    state = request.query_params.get("state", "")
    rows = [telling.obligation(each) for each in told["items"]]
    order = {name: place for place, name in enumerate(STATES)}
    counts = {
        each: sum(1 for row in rows if row["state"] == each) for each in dict.fromkeys(row["state"] for row in rows)
    }
    chosen = [each for each in rows if state in ("", each["state"])]
    facts: dict[str, Any] = {
        "rows": sorted(
            chosen, key=lambda row: (order.get(row["state"], len(order)), row["due_at"] or end_of("9000-01-01"))
        ),
        "counts": sorted(counts.items(), key=lambda each: order.get(each[0], len(order))),
        "total": len(rows),
        "state": state,
        "kept": f"state={state}&" if state in counts else "",
        "agency": telling.name(here.account.agency),
        "here": "/desk/obligations",
        "today": local_date(house_of(request).clock.now()),
    }
    return staff_page(request, "desk_obligations.html", **facts)
