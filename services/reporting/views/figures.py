"""The programme in numbers for everybody: whole weeks only, and no number that could point at one person or one act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from lianxi.contracts.cases import CaseClosed, CaseOpened
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.figures import GetPublicFigures, PublicFigure, PublicFigures
from lianxi.contracts.inspections import VisitRecorded
from lianxi.contracts.tips import TipClosed, TipReceived
from lianxi.kernel.clock import Clock, local_date
from services.reporting.domain.cells import together
from services.reporting.policy import Plan
from services.reporting.views.cells import CellViews

FEWER_THAN = 5
TOLD: Mapping[str, type[Event]] = {
    "tips_received": TipReceived,
    "tips_closed": TipClosed,
    "visits": VisitRecorded,
    "cases_opened": CaseOpened,
    "cases_closed": CaseClosed,
}
"""What is told, by the event that is counted."""


@dataclass(frozen=True)
class PublicFigureViews:
    """Counts the programme's facts up to the last Monday."""

    past: CellViews
    plan: Plan
    clock: Clock

    def get_public_figures(self, _request: GetPublicFigures, _caller: Caller) -> PublicFigures:
        """Count what happened up to the end of last week; what happened fewer than five times is not told exactly."""
        today = local_date(self.clock.now())
        monday = today - timedelta(days=today.weekday())
        happened = together(self.past.days(self.plan.begins_on, monday - timedelta(days=1)).values()).happened
        items = tuple(_figure(code, happened.get(event.KEY, 0)) for code, event in TOLD.items())
        return PublicFigures(upto=monday - timedelta(days=1), fewer_than=FEWER_THAN, items=items)


def _figure(code: str, count: int) -> PublicFigure:
    """Tell a number; none at all points at nobody, a few could."""
    return PublicFigure(code=code, count=None if 0 < count < FEWER_THAN else count)
