"""Tips as agencies work with them."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Response

from gateway import intake, receipts
from gateway.bodies import (
    AgencyTip,
    ClockAsking,
    ClockDecision,
    Closing,
    Dispatch,
    Message,
    Return,
    Telling,
    Verification,
)
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.filing_bodies import AcceptedTip
from gateway.routes.parameters import Cursor, ItemPath, Limit, Officer
from lianxi.contracts import codec
from lianxi.contracts.clocks import AskClockChange, DecideClockChange
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import CONTENT
from lianxi.contracts.tips import (
    AcceptTip,
    Channel,
    CloseTip,
    DispatchTip,
    GetTip,
    ListTips,
    PostMessage,
    ReturnTip,
    TellInformant,
    TipKind,
    TipPage,
    TipState,
    TipView,
    VerifyTip,
)

router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE = intake.SERVICE


@router.post("/v1/tips", status_code=201, response_model=AcceptedTip)
async def file_tip(body: AgencyTip, writing: Writing = writes("tip.create")) -> Response:
    """File a tip; 201 as soon as it is kept. It is routed and dispatched by the policy.

    An informant who is there gets a receipt code through whoever takes the tip down, and changes it at first use.
    """
    house = writing.house
    lane = intake.lane_of(house, body.category, body.kind)
    source = intake.source_of(house, body)
    village = intake.village_of(house, body.village)
    code = intake.officers_code(house, body, writing.caller.actor, writing.key)

    async def act(caller: Caller) -> Response:
        seed = intake.seed_of_officers(house, body, lane, caller)
        verifier = None if code is None else await house.verifiers.verifier(code)
        command = await intake.submission(
            house,
            body,
            seed,
            kind=body.kind,
            channel=Channel(source.channel),
            source=source.code,
            actor=caller.agency,
            verifier=verifier,
            is_receipt_temporary=code is not None,
            filed_by=caller.actor if caller.is_person else None,
        )
        house.crowd.handing_in(command.tip_id, command.lane)
        await house.bus.hand_in(SERVICE, command.lane, command, replace(caller.cause(), lane=command.lane))
        for each in (command.tip_id, *([] if verifier is None else [verifier])):
            house.recent.accepted(each)
        told = AcceptedTip(
            tip_id=command.tip_id,
            number=command.number,
            category=command.category,
            lane=command.lane,
            received_at=command.received_at,
            receipt_must_change=code is not None,
        )
        location = {"Location": f"/v1/tips/{command.tip_id}"}
        plain = codec.to_bytes(told.model_dump(mode="json", exclude_none=True))
        return Response(plain, 201, location, "application/json")

    answer = await writing.once("tips.submit_tip", body.model_dump(mode="json"), act, needs_store=False)
    if code is None or writing.key is None or body.reference is not None:
        return receipts.with_code(answer, code)
    same = intake.same_of_officers(house, body, writing.caller.actor, writing.key)
    return receipts.with_code(house.filings.with_proof(answer, body, village, *same), code)


@router.get("/v1/tips", response_model=TipPage)
async def list_tips(
    state: TipState | None = None,
    kind: TipKind | None = None,
    unread: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("tip.read"),
) -> Response:
    """Read the tips that the agency's desks hold, newest first; reports and complaints apart by `kind`.

    `unread` shows those whose informant has not read a reply for a week.
    """
    asked = ListTips(state=state, kind=kind, unread=unread, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_tips", asked, TipPage)


@router.get("/v1/tips/{tip_id}", response_model=TipView)
async def get_tip(tip_id: ItemPath, reading: Reading = reads("tip.read")) -> Response:
    """Read one tip: redacted text, levelled times, no identity."""
    return await reading.show(SERVICE, "get_tip", GetTip(tip_id=tip_id), TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/dispatch", response_model=TipView)
async def dispatch_tip(tip_id: ItemPath, body: Dispatch, writing: Writing = decides("tip.decide")) -> Response:
    """Give a tip to another lead desk."""
    asked = body.contract(DispatchTip, tip_id=tip_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "dispatch_tip", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/accept", response_model=TipView)
async def accept_tip(tip_id: ItemPath, officer: Officer = None, writing: Writing = decides("tip.decide")) -> Response:
    """Take a tip on; for a rescue a machine names the officer who does, so that no program silences an alarm."""
    asked = AcceptTip(tip_id=tip_id, officer=officer, expected_version=writing.version)
    return await writing.decide(SERVICE, "accept_tip", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/return", response_model=TipView)
async def return_tip(tip_id: ItemPath, body: Return, writing: Writing = decides("tip.decide")) -> Response:
    """Give a dispatched tip back, with a reason and a suggested desk; the second time the office decides for good."""
    asked = body.contract(ReturnTip, tip_id=tip_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "return_tip", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/verify", response_model=TipView)
async def verify_tip(tip_id: ItemPath, body: Verification, writing: Writing = decides("tip.decide")) -> Response:
    """Record what verifying found; a substantiated tip names its next owner."""
    asked = body.contract(VerifyTip, tip_id=tip_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "verify_tip", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/close", response_model=TipView)
async def close_tip(tip_id: ItemPath, body: Closing, writing: Writing = decides("tip.close")) -> Response:
    """Close a tip with a sentence that its informant reads."""
    asked = body.contract(CloseTip, tip_id=tip_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "close_tip", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/informant-told", response_model=TipView)
async def tell_informant(tip_id: ItemPath, body: Telling, writing: Writing = decides("tip.decide")) -> Response:
    """Note that an informant who gave a name was told what was decided: by telephone, by letter or in person."""
    asked = body.contract(TellInformant, tip_id=tip_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "tell_informant", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/clock-changes", response_model=TipView)
async def ask_clock_change(tip_id: ItemPath, body: ClockAsking, writing: Writing = decides("tip.change")) -> Response:
    """Ask to pause, resume or extend a clock, for a reason that the policy lists; another person decides."""
    asked = body.contract(AskClockChange, item_id=tip_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "ask_clock_change", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/clock-changes/{change_id}/decide", response_model=TipView)
async def decide_clock_change(
    tip_id: ItemPath, change_id: ItemPath, body: ClockDecision, writing: Writing = decides("tip.decide")
) -> Response:
    """Say yes or no to a change of a clock: never whoever asked for it."""
    asked = body.contract(DecideClockChange, item_id=tip_id, change_id=change_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_clock_change", asked, TipView, about=tip_id)


@router.post("/v1/tips/{tip_id}/messages", response_model=TipView)
async def write_message(tip_id: ItemPath, body: Message, writing: Writing = writes("message.create")) -> Response:
    """Write to the informant, through the system."""
    asked = PostMessage(tip_id=tip_id, content=writing.house.sealer.seal({"text": body.text}, CONTENT))
    # A text sealed twice differs, so the write is told apart by what was said.
    said = [tip_id, body.text]
    return await writing.decide(SERVICE, "post_message", asked, TipView, about=tip_id, said=said)
