"""What may stand in the body of a request about a public warning."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, text_of
from lianxi.contracts.warnings import ApprovingOrgan


class NewWarning(Body):
    """What the public should know, and the decided case that it rests on."""

    case_id: Code
    title: Annotated[str, text_of(80)]
    text: Annotated[str, text_of(2000)] = Field(
        description="What to watch for. Nobody's name, telephone, account, plate or identity number"
    )


class Approval(Body):
    """The approval of a head at county level or above, as it is filed there."""

    organ: ApprovingOrgan
    reference: Annotated[str, text_of(60)] = Field(description="The number of the approval")
    approved_on: date


class Withdrawal(Body):
    """Why a warning is taken back; of one that was published the public reads it."""

    reason: Annotated[str, text_of(500)]
