"""The doors of public warnings. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts import cases
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.warnings import (
    DraftWarning,
    GetWarning,
    ListPublicWarnings,
    ListWarnings,
    PublicWarnings,
    PublishWarning,
    WarningPage,
    WarningView,
    WithdrawWarning,
)
from lianxi.greenroom.entries import Desk, answers, consumes
from services.notifications.handlers.warnings import WarningDesk
from services.notifications.views import NoticeViews


class WarningDoors(Desk):
    """What is asked about public warnings."""

    warnings: WarningDesk
    views: NoticeViews

    @consumes("know_case", cases.CaseClosed)
    def know_case(self, event: cases.CaseClosed, cause: Cause) -> None:
        """Keep how a case ended."""
        self.warnings.know_case(event)

    @answers
    def draft_warning(self, request: DraftWarning, caller: Caller) -> WarningView:
        """Write a warning."""
        return self.warnings.draft(request, caller)

    @answers
    def publish_warning(self, request: PublishWarning, caller: Caller) -> WarningView:
        """Publish a warning."""
        return self.warnings.publish(request, caller)

    @answers
    def withdraw_warning(self, request: WithdrawWarning, caller: Caller) -> WarningView:
        """Take a warning back."""
        return self.warnings.withdraw(request, caller)

    @answers
    def get_warning(self, request: GetWarning, caller: Caller) -> WarningView:
        """Show a warning."""
        return self.warnings.get(request)

    @answers
    def list_warnings(self, request: ListWarnings, caller: Caller) -> WarningPage:
        """Show a page of warnings."""
        return self.views.list_warnings(request)

    @answers
    def list_public_warnings(self, request: ListPublicWarnings, caller: Caller) -> PublicWarnings:
        """Show what the public is warned of."""
        return self.warnings.for_the_public()
