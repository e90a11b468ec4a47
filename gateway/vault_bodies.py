"""What may stand in the body of a request about the vault."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Long, Short
from lianxi.contracts.vault import OpeningKind

Motive = Annotated[Long, Field(min_length=4, max_length=1000)]


class OpeningWish(Body):
    """Why an informant's identity is wanted."""

    kind: OpeningKind = Field(description="The informant is told this")
    motive: Motive = Field(description="For the custodian and the record; the informant is not told the words")


class OpeningAnswer(Body):
    """A custodian's yes or no."""

    approve: bool
    reason: Motive
    withheld_ground: Short | None = Field(
        default=None, description="The law that forbids telling the informant; without it the informant is told"
    )
