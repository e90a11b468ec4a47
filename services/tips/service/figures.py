"""The door for tips in numbers. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import GetTipFigures, TipFigures
from lianxi.greenroom.entries import Desk, answers
from services.tips.views.figures import TipFigureViews


class FigureDoors(Desk):
    """What is counted."""

    figures: TipFigureViews

    @answers
    def get_tip_figures(self, request: GetTipFigures, caller: Caller) -> TipFigures:
        """Count tips by desk, week and village."""
        return self.figures.get_tip_figures(request, caller)
