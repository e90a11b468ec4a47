"""The doors for photographs of visits. They say what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.photographs import (
    GetPhotograph,
    ListPhotographs,
    ListStrayPhotographs,
    PhotographKey,
    PhotographPage,
    PhotographTaken,
    PhotographView,
    RecordPhotograph,
    SettlePhotograph,
)
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.inspections.handlers.photographs import PhotographDesk
from services.inspections.views.photographs import PhotographViews


class PhotographDoors(Desk):
    """What comes in and is asked about photographs."""

    photographs: PhotographDesk
    album: PhotographViews

    @answers
    def record_photograph(self, request: RecordPhotograph, caller: Caller) -> PhotographTaken:
        """Take in a photograph."""
        return self.photographs.record_photograph(request, caller)

    @answers
    def list_photographs(self, request: ListPhotographs, caller: Caller) -> PhotographPage:
        """Show the photographs of a visit."""
        return self.album.list_photographs(request, caller)

    @answers
    def list_stray_photographs(self, request: ListStrayPhotographs, caller: Caller) -> PhotographPage:
        """Show photographs that a person has to look at."""
        return self.album.list_stray_photographs(request, caller)

    @answers
    def settle_photograph(self, request: SettlePhotograph, caller: Caller) -> PhotographView:
        """Note that somebody has looked at a photograph."""
        return self.photographs.settle_photograph(request, caller)

    @shows("visit")
    def get_photograph(self, request: GetPhotograph, caller: Caller) -> PhotographKey:
        """Give the key of a photograph to whoever may see it."""
        return self.photographs.get_photograph(request, caller)

    @every(60)
    def look_after_photographs(self) -> None:
        """Join what waits, and show to a person what waited too long."""
        self.photographs.look_after()
