"""The events of a decision, in the aggregate's own document until the relay has the broker's word for them.

`_outbox_due` exists only while something is pending, so that its sparse index holds nothing else; its value is the
rank of the most urgent lane, so that the relay can ask for rescues first. `_inbox` holds the last events handled,
`_cmds` the last commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts import codec
from lianxi.contracts.envelope import LANES, Cause, Envelope, Event, Lane, event_id

INBOX_KEEPS = 200
COMMANDS_KEEPS = 50
LANE_RANK: Mapping[Lane, int] = {lane: rank for rank, lane in enumerate(LANES)}

AGGREGATES: Mapping[str, tuple[str, ...]] = {
    "tips": (
        *("tips", "openings", "rewards", "unmaskings", "unmasking_reports", "bonds", "purges"),
        *("saved_searches", "sightings"),
    ),
    "inspections": (
        *("rentals", "visits", "photographs", "conflicts"),
        *("imports", "import_parts", "import_profiles", "purges"),
    ),
    "cases": (
        *("cases", "criminal_referrals", "assistance", "transfers", "joint_operations"),
        *("parties", "evidence", "purges"),
    ),
    "reporting": (
        "stage_reports",
        "supervision_orders",
        "tools",
        "retention_runs",
        "major_events",
        "upward_reports",
        "findings",
        "deductions",
        "bulletins",
        *("meetings", "meeting_decisions", "publicity", "publicity_gaps"),
    ),
    "notifications": ("notices", "outside", "hooks", "hook_deliveries", "warnings", "campaigns"),
}
"""The collections of each desk that hold aggregates: where the relay looks for pending events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """Puts events into envelopes on behalf of one desk and one kind of aggregate."""

    service: str
    noun: str

    def envelopes(
        self, aggregate_id: str, version: int, events: Sequence[Event], cause: Cause, at: datetime
    ) -> list[Envelope]:
        """Put the events of one version of an aggregate into envelopes whose ids are the same every time."""
        return [
            Envelope(
                id=event_id(aggregate_id, version, index),
                type=event.KEY,
                source=f"/lianxi/{self.service}",
                subject=f"{self.noun}/{aggregate_id}",
                time=at,
                sequence=version,
                data=codec.as_plain(event),
                actor=cause.actor,
                correlationid=cause.correlation_id,
                causationid=cause.causation_id,
                traceparent=cause.traceparent,
                lane=cause.lane,
            )
            for index, event in enumerate(events)
        ]


def pending(envelopes: Sequence[Envelope], at: datetime) -> list[dict[str, Any]]:
    """Write envelopes as outbox entries."""
    return [{"id": each.id, "lane": each.lane, "at": at, "event": codec.envelope_as_plain(each)} for each in envelopes]


def due_rank(entries: Sequence[Mapping[str, Any]]) -> int | None:
    """Say how urgent the most urgent pending entry is; `None` when nothing is pending."""
    return min((LANE_RANK[entry["lane"]] for entry in entries), default=None)
