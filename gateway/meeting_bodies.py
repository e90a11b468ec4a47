"""What may stand in the bodies of meetings and of what they decide."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.bodies import Body, Code, Day, Instant, ItemId, ItemReference, Long
from lianxi.contracts.meetings import ItemOutcome, MeetingKind, Presence

Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Remark = Annotated[str, StringConstraints(max_length=2000)]
Proof = Annotated[
    str, StringConstraints(max_length=120, pattern=r"^([a-z][a-z_]*/[A-Za-z0-9][A-Za-z0-9_.:-]*|[0-9a-f]{64})$")
]


class MeetingCall(Body):
    """A meeting that is called. The conference and the opening invite every member by themselves."""

    kind: MeetingKind = MeetingKind.CONFERENCE
    title: Title
    place: Title
    held_at: Instant
    agencies: tuple[Code, ...] = Field(default=(), max_length=40, description="Who comes to a meeting about cases")


class MeetingReason(Body):
    """Why a meeting is called off."""

    reason: Long


class ItemProposal(Body):
    """An item for the agenda; no names of informants or of minors."""

    title: Title
    about: ItemReference | None = Field(default=None, description="What it is about, as `case/…`")


class SeatSaid(Body):
    """Who came for a seat."""

    seat: Code
    unit: Code | None = Field(
        default=None, description="Of a seat that stands for several units: which; all unless said otherwise"
    )
    presence: Presence
    reason: Remark = Field(default="", description="Wanted for an excuse")


class Attendance(Body):
    """Who came. A seat of which nothing is said was absent."""

    attendance: tuple[SeatSaid, ...] = Field(max_length=80)


class ItemSettled(Body):
    """What came of an item."""

    outcome: ItemOutcome
    remark: Remark = ""


class DecisionBody(Body):
    """A decision: who owes what by which day."""

    what: Long
    owner: Code = Field(description="The desk that owes it, or an agency, whose own desk is meant then")
    due_on: Day
    item_id: ItemId | None = Field(default=None, description="The item of the agenda that it settles")


class Minutes(Body):
    """The end of a meeting."""

    summary: Remark = ""


class DecisionReport(Body):
    """A decision that is done, with its proof."""

    note: Long
    proof: tuple[Proof, ...] = Field(
        min_length=1, max_length=20, description="Items by kind and id, or attachments by digest"
    )


class DecisionReturn(Body):
    """A decision that is not taken for done."""

    due_on: Day
    remark: Long
