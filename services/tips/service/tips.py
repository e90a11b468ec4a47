"""The doors for tips themselves. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.contracts.cases import CaseClosed, CaseOpened
from lianxi.contracts.clocks import AskClockChange, DecideClockChange
from lianxi.contracts.envelope import Caller, Cause, Event, Heard
from lianxi.contracts.feedback import FeedbackPage, ListFeedback
from lianxi.contracts.inspections import SuspicionRaised
from lianxi.contracts.notifications import NoticeDelivered
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.contracts.tips import (
    AcceptTip,
    ChangeReceipt,
    CloseTip,
    DispatchTip,
    FindTipByReceipt,
    GetTip,
    ListTips,
    PostInformantMessage,
    PostMessage,
    ReopenTip,
    ReturnTip,
    SubmitTip,
    TellInformant,
    TipPage,
    TipStatusView,
    TipView,
    VerifyTip,
)
from lianxi.greenroom.entries import Accepted, Desk, accepts, answers, consumes, every, gathers, shows
from services.tips.handlers import TipHandlers
from services.tips.views import TipViews
from services.tips.views.feedback import FeedbackViews


class TipDoors(Desk):
    """What is told and asked about tips."""

    handlers: TipHandlers
    views: TipViews
    feedback: FeedbackViews

    @accepts(SubmitTip)
    def submit_tips(self, commands: Sequence[Accepted]) -> None:
        """Take tips in."""
        self.handlers.submit_tips(commands)

    @consumes("take_suspicion", SuspicionRaised)
    def on_suspicion_raised(self, event: SuspicionRaised, cause: Cause) -> None:
        """Make a tip of what a patrol saw."""
        self.handlers.take_suspicion(event, cause)

    @gathers("start_clock", NoticeDelivered)
    def on_notices_delivered(self, heard: Sequence[Heard]) -> None:
        """Start the clocks of dispatches."""
        self.handlers.start_clocks(heard)

    @consumes("follow_case", CaseOpened, CaseClosed)
    def on_case(self, event: Event, cause: Cause) -> None:
        """Follow the case of a tip."""
        self.handlers.follow_case(event, cause)

    @shows("tip")
    def get_tip(self, request: GetTip, caller: Caller) -> TipView:
        """Show a tip."""
        return self.views.get_tip(request, caller)

    @shows("tip")
    def list_tips(self, request: ListTips, caller: Caller) -> TipPage:
        """List tips."""
        return self.views.list_tips(request, caller)

    @shows("tip")
    def list_feedback(self, request: ListFeedback, caller: Caller) -> FeedbackPage:
        """List what came of what the caller handed in."""
        return self.feedback.list_feedback(request, caller)

    @answers
    def dispatch_tip(self, request: DispatchTip, caller: Caller) -> TipView:
        """Give a tip to another lead desk."""
        return self.views.show(self.handlers.dispatch_tip(request, caller))

    @answers
    def accept_tip(self, request: AcceptTip, caller: Caller) -> TipView:
        """Take a tip on."""
        return self.views.show(self.handlers.accept_tip(request, caller))

    @answers
    def return_tip(self, request: ReturnTip, caller: Caller) -> TipView:
        """Give a tip back."""
        return self.views.show(self.handlers.return_tip(request, caller))

    @answers
    def verify_tip(self, request: VerifyTip, caller: Caller) -> TipView:
        """Record what verifying found."""
        return self.views.show(self.handlers.verify_tip(request, caller))

    @answers
    def close_tip(self, request: CloseTip, caller: Caller) -> TipView:
        """Close a tip."""
        return self.views.show(self.handlers.close_tip(request, caller))

    @answers
    def tell_informant(self, request: TellInformant, caller: Caller) -> TipView:
        """Note that an informant was told."""
        return self.views.show(self.handlers.tell_informant(request, caller))

    @answers
    def ask_clock_change(self, request: AskClockChange, caller: Caller) -> TipView:
        """Ask to pause, resume or extend a clock."""
        return self.views.show(self.handlers.ask_clock_change(request, caller))

    @answers
    def decide_clock_change(self, request: DecideClockChange, caller: Caller) -> TipView:
        """Say yes or no to a change of a clock."""
        return self.views.show(self.handlers.decide_clock_change(request, caller))

    @answers
    def post_message(self, request: PostMessage, caller: Caller) -> TipView:
        """Write to an informant."""
        return self.views.show(self.handlers.post_message(request, caller))

    @answers
    def find_tip_by_receipt(self, request: FindTipByReceipt, caller: Caller) -> TipStatusView:
        """Show a tip to whoever holds its receipt code."""
        return self.views.show_status(self.handlers.find_tip_by_receipt(request))

    @answers
    def post_informant_message(self, request: PostInformantMessage, caller: Caller) -> TipStatusView:
        """Write to the desk from the informant's side."""
        return self.views.show_status(self.handlers.post_informant_message(request, caller))

    @answers
    def reopen_tip(self, request: ReopenTip, caller: Caller) -> TipStatusView:
        """Take a closed tip up again, from the informant's side."""
        return self.views.show_status(self.handlers.reopen_tip(request, caller))

    @answers
    def change_receipt(self, request: ChangeReceipt, caller: Caller) -> TipStatusView:
        """Have another receipt code open a tip."""
        return self.views.show_status(self.handlers.change_receipt(request, caller))

    @answers
    def migrate_items(self, request: MigrateItems, caller: Caller) -> MigrationResult:
        """Move running tips to another version of the policy, or count them."""
        return self.handlers.migrate_items(request, caller)

    @every(5)
    def climb_ladders(self) -> None:
        """Tell of the rungs that clocks have reached."""
        self.handlers.climb_ladders()
