"""The doors of matters that the police hand over."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
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
from lianxi.greenroom.entries import Desk, answers, shows
from services.cases.handlers.transfers import TransferDesk
from services.cases.views import CaseViews


class TransferDoors(Desk):
    """What is asked about matters that are handed over."""

    matters: TransferDesk
    views: CaseViews

    @answers
    def send_transfer(self, request: SendTransfer, caller: Caller) -> TransferView:
        """Hand a matter over."""
        return self.matters.send_transfer(request, caller)

    @shows("transfer")
    def get_transfer(self, request: GetTransfer, caller: Caller) -> TransferView:
        """Show one matter."""
        return self.matters.get_transfer(request, caller)

    @shows("transfer")
    def list_transfers(self, request: ListTransfers, caller: Caller) -> TransferPage:
        """Show a page of the caller's matters."""
        return self.views.list_transfers(request, caller)

    @answers
    def accept_transfer(self, request: AcceptTransfer, caller: Caller) -> TransferView:
        """Sign for a matter."""
        return self.matters.accept_transfer(request, caller)

    @answers
    def refuse_transfer(self, request: RefuseTransfer, caller: Caller) -> TransferView:
        """Refuse a matter."""
        return self.matters.refuse_transfer(request, caller)

    @answers
    def resend_transfer(self, request: ResendTransfer, caller: Caller) -> TransferView:
        """Hand a refused matter over again."""
        return self.matters.resend_transfer(request, caller)

    @answers
    def arbitrate_transfer(self, request: ArbitrateTransfer, caller: Caller) -> TransferView:
        """Say as the office whose a matter is."""
        return self.matters.arbitrate_transfer(request, caller)
