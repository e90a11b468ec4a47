"""The door for dwellings in numbers. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import GetVisitFigures, VisitFigures
from lianxi.greenroom.entries import Desk, answers, every
from lianxi.store.following import FollowedTable
from services.inspections.views.figures import Standing, VisitFigureViews


class FigureDoors(Desk):
    """What is counted."""

    figures: VisitFigureViews
    coverage: FollowedTable[Standing]

    @answers
    def get_visit_figures(self, request: GetVisitFigures, caller: Caller) -> VisitFigures:
        """Count dwellings by village and grade."""
        return self.figures.get_visit_figures(request, caller)

    @every(20)
    def keep_figures_up(self) -> None:
        """Fill the table that is counted, and follow what is written."""
        self.coverage.keep_up()
