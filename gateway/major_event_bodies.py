"""What may stand in the body of a major event's report."""

from __future__ import annotations

from pydantic import Field

from gateway.bodies import Body, Code, Instant, ItemReference, Long
from lianxi.contracts.major_events import MajorKind


class MajorSupplement(Body):
    """What has become known since."""

    text: Long = Field(description="Times, places, numbers, measures; no names of informants or of minors")
    is_complete: bool = Field(default=False, description="Whether nothing more is to follow")


class MajorReport(MajorSupplement):
    """What is known of a major event so far; it may be little, the rest follows."""

    kind: MajorKind
    known_at: Instant | None = Field(
        default=None, description="When the unit first knew of it, if that is before now: from then the time runs"
    )
    desk: Code | None = Field(default=None, description="The desk that reports; the agency's own unless said")
    about: ItemReference | None = Field(
        default=None, description="The tip or case that it is about, as `tip/…`; an alarm may have opened it already"
    )
