"""The door for tips in numbers. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import GetTipFigures, TipFigures
from lianxi.greenroom.entries import answers, every
from services.tips.service.publishing import PublishingDoors
from services.tips.views.figure_table import FigureTable
from services.tips.views.figures import TipFigureViews


class FigureDoors(PublishingDoors):
    """What is counted, beside what everybody may see."""

    figures: TipFigureViews
    figure_table: FigureTable

    @answers
    def get_tip_figures(self, request: GetTipFigures, caller: Caller) -> TipFigures:
        """Count tips by desk, week and village."""
        return self.figures.get_tip_figures(request, caller)

    @every(20)
    def keep_figures_up(self) -> None:
        """Fill the table that is counted, and follow what is written."""
        self.figure_table.keep_up()
