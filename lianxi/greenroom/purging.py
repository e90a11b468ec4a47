"""The doors at which a desk previews, holds back and purges what it has kept long enough."""

from __future__ import annotations

from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.retention import (
    HoldItem,
    HoldList,
    HoldView,
    LiftHold,
    ListHolds,
    PreviewRetention,
    RetentionPreview,
    RetentionRunStarted,
)
from lianxi.greenroom.entries import Desk, answers, consumes, every


class Purges(Protocol):
    """Who keeps and deletes what a desk has."""

    def preview(self) -> RetentionPreview:
        """Say what a run would do now."""
        ...

    def hold(self, request: HoldItem, caller: Caller) -> HoldView:
        """Hold an item back from every run."""
        ...

    def lift(self, request: LiftHold, caller: Caller) -> HoldView:
        """Let runs have an item again."""
        ...

    def list_holds(self, request: ListHolds) -> HoldList:
        """Name what is held."""
        ...

    def start(self, event: RetentionRunStarted, cause: Cause) -> None:
        """Take part in a run, once."""
        ...

    def work(self) -> None:
        """Go on with every run."""
        ...


class PurgingDesk(Desk):
    """A desk whose items are kept for a time."""

    retention: Purges

    @answers
    def preview_retention(self, request: PreviewRetention, caller: Caller) -> RetentionPreview:
        """Say what a run would do now."""
        return self.retention.preview()

    @answers
    def hold_item(self, request: HoldItem, caller: Caller) -> HoldView:
        """Hold an item back from every run."""
        return self.retention.hold(request, caller)

    @answers
    def lift_hold(self, request: LiftHold, caller: Caller) -> HoldView:
        """Let runs have an item again."""
        return self.retention.lift(request, caller)

    @answers
    def list_holds(self, request: ListHolds, caller: Caller) -> HoldList:
        """Name what is held."""
        return self.retention.list_holds(request)

    @consumes("take_part_in_purge", RetentionRunStarted)
    def on_retention_run_started(self, event: RetentionRunStarted, cause: Cause) -> None:
        """Take part in a run."""
        self.retention.start(event, cause)

    @every(5)
    def purge(self) -> None:
        """Go on with the runs that are not done."""
        self.retention.work()
