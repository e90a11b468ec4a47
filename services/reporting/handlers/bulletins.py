"""Bulletins and summaries are drafted from what was counted and filed, and issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from lianxi.contracts.bulletins import (
    BulletinView,
    DraftBulletin,
    GetBulletin,
    GetPeriodFigures,
    IssueBulletin,
    PeriodFigures,
)
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.store.unit import Aggregates
from services.reporting.domain import bulletins
from services.reporting.domain.bulletins import Bulletin
from services.reporting.domain.cells import Cell
from services.reporting.domain.returns import StageReport

NOUN = "bulletin"


class Days(Protocol):
    """Where the cells of days are read."""

    def days(self, first: date, last: date) -> Mapping[date, Cell]:
        """Read what has happened on each day from a first to a last; days on which nothing did are left out."""
        ...


class FiledReports(Protocol):
    """Where the stage reports of a period are read."""

    def due_between(self, first: date, last: date) -> Sequence[StageReport]:
        """Read those whose date lies in a period."""
        ...


@dataclass(frozen=True)
class BulletinDesk:
    """The use cases of bulletins, with what they need."""

    bulletins: Aggregates[Bulletin]
    reports: FiledReports
    past: Days
    clock: Clock

    def get_period_figures(self, request: GetPeriodFigures, caller: Caller) -> PeriodFigures:
        """Count a period of the town: the question behind every figure of a bulletin.

        Raises:
            Forbidden: bulletin.office_only.
            RuleBroken: bulletin.period_unreadable.
        """
        bulletins.for_the_office(caller)
        now = self.clock.now()
        first, last = bulletins.checked_period(request.first_on, request.last_on, local_date(now))
        counted = bulletins.town_figures(self.past.days(first, last).values())
        return PeriodFigures(first_on=first, last_on=last, as_of=now, items=counted)

    def draft_bulletin(self, request: DraftBulletin, caller: Caller) -> BulletinView:
        """Draft a bulletin; its figures are those that the question answers at this moment.

        Raises:
            Forbidden: bulletin.office_only.
            RuleBroken: bulletin.period_unreadable.
        """
        asked = GetPeriodFigures(first_on=request.first_on, last_on=request.last_on)
        counted = self.get_period_figures(asked, caller)
        made = caller.command_id is not None
        bulletin_id = derived_id(NOUN, caller.actor, caller.command_id) if made else sortable_id(NOUN, counted.as_of)
        parts = bulletins.parts_of(
            self.reports.due_between(request.first_on, request.last_on), request.first_on, request.last_on
        )
        draft = bulletins.drafted(bulletin_id, request, counted.items, parts, counted.as_of, caller.actor)
        self.bulletins.add(draft, (), caller.cause())
        found = self.bulletins.get(bulletin_id)
        return bulletins.as_view(found.state, found.version)

    def issue_bulletin(self, request: IssueBulletin, caller: Caller) -> BulletinView:
        """Issue a draft.

        Emits: reporting.bulletin.issued.v1.
        Raises:
            NotFound: bulletin.not_found.
            Forbidden: bulletin.office_only.
            Conflict: bulletin.already_issued, bulletin.changed.
        """
        bulletins.for_the_office(caller)
        now = self.clock.now()
        after = self.bulletins.change(
            request.bulletin_id,
            lambda each: bulletins.issued(each, now, caller.actor),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return bulletins.as_view(after.state, after.version)

    def get_bulletin(self, request: GetBulletin, caller: Caller) -> BulletinView:
        """Show one bulletin; a draft to the office only.

        Raises:
            NotFound: bulletin.not_found.
        """
        found = self.bulletins.get(request.bulletin_id)
        return bulletins.as_view(bulletins.shown_to(found.state, caller), found.version)
