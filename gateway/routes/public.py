"""The public's door: no account, no cookie, no trace. A tip is kept whatever is away, and gets a receipt code."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from gateway import intake, receipts
from gateway.bodies import (
    InformantMessage,
    Message,
    PublicMessage,
    PublicOpening,
    PublicStatus,
    PublicTip,
    Step,
)
from gateway.body import DoorRoute
from gateway.exchange import House, IdempotencyKey, the_house
from gateway.filing_bodies import ChangedReceipt, PublicReceipt
from gateway.idempotency import Request as Write
from gateway.idempotency import read_key
from gateway.language import language_of
from gateway.problems import problem_of, written
from gateway.refusals import BadRequest, NoSuchThing, Unusable
from gateway.reward_bodies import RewardClaim, public_reward
from gateway.wording import words
from lianxi.contracts import codec, proof
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import CONTENT
from lianxi.contracts.tips import (
    ChangeReceipt,
    Channel,
    FindTipByReceipt,
    PostInformantMessage,
    ReopenTip,
    TipStatusView,
)
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import NotFound, Refused

router = APIRouter(route_class=DoorRoute, tags=["public"])
PUBLIC = "public"
InHouse = Annotated[House, Depends(the_house)]
ReceiptCode = Annotated[
    str | None,
    Header(
        alias="Lianxi-Receipt", description="The sixteen digits; spaces, hyphens and full-width digits are understood"
    ),
]
Proof = Annotated[
    str | None,
    Header(
        alias=proof.HEADER,
        description="The proof of work that `receipt.proof_needed` asks for; `wait` waits in the slow lane instead",
    ),
]


@router.post("/v1/public/tips", status_code=201, response_model=PublicReceipt)
async def file_tip(
    body: PublicTip, request: Request, house: InHouse, idempotency_key: IdempotencyKey = None
) -> Response:
    """File a tip. The answer shows a receipt code, once; with it the informant comes back."""
    return (await file(house, request, body, idempotency_key)).answer


@dataclass(frozen=True, slots=True)
class Filed:
    """A tip that was filed, with what it was made of: from that its id follows, and the other way nothing."""

    answer: Response
    seed: bytes
    code: str


async def file(
    house: House,
    request: Request,
    body: PublicTip,
    idempotency_key: str | None,
    *,
    by: str = "web",
    open_to_all: bool = False,
) -> Filed:
    """File a tip by one of the public's sources; whether everybody may see how it stands, the desk decides.

    Raises:
        Unusable: form.trap_filled; as `intake.submission`.
    """
    if body.website:
        raise Unusable("form.trap_filled")
    intake.lane_of(house, body.category, body.kind)
    village = intake.village_of(house, body.village)
    key = read_key(idempotency_key)
    said = body.model_dump(mode="json")
    fingerprint = house.answers.fingerprint("public.tip", said if by == "web" else [said, by, open_to_all])
    same = () if key is None else (PUBLIC, key, fingerprint)
    code = receipts.new_code() if key is None else receipts.derived_code(house.key, *same)
    seed = intake.seed_of(house, *same)

    async def act() -> Response:
        return await _take_in(house, body, request, code, seed, by, open_to_all)

    answer = (
        await act() if key is None else await house.answers.once(_write(house, key, fingerprint), act, _refuse(request))
    )
    answer = house.filings.with_proof(answer, body, village, *same)
    return Filed(receipts.with_code(answer, code), seed, code)


def _write(house: House, key: str, fingerprint: str, *, needs_store: bool = False) -> Write:
    seconds = house.settings.gateway_idempotency_seconds
    return Write(house.answers.key(PUBLIC, key), fingerprint, seconds, needs_store)


def _refuse(request: Request) -> Any:
    def refuse(error: Refused) -> Response:
        return written(problem_of(error), request.scope)

    return refuse


async def _take_in(
    house: House, body: PublicTip, request: Request, code: str, seed: bytes, by: str, open_to_all: bool
) -> Response:
    verifier = await house.verifiers.verifier(code)
    command = await intake.submission(
        house, body, seed, kind=body.kind, channel=Channel.WEB, actor=PUBLIC, verifier=verifier, source=by
    )
    command = replace(command, is_public=open_to_all)
    cause = replace(_caller(request).cause(), lane=command.lane)
    await intake.hand_in_or_spool(house, command, cause)
    house.recent.accepted(verifier)
    language = language_of(request.scope)
    told = {
        "tip_number": command.number,
        # To the hour, because the answer to a request with a key is kept for a day.
        "received_at": level_to_hour(command.received_at).isoformat(),
        "next_steps": [{"code": each, "text": said.told(language)} for each, said in words().next_steps.items()],
    }
    return Response(codec.to_bytes(told), 201, media_type="application/json")


@router.get("/v1/public/tips/status", response_model=PublicStatus)
async def read_status(
    request: Request, house: InHouse, lianxi_receipt: ReceiptCode = None, lianxi_proof: Proof = None
) -> Response:
    """Read where a tip stands, with its receipt code."""
    async with trying(request, house, lianxi_receipt, lianxi_proof) as verifier:
        asked = FindTipByReceipt(receipt_verifier=verifier)
        return await _known(request, house, verifier, "find_tip_by_receipt", asked)


@router.post("/v1/public/tips/messages", response_model=PublicStatus)
async def write_message(
    body: InformantMessage,
    request: Request,
    house: InHouse,
    lianxi_receipt: ReceiptCode = None,
    lianxi_proof: Proof = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Write to the desk that has the tip; it knows the informant only by the receipt code."""
    key = read_key(idempotency_key)
    async with trying(request, house, lianxi_receipt, lianxi_proof) as verifier:
        return await write_from_informant(request, house, verifier, body, key)


@router.post("/v1/public/tips/reopening", response_model=PublicStatus)
async def reopen_tip(
    body: Message,
    request: Request,
    house: InHouse,
    lianxi_receipt: ReceiptCode = None,
    lianxi_proof: Proof = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Have a closed tip taken up again, once, with a reason, until the day that `reopen_until` of its status says."""
    key = read_key(idempotency_key)
    async with trying(request, house, lianxi_receipt, lianxi_proof) as verifier:
        return await _reopen_tip(request, house, verifier, body, key)


@router.post("/v1/public/rewards", response_model=PublicStatus)
async def claim_reward(
    body: RewardClaim,
    request: Request,
    house: InHouse,
    lianxi_receipt: ReceiptCode = None,
    lianxi_proof: Proof = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Claim a reward for a tip that was closed as true. Who is to be paid is sealed here; no desk reads it."""
    key = read_key(idempotency_key)
    async with trying(request, house, lianxi_receipt, lianxi_proof) as verifier:
        return await _claim_reward(request, house, verifier, body, key)


@router.post("/v1/public/tips/code", response_model=ChangedReceipt)
async def change_code(
    request: Request,
    house: InHouse,
    lianxi_receipt: ReceiptCode = None,
    lianxi_proof: Proof = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Change a receipt code for a new one, shown once; the old one opens nothing any more. It needs a key.

    Without a key, whoever did not hear the answer would be left without any code.
    """
    key = read_key(idempotency_key)
    if key is None:
        raise BadRequest("idempotency.key_missing")
    async with trying(request, house, lianxi_receipt, lianxi_proof) as verifier:
        return await _change_code(request, house, verifier, key)


async def _change_code(request: Request, house: House, verifier: str, key: str) -> Response:
    fingerprint = house.answers.fingerprint("public.code", verifier)
    code = receipts.derived_code(house.key, PUBLIC, key, fingerprint)
    command_id = house.key.derive("command", PUBLIC, key, fingerprint).hex()[:32]

    async def act() -> Response:
        asked = ChangeReceipt(receipt_verifier=verifier, new_verifier=await house.verifiers.verifier(code))
        view = await status_by_code(request, house, verifier, "change_receipt", asked, command_id=command_id)
        house.recent.forget(verifier)
        told = {"tip_number": view.number, "received_at": level_to_hour(view.received_at).isoformat()}
        return Response(codec.to_bytes(told), 200, media_type="application/json")

    answer = await house.answers.once(_write(house, key, fingerprint, needs_store=True), act, _refuse(request))
    return receipts.with_code(answer, code)


async def _claim_reward(request: Request, house: House, verifier: str, body: RewardClaim, key: str | None) -> Response:
    async def act(command_id: str | None) -> Response:
        asked = body.claim(verifier, house.sealer)
        return await _known(request, house, verifier, "claim_reward", asked, command_id=command_id)

    said = [verifier, body.model_dump(mode="json")]
    return await _once_if_keyed(request, house, "public.reward", said, key, act)


async def _reopen_tip(request: Request, house: House, verifier: str, body: Message, key: str | None) -> Response:
    content = house.sealer.seal({"text": body.text}, CONTENT)

    async def act(command_id: str | None) -> Response:
        asked = ReopenTip(receipt_verifier=verifier, content=content)
        return await _known(request, house, verifier, "reopen_tip", asked, command_id=command_id)

    return await _once_if_keyed(request, house, "public.reopening", [verifier, body.text], key, act)


async def _once_if_keyed(
    request: Request,
    house: House,
    what: str,
    said: Any,
    key: str | None,
    act: Callable[[str | None], Awaitable[Response]],
) -> Response:
    """Act, and once only when there is a key; the desk then knows the act again by its command id."""
    if key is None:
        return await act(None)
    fingerprint = house.answers.fingerprint(what, said)
    command_id = house.key.derive("command", PUBLIC, key, fingerprint).hex()[:32]
    write = _write(house, key, fingerprint, needs_store=True)
    return await house.answers.once(write, lambda: act(command_id), _refuse(request))


async def write_from_informant(
    request: Request, house: House, verifier: str, body: InformantMessage, key: str | None
) -> Response:
    """Hand what an informant writes to the desk that has the tip."""
    content = house.sealer.seal({"text": body.text}, CONTENT)

    async def act(command_id: str | None) -> Response:
        whose = command_id or secrets.token_hex(16)
        async with house.attachments.claimed(body.attachments, "message", whose) as pictures:
            asked = PostInformantMessage(receipt_verifier=verifier, content=content, attachments=pictures)
            return await _known(request, house, verifier, "post_informant_message", asked, command_id=command_id)

    said = [verifier, *body.model_dump(mode="json").values()]
    return await _once_if_keyed(request, house, "public.message", said, key, act)


@asynccontextmanager
async def trying(request: Request, house: House, written_code: str | None, given: str | None) -> AsyncIterator[str]:
    """Guard one try of a code, and work out its verifier: in that order, so that guessing costs us nothing."""
    if written_code is None:
        raise BadRequest("receipt.missing")
    async with house.tries.one(house.buckets.of(request.scope), given):
        yield await house.verifiers.verifier(receipts.header_text(written_code))


async def _known(
    request: Request, house: House, verifier: str, method: str, asked: Any, *, command_id: str | None = None
) -> Response:
    view = await status_by_code(request, house, verifier, method, asked, command_id=command_id)
    return Response(_status(view, request).model_dump_json(), 200, media_type="application/json")


async def status_by_code(
    request: Request, house: House, verifier: str, method: str, asked: Any, *, command_id: str | None = None
) -> TipStatusView:
    """Ask the desk for what the holder of a receipt code may see.

    Raises:
        NoSuchThing: receipt.not_found.
    """
    caller = _caller(request, command_id)
    try:
        return await house.recent.patiently(
            verifier, lambda: house.ask(intake.SERVICE, method, asked, caller, TipStatusView)
        )
    except NotFound:
        raise NoSuchThing("receipt.not_found") from None


def _caller(request: Request, command_id: str | None = None) -> Caller:
    state = request.state
    return Caller(
        actor=PUBLIC,
        agency=PUBLIC,
        correlation_id=state.correlation_id,
        traceparent=state.traceparent,
        command_id=command_id,
    )


def _status(view: TipStatusView, request: Request) -> PublicStatus:
    language, said = language_of(request.scope), words().steps
    return PublicStatus(
        tip_number=view.number,
        state=view.state,
        received_at=view.received_at,
        steps=[
            Step(code=each.code, text=said.get(each.code, said["other"]).told(language), at=each.at, due_at=each.due_at)
            for each in view.steps
        ],
        verification=view.verification,
        outcome=view.outcome,
        messages=[
            PublicMessage(author=each.author, text=each.text, posted_at=each.posted_at) for each in view.messages
        ],
        openings=[
            PublicOpening(
                opened_at=each.opened_at,
                kind=each.kind.value,
                text=said.get(f"opened_{each.kind.value}", said["other"]).told(language),
            )
            for each in view.openings
        ],
        reward=public_reward(view.reward, language),
        reopen_until=view.reopen_until,
    )
