"""What may stand in a visit's body."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Instant, ItemId, RentalCode, text_of
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome


class Visit(Body):
    """A visit, under the id that the phone made."""

    visit_id: ItemId
    rental_code: RentalCode
    assistant: Code
    outcome: VisitOutcome
    entry_basis: EntryBasis
    findings: tuple[Finding, ...] = Field(max_length=10)
    visited_at: Instant
    note: Annotated[str, text_of(200, 0)] = Field(default="", description="About the place; never whose it is")
