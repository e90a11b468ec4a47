"""The doors of unmasking. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.unmasking import (
    GetWords,
    ListUnmaskings,
    SealedWords,
    Unmask,
    UnmaskingPage,
    UnmaskingView,
)
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.tips.handlers.unmasking import UnmaskingHandlers
from services.tips.views.unmasking import UnmaskingViews


class UnmaskingDoors(Desk):
    """What is asked about informants' own words."""

    unmasking: UnmaskingHandlers
    unmaskings: UnmaskingViews

    @answers
    def unmask(self, request: Unmask, caller: Caller) -> UnmaskingView:
        """Let whoever asks read the words of a tip for a while."""
        return self.unmaskings.show(self.unmasking.unmask(request, caller))

    @shows("tip")
    def get_words(self, request: GetWords, caller: Caller) -> SealedWords:
        """Show the words to whoever has unmasked them."""
        return self.unmasking.get_words(request, caller)

    @answers
    def list_unmaskings(self, request: ListUnmaskings, caller: Caller) -> UnmaskingPage:
        """List unmaskings."""
        return self.unmaskings.list_unmaskings(request, caller)

    @every(300)
    def report_unmaskings(self) -> None:
        """Tell the office of the last whole week."""
        self.unmasking.report_week()
