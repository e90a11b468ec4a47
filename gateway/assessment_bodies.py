"""What may stand in a request's body about the appraisal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.bodies import Body, Code, ItemReference, Long, text_of


class NewFinding(Body):
    """A fact that only a person can find: about which unit and item, with which items or files as proof."""

    fact: Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z_]*$")]
    unit: Code
    about: ItemReference
    proof: tuple[ItemReference, ...] = Field(min_length=1, max_length=20)
    grounds: Annotated[str, text_of(1000)]


class TakingBack(Body):
    """Why a finding or a deduction is taken back."""

    reason: Annotated[str, text_of(500)]


class DeductionStatement(Body):
    """A unit's own case."""

    statement: Long


class DeductionDecision(Body):
    """Whether a deduction is applied or dropped, and on what grounds."""

    apply: bool
    grounds: Annotated[str, text_of(1000)]
