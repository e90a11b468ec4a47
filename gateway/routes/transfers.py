"""Matters that the police hand over to an administrative agency: signed for, refused, arbitrated."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.picture_answers import signed_answer
from gateway.refusals import NoSuchThing
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.transfer_bodies import (
    NewTransfer,
    TransferAcceptance,
    TransferArbitration,
    TransferRefusing,
    TransferResending,
)
from lianxi.contracts.cases import Paper
from lianxi.contracts.transfers import (
    AcceptTransfer,
    ArbitrateTransfer,
    GetTransfer,
    ListTransfers,
    RefuseTransfer,
    ResendTransfer,
    SendTransfer,
    TransferPage,
    TransferView,
)

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"
PATH = "/v1/transfers"


@router.post(PATH, status_code=201, response_model=TransferView)
async def send_transfer(body: NewTransfer, writing: Writing = writes("transfer.create")) -> Response:
    """Hand a matter that is no crime over to an administrative agency, as the police."""
    asked = SendTransfer(
        sender=body.sender,
        receiver=body.receiver,
        ground=body.ground,
        basis=body.basis,
        reference=body.reference,
        papers=tuple(paper.contract(Paper) for paper in body.papers),
        referral_id=body.referral_id,
    )
    return await writing.create(
        SERVICE, "send_transfer", asked, TransferView, at=lambda view: f"{PATH}/{view.transfer_id}"
    )


@router.get(PATH, response_model=TransferPage)
async def list_transfers(
    cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("transfer.read")
) -> Response:
    """Read the matters that the agency sent or was sent, newest first; the office reads all."""
    return await reading.page(SERVICE, "list_transfers", ListTransfers(cursor=cursor, limit=limit), TransferPage)


@router.get(PATH + "/{transfer_id}", response_model=TransferView)
async def get_transfer(transfer_id: ItemPath, reading: Reading = reads("transfer.read")) -> Response:
    """Read one matter, with who refused it and why, and its receipt."""
    return await reading.show(SERVICE, "get_transfer", GetTransfer(transfer_id=transfer_id), TransferView)


@router.get(PATH + "/{transfer_id}/receipt")
async def get_transfer_receipt(transfer_id: ItemPath, reading: Reading = reads("transfer.read")) -> Response:
    """Fetch the signed receipt as the file that `lianxi receipt verify` checks."""
    view = await reading.ask(SERVICE, "get_transfer", GetTransfer(transfer_id=transfer_id), TransferView)
    receipt = reading.shown(view).get("receipt")
    if not receipt:
        raise NoSuchThing("referral.no_receipt")
    return signed_answer(receipt, f"{transfer_id}.receipt")


@router.post(PATH + "/{transfer_id}/accept", response_model=TransferView)
async def accept_transfer(
    transfer_id: ItemPath, body: TransferAcceptance, writing: Writing = decides("transfer.decide")
) -> Response:
    """Sign the receipt, and have the matter."""
    asked = body.contract(AcceptTransfer, transfer_id=transfer_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "accept_transfer", asked, TransferView)


@router.post(PATH + "/{transfer_id}/refuse", response_model=TransferView)
async def refuse_transfer(
    transfer_id: ItemPath, body: TransferRefusing, writing: Writing = decides("transfer.decide")
) -> Response:
    """Refuse a matter, with reason and text; the second refusal lays it before the office."""
    asked = body.contract(RefuseTransfer, transfer_id=transfer_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "refuse_transfer", asked, TransferView)


@router.post(PATH + "/{transfer_id}/resend", response_model=TransferView)
async def resend_transfer(
    transfer_id: ItemPath, body: TransferResending, writing: Writing = decides("transfer.change")
) -> Response:
    """Hand a matter that was refused once over again."""
    asked = body.contract(ResendTransfer, transfer_id=transfer_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "resend_transfer", asked, TransferView)


@router.post(PATH + "/{transfer_id}/arbitrate", response_model=TransferView)
async def arbitrate_transfer(
    transfer_id: ItemPath, body: TransferArbitration, writing: Writing = decides("transfer.decide")
) -> Response:
    """Say as the office whose a matter is that was refused twice; who is named can no longer refuse."""
    asked = body.contract(ArbitrateTransfer, transfer_id=transfer_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "arbitrate_transfer", asked, TransferView)
