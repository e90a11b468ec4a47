"""Hand-overs between agencies: criminal referrals with their papers and clocks, and requests for assistance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway import bodies
from gateway.console.deeds import Deed, Entry, Form, Plain, Tried
from gateway.console.desk_drawn import referral_progress
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.staff import StaffRoute, admitted, reading_for
from gateway.console.things import Choices, Move, Thing, moves_in
from gateway.refusals import NoSuchThing
from gateway.routes import assistance, cases, referrals
from gateway.routes.parameters import ItemPath
from lianxi.contracts.cases import PAPERS
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/handovers/"
POLICE: Final = "police"
REASON: Final = Entry("reason", most=500)
_FILE_NUMBER: Final = Entry("police_reference", "line", needed=False, most=60)


def as_head(is_yes: bool) -> Any:
    """Decide as the head who presses the button."""
    return lambda _form, me: {"approve": is_yes, "head": me}


def signing(is_competent: bool) -> Any:
    """Sign as the officer who presses the button, for the desk that the referral was sent to."""
    return lambda form, me: {"desk": form.get("desk", ""), "officer": me, "is_competent": is_competent}


def filing(is_filed: bool) -> Any:
    """Answer whether a criminal case is filed."""
    return lambda _form, _me: {"filed": is_filed}


def paper_entries(names: Sequence[str]) -> list[Entry]:
    """Ask of each paper for its file's SHA-256, or for the reason why there is none."""
    return [
        entry
        for name in names
        for entry in (
            Entry(f"{name}.sha256", "line", needed=False, most=64, is_apart=True),
            Entry(f"{name}.reason", "line", needed=False, most=200, is_apart=True),
        )
    ]


def papers_in(form: Form, names: Sequence[str] = PAPERS) -> list[dict[str, Any]]:
    """Read papers out of a form; one of which nothing is said is not among them."""
    found = []
    for name in names:
        sha256, reason = form.get(f"{name}.sha256", "").strip().lower(), form.get(f"{name}.reason", "").strip()
        if sha256 or reason:
            status = "attached" if sha256 else "none"
            found.append({"name": name, "status": status, "reason": reason} | ({"sha256": sha256} if sha256 else {}))
    return found


REFERRAL: Final[Mapping[str, Deed]] = {
    "approve": Deed(referrals.decide_referral, bodies.ReferralDecision, more=as_head(True)),
    "refuse": Deed(referrals.decide_referral, bodies.ReferralDecision, (REASON,), as_head(False), is_quiet=True),
    "send": Deed(referrals.send_referral),
    "accept": Deed(
        referrals.accept_referral, bodies.ReferralAcceptance, (Entry("desk", "kept"),), signing(is_competent=True)
    ),
    "accept_not_competent": Deed(
        referrals.accept_referral,
        bodies.ReferralAcceptance,
        (Entry("desk", "kept"),),
        signing(is_competent=False),
        is_quiet=True,
    ),
    "request_supplement": Deed(
        referrals.request_supplement,
        bodies.MissingPapers,
        (Entry("papers", "many", codes=PAPERS, words="paper"),),
        is_quiet=True,
    ),
    "supplement": Deed(
        referrals.supplement_referral, bodies.Supplement, more=lambda form, _me: {"papers": papers_in(form)}
    ),
    "file": Deed(referrals.answer_referral, bodies.ReferralAnswer, (_FILE_NUMBER,), filing(is_filed=True)),
    "decline": Deed(referrals.answer_referral, bodies.ReferralAnswer, (REASON,), filing(is_filed=False), is_quiet=True),
    "forward": Deed(referrals.forward_referral, bodies.PassingOn, (Entry("receiver", "choice"), REASON), is_quiet=True),
    "request_reconsideration": Deed(referrals.request_reconsideration, bodies.Reasons, (REASON,)),
    "file_after_all": Deed(
        referrals.decide_reconsideration, bodies.ReferralAnswer, (_FILE_NUMBER,), filing(is_filed=True)
    ),
    "uphold": Deed(
        referrals.decide_reconsideration, bodies.ReferralAnswer, (REASON,), filing(is_filed=False), is_quiet=True
    ),
    "suggest_supervision": Deed(referrals.suggest_supervision, bodies.Reasons, (REASON,), is_quiet=True),
    "take_back": Deed(referrals.take_back_referral, is_quiet=True),
    "complete": Deed(referrals.complete_referral),
}
"""By the code of the step in the policy's table of processes."""


class Referral(Thing):
    """A criminal referral: offered, signed, answered, contested, each under its own limit."""

    noun: ClassVar[str] = "referral"
    process: ClassVar[str] = "criminal_referral"
    template: ClassVar[str] = "desk_referral.html"
    root: ClassVar[str] = ROOT
    deeds: ClassVar[Mapping[str, Deed]] = REFERRAL

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await referrals.get_referral(item_id, await reading_for(request, referrals.get_referral))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Read the open steps off the policy's table."""
        sender, receiver = plain["sender"], plain["receiver"]
        holders = {"sender": sender, "head": sender, "receiver": receiver}
        return [each for each in moves_in(policy, self.process, plain.get("state"), holders) if each.deed in REFERRAL]

    async def choices(self, _request: Request, telling: Telling, plain: Plain) -> Choices:
        """The police desks that a referral can be passed on to."""
        police = [each for each in telling.desks() if each[0].startswith(f"{POLICE}/") and each[0] != plain["receiver"]]
        return {"receiver": police}

    def given(self, plain: Plain) -> Mapping[str, str]:
        """The receipt is signed for the desk that it was sent to."""
        return {"desk": plain["receiver"]}

    def entries(self, deed: Deed, plain: Plain) -> Sequence[Entry]:
        """Each paper that is missing has its own entries."""
        return paper_entries(plain.get("missing_papers") or ()) if deed is REFERRAL["supplement"] else deed.entries

    async def facts(self, request: Request, telling: Telling, plain: Plain, _tried: Tried | None) -> dict[str, Any]:
        """Tell a referral."""
        papers = [
            Told(each, key=f"paper_is.{each['status']}", called=telling.paper(each["name"]))
            for each in plain.get("papers") or ()
        ]
        said = [
            {**each, "at": instant(each["at"]), "by": telling.name(each["by"])}
            for each in plain.get("statements") or ()
        ]
        return {
            "title": _title(telling, self.process, plain),
            "progress": referral_progress(telling, plain),
            "number": plain["case_number"],
            "case_id": plain["case_id"],
            "may_read_case": await _may_read_case(request),
            "sender": telling.name(plain["sender"]),
            "receiver": telling.name(plain["receiver"]),
            "forwarded_to": telling.name(plain.get("forwarded_to")),
            "clocks": telling.clocks(plain.get("clocks") or (), whose="owner", stopped="met_at"),
            "papers": papers,
            "missing": plain.get("missing_papers") or (),
            "statements": [{**each, "step": telling.state(self.process, each["step"])} for each in said],
            "officers": len(plain.get("officers") or ()),
            "police_reference": plain.get("police_reference"),
            "receipt": plain.get("receipt"),
        }


class Assistance(Thing):
    """A request for assistance: one thing is asked, and the case stays where it is."""

    noun: ClassVar[str] = "assistance"
    template: ClassVar[str] = "desk_assistance.html"
    root: ClassVar[str] = ROOT
    deeds: ClassVar[Mapping[str, Deed]] = {
        "accept": Deed(assistance.accept_assistance),
        "answer": Deed(assistance.answer_assistance, bodies.HelpGiven, (Entry("reference", "line", most=60),)),
        "refuse": Deed(assistance.refuse_assistance, bodies.HelpRefused, (REASON,), is_quiet=True),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await assistance.get_assistance(item_id, await reading_for(request, assistance.get_assistance))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Read the open steps off the policy's table."""
        holders = {"receiver": plain["receiver"]}
        return [each for each in moves_in(policy, self.noun, plain.get("state"), holders) if each.deed in self.deeds]

    async def facts(self, request: Request, telling: Telling, plain: Plain, _tried: Tried | None) -> dict[str, Any]:
        """Tell a request."""
        due_at, settled_at = instant(plain.get("due_at")), instant(plain.get("settled_at"))
        return {
            "title": _title(telling, self.noun, plain),
            "number": "",
            "told": Told(plain),
            "may_read_case": await _may_read_case(request),
            "sender": telling.name(plain["asker"]),
            "receiver": telling.name(plain["receiver"]),
            "asked_at": instant(plain.get("asked_at")),
            "settled_at": settled_at,
            "due_at": due_at,
            "left": telling.left(due_at),
        }


KINDS: Final[Mapping[str, Thing]] = {"referral": Referral(), "assistance": Assistance()}


def kind_of(item_id: str) -> Thing:
    """Say by its id what kind of hand-over something is.

    Raises:
        NoSuchThing: path.not_found.
    """
    found = KINDS.get(item_id.partition("_")[0])
    if found is None:
        raise NoSuchThing("path.not_found")
    return found


def _title(telling: Telling, process: str, plain: Plain) -> str:
    state = telling.state(process, plain.get("state"))
    return f"{telling.name_of_process(process)} · {state}" if state else telling.name_of_process(process)


async def _may_read_case(request: Request) -> bool:
    return await admitted(request, cases.get_case) is not None


@router.get("/desk/handovers/{item_id}")
async def show(item_id: ItemPath, request: Request) -> Response:
    """One hand-over: who holds the ball, its papers with their hashes, its clocks, and what I may do."""
    return await kind_of(item_id).page(request, item_id)


@router.post("/desk/handovers/{item_id}/{deed}")
async def act(item_id: ItemPath, deed: str, request: Request) -> Response:
    """Sign, answer, give back with a reason."""
    return await kind_of(item_id).act(request, item_id, deed)
