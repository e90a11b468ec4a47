"""Reports upward on their pages: written, sent to each addressee of the city with proof, confirmed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import upward_report_bodies as bodies
from gateway.console.beginning import beginning
from gateway.console.deeds import Deed, Entry, Plain, Tried, do
from gateway.console.desk_view import Telling, instant
from gateway.console.ground import read_form
from gateway.console.staff import StaffRoute, reading_for, staff_page
from gateway.console.things import Choices, Move, Thing, page_about, telling_for
from gateway.language import language_of
from gateway.routes import upward_reports
from gateway.routes.parameters import ItemPath
from lianxi.contracts.upward_reports import SendingWay, UpwardKind
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/upward-reports"
CLAUSE: Final = "L37.1"
MOST: Final = 50
WRITE: Final = Deed(
    upward_reports.write_upward_report,
    bodies.UpwardReportBody,
    (
        Entry("kind", "choice", codes=tuple(UpwardKind), words="upward_kind"),
        Entry("title", "line", most=120),
        Entry("text", most=8000),
        Entry("happened_at", "moment"),
        Entry("about", "line", needed=False, most=120),
    ),
    is_about=False,
)


class UpwardReport(Thing):
    """A report upward."""

    noun: ClassVar[str] = "upward_report"
    template: ClassVar[str] = "desk_upward_report.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "sent": Deed(
            upward_reports.record_sending,
            bodies.Sending,
            (
                Entry("addressee", "choice"),
                Entry("way", "choice", codes=tuple(SendingWay), words="sending_way"),
                Entry("reference", "line", most=80),
                Entry("proof_sha256", "line", most=64),
                Entry("sent_at", "moment", needed=False),
            ),
        ),
        "received": Deed(
            upward_reports.record_receipt,
            bodies.Confirmation,
            (Entry("addressee", "choice"), Entry("reference", "line", most=80)),
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await upward_reports.get_upward_report(
            item_id, await reading_for(request, upward_reports.get_upward_report)
        )

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Its desk sends it to each addressee, and notes what each says."""
        del policy
        found = plain.get("addressees") or ()
        moves = []
        if any(each["sent"] is None for each in found):
            moves.append(Move("sent", (plain["owner"],), CLAUSE))
        if any(each["sent"] and each["received"] is None for each in found):
            moves.append(Move("received", (plain["owner"],), CLAUSE, is_main=False))
        return moves

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """A copy is sent once and confirmed once."""
        del telling
        found = [(each, (each["addressee"], _name(request, each))) for each in plain.get("addressees") or ()]
        return {
            "sent": [told for each, told in found if each["sent"] is None],
            "received": [told for each, told in found if each["sent"] and each["received"] is None],
        }

    def choices_of(self, name: str, choices: Choices) -> Choices:
        """Narrow the addressees down to those that a deed is about."""
        return {"addressee": choices[name]}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a report."""
        del tried
        return {
            "title": plain.get("title") or plain.get("number", ""),
            "number": plain.get("number", ""),
            "up": ROOT,
            "up_name": "staff.upward_reports",
            "report": plain,
            "kind_name": telling.said(f"upward_kind.{plain['kind']}") if plain.get("kind") else "",
            "state_name": telling.said(f"upward_is.{plain['state']}") if plain.get("state") else "",
            "happened_at": instant(plain.get("happened_at")),
            "about_path": page_about(plain.get("about")),
            "copies": [_copy(request, telling, each) for each in plain.get("addressees") or ()],
            "has_proof": any(each["sent"] for each in plain.get("addressees") or ()),
        }

    def id_of(self, plain: Plain) -> str:
        """Name the report."""
        return str(plain["report_id"])


def _name(request: Request, copy: Plain) -> str:
    return str(copy["name_zh" if language_of(request.scope) == "zh" else "name_en"])


def _copy(request: Request, telling: Telling, plain: Plain) -> dict[str, Any]:
    sent, received = plain["sent"], plain["received"]
    return {
        "name": _name(request, plain),
        "told": [instant(each["at"]) for each in plain["told"]],
        "way": telling.said(f"sending_way.{sent['way']}") if sent else "",
        "reference": sent["reference"] if sent else "",
        "proof": sent["proof_sha256"][:12] if sent else "",
        "sent_at": instant(sent["at"]) if sent else None,
        "minutes": sent["minutes"] if sent else None,
        "answer": received["reference"] if received else "",
        "received_at": instant(received["at"]) if received else None,
    }


REPORT: Final = UpwardReport()


@router.get(ROOT)
async def list_reports(request: Request) -> Response:
    """The reports upward of my desk, and a form to write one."""
    return await _list(request)


@router.post(ROOT)
async def write(request: Request) -> Response:
    """Write a report."""
    came = await do(request, "write", WRITE, "", await read_form(request))
    if isinstance(came, Tried):
        return await _list(request, came)
    return RedirectResponse(f"{REPORT.root}{came.plain['report_id']}", 303)


async def _list(request: Request, tried: Tried | None = None) -> Response:
    telling = telling_for(request)
    reading = await reading_for(request, upward_reports.list_upward_reports)
    answer = await upward_reports.list_upward_reports(None, MOST, reading)
    facts = {
        "rows": [_row(telling, each) for each in json.loads(bytes(answer.body))["items"]],
        "here": ROOT,
        **await beginning(request, "upward_report", "write", WRITE, ROOT, {}, tried, CLAUSE),
    }
    return staff_page(request, "desk_upward_reports.html", 200 if tried is None else tried.status, **facts)


def _row(telling: Telling, plain: Plain) -> dict[str, Any]:
    copies = plain.get("addressees") or ()
    return {
        "path": f"{REPORT.root}{plain['report_id']}",
        "title": plain.get("title") or plain.get("number", ""),
        "number": plain.get("number", ""),
        "kind": telling.said(f"upward_kind.{plain['kind']}") if plain.get("kind") else "",
        "state": telling.said(f"upward_is.{plain['state']}") if plain.get("state") else "",
        "desk": telling.name(plain["owner"]),
        "happened_at": instant(plain.get("happened_at")),
        "of": len(copies),
        "sent": sum(each["sent"] is not None for each in copies),
    }


@router.get(ROOT + "/{report_id}")
async def show(report_id: ItemPath, request: Request) -> Response:
    """One report with what became of each copy."""
    return await REPORT.page(request, report_id)


@router.get(ROOT + "/{report_id}/proof.json")
async def proof(report_id: ItemPath, request: Request) -> Response:
    """Its signed proof of sending, as a file."""
    reading = await reading_for(request, upward_reports.get_upward_proof)
    return await upward_reports.get_upward_proof(report_id, reading)


@router.post(ROOT + "/{report_id}/{deed}")
async def act(report_id: ItemPath, deed: str, request: Request) -> Response:
    """Say that a copy was sent, or confirmed."""
    return await REPORT.act(request, report_id, deed)
