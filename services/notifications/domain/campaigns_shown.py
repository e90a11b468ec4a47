"""What is shown of a campaign: to its unit and the office all of it, to a carrier its own part; and what is owed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from lianxi.contracts.campaigns import (
    CARRIERS,
    CampaignState,
    CampaignView,
    OwedSend,
    ProofView,
    SendState,
    SendView,
)
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import local_date
from services.notifications.domain.campaigns import Campaign, Send, carriers_of
from services.notifications.policy.campaigns import SendDuty


def as_view(campaign: Campaign, version: int, caller: Caller, now: datetime) -> CampaignView:
    """Write a campaign as its reader may know it: a carrier has its own part.

    Clause: L65.1 (domain 5.4).
    """
    mine = carriers_of(caller)
    seen = campaign.sends if caller.agency != CARRIERS else [each for each in campaign.sends if each.carrier in mine]
    return CampaignView(
        campaign_id=campaign.id,
        version=version,
        duty=campaign.duty,
        agency=campaign.agency,
        owner=campaign.owner,
        first_on=campaign.first_on,
        due_on=campaign.due_on,
        state=campaign.state,
        text=campaign.text,
        text_sha256=campaign.text_sha256,
        is_warning=campaign.is_warning,
        approval=campaign.approval,
        sends=tuple(_send_view(campaign, each, now) for each in seen),
        written_at=campaign.written_at,
        written_by=campaign.written_by,
        approved_at=campaign.approved_at,
        approved_by=campaign.approved_by,
        withdrawn_at=campaign.withdrawn_at,
        withdrawn_by=campaign.withdrawn_by,
        reason=campaign.reason,
    )


def owed(duty: SendDuty, campaigns: Iterable[Campaign], year: int, now: datetime) -> tuple[OwedSend, ...]:
    """List what each carrier owes in a year, a row a period and carrier, and what has become of it.

    Clause: L65.1; criterion 18.4: three carriers by three months are nine.
    """
    texts = {each.due_on: each for each in campaigns if each.state is not CampaignState.WITHDRAWN}
    return tuple(
        _owed(duty, carrier, period, texts.get(period[1]), now)
        for period in duty.periods
        if year in {period[0].year, period[1].year}
        for carrier in duty.carriers
    )


def _owed(
    duty: SendDuty, carrier: str, period: tuple[date, date], campaign: Campaign | None, now: datetime
) -> OwedSend:
    send = next((each for each in campaign.sends if each.carrier == carrier), None) if campaign else None
    proof = send.proof if send else None
    sent_on = proof.sent_on if proof else None
    return OwedSend(
        duty=duty.code,
        clause=duty.clause,
        carrier=carrier,
        first_on=period[0],
        due_on=period[1],
        state=send.state if send else SendState.OWED,
        is_late=(sent_on or local_date(now)) > period[1],
        campaign_id=campaign.id if campaign and send else None,
        sent_on=sent_on,
        sent=proof.sent if proof else None,
    )


def _send_view(campaign: Campaign, send: Send, now: datetime) -> SendView:
    proof = send.proof
    return SendView(
        carrier=send.carrier,
        state=send.state,
        is_late=(proof.sent_on if proof else local_date(now)) > campaign.due_on,
        taken_at=send.taken_at,
        proof=None
        if proof is None
        else ProofView(
            sent_on=proof.sent_on,
            sent=proof.sent,
            text_sha256=proof.text_sha256,
            file_sha256=proof.file_sha256,
            returned_at=proof.returned_at,
        ),
        rounds=send.rounds,
        remark=send.remark,
        rungs=send.clock.fired,
    )
