"""What is done with matters that the police hand over, by their sender, their receiver, and the office."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lianxi.contracts.envelope import Caller
from lianxi.contracts.receipts import ReceiptContent, sign_receipt
from lianxi.contracts.transfers import (
    AcceptTransfer,
    ArbitrateTransfer,
    GetTransfer,
    RefuseTransfer,
    ResendTransfer,
    SendTransfer,
    TransferState,
    TransferView,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.store.unit import Aggregates, Stored, check_version
from services.cases.domain import transfers as rules
from services.cases.domain.cases import agency_of
from services.cases.domain.transferring import check_actor
from services.cases.domain.transfers import Transfer
from services.cases.handlers.cases import new_id
from services.cases.handlers.referrals import Receipts
from services.cases.policy import CasesPolicy

OFFICE_DESK = "office/desk"


@dataclass(frozen=True)
class TransferDesk:
    """Matters on their way from the police to an administrative agency."""

    transfers: Aggregates[Transfer]
    receipts: Receipts
    policy: CasesPolicy
    clock: Clock
    signing_key: str

    def send_transfer(self, request: SendTransfer, caller: Caller) -> TransferView:
        """Hand a matter over.

        Emits: TransferSent.
        Raises:
            Forbidden: transfer.not_your_part.
            RuleBroken: desk.unknown, and as the rule says.
        """
        if not caller.holds(request.sender):
            raise Forbidden("transfer.not_your_part")
        self._check_desks(request.sender, request.receiver)
        now = self.clock.now()
        transfer, events = rules.send(
            Transfer(
                id=new_id("transfer", caller, now),
                sender=request.sender,
                sender_agency=agency_of(request.sender),
                receiver=request.receiver,
                receiver_agency=agency_of(request.receiver),
                ground=request.ground,
                basis=request.basis.strip(),
                reference=request.reference.strip(),
                referral_id=request.referral_id,
                papers=request.papers,
                sent_at=now,
            )
        )
        self.transfers.add(transfer, events, caller.cause())
        return _view(self.transfers.get(transfer.id))

    def get_transfer(self, request: GetTransfer, caller: Caller) -> TransferView:
        """Show a matter to its sides and the office.

        Raises:
            NotFound: transfer.not_found.
        """
        return _view(self._seen(request.transfer_id, caller))

    def accept_transfer(self, request: AcceptTransfer, caller: Caller) -> TransferView:
        """Sign the receipt and take a matter on.

        Emits: TransferAccepted.
        """
        found = self._by(request, caller, lambda transfer: transfer.receiver)
        if not caller.holds(request.desk) or agency_of(request.desk) != found.state.receiver_agency:
            raise Forbidden("transfer.not_your_part")
        self._check_desks(request.desk)
        now = self.clock.now()
        # Only a matter that waits for its receipt gets one; for any other the rule itself says what is wrong.
        receipt = self._receipt(found, request, now) if found.state.state is TransferState.SENT else {}
        return self._change(request, caller, lambda sent: rules.accept(sent, receipt, now))

    def refuse_transfer(self, request: RefuseTransfer, caller: Caller) -> TransferView:
        """Refuse a matter.

        Emits: TransferRefused, TransferDisputed.
        """
        self._by(request, caller, lambda transfer: transfer.receiver)
        now = self.clock.now()
        return self._change(request, caller, lambda found: rules.refuse(found, request, now))

    def resend_transfer(self, request: ResendTransfer, caller: Caller) -> TransferView:
        """Hand a refused matter over again.

        Emits: TransferSent.
        """
        self._by(request, caller, lambda transfer: transfer.sender)
        self._check_desks(request.receiver)
        now = self.clock.now()
        return self._change(request, caller, lambda found: rules.resend(found, request, now))

    def arbitrate_transfer(self, request: ArbitrateTransfer, caller: Caller) -> TransferView:
        """Say as the office whose a matter is.

        Emits: TransferArbitrated, TransferSent.
        """
        self._by(request, caller, lambda _transfer: OFFICE_DESK)
        self._check_desks(request.receiver)
        now = self.clock.now()
        return self._change(request, caller, lambda found: rules.arbitrate(found, request, caller.actor, now))

    def _seen(self, transfer_id: str, caller: Caller) -> Stored[Transfer]:
        found = self.transfers.get(transfer_id)
        if not rules.is_seen_by(found.state, caller):
            raise NotFound("transfer.not_found")
        return found

    def _by(self, request: _Step, caller: Caller, side: Callable[[Transfer], str]) -> Stored[Transfer]:
        found = self._seen(request.transfer_id, caller)
        if not caller.holds(side(found.state)):
            raise Forbidden("transfer.not_your_part")
        return found

    def _receipt(self, found: Stored[Transfer], request: AcceptTransfer, now: datetime) -> dict[str, Any]:
        """Sign a receipt of the receiving agency's own series, or find the one that an earlier try has signed."""
        check_version("transfer", found.version, request.expected_version)
        check_actor(request.officer)
        sent = found.state

        def sign(number: str) -> dict[str, Any]:
            content = ReceiptContent(
                number=number,
                referral_id=sent.id,
                case_number=sent.reference,
                sender=sent.sender,
                receiver=request.desk,
                papers=sent.papers,
                received_at=now,
                signed_by=request.officer.strip(),
            )
            return sign_receipt(content, self.signing_key)

        return self.receipts.issue(sent.id, sent.receiver_agency, local_date(now).year, sign)

    def _check_desks(self, *desks: str) -> None:
        for desk in desks:
            if desk not in self.policy.desks:
                raise RuleBroken("desk.unknown", desk=desk)

    def _change(self, request: _Step, caller: Caller, decide: Callable[[Transfer], rules.Decided]) -> TransferView:
        return _view(
            self.transfers.change(
                request.transfer_id, decide, caller.cause(), expected_version=request.expected_version
            )
        )


class _Step(Protocol):
    """What every command to a matter says."""

    @property
    def transfer_id(self) -> str: ...

    @property
    def expected_version(self) -> int | None: ...


def _view(stored: Stored[Transfer]) -> TransferView:
    return rules.as_view(stored.state, stored.version)
