"""The programme in numbers for everybody: whole weeks only, and no number that could point at one person or one act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lianxi.contracts.cases import CaseClosed, CaseOpened
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.figures import GetPublicFigures, PublicFigure, PublicFigures
from lianxi.contracts.inspections import VisitRecorded
from lianxi.contracts.tips import TipClosed, TipReceived
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.store.connect import reaching_the_store
from services.reporting.documents import EventFactDocument
from services.reporting.policy import Plan

FEWER_THAN = 5
TOLD: Mapping[str, type[Event]] = {
    "tips_received": TipReceived,
    "tips_closed": TipClosed,
    "visits": VisitRecorded,
    "cases_opened": CaseOpened,
    "cases_closed": CaseClosed,
}
"""What is told, by the event whose facts are counted."""


@dataclass(frozen=True)
class PublicFigureViews:
    """Counts the programme's facts up to the last Monday."""

    plan: Plan
    clock: Clock

    def get_public_figures(self, _request: GetPublicFigures, _caller: Caller) -> PublicFigures:
        """Count what happened up to the end of last week; what happened fewer than five times is not told exactly."""
        today = local_date(self.clock.now())
        monday = today - timedelta(days=today.weekday())
        start, end = local_midnight(self.plan.begins_on), local_midnight(monday)
        items = tuple(_figure(code, self._count(event, start, end)) for code, event in TOLD.items())
        return PublicFigures(upto=monday - timedelta(days=1), fewer_than=FEWER_THAN, items=items)

    def _count(self, event: type[Event], start: datetime, end: datetime) -> int:
        with reaching_the_store():
            return int(
                EventFactDocument._get_collection().count_documents(
                    {"event_type": event.KEY, "at": {"$gte": start, "$lt": end}}
                )
            )


def _figure(code: str, count: int) -> PublicFigure:
    """Tell a number; none at all points at nobody, a few could."""
    return PublicFigure(code=code, count=None if 0 < count < FEWER_THAN else count)
