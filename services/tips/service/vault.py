"""The doors of the vault. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.vault import (
    AskOpening,
    CountVaultKeys,
    DecideOpening,
    GetOpening,
    ListOpenings,
    OpeningPage,
    OpeningView,
    SealedOpening,
    VaultKeys,
    WithdrawOpening,
)
from lianxi.greenroom.entries import Desk, answers, every
from services.tips.handlers.vault import VaultHandlers
from services.tips.views.vault import VaultViews


class VaultDoors(Desk):
    """What is asked about what identifies informants."""

    vault: VaultHandlers
    openings: VaultViews

    @answers
    def ask_opening(self, request: AskOpening, caller: Caller) -> OpeningView:
        """Ask to open what is kept of a tip's informant."""
        return self.openings.show(self.vault.ask_opening(request, caller))

    @answers
    def decide_opening(self, request: DecideOpening, caller: Caller) -> OpeningView:
        """Say yes or no to a request."""
        return self.openings.show(self.vault.decide_opening(request, caller))

    @answers
    def withdraw_opening(self, request: WithdrawOpening, caller: Caller) -> OpeningView:
        """Take a request back."""
        return self.openings.show(self.vault.withdraw_opening(request, caller))

    @answers
    def get_opening(self, request: GetOpening, caller: Caller) -> SealedOpening:
        """Show a request, and to whoever asked the identity, if the second key is there."""
        return self.openings.show_sealed(*self.vault.get_opening(request, caller))

    @answers
    def list_openings(self, request: ListOpenings, caller: Caller) -> OpeningPage:
        """List requests."""
        return self.openings.list_openings(request, caller)

    @answers
    def count_vault_keys(self, request: CountVaultKeys, caller: Caller) -> VaultKeys:
        """Count the records under each key."""
        return self.vault.count_keys(request)

    @every(30)
    def rewrap_vault(self) -> None:
        """Bring records under the key in use."""
        self.vault.rewrap()
