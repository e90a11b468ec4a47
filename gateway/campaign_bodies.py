"""What may stand in the bodies of campaigns. No field takes a subscriber's number, a list or a carrier's words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Day, Sha256, text_of

Message = Annotated[str, text_of(280)]
ABOUT_TEXT = "What every subscriber reads. Nobody's name, telephone, account, plate or identity number"


class CampaignText(Body):
    """A text that is written anew."""

    text: Message = Field(description=ABOUT_TEXT)
    is_warning: bool = Field(default=False, description="Whether it warns of somebody; then it wants an approval")


class NewCampaign(CampaignText):
    """The text of one period of a duty."""

    duty: Code = Field(default="sms-monthly", description="A duty of carriers in the policy")
    due_on: Day = Field(description="The last day of the period, as `/v1/campaigns/plan` lists it")


class CampaignApproval(Body):
    """Approves a text; of a warning, by which approval from above the town."""

    approval: Annotated[str, text_of(120)] | None = Field(default=None, description="The number of the approval")


class CampaignReason(Body):
    """Why a text is taken back, or a proof is not one."""

    reason: Annotated[str, text_of(500)]


class SendProof(Body):
    """What proves a sending: a day, a count and two digests. The file itself stays with the carrier."""

    sent_on: Day
    sent: int = Field(ge=1, le=100_000_000, description="How many messages went out; no subscriber is named")
    text_sha256: Sha256 = Field(description="SHA-256 of the text that was sent, as UTF-8")
    file_sha256: Sha256 = Field(description="SHA-256 of the carrier's own record of the sending, which stays there")
