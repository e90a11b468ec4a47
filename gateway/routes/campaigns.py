"""Campaigns: a text that one writes and another approves, handed to carriers as a task, and their proof of sending."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.campaign_bodies import CampaignApproval, CampaignReason, CampaignText, NewCampaign, SendProof
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.routes.publicity import YearQuery
from lianxi.contracts.campaigns import (
    CARRIERS,
    ApproveCampaign,
    CampaignPage,
    CampaignPlan,
    CampaignState,
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

router = APIRouter(route_class=DoorRoute, tags=["notifications"])
SERVICE = "notifications"
PATH = "/v1/campaigns"
ONE = PATH + "/{campaign_id}"
SEND = ONE + "/sends/{carrier}"


@router.post(PATH, status_code=201, response_model=CampaignView)
async def draft_campaign(body: NewCampaign, writing: Writing = writes("campaign.create")) -> Response:
    """Write the text of a period, as the unit that answers for the carriers; nobody has it before it is approved."""
    asked = body.contract(DraftCampaign)
    return await writing.create(
        SERVICE, "draft_campaign", asked, CampaignView, at=lambda view: f"{PATH}/{view.campaign_id}"
    )


@router.get(PATH, response_model=CampaignPage)
async def list_campaigns(
    state: CampaignState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("campaign.read"),
) -> Response:
    """Read campaigns, newest first: a unit its own, the office all, a carrier those that it was handed."""
    asked = ListCampaigns(state=state, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_campaigns", asked, CampaignPage)


@router.get(PATH + "/plan", response_model=CampaignPlan)
async def get_campaign_plan(year: YearQuery = None, reading: Reading = reads("campaign.read")) -> Response:
    """Read which carrier owes a message for which period of a year, and what has become of it."""
    return await reading.show(SERVICE, "get_campaign_plan", GetCampaignPlan(year=year), CampaignPlan)


@router.get(ONE, response_model=CampaignView)
async def get_campaign(campaign_id: ItemPath, reading: Reading = reads("campaign.read")) -> Response:
    """Read one campaign: its text and each carrier's part; a carrier its own part alone."""
    return await reading.show(SERVICE, "get_campaign", GetCampaign(campaign_id=campaign_id), CampaignView)


@router.post(ONE + "/text", response_model=CampaignView)
async def rewrite_campaign(
    campaign_id: ItemPath, body: CampaignText, writing: Writing = decides("campaign.change")
) -> Response:
    """Write a draft anew. Whoever wrote at it does not approve it."""
    asked = body.contract(RewriteCampaign, campaign_id=campaign_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "rewrite_campaign", asked, CampaignView)


@router.post(ONE + "/approve", response_model=CampaignView)
async def approve_campaign(
    campaign_id: ItemPath, body: CampaignApproval, writing: Writing = decides("campaign.decide")
) -> Response:
    """Approve a text as another person than its writers; every carrier has it as a task until the period's last day."""
    asked = body.contract(ApproveCampaign, campaign_id=campaign_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "approve_campaign", asked, CampaignView)


@router.post(ONE + "/withdraw", response_model=CampaignView)
async def withdraw_campaign(
    campaign_id: ItemPath, body: CampaignReason, writing: Writing = decides("campaign.decide")
) -> Response:
    """Take a text back that no carrier has sent; carriers that have it are told not to."""
    asked = body.contract(WithdrawCampaign, campaign_id=campaign_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "withdraw_campaign", asked, CampaignView)


@router.post(SEND + "/take", response_model=CampaignView)
async def take_send(campaign_id: ItemPath, carrier: ItemPath, writing: Writing = writes("campaign.close")) -> Response:
    """Take the task, as a person of that carrier; `carrier` is its code without `carrier/`."""
    asked = TakeSend(campaign_id=campaign_id, carrier=f"{CARRIERS}/{carrier}")
    return await writing.decide(SERVICE, "take_send", asked, CampaignView)


@router.post(SEND + "/proof", response_model=CampaignView)
async def return_proof(
    campaign_id: ItemPath, carrier: ItemPath, body: SendProof, writing: Writing = writes("campaign.close")
) -> Response:
    """Return the proof of sending: when, to how many, and the digests of text and record. No subscriber's data."""
    asked = body.contract(ReturnProof, campaign_id=campaign_id, carrier=f"{CARRIERS}/{carrier}")
    return await writing.decide(SERVICE, "return_proof", asked, CampaignView)


@router.post(SEND + "/send-back", response_model=CampaignView)
async def send_back_proof(
    campaign_id: ItemPath, carrier: ItemPath, body: CampaignReason, writing: Writing = decides("campaign.decide")
) -> Response:
    """Say that a proof does not prove it, and why; the carrier owes another, and its clock goes on."""
    asked = body.contract(
        SendBackProof, campaign_id=campaign_id, carrier=f"{CARRIERS}/{carrier}", expected_version=writing.version
    )
    return await writing.decide(SERVICE, "send_back_proof", asked, CampaignView)
