"""What a meeting decided, on the page of whoever owes it: until when, and the form to report it done with proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway import meeting_bodies
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried
from gateway.console.desk_view import Telling, instant
from gateway.console.meeting_pages import CLAUSE, MEETING, OFFICE_DESK
from gateway.console.record_names import item_name
from gateway.console.staff import StaffRoute, reading_for
from gateway.console.things import Move, Thing, page_about
from gateway.routes import meetings
from gateway.routes.parameters import ItemPath
from lianxi.contracts.meetings import DecisionState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
PROOF: Final = Entry("proof", most=2000, is_apart=True)


def lines_of_proof(form: Form, _me: str) -> Mapping[str, Any]:
    """Read proof as it is written: an item or a digest a line."""
    return {"proof": [each.strip() for each in form.get(PROOF.field, "").splitlines() if each.strip()]}


class Owed(Thing):
    """A decision of a meeting."""

    noun: ClassVar[str] = "decision"
    template: ClassVar[str] = "desk_decision.html"
    root: ClassVar[str] = "/desk/decisions/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "done": Deed(
            meetings.report_decision_done,
            meeting_bodies.DecisionReport,
            (Entry("note", most=2000), PROOF),
            lines_of_proof,
        ),
        "reopen": Deed(
            meetings.reopen_decision,
            meeting_bodies.DecisionReturn,
            (Entry("remark", most=1000), Entry("due_on", "day")),
            is_quiet=True,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await meetings.get_decision(item_id, await reading_for(request, meetings.get_decision))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Its owner reports it done; the office may say that it is not."""
        del policy
        if plain.get("state") == DecisionState.OPEN:
            return [Move("done", (plain["owner"],), CLAUSE)]
        return [Move("reopen", (OFFICE_DESK,), CLAUSE, is_main=False)]

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a decision."""
        del request, tried
        due_at = instant(plain.get("due_at"))
        is_open = plain.get("state") == DecisionState.OPEN
        return {
            "title": telling.said("kind.decision"),
            "number": telling.said(f"decision_is.{plain['state']}") if plain.get("state") else "",
            "up": "/desk/meetings",
            "up_name": "staff.meetings",
            "decision": plain,
            "owner": telling.name(plain["owner"]),
            "meeting": f"{MEETING.root}{plain['meeting_id']}",
            "proof": [(item_name(telling, each), page_about(each)) for each in plain.get("proof") or ()],
            "due_at": due_at,
            "left": telling.left(due_at) if is_open else None,
            "taken_at": instant(plain.get("taken_at")),
            "done_at": instant(plain.get("done_at")),
        }


OWED: Final = Owed()


@router.get("/desk/decisions/{decision_id}")
async def show(decision_id: ItemPath, request: Request) -> Response:
    """One decision."""
    return await OWED.page(request, decision_id)


@router.post("/desk/decisions/{decision_id}/{deed}")
async def act(decision_id: ItemPath, deed: str, request: Request) -> Response:
    """Report it done, or say that it is not."""
    return await OWED.act(request, decision_id, deed)
