"""What may stand in the bodies of matters that are handed over."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, ItemId, ReferralPaper, text_of
from lianxi.contracts.transfers import TransferGround, TransferRefusal


class NewTransfer(Body):
    """A matter to be handed over, with why it is no crime and what goes along."""

    sender: Code
    receiver: Code
    ground: TransferGround
    basis: Annotated[str, text_of(500)]
    reference: Annotated[str, text_of(60)] = Field(description="Your own number of the matter")
    papers: tuple[ReferralPaper, ...] = Field(default=(), max_length=20)
    referral_id: ItemId | None = None


class TransferAcceptance(Body):
    """Who signs, and for which desk."""

    desk: Code
    officer: Code


class TransferRefusing(Body):
    """Why a matter is refused: a reason of the list, and what there is to say."""

    reason: TransferRefusal
    text: Annotated[str, text_of(500)]


class TransferResending(Body):
    """To whom a refused matter goes now, and what there is to say."""

    receiver: Code
    basis: Annotated[str, text_of(500)]


class TransferArbitration(Body):
    """Whose a matter is, and on what grounds."""

    receiver: Code
    grounds: Annotated[str, text_of(500)]
