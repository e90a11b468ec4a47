"""Criminal referrals: the statutory transfer to the police, with its clocks and its signed receipt."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.bodies import (
    MissingPapers,
    NewReferral,
    PassingOn,
    Reasons,
    ReferralAcceptance,
    ReferralAnswer,
    ReferralDecision,
    ReferralPaper,
    Supplement,
)
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.picture_answers import signed_answer
from gateway.refusals import NoSuchThing
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.cases import (
    AcceptReferral,
    AnswerReferral,
    CompleteReferral,
    DecideReconsideration,
    DecideReferral,
    DraftReferral,
    ForwardReferral,
    GetReferral,
    ListReferrals,
    Paper,
    ReferralPage,
    ReferralView,
    RequestReconsideration,
    RequestSupplement,
    SendReferral,
    SuggestSupervision,
    SupplementReferral,
    TakeReferralBack,
)

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"
PATH = "/v1/criminal-referrals"


def _papers(papers: tuple[ReferralPaper, ...]) -> tuple[Paper, ...]:
    return tuple(paper.contract(Paper) for paper in papers)


@router.post(PATH, status_code=201, response_model=ReferralView)
async def draft_referral(body: NewReferral, writing: Writing = writes("referral.create")) -> Response:
    """Draft a referral; the head has three days to decide (T-31)."""
    asked = DraftReferral(
        case_id=body.case_id, receiver=body.receiver, officers=body.officers, papers=_papers(body.papers)
    )
    return await writing.create(
        SERVICE, "draft_referral", asked, ReferralView, at=lambda view: f"{PATH}/{view.referral_id}"
    )


@router.get(PATH, response_model=ReferralPage)
async def list_referrals(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("referral.read")
) -> Response:
    """Read the referrals that the agency sent or received, newest first."""
    return await reading.page(SERVICE, "list_referrals", ListReferrals(cursor=cursor, limit=limit), ReferralPage)


@router.get(PATH + "/{referral_id}", response_model=ReferralView)
async def get_referral(referral_id: ItemPath, reading: Reading = reads("referral.read")) -> Response:
    """Read one referral, with its clocks and receipt."""
    return await reading.show(SERVICE, "get_referral", GetReferral(referral_id=referral_id), ReferralView)


@router.get(PATH + "/{referral_id}/receipt")
async def get_receipt(referral_id: ItemPath, reading: Reading = reads("referral.read")) -> Response:
    """Fetch the signed receipt as the file that `lianxi receipt verify` checks, byte for byte (criterion 1.4)."""
    view = await reading.ask(SERVICE, "get_referral", GetReferral(referral_id=referral_id), ReferralView)
    receipt = reading.shown(view).get("receipt")
    if not receipt:
        raise NoSuchThing("referral.no_receipt")
    return signed_answer(receipt, f"{referral_id}.receipt")


@router.post(PATH + "/{referral_id}/decide", response_model=ReferralView)
async def decide_referral(
    referral_id: ItemPath, body: ReferralDecision, writing: Writing = decides("referral.decide")
) -> Response:
    """Approve the transfer as the head, or refuse it with a reason (T-31)."""
    asked = body.contract(DecideReferral, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/send", response_model=ReferralView)
async def send_referral(referral_id: ItemPath, writing: Writing = decides("referral.change")) -> Response:
    """Send an approved referral, within 24 hours (T-32)."""
    asked = SendReferral(referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "send_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/accept", response_model=ReferralView)
async def accept_referral(
    referral_id: ItemPath, body: ReferralAcceptance, writing: Writing = decides("referral.decide")
) -> Response:
    """Sign the receipt as the police, then decide within three days (T-35), or say that others are competent (T-33)."""
    asked = body.contract(AcceptReferral, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "accept_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/supplement-request", response_model=ReferralView)
async def request_supplement(
    referral_id: ItemPath, body: MissingPapers, writing: Writing = decides("referral.decide")
) -> Response:
    """Name the papers that are missing, within 24 hours (T-34)."""
    asked = body.contract(RequestSupplement, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "request_supplement", asked, ReferralView)


@router.post(PATH + "/{referral_id}/supplement", response_model=ReferralView)
async def supplement_referral(
    referral_id: ItemPath, body: Supplement, writing: Writing = decides("referral.change")
) -> Response:
    """Hand in what was missing, within three days (T-34)."""
    papers = _papers(body.papers)
    asked = SupplementReferral(referral_id=referral_id, papers=papers, expected_version=writing.version)
    return await writing.decide(SERVICE, "supplement_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/answer", response_model=ReferralView)
async def answer_referral(
    referral_id: ItemPath, body: ReferralAnswer, writing: Writing = decides("referral.decide")
) -> Response:
    """File a criminal case as the police, or decline with reasons (T-35)."""
    asked = body.contract(AnswerReferral, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "answer_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/complete", response_model=ReferralView)
async def complete_referral(referral_id: ItemPath, writing: Writing = decides("referral.change")) -> Response:
    """Say that items and papers have been handed over (T-37)."""
    asked = CompleteReferral(referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "complete_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/forward", response_model=ReferralView)
async def forward_referral(
    referral_id: ItemPath, body: PassingOn, writing: Writing = decides("referral.decide")
) -> Response:
    """Pass it on to the competent police, within 24 hours of the receipt; the sender is told why (T-33)."""
    asked = body.contract(ForwardReferral, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "forward_referral", asked, ReferralView)


@router.post(PATH + "/{referral_id}/reconsideration", response_model=ReferralView)
async def request_reconsideration(
    referral_id: ItemPath, body: Reasons, writing: Writing = decides("referral.change")
) -> Response:
    """Ask the police to think again about their refusal to file, within three days (T-36)."""
    asked = body.contract(RequestReconsideration, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "request_reconsideration", asked, ReferralView)


@router.post(PATH + "/{referral_id}/reconsideration-decision", response_model=ReferralView)
async def decide_reconsideration(
    referral_id: ItemPath, body: ReferralAnswer, writing: Writing = decides("referral.decide")
) -> Response:
    """File after all as the police, or uphold the refusal with reasons, within three days (T-36d)."""
    asked = body.contract(DecideReconsideration, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_reconsideration", asked, ReferralView)


@router.post(PATH + "/{referral_id}/supervision", response_model=ReferralView)
async def suggest_supervision(
    referral_id: ItemPath, body: Reasons, writing: Writing = decides("referral.change")
) -> Response:
    """Record that the procuratorate was asked to look into a refusal, within three days (T-36p)."""
    asked = body.contract(SuggestSupervision, referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "suggest_supervision", asked, ReferralView)


@router.post(PATH + "/{referral_id}/take-back", response_model=ReferralView)
async def take_back_referral(referral_id: ItemPath, writing: Writing = decides("referral.change")) -> Response:
    """Leave a refusal at that, and go on with the administrative case."""
    asked = TakeReferralBack(referral_id=referral_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "take_back_referral", asked, ReferralView)
