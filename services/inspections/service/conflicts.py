"""The doors for corrections and conflicts. They say what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.conflicts import (
    AskAboutVisit,
    ConflictPage,
    ConflictView,
    DecideConflict,
    EditTaken,
    EditVisit,
    GetConflict,
    ListConflicts,
)
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, answers, every
from services.inspections.handlers.conflicts import ConflictDesk
from services.inspections.views.conflicts import ConflictViews


class ConflictDoors(Desk):
    """What comes in and is asked about corrections and conflicts."""

    correcting: ConflictDesk
    conflicts: ConflictViews

    @answers
    def edit_visit(self, request: EditVisit, caller: Caller) -> EditTaken:
        """Take in a correction."""
        return self.correcting.edit_visit(request, caller)

    @answers
    def ask_about_visit(self, request: AskAboutVisit, caller: Caller) -> ConflictView:
        """Put before the supervisor what a device could not send."""
        return self.correcting.ask_about_visit(request, caller)

    @answers
    def get_conflict(self, request: GetConflict, caller: Caller) -> ConflictView:
        """Show one conflict."""
        return self.correcting.get_conflict(request, caller)

    @answers
    def list_conflicts(self, request: ListConflicts, caller: Caller) -> ConflictPage:
        """Show a page of conflicts."""
        return self.conflicts.list_conflicts(request, caller)

    @answers
    def decide_conflict(self, request: DecideConflict, caller: Caller) -> ConflictView:
        """Decide which side stands."""
        return self.correcting.decide_conflict(request, caller)

    @every(60)
    def look_after_conflicts(self) -> None:
        """Go on with what waits."""
        self.correcting.look_after()
