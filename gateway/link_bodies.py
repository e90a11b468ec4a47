"""What may stand in the body of a request about bonds between tips."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Long
from lianxi.contracts.links import BondKind

Why = Annotated[Long, Field(min_length=2, max_length=500)]


class BondWish(Body):
    """Which two tips belong together, and how."""

    other_tip_id: Code = Field(description="The tip at the other end")
    kind: BondKind = Field(description="`link`: they have to do with one another; `merge`: they tell of the same thing")
    reason: Why = Field(description="For the record; no informant reads it")


class BondUndoing(Body):
    """Why a bond is undone."""

    reason: Why
