"""A matter that the police hand over to an administrative agency: signed for, refused, and at last arbitrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lianxi.contracts.cases import Paper
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.transfers import (
    ArbitrateTransfer,
    ArbitrationView,
    RefusalView,
    RefuseTransfer,
    ResendTransfer,
    TransferAccepted,
    TransferArbitrated,
    TransferDisputed,
    TransferGround,
    TransferRefusal,
    TransferRefused,
    TransferSent,
    TransferState,
    TransferView,
)
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from lianxi.policy.retention import NOT_COUNTED, TRANSFER, Keeping, Purge, counted, purged
from services.cases.domain.cases import agency_of
from services.cases.domain.transferring import POLICE, check_papers

REFUSALS_AT_MOST = 2
CLAUSE = "L81.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refusal: which desk, why, and in its own words."""

    by: str
    reason: TransferRefusal
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arbitration:
    """What the office decided."""

    receiver: str
    by: str
    grounds: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One matter on its way from the police to an administrative agency; `receiver` is the desk it was sent to last."""

    id: str
    sender: str
    sender_agency: str
    receiver: str
    receiver_agency: str
    ground: TransferGround
    basis: str
    reference: str
    referral_id: str | None
    papers: tuple[Paper, ...]
    state: TransferState = TransferState.SENT
    sent_at: datetime
    refusals: tuple[Refusal, ...] = ()
    arbitration: Arbitration | None = None
    receipt: dict[str, Any] | None = None
    keeping: Keeping = NOT_COUNTED


Decided = tuple[Transfer, tuple[Event, ...]]


def is_seen_by(transfer: Transfer, caller: Caller) -> bool:
    """Say whether somebody may know of a matter: its two sides, and whoever may see all.

    Clause: none.
    """
    return caller.sees_all or caller.holds(transfer.sender) or caller.holds(transfer.receiver)


def as_view(transfer: Transfer, version: int) -> TransferView:
    """Show a matter to its sides and the office.

    Clause: none.
    """
    decided = transfer.arbitration
    return TransferView(
        transfer_id=transfer.id,
        version=version,
        sender=transfer.sender,
        receiver=transfer.receiver,
        ground=transfer.ground,
        basis=transfer.basis,
        reference=transfer.reference,
        referral_id=transfer.referral_id,
        papers=transfer.papers,
        state=transfer.state,
        sent_at=transfer.sent_at,
        refusals=tuple(
            RefusalView(by=each.by, reason=each.reason, text=each.text, at=each.at) for each in transfer.refusals
        ),
        arbitration=None
        if decided is None
        else ArbitrationView(receiver=decided.receiver, by=decided.by, grounds=decided.grounds, at=decided.at),
        receipt=transfer.receipt,
    )


def send(transfer: Transfer) -> Decided:
    """Hand a matter over: by the police, to another agency, with its papers accounted for.

    Clause: L32.1; Rule art. 10 (criterion 1.7).
    Raises:
        RuleBroken: transfer.sender_not_police, transfer.receiver_is_police, transfer.text_missing,
            transfer.identity_number, and as `check_papers`.
    """
    if transfer.sender_agency != POLICE:
        raise RuleBroken("transfer.sender_not_police", clause="Rule art. 10")
    _check_receiver(transfer.receiver)
    _check_text(transfer.basis, transfer.reference)
    check_papers(transfer.papers, ())
    return transfer, (TransferSent(**_facts(transfer, transfer.sent_at)),)


def accept(transfer: Transfer, receipt: Mapping[str, Any], now: datetime) -> Decided:
    """Take a matter on under its signed receipt; from now on it is counted how long it has been kept.

    Clause: L32.1 (criteria 1.4, 1.7).
    Raises:
        Conflict: transfer.wrong_state.
    """
    _come_to(transfer, TransferState.SENT)
    taken = replace(
        transfer,
        state=TransferState.ACCEPTED,
        receiver=receipt["receiver"],
        receipt=dict(receipt),
        keeping=counted(transfer.keeping, TRANSFER, now),
    )
    return taken, (TransferAccepted(**_facts(taken, now), number=receipt["number"]),)


def refuse(transfer: Transfer, command: RefuseTransfer, now: datetime) -> Decided:
    """Refuse a matter with a reason of the list and a text; the second refusal lays it before the office.

    Clause: L81.2 (criterion 1.5).
    Raises:
        Conflict: transfer.wrong_state, transfer.arbitrated when the office has decided.
        RuleBroken: transfer.text_missing, transfer.identity_number.
    """
    _come_to(transfer, TransferState.SENT)
    if transfer.arbitration is not None:
        raise Conflict("transfer.arbitrated", receiver=transfer.arbitration.receiver)
    _check_text(command.text)
    given = Refusal(by=transfer.receiver, reason=command.reason, text=command.text.strip(), at=now)
    refusals = (*transfer.refusals, given)
    is_last = len(refusals) >= REFUSALS_AT_MOST
    state = TransferState.ARBITRATING if is_last else TransferState.REFUSED
    refused = replace(transfer, state=state, refusals=refusals)
    told = TransferRefused(**_facts(refused, now), reason=command.reason, round=len(refusals))
    return refused, (told, TransferDisputed(**_facts(refused, now))) if is_last else (told,)


def resend(transfer: Transfer, command: ResendTransfer, now: datetime) -> Decided:
    """Hand a matter that was refused once over again.

    Clause: L81.2 (criterion 1.5).
    Raises:
        Conflict: transfer.wrong_state.
        RuleBroken: transfer.receiver_is_police, transfer.text_missing, transfer.identity_number.
    """
    _come_to(transfer, TransferState.REFUSED)
    _check_receiver(command.receiver)
    _check_text(command.basis)
    sent = replace(_sent_to(transfer, command.receiver), basis=command.basis.strip())
    return sent, (TransferSent(**_facts(sent, now)),)


def arbitrate(transfer: Transfer, command: ArbitrateTransfer, by: str, now: datetime) -> Decided:
    """Say as the office whose a matter is; who is named can no longer refuse.

    Clause: L81.2 (criterion 1.5).
    Raises:
        Conflict: transfer.wrong_state.
        RuleBroken: transfer.receiver_is_police, transfer.text_missing, transfer.identity_number.
    """
    _come_to(transfer, TransferState.ARBITRATING)
    _check_receiver(command.receiver)
    _check_text(command.grounds)
    decided = Arbitration(receiver=command.receiver, by=by, grounds=command.grounds.strip(), at=now)
    sent = replace(_sent_to(transfer, command.receiver), arbitration=decided)
    return sent, (TransferArbitrated(**_facts(sent, now)), TransferSent(**_facts(sent, now), is_binding=True))


def without_words(transfer: Transfer, purge: Purge) -> Transfer:
    """Leave of a matter its way and the hashes of its papers; who acted, the police's number and every word go.

    Clause: transfer-10 (domain 5.5).
    """
    decided = transfer.arbitration
    return replace(
        transfer,
        basis="",
        reference="",
        papers=tuple(replace(each, reason="") for each in transfer.papers),
        refusals=tuple(replace(each, text="") for each in transfer.refusals),
        arbitration=decided and replace(decided, by="", grounds=""),
        receipt=None,
        keeping=purged(transfer.keeping, purge),
    )


def _sent_to(transfer: Transfer, receiver: str) -> Transfer:
    return replace(transfer, state=TransferState.SENT, receiver=receiver, receiver_agency=agency_of(receiver))


def _come_to(transfer: Transfer, expected: TransferState) -> None:
    if transfer.state is not expected:
        raise Conflict("transfer.wrong_state", state=transfer.state.value, expected=[expected.value])


def _check_receiver(receiver: str) -> None:
    if agency_of(receiver) == POLICE:
        raise RuleBroken("transfer.receiver_is_police", clause="Rule art. 10", receiver=receiver)


def _check_text(*texts: str) -> None:
    for text in texts:
        if not text.strip():
            raise RuleBroken("transfer.text_missing", clause=CLAUSE)
        if holds_identity_number(text):
            raise RuleBroken("transfer.identity_number", clause=CLAUSE)


def _facts(transfer: Transfer, now: datetime) -> dict[str, Any]:
    return {"transfer_id": transfer.id, "sender": transfer.sender, "receiver": transfer.receiver, "at": now}
