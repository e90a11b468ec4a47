"""Cases on their page: where one stands, its deadlines, what was handed over in it, and the persons in it."""

from __future__ import annotations

import json
from asyncio import gather
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway import bodies, casefile_bodies, party_bodies, warning_bodies
from gateway.console.casefile_told import may_hold, proof_row, todo_of
from gateway.console.deeds import Deed, Done, Entry, Plain, Tried
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.handover_pages import POLICE, paper_entries, papers_in
from gateway.console.staff import StaffRoute, admitted, reading_for, staff_page
from gateway.console.things import Choices, Move, Thing, or_none, telling_for
from gateway.routes import assistance, casefile, cases, evidence, parties, referrals, tasks, warnings
from gateway.routes.parameters import ItemPath
from lianxi.contracts.cases import PAPERS, VERIFIED, CaseOutcome, CaseState, CloseReason, Measure
from lianxi.contracts.evidence import EvidenceKind
from lianxi.contracts.parties import Certainty, PartyRole, PartyStanding
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
MOST: Final = 200
BASIS: Final = (Entry("basis", "line", most=100), Entry("source", "line", most=200))


def _referral_of(form: Mapping[str, str], me: str) -> dict[str, Any]:
    second = form.get("officer", "").strip()
    return {"officers": [me, *([second] if second else [])], "papers": papers_in(form)}


class Case(Thing):
    """A case of one's own."""

    noun: ClassVar[str] = "case"
    template: ClassVar[str] = "desk_case.html"
    root: ClassVar[str] = "/desk/cases/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "record_measure": Deed(
            cases.record_measure,
            bodies.TakenMeasure,
            (
                Entry("measure", "choice", codes=tuple(Measure), words="measure"),
                Entry("approved_by", "line", most=80),
                Entry("taken_at", "moment"),
            ),
            is_quiet=True,
        ),
        "close": Deed(
            cases.close_case,
            bodies.CaseClosing,
            (
                Entry("outcome", "choice", codes=tuple(CaseOutcome), words="case_outcome"),
                Entry("reason", "choice", codes=tuple(CloseReason), words="close_reason"),
                Entry("grounds", most=1000),
            ),
            is_quiet=True,
        ),
        "add_task": Deed(
            tasks.add_task,
            casefile_bodies.NewTask,
            (
                Entry("title", "line", most=200),
                Entry("owner", "choice"),
                Entry("due_at", "moment"),
                Entry("parent_id", "choice", needed=False),
                Entry("is_mandatory", "tick", needed=False),
            ),
            is_quiet=True,
        ),
        "complete_task": Deed(
            tasks.complete_task,
            casefile_bodies.TaskDone,
            (Entry("task_id", "choice"), Entry("result", most=500)),
            is_quiet=True,
            also=("task_id",),
        ),
        "drop_task": Deed(
            tasks.drop_task,
            casefile_bodies.TaskDropping,
            (Entry("task_id", "choice"), Entry("reason", most=500)),
            is_quiet=True,
            also=("task_id",),
        ),
        "reopen": Deed(tasks.reopen_case, casefile_bodies.CaseReopening, (Entry("reason", most=500),), is_quiet=True),
        "bundle": Deed(
            casefile.export_case, casefile_bodies.CaseExporting, (Entry("purpose", "line", most=300),), is_quiet=True
        ),
        "refer": Deed(
            referrals.draft_referral,
            bodies.NewReferral,
            (
                Entry("case_id", "kept"),
                Entry("receiver", "choice"),
                Entry("officer", "line", most=80, is_apart=True),
                *paper_entries(PAPERS),
            ),
            _referral_of,
            is_quiet=True,
            is_about=False,
        ),
        "ask": Deed(
            assistance.request_assistance,
            bodies.HelpWanted,
            (
                Entry("case_id", "kept"),
                Entry("receiver", "choice"),
                Entry("what", most=1000),
                Entry("legal_ground", "line", most=200),
                Entry("is_urgent", "tick", needed=False),
            ),
            is_quiet=True,
            is_about=False,
        ),
        "name": Deed(
            parties.name_party,
            party_bodies.NewParty,
            (
                Entry("role", "choice", codes=tuple(PartyRole), words="party_role"),
                Entry("name", "line", most=60),
                Entry("phone", "line", needed=False, most=20),
                Entry("id_number", "line", needed=False, most=18),
                Entry("statement", most=500),
                Entry("certainty", "choice", codes=tuple(Certainty), words="certainty"),
                *BASIS,
                Entry("is_minor", "tick", needed=False),
                Entry("is_possible_victim", "tick", needed=False),
            ),
            is_quiet=True,
        ),
        "warn": Deed(
            warnings.draft_warning,
            warning_bodies.NewWarning,
            (Entry("case_id", "kept"), Entry("title", "line", most=80), Entry("text", most=2000)),
            is_quiet=True,
            is_about=False,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await cases.get_case(item_id, await reading_for(request, cases.get_case))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Say what may be done in an open case; once pyramid selling was found in it, the public may be warned."""
        if plain.get("state") != CaseState.OPEN:
            names = ["reopen", "bundle", *(["warn"] if plain.get("outcome") in VERIFIED else [])]
            return [Move(each, (plain["owner"],), "L73.1" if each == "warn" else "", is_main=False) for each in names]
        owner, steps = (plain["owner"],), {each.code: each for each in policy.processes["case"].steps}
        clauses = {name: steps[name].clause if name in steps else "" for name in self.deeds}
        return [
            Move(name, owner, clauses[name], is_main=False) for name in self.deeds if name not in ("warn", "reopen")
        ]

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Each form says for which case it is."""
        return {"case_id": plain["case_id"]}

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give the desks that can be asked, those of one's own, and the tasks that are open."""
        del request
        mine = plain["owner"].partition("/")[0]
        still_open = [(each["task_id"], each["title"]) for each in plain.get("tasks") or () if each["state"] == "open"]
        return {
            "receiver": [each for each in telling.desks() if each[0].partition("/")[0] != mine],
            "owner": [each for each in telling.desks() if each[0].partition("/")[0] == mine],
            "task_id": still_open,
            "parent_id": still_open,
        }

    def choices_of(self, name: str, choices: Choices) -> Choices:
        """A referral goes to the police and nobody else."""
        if name != "refer":
            return choices
        police = [each for each in choices["receiver"] if each[0].startswith(f"{POLICE}/")]
        return {**choices, "receiver": police}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a case with what hangs on it, as far as its desks answer."""
        del tried
        case_id = plain["case_id"]
        persons, sent, asked, proofs = await gather(
            or_none(request, parties.list_parties, case_id, None, MOST, None),
            or_none(request, referrals.list_referrals, None, MOST),
            or_none(request, assistance.list_assistance, None, MOST),
            or_none(request, evidence.list_evidence, case_id),
        )
        due_at = instant(plain.get("decision_due_at"))
        return {
            "title": telling.said(f"case_kind.{plain['kind']}") if plain.get("kind") else plain["number"],
            "number": plain["number"],
            "case": Told(plain),
            "state": telling.state("case", plain.get("state")),
            "owner": telling.name(plain["owner"]),
            "due_at": due_at,
            "left": telling.left(due_at),
            "opened_at": instant(plain.get("opened_at")),
            "closed_at": instant(plain.get("closed_at")),
            "measures": [_measure(each) for each in plain.get("measures") or ()],
            "persons": None if persons is None else [telling.party(each) for each in persons["items"]],
            "may_see_persons": await admitted(request, parties.list_parties) is not None,
            "todo": todo_of(telling, plain),
            "proofs": None if proofs is None else [proof_row(telling, each) for each in proofs["items"]],
            "may_see_proofs": await admitted(request, evidence.list_evidence) is not None,
            "may_collect": plain.get("state") == CaseState.OPEN
            and may_hold(await admitted(request, evidence.collect_evidence), plain["owner"]),
            "kinds": [(each.value, telling.said(f"evidence_kind.{each}")) for each in EvidenceKind],
            "tasks": [
                *_tasks(telling, "criminal_referral", "referral_id", case_id, sent),
                *_tasks(telling, "assistance", "assistance_id", case_id, asked),
            ],
        }

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Go on to what was made."""
        if name == "bundle":
            return came.answer
        made = next((came.plain[each] for each in ("referral_id", "assistance_id") if each in came.plain), None)
        if made is not None:
            return RedirectResponse(f"/desk/handovers/{made}", 303)
        if name == "warn":
            return RedirectResponse(f"/desk/warnings/{came.plain['warning_id']}", 303)
        return await super().after(request, item_id, name, came)


def _measure(plain: Plain) -> dict[str, Any]:
    return {**plain, "taken_at": instant(plain["taken_at"]), "lapses_at": instant(plain.get("lapses_at"))}


def _tasks(telling: Telling, process: str, key: str, case_id: str, told: Plain | None) -> list[dict[str, Any]]:
    return [
        {
            "path": f"/desk/handovers/{each[key]}",
            "name": telling.name_of_process(process),
            "state": telling.state(process, each.get("state")),
            "to": telling.name(each["receiver"]),
        }
        for each in (told or {}).get("items", ())
        if each.get("case_id") == case_id
    ]


class Party(Thing):
    """A person of one case, never without how they stand."""

    noun: ClassVar[str] = "party"
    template: ClassVar[str] = "desk_party.html"
    root: ClassVar[str] = "/desk/parties/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "confirm": Deed(
            parties.confirm_party, party_bodies.PartyConfirming, (Entry("decision_reference", "line", most=60),)
        ),
        "clear": Deed(parties.clear_party, party_bodies.PartyClearing, (Entry("reason", most=500), *BASIS)),
        "unmask": Deed(parties.unmask_party, party_bodies.PartyUnmasking, (Entry("reason", most=500),), is_quiet=True),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await parties.get_party(item_id, None, await reading_for(request, parties.get_party))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """A suspicion ends by a decision or by being cleared."""
        del policy
        is_open = plain.get("standing") == PartyStanding.SUSPECTED
        names = (("confirm", "clear") if is_open else ()) + (("unmask",) if plain.get("is_minor") else ())
        return [Move(each, (plain["owner"],), is_main=False) for each in names]

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a person."""
        del request, tried
        told = telling.party(plain)
        return {"title": told["name"], "number": told["standing"], "party": told, "case_id": plain["case_id"]}


CASE: Final = Case()
PARTY: Final = Party()


@router.get("/desk/cases")
async def list_cases(request: Request) -> Response:
    """The cases of my desks, newest first."""
    telling = telling_for(request)
    answer = await cases.list_cases(None, MOST, await reading_for(request, cases.list_cases))
    rows = [telling.case_row(each) for each in json.loads(bytes(answer.body))["items"]]
    return staff_page(request, "desk_cases.html", rows=rows, here="/desk/cases")


@router.get("/desk/cases/{case_id}")
async def show_case(case_id: ItemPath, request: Request) -> Response:
    """One case: state, deadlines, what was handed over, persons with their standing, and what may come next."""
    return await CASE.page(request, case_id)


@router.post("/desk/cases/{case_id}/{deed}")
async def act_on_case(case_id: ItemPath, deed: str, request: Request) -> Response:
    """Record a measure, hand over, ask for assistance, name a person, close."""
    return await CASE.act(request, case_id, deed)


@router.get("/desk/parties/{party_id}")
async def show_party(party_id: ItemPath, request: Request) -> Response:
    """One person of a case, with how they stand."""
    return await PARTY.page(request, party_id)


@router.post("/desk/parties/{party_id}/{deed}")
async def act_on_party(party_id: ItemPath, deed: str, request: Request) -> Response:
    """Confirm or clear."""
    return await PARTY.act(request, party_id, deed)
