"""The doors for likeness and bonds. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.contracts.envelope import Caller, Heard
from lianxi.contracts.links import BondList, BondView, FindSimilar, ListBonds, MakeBond, SimilarTips, UndoBond
from lianxi.contracts.tips import TipDispatched, TipVerified
from lianxi.greenroom.entries import Desk, answers, every, gathers, shows
from services.tips.handlers.bonds import BondHandlers
from services.tips.handlers.traces import TraceHandlers
from services.tips.views.finding import Finder
from services.tips.views.links import LinkViews


class LinkDoors(Desk):
    """What is told and asked about tips that belong together."""

    tracing: TraceHandlers
    binding: BondHandlers
    links: LinkViews
    finder: Finder

    @gathers("keep_trace", TipDispatched, TipVerified, seconds=0.25)
    def on_tips_told_of(self, heard: Sequence[Heard]) -> None:
        """Make the traces of tips."""
        self.tracing.keep_traces(heard)

    @shows("tip")
    def find_similar(self, request: FindSimilar, caller: Caller) -> SimilarTips:
        """Find tips that may be about the same."""
        return self.links.find_similar(request, caller)

    @shows("tip")
    def list_bonds(self, request: ListBonds, caller: Caller) -> BondList:
        """List what a tip is bound to."""
        return self.links.list_bonds(request, caller)

    @answers
    def make_bond(self, request: MakeBond, caller: Caller) -> BondView:
        """Bind two tips."""
        return self.links.show(self.binding.make_bond(request, caller))

    @answers
    def undo_bond(self, request: UndoBond, caller: Caller) -> BondView:
        """Undo what was bound last between two tips."""
        return self.links.show(self.binding.undo_bond(request, caller))

    @every(2)
    def keep_up(self) -> None:
        """Fill the tables that find tips, and follow what is written."""
        self.finder.keep_up()

    @every(30)
    def remake_traces(self) -> None:
        """Make traces anew that other rules made."""
        self.tracing.remake_traces()
