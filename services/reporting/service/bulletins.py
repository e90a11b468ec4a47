"""The doors for bulletins and summaries. Each says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.bulletins import (
    BulletinPage,
    BulletinView,
    DraftBulletin,
    GetBulletin,
    GetPeriodFigures,
    IssueBulletin,
    ListBulletins,
    PeriodFigures,
)
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, answers
from services.reporting.handlers.bulletins import BulletinDesk
from services.reporting.views.bulletins import BulletinViews


class BulletinDoors(Desk):
    """What is asked and told about bulletins."""

    bulletins: BulletinDesk
    bulletin_views: BulletinViews

    @answers
    def get_period_figures(self, request: GetPeriodFigures, caller: Caller) -> PeriodFigures:
        """Count a period of the town."""
        return self.bulletins.get_period_figures(request, caller)

    @answers
    def draft_bulletin(self, request: DraftBulletin, caller: Caller) -> BulletinView:
        """Draft a bulletin."""
        return self.bulletins.draft_bulletin(request, caller)

    @answers
    def issue_bulletin(self, request: IssueBulletin, caller: Caller) -> BulletinView:
        """Issue a draft."""
        return self.bulletins.issue_bulletin(request, caller)

    @answers
    def get_bulletin(self, request: GetBulletin, caller: Caller) -> BulletinView:
        """Show one bulletin."""
        return self.bulletins.get_bulletin(request, caller)

    @answers
    def list_bulletins(self, request: ListBulletins, caller: Caller) -> BulletinPage:
        """Show a page of bulletins."""
        return self.bulletin_views.list_bulletins(request, caller)
