"""The door for the programme in numbers. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import GetPublicFigures, PublicFigures
from lianxi.greenroom.entries import Desk, answers, every
from services.reporting.handlers.counting import Counting
from services.reporting.views.clauses import FactViews
from services.reporting.views.figures import PublicFigureViews


class FigureDoors(Desk):
    """What is counted for everybody."""

    counting: Counting
    facts: FactViews
    public_figures: PublicFigureViews

    @answers
    def get_public_figures(self, request: GetPublicFigures, caller: Caller) -> PublicFigures:
        """Count the programme's facts up to the end of last week."""
        return self.public_figures.get_public_figures(request, caller)

    @every(10)
    def count_facts(self) -> None:
        """Count facts into the cells of their days."""
        self.counting.count()

    @every(30)
    def count_proofs(self) -> None:
        """Count the events that prove sentences, so that nobody who looks waits for it."""
        self.facts.settle()
