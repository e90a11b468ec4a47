"""Campaigns: one text a month that carriers send to their own subscribers, and what proves that they did (L65.1).

No subscriber's data goes either way. A proof is a day, a count, the digest of the text that was sent and the digest
of a file that stays with the carrier; there is no field for a number, a list or a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Interval, Len

from lianxi.contracts.clocks import RungReached
from lianxi.contracts.envelope import Event

CARRIERS = "carrier"
"""The unit of a carrier's officials: each carrier is a desk of it, and knows nothing of the others."""

MessageText = Annotated[str, Len(1, 280)]
Reason = Annotated[str, Len(1, 500)]
Digest = Annotated[str, Len(64, 64)]
Sent = Annotated[int, Interval(ge=1, le=100_000_000)]


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFTED = "drafted"
    HANDED = "handed"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class SendState(StrEnum):
    """Where a carrier's part stands; *owed* is a month for which no text has been handed over."""

    OWED = "owed"
    HANDED = "handed"
    TAKEN = "taken"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCampaign:
    """Write the text of a period of a duty; `due_on` is the period's last day."""

    duty: str
    due_on: date
    text: MessageText
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteCampaign:
    """Write the text of a draft anew."""

    campaign_id: str
    text: MessageText
    is_warning: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveCampaign:
    """Approve a text as another person than those who wrote it: the carriers have it as a task from now on."""

    campaign_id: str
    approval: Annotated[str, Len(1, 120)] | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCampaign:
    """Take a text back that no carrier has sent yet."""

    campaign_id: str
    reason: Reason
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSend:
    """Say, as a person of the carrier, that the carrier has the task."""

    campaign_id: str
    carrier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnProof:
    """Return the proof that the text was sent: when, to how many, and digests. Nothing about any subscriber."""

    campaign_id: str
    carrier: str
    sent_on: date
    sent: Sent
    text_sha256: Digest
    file_sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBackProof:
    """Say that a proof does not prove it, and why: the carrier owes another."""

    campaign_id: str
    carrier: str
    reason: Reason
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCampaign:
    """Ask for one campaign."""

    campaign_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCampaigns:
    """Ask for campaigns, the newest first."""

    state: CampaignState | None = None
    cursor: str | None = None
    limit: Annotated[int, Interval(ge=1, le=200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCampaignPlan:
    """Ask which carrier owes a message for which month; without a year, this one's."""

    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """What proves that a carrier sent the text."""

    sent_on: date
    sent: int
    text_sha256: str
    file_sha256: str
    returned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendView:
    """A carrier's part of a campaign."""

    carrier: str
    state: SendState
    is_late: bool
    taken_at: datetime | None
    proof: ProofView | None
    rounds: int
    remark: str | None
    rungs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """A campaign. A carrier sees its own part alone, and no official."""

    campaign_id: str
    version: int
    duty: str
    agency: str
    owner: str
    first_on: date
    due_on: date
    state: CampaignState
    text: str
    text_sha256: str
    is_warning: bool
    approval: str | None
    sends: tuple[SendView, ...]
    written_at: datetime
    written_by: tuple[str, ...]
    approved_at: datetime | None
    approved_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPage:
    """A page of campaigns; `next_cursor` is absent on the last."""

    items: tuple[CampaignView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedSend:
    """One message of one carrier for one period: an obligation."""

    duty: str
    clause: str
    carrier: str
    first_on: date
    due_on: date
    state: SendState
    is_late: bool
    campaign_id: str | None
    sent_on: date | None
    sent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """What carriers owe in a year, each by itself: the plan of 2015 has nine, three carriers by three months."""

    year: int
    items: tuple[OwedSend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEvent(Event):
    """What every event about a campaign says: which, for which duty, whose it is, and whom it concerns."""

    campaign_id: str
    category: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignHanded(CampaignEvent):
    """A text was approved, and carriers have it as a task (L65.1)."""

    KEY: ClassVar[str] = "notifications.campaign.handed.v1"

    receivers: tuple[str, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTaken(CampaignEvent):
    """A person of a carrier has taken the task."""

    KEY: ClassVar[str] = "notifications.campaign.taken.v1"

    carried_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignProven(CampaignEvent):
    """A carrier returned the proof of its sending (L65.1)."""

    KEY: ClassVar[str] = "notifications.campaign.proven.v1"

    carried_by: str
    round: int
    sent_on: date
    reach: int
    sent_sha256: str
    is_late: bool
    is_warning: bool
    approval: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSentBack(CampaignEvent):
    """A proof did not prove it; the carrier owes another."""

    KEY: ClassVar[str] = "notifications.campaign.sent_back.v1"

    carried_by: str
    receivers: tuple[str, ...]
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignWithdrawn(CampaignEvent):
    """A text that carriers had was taken back before anybody sent it."""

    KEY: ClassVar[str] = "notifications.campaign.withdrawn.v1"

    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsRungReached(RungReached):
    """The clock of a carrier's task, or of a notice that nobody signed, has come to a rung of its ladder (L81.2).

    `about` is what whoever is told can open: the campaign, or what the notice is about.
    """

    KEY: ClassVar[str] = "notifications.clock.rung_reached.v1"

    about: str = ""
