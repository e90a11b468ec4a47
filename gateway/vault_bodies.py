"""What may stand in the body of a request about the vault, and how its one sealed answer is opened."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Long, Short
from lianxi.contracts import codec
from lianxi.contracts.sealing import IDENTITY, Opener
from lianxi.contracts.vault import Identity, OpenedView, OpeningKind, SealedOpening

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


def opened(sealed: SealedOpening, mine: Opener) -> OpenedView:
    """Open what a desk sealed to this one question's key.

    Raises:
        ContractBroken: seal.unreadable.
    """
    identity = None if sealed.identity is None else codec.as_contract(Identity, mine.open(sealed.identity, IDENTITY))
    known = {each.name: getattr(sealed.opening, each.name) for each in fields(sealed.opening)}
    return OpenedView(**known, identity=identity)
