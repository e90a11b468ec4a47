"""The door for alarms. It says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.alarms import RaiseAlarm
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import TipView
from lianxi.greenroom.entries import Desk, answers
from services.tips.handlers.alarms import AlarmHandlers
from services.tips.views import TipViews


class AlarmDoors(Desk):
    """What is asked about the fast lane."""

    views: TipViews
    alarms: AlarmHandlers

    @answers
    def raise_alarm(self, request: RaiseAlarm, caller: Caller) -> TipView:
        """Put a tip on the fast lane."""
        return self.views.show(self.alarms.raise_alarm(request, caller))
