"""What may stand in the bodies of corrections and decisions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Instant, ItemId, text_of
from gateway.visit_bodies import Visit
from lianxi.contracts.conflicts import Fields, Verdict, VisitSide
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome

AFTER = 20


class Changes(Body):
    """What is corrected; what is not there stays as it is."""

    outcome: VisitOutcome | None = None
    entry_basis: EntryBasis | None = None
    findings: tuple[Finding, ...] | None = Field(default=None, max_length=10)
    note: Annotated[str, text_of(200, 0)] | None = None


class Correction(Body):
    """A correction of a visit, with what its maker had seen."""

    base: int = Field(ge=1, le=100_000, description="The visit's `revision` that the phone had seen")
    after: tuple[ItemId, ...] = Field(
        default=(), max_length=AFTER, description="The phone's own corrections made on top of it, oldest first"
    )
    made_at: Instant
    changes: Changes


class Help(Body):
    """A visit that was not taken in, and the code of the refusal."""

    visit: Visit
    problem: Code

    def side(self) -> VisitSide:
        """Make the contract's side."""
        visit = self.visit
        return VisitSide(
            rental_code=visit.rental_code,
            assistant=visit.assistant,
            outcome=visit.outcome,
            entry_basis=visit.entry_basis,
            findings=visit.findings,
            visited_at=visit.visited_at,
            note=visit.note,
        )


class Decision(Body):
    """What a supervisor decides; `other` needs its reason and what is to stand."""

    verdict: Verdict
    reason: Annotated[str, text_of(200, 0)] = ""
    outcome: VisitOutcome | None = None
    entry_basis: EntryBasis | None = None
    findings: tuple[Finding, ...] | None = Field(default=None, max_length=10)
    note: Annotated[str, text_of(200, 0)] | None = None

    def other(self) -> Fields | None:
        """Make the fields of a third version."""
        if self.verdict is not Verdict.OTHER:
            return None
        return Fields(outcome=self.outcome, entry_basis=self.entry_basis, findings=self.findings, note=self.note)
