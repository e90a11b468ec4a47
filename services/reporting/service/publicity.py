"""The doors for the register of publicity. They say what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.publicity import (
    ActivityPage,
    ActivityView,
    GetActivity,
    GetPublicityYear,
    ListActivities,
    PublicityYear,
    RecordActivity,
    WithdrawActivity,
)
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.reporting.handlers.publicity import PublicityDesk
from services.reporting.views.publicity import PublicityViews


class PublicityDoors(Desk):
    """What is told and asked about publicity."""

    register: PublicityDesk
    publicity_views: PublicityViews

    @answers
    def record_activity(self, request: RecordActivity, caller: Caller) -> ActivityView:
        """Record an activity."""
        return self.register.record_activity(request, caller)

    @answers
    def withdraw_activity(self, request: WithdrawActivity, caller: Caller) -> ActivityView:
        """Take an activity back."""
        return self.register.withdraw_activity(request, caller)

    @shows("publicity")
    def get_activity(self, request: GetActivity, caller: Caller) -> ActivityView:
        """Show one activity."""
        return self.register.get_activity(request, caller)

    @shows("publicity")
    def list_activities(self, request: ListActivities, caller: Caller) -> ActivityPage:
        """Show a page of activities."""
        return self.publicity_views.list_activities(request, caller)

    @answers
    def get_publicity_year(self, request: GetPublicityYear, caller: Caller) -> PublicityYear:
        """Lay out a year."""
        return self.register.get_year(request, caller)

    @every(60)
    def look_for_gaps(self) -> None:
        """Say of each period that is newly over that it had nothing."""
        self.register.look()
