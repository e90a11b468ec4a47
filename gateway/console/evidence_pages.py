"""Evidence on its page: what it is, in whose hands, what was ever done with it, and what may be done next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import evidence_bodies
from gateway.body import EvidenceRoute
from gateway.console.case_pages import CASE
from gateway.console.casefile_told import drawn_by_month, proof_row, timeline_rows
from gateway.console.deeds import CAUGHT, Deed, Done, Entry, Form, Plain, Tried
from gateway.console.desk_view import Telling
from gateway.console.ground import PageRoute, read_file_form
from gateway.console.staff import StaffRoute, beginning_for, check_meant, here_of, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, telling_for
from gateway.evidence_bodies import NewEvidence
from gateway.problems import Problem, problem_of
from gateway.routes import casefile, evidence
from gateway.routes.parameters import ItemPath
from lianxi.contracts.evidence import EvidenceState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
WORDS: Final = (Entry("why", "line", most=300), Entry("where", "line", most=120))
NAMED: Final = ("kind", "label", "why", "where")


class EvidencePageRoute(PageRoute, EvidenceRoute):
    """A page's route whose form brings a file of evidence; whoever has no session is turned away."""


uploads = APIRouter(route_class=EvidencePageRoute, tags=["pages"], include_in_schema=False)


def _handling(route: Any) -> Deed:
    return Deed(route, evidence_bodies.Handling, WORDS, is_quiet=True)


def _deciding(*, approve: bool) -> Deed:
    return Deed(
        evidence.decide_destruction,
        evidence_bodies.DestructionDeciding,
        WORDS,
        lambda _form, _me: {"approve": approve},
        is_quiet=not approve,
    )


class Evidence(Thing):
    """A piece of evidence."""

    noun: ClassVar[str] = "evidence"
    template: ClassVar[str] = "desk_evidence.html"
    root: ClassVar[str] = "/desk/evidence/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "view": _handling(evidence.view_evidence),
        "copy": _handling(evidence.copy_evidence),
        "offer": Deed(
            evidence.offer_evidence,
            evidence_bodies.EvidenceOffer,
            (Entry("receiver", "choice"), *WORDS),
            is_quiet=True,
        ),
        "return": _handling(evidence.return_evidence),
        "receive": Deed(evidence.receive_evidence, evidence_bodies.Handling, WORDS),
        "decline": _handling(evidence.decline_evidence),
        "take_back": _handling(evidence.take_evidence_back),
        "seal": Deed(
            evidence.seal_evidence,
            evidence_bodies.EvidenceSealing,
            (Entry("seal_number", "line", most=60), *WORDS),
            is_quiet=True,
        ),
        "destroy": Deed(
            evidence.ask_destruction,
            evidence_bodies.DestructionAsking,
            (Entry("decision_reference", "line", most=60), *WORDS),
            is_quiet=True,
        ),
        "approve": _deciding(approve=True),
        "refuse": _deciding(approve=False),
        "check": Deed(evidence.check_evidence, is_quiet=True),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await evidence.get_evidence(item_id, await reading_for(request, evidence.get_evidence))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Say what may be done with it: looked at by its readers, handed on by whoever holds it."""
        del policy
        state, holder = plain.get("state"), (plain["holder"],)
        if state == EvidenceState.DESTROYED:
            return []
        looks = [Move(each, (ANYBODY,), is_main=False) for each in ("view", "copy", "check")]
        if state == EvidenceState.OFFERED:
            other = (plain["offered_to"],)
            taking = [Move("receive", other, "L32.1"), Move("decline", other, "L32.1", is_main=False)]
            return [*taking, Move("take_back", holder, is_main=False), *looks]
        if state == EvidenceState.DESTRUCTION_ASKED:
            return [Move("approve", holder, "L31.1"), Move("refuse", holder, "L31.1", is_main=False), *looks]
        acts = ("offer", *(("return",) if holder != (plain["owner"],) else ()), "seal", "destroy")
        return [*(Move(each, holder, is_main=False) for each in acts), *looks]

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give the desks that may read the case, other than the one that holds it."""
        del request
        readers = {each.partition("/")[0] for each in (plain["owner"], *plain["receivers"])}
        desks = [each for each in telling.desks() if each[0].partition("/")[0] in readers]
        return {"receiver": [each for each in desks if each[0] != plain["holder"]]}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell it with its custody."""
        del request, tried
        told = proof_row(telling, plain)
        return {"title": told["name"], "number": telling.said(f"evidence_kind.{plain['kind']}"), "proof": told}

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Hand out the file that was asked for, or go back to the page."""
        return came.answer if name in ("view", "copy") else await super().after(request, item_id, name, came)


EVIDENCE: Final = Evidence()


@router.get("/desk/evidence/{evidence_id}")
async def show_evidence(evidence_id: ItemPath, request: Request) -> Response:
    """One piece of evidence, with its custody."""
    return await EVIDENCE.page(request, evidence_id)


@router.post("/desk/evidence/{evidence_id}/{deed}")
async def act_on_evidence(evidence_id: ItemPath, deed: str, request: Request) -> Response:
    """Look at it, hand it over, confirm, seal, or decide on its end."""
    return await EVIDENCE.act(request, evidence_id, deed)


@router.get("/desk/cases/{case_id}/timeline")
async def show_timeline(case_id: ItemPath, request: Request) -> Response:
    """Everything that happened in a case, in one order."""
    telling = telling_for(request)
    answer = await casefile.get_timeline(case_id, await reading_for(request, casefile.get_timeline))
    plain = json.loads(bytes(answer.body))
    rows = timeline_rows(telling, plain)
    facts = {
        "rows": rows,
        "number": plain["number"],
        "case_id": case_id,
        "picture": drawn_by_month(telling, rows),
        "left_out": [telling.said(f"filed.source.{each}") for each in plain["left_out"]],
        "here": f"/desk/cases/{case_id}/timeline",
    }
    return staff_page(request, "desk_timeline.html", **facts)


@uploads.post("/desk/cases/{case_id}/evidence")
async def collect(case_id: ItemPath, request: Request) -> Response:
    """Take a file into a case by a form."""
    here = here_of(request)
    form, raw, said = await read_file_form(request)
    check_meant(request, here, form)
    problem = await _collected(request, case_id, form, raw, said)
    if problem is not None:
        return await CASE.page(request, case_id, tried=Tried("collect", form, problem))
    return RedirectResponse(f"/desk/cases/{case_id}#evidence", 303)


async def _collected(request: Request, case_id: str, form: Form, raw: bytes, said: str) -> Problem | None:
    try:
        first = await beginning_for(request, evidence.upload_evidence, {"key": f"{form.get('key', '')}-file"})
        answer = await evidence.take_evidence_file(case_id, raw, said, first)
        if answer.status_code < 400:
            token = json.loads(bytes(answer.body))["attachment"]
            body = NewEvidence.model_validate({"file": token, **{name: form.get(name, "") for name in NAMED}})
            second = await beginning_for(request, evidence.collect_evidence, form)
            answer = await evidence.collect_evidence(case_id, body, writing=second)
    except ValueError:
        return Problem(422, "request.invalid")
    except CAUGHT as error:
        return problem_of(error)
    if answer.status_code < 400:
        return None
    return Problem(answer.status_code, json.loads(bytes(answer.body))["code"])
