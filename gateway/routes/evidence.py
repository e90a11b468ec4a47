"""Evidence of a case: taken in as it came, looked at for a reason, handed over by two desks, destroyed by two."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Response

from gateway.attachment_bodies import Attached
from gateway.attachments import Seal
from gateway.body import DoorRoute, EvidenceRoute
from gateway.evidence_bodies import (
    DestructionAsking,
    DestructionDeciding,
    EvidenceOffer,
    EvidenceSealing,
    Handling,
    NewEvidence,
)
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.exhibits import KINDS, checked_type, ending_of
from gateway.picture_answers import file_answer, files_of
from gateway.refusals import NotAllowed, Turned
from gateway.routes.parameters import ItemPath
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.evidence import (
    AskDestruction,
    CheckEvidence,
    CollectEvidence,
    DecideDestruction,
    DeclineEvidence,
    EvidenceKey,
    EvidenceList,
    EvidenceView,
    GetEvidence,
    ListEvidence,
    Looking,
    OfferEvidence,
    OpenEvidence,
    ReceiveEvidence,
    ReturnEvidence,
    SealEvidence,
    TakeEvidenceBack,
)
from lianxi.contracts.sealing import EVIDENCE, Opener
from lianxi.kernel.errors import Refused

uploads = APIRouter(route_class=EvidenceRoute, tags=["cases"])
router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE: Final = "cases"
OF_CASE: Final = "/v1/cases/{case_id}/evidence"
ONE: Final = "/v1/evidence/{evidence_id}"
BODY, ANSWER = files_of(tuple(KINDS))


@uploads.post(OF_CASE + "/files", status_code=201, response_model=Attached, openapi_extra=BODY)
async def upload_evidence(case_id: ItemPath, writing: Writing = writes("evidence.create")) -> Response:
    """Hand in a file before it is named as evidence: it is kept as it came, and waits an hour to be named."""
    raw = await writing.request.body()
    return await take_evidence_file(case_id, raw, writing.request.headers.get("content-type", ""), writing)


async def take_evidence_file(case_id: str, raw: bytes, said_type: str, writing: Writing) -> Response:
    """Take in a file of evidence, however it came: as a body of its own or in a form."""
    media_type = checked_type(raw, said_type)

    async def act(_caller: Caller) -> Response:
        token, slip = await writing.house.attachments.take_whole(raw, media_type)
        told = Attached(attachment=token, sha256=slip.sha256, size=slip.size, media_type=slip.media_type)
        return Response(codec.to_bytes(told.model_dump(mode="json")), 201, media_type="application/json")

    said = [case_id, media_type, hashlib.sha256(raw).hexdigest()]
    return await writing.once("cases.evidence_file", said, act, needs_store=False)


@router.post(OF_CASE, status_code=201, response_model=EvidenceView)
async def collect_evidence(
    case_id: ItemPath, body: NewEvidence, writing: Writing = writes("evidence.create")
) -> Response:
    """Take a file into a case, with what it shows, why and where it was collected; its SHA-256 is kept for good."""
    house = writing.house

    async def act(caller: Caller) -> Response:
        seal = Seal(house.person_sealer, EVIDENCE)
        kept = await house.attachments.claim_whole(
            body.file, seal, "evidence", caller.command_id or "", label=body.label, why=body.why, where=body.where
        )
        asked = CollectEvidence(
            case_id=case_id,
            kind=body.kind,
            file=kept.file,
            media_type=kept.media_type,
            size=kept.size,
            sealed=kept.sealed,
        )
        try:
            view = await house.ask(SERVICE, "collect_evidence", asked, caller, EvidenceView)
        except (Refused, Turned):
            await house.attachments.let_go([kept])
            raise
        place = {"Location": ONE.format(evidence_id=view.evidence_id)}
        return writing.answer(view, status=201, headers=place)

    return await writing.once("cases.collect_evidence", [case_id, body.model_dump(mode="json")], act)


@router.get(OF_CASE, response_model=EvidenceList)
async def list_evidence(case_id: ItemPath, reading: Reading = reads("evidence.read")) -> Response:
    """Read the evidence of a case with its custody; by whoever may read the case, and whoever was sent its papers."""
    return await reading.page(SERVICE, "list_evidence", ListEvidence(case_id=case_id), EvidenceList)


@router.get(ONE, response_model=EvidenceView)
async def get_evidence(evidence_id: ItemPath, reading: Reading = reads("evidence.read")) -> Response:
    """Read one piece of evidence with everything that was ever done with it."""
    return await reading.show(SERVICE, "get_evidence", GetEvidence(evidence_id=evidence_id), EvidenceView)


@router.post(ONE + "/view", response_class=Response, response_model=None, responses=ANSWER)
async def view_evidence(evidence_id: ItemPath, body: Handling, writing: Writing = writes("evidence.read")) -> Response:
    """Look at a file; who, why and where stand in its custody before the first byte leaves."""
    return await _opened(evidence_id, body, Looking.VIEW, writing)


@router.post(ONE + "/copy", response_class=Response, response_model=None, responses=ANSWER)
async def copy_evidence(
    evidence_id: ItemPath, body: Handling, writing: Writing = writes("evidence.export")
) -> Response:
    """Take a copy of a file along, which is a right of its own; it stands in its custody."""
    return await _opened(evidence_id, body, Looking.COPY, writing)


async def _opened(evidence_id: str, body: Handling, looking: Looking, writing: Writing) -> Response:
    async def act(caller: Caller) -> Response:
        mine = Opener.for_one_answer()
        asked = OpenEvidence(
            evidence_id=evidence_id, looking=looking, why=body.why, where=body.where, answer_key=mine.public_key
        )
        found = await writing.house.ask(SERVICE, "open_evidence", asked, caller, EvidenceKey)
        if "sealed" not in writing.shown(found):
            raise NotAllowed("right.missing", resource="evidence", action="read", fields="content")
        content = await file_of(writing, found, mine)
        return file_answer(content, found.media_type, f"{evidence_id}.{ending_of(found.media_type)}")

    return await writing.unkept(f"cases.{looking}_evidence", [evidence_id, body.model_dump(mode="json")], act)


async def file_of(reading: Reading, found: EvidenceKey, mine: Opener) -> bytes:
    """Fetch the file whose key a desk has sealed to this one question."""
    opened = mine.open(found.sealed, EVIDENCE)
    return await reading.house.attachments.read_whole(found.file, opened["key"], opened["sha256"])


@router.post(ONE + "/seal", response_model=EvidenceView)
async def seal_evidence(
    evidence_id: ItemPath, body: EvidenceSealing, writing: Writing = decides("evidence.change")
) -> Response:
    """Note under which number the thing or its carrier was sealed."""
    asked = body.contract(SealEvidence, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "seal_evidence", asked, EvidenceView)


@router.post(ONE + "/hand-over", response_model=EvidenceView)
async def offer_evidence(
    evidence_id: ItemPath, body: EvidenceOffer, writing: Writing = decides("evidence.change")
) -> Response:
    """Offer evidence to a desk that may read the case; until it has confirmed, the giver holds it."""
    asked = body.contract(OfferEvidence, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "offer_evidence", asked, EvidenceView)


@router.post(ONE + "/return", response_model=EvidenceView)
async def return_evidence(
    evidence_id: ItemPath, body: Handling, writing: Writing = decides("evidence.change")
) -> Response:
    """Offer evidence back to the desk that it came from; that desk confirms too."""
    asked = body.contract(ReturnEvidence, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "return_evidence", asked, EvidenceView)


@router.post(ONE + "/receive", response_model=EvidenceView)
async def receive_evidence(
    evidence_id: ItemPath, body: Handling, writing: Writing = decides("evidence.change")
) -> Response:
    """Confirm, on the other side, that it is there; another person than who offered it."""
    asked = body.contract(ReceiveEvidence, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "receive_evidence", asked, EvidenceView)


@router.post(ONE + "/decline", response_model=EvidenceView)
async def decline_evidence(
    evidence_id: ItemPath, body: Handling, writing: Writing = decides("evidence.change")
) -> Response:
    """Say, on the other side, that it is not taken, and why."""
    asked = body.contract(DeclineEvidence, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decline_evidence", asked, EvidenceView)


@router.post(ONE + "/take-back", response_model=EvidenceView)
async def take_evidence_back(
    evidence_id: ItemPath, body: Handling, writing: Writing = decides("evidence.change")
) -> Response:
    """Take an offer back that nobody has confirmed."""
    asked = body.contract(TakeEvidenceBack, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "take_evidence_back", asked, EvidenceView)


@router.post(ONE + "/destroy", response_model=EvidenceView)
async def ask_destruction(
    evidence_id: ItemPath, body: DestructionAsking, writing: Writing = decides("evidence.change")
) -> Response:
    """Ask that evidence be destroyed, by a recorded decision; nothing happens before another person has approved."""
    asked = body.contract(AskDestruction, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "ask_destruction", asked, EvidenceView)


@router.post(ONE + "/destroy/decide", response_model=EvidenceView)
async def decide_destruction(
    evidence_id: ItemPath, body: DestructionDeciding, writing: Writing = decides("evidence.decide")
) -> Response:
    """Approve the destruction as another person, or refuse it; its custody and its SHA-256 stay for good."""
    asked = body.contract(DecideDestruction, evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_destruction", asked, EvidenceView)


@router.post(ONE + "/check", response_model=EvidenceView)
async def check_evidence(evidence_id: ItemPath, writing: Writing = decides("evidence.change")) -> Response:
    """Have the file hashed now, without waiting for its night."""
    asked = CheckEvidence(evidence_id=evidence_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "check_evidence", asked, EvidenceView)
