"""The doors of campaigns. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.campaigns import (
    ApproveCampaign,
    CampaignPage,
    CampaignPlan,
    CampaignView,
    DraftCampaign,
    GetCampaign,
    GetCampaignPlan,
    ListCampaigns,
    ReturnProof,
    RewriteCampaign,
    SendBackProof,
    TakeSend,
    WithdrawCampaign,
)
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.notifications.handlers.campaigns import CampaignDesk
from services.notifications.views import NoticeViews


class CampaignDoors(Desk):
    """What is asked about campaigns."""

    campaigns: CampaignDesk
    views: NoticeViews

    @answers
    def draft_campaign(self, request: DraftCampaign, caller: Caller) -> CampaignView:
        """Write the text of a period."""
        return self.campaigns.draft(request, caller)

    @answers
    def rewrite_campaign(self, request: RewriteCampaign, caller: Caller) -> CampaignView:
        """Write a draft anew."""
        return self.campaigns.rewrite(request, caller)

    @answers
    def approve_campaign(self, request: ApproveCampaign, caller: Caller) -> CampaignView:
        """Approve a text and hand it to the carriers."""
        return self.campaigns.approve(request, caller)

    @answers
    def withdraw_campaign(self, request: WithdrawCampaign, caller: Caller) -> CampaignView:
        """Take a text back."""
        return self.campaigns.withdraw(request, caller)

    @answers
    def take_send(self, request: TakeSend, caller: Caller) -> CampaignView:
        """Take the task as a carrier."""
        return self.campaigns.take(request, caller)

    @answers
    def return_proof(self, request: ReturnProof, caller: Caller) -> CampaignView:
        """Take a carrier's proof."""
        return self.campaigns.prove(request, caller)

    @answers
    def send_back_proof(self, request: SendBackProof, caller: Caller) -> CampaignView:
        """Ask a carrier for another proof."""
        return self.campaigns.send_back(request, caller)

    @shows("campaign")
    def get_campaign(self, request: GetCampaign, caller: Caller) -> CampaignView:
        """Show a campaign."""
        return self.campaigns.get(request, caller)

    @shows("campaign")
    def list_campaigns(self, request: ListCampaigns, caller: Caller) -> CampaignPage:
        """Show a page of campaigns."""
        return self.views.list_campaigns(request, caller)

    @answers
    def get_campaign_plan(self, request: GetCampaignPlan, caller: Caller) -> CampaignPlan:
        """List what carriers owe in a year."""
        return self.campaigns.plan(request, caller)

    @every(30)
    def press_carriers(self) -> None:
        """Say every rung that a carrier's task has come to."""
        self.campaigns.press()
