"""What the notifications desk (告知) tells agencies' own systems: hooks, and the deliveries to them.

A body says which item something has happened to, and by when something is due, never what: whoever wants to know reads
the item with the agency's key, so that the reading is in the audit and cut to what the key may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from annotated_types import Len

from lianxi.contracts import assessment, cases, major_events, meetings, parties, reporting, tips, transfers
from lianxi.contracts.envelope import Event

OFFERED: Final[tuple[type[Event], ...]] = (
    tips.TipDispatched,
    tips.TipAccepted,
    tips.TipReturned,
    tips.TipVerified,
    tips.TipClosed,
    tips.TipRungReached,
    tips.TipClockPaused,
    tips.TipClockResumed,
    tips.TipClockExtended,
    cases.CaseOpened,
    cases.MeasureRecorded,
    cases.CaseClosed,
    cases.CaseRungReached,
    cases.ReferralSent,
    cases.ReferralAccepted,
    cases.SupplementRequested,
    cases.ReferralSupplemented,
    cases.ReferralDecided,
    cases.ReferralHandedOver,
    cases.ReferralForwarded,
    cases.ReconsiderationRequested,
    cases.ReconsiderationDecided,
    cases.ReferralTakenBack,
    cases.AssistanceRequested,
    cases.AssistanceAccepted,
    cases.AssistanceRefused,
    cases.AssistanceAnswered,
    transfers.TransferSent,
    transfers.TransferAccepted,
    transfers.TransferRefused,
    transfers.TransferArbitrated,
    parties.PartyCleared,
    parties.PartyCorrected,
    reporting.ReturnDue,
    reporting.ReturnMissed,
    reporting.ReturnFiled,
    reporting.OrderIssued,
    reporting.OrderAnswered,
    reporting.OrderAccepted,
    reporting.OrderRejected,
    reporting.ToolProposed,
    reporting.ToolDecided,
    assessment.DeductionProposed,
    assessment.DeductionDecided,
    assessment.DeductionWithdrawn,
    major_events.MajorEventKnown,
    major_events.MajorEventReported,
    meetings.MeetingCalled,
    meetings.MeetingCancelled,
    meetings.MeetingClosed,
    meetings.DecisionTaken,
    meetings.DecisionDone,
    meetings.DecisionReopened,
)
"""What a hook may ask for: whatever happens to an item that agencies work on together."""

TESTED: Final = "notifications.webhook.tested.v1"
"""The type of a test event, which no bus carries."""
SCHEMA: Final = "/schemas/webhook.v1.json"


class HookState(StrEnum):
    """Where a hook stands: *failing* is still tried, *stopped* is not and will not be."""

    ACTIVE = "active"
    FAILING = "failing"
    STOPPED = "stopped"


class HookDeliveryState(StrEnum):
    """Where a delivery stands: *failed* waits for its next try, *parked* stopped and waits for a replay."""

    CREATED = "created"
    DELIVERED = "delivered"
    FAILED = "failed"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWebhook:
    """Have what happens to an agency's items told to an address of its own, as far as a key of it may read them."""

    address: Annotated[str, Len(8, 500)]
    events: tuple[str, ...]
    client_id: str
    roles: tuple[str, ...]
    desks: tuple[str, ...] = ()
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhooks:
    """Ask for the agency's hooks, without those that were deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhook:
    """Have a new secret made; what is sent is signed with both for a while."""

    hook_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhook:
    """End a hook; what still waits for it is not sent."""

    hook_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWebhooksOf:
    """End every hook that speaks for a key: the key has been revoked."""

    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedWebhooks:
    """How many hooks ended."""

    stopped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestEvent:
    """Have an event sent that says nothing but that it is a test."""

    hook_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhook:
    """Have everything from an event on sent again, in the order and under the ids of the first time."""

    hook_id: str
    from_event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many deliveries are under way again; `next_event` is where to go on when there were too many for once."""

    replayed: int
    next_event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """A hook as its agency reads it. The secret is in the answer that made it and nowhere else."""

    hook_id: str
    version: int
    agency: str
    client_id: str
    address: str
    events: tuple[str, ...]
    state: HookState
    registered_at: datetime
    registered_by: str
    ends_at: datetime | None
    old_secret_until: datetime | None
    failing_since: datetime | None
    trouble: str | None
    delivered: int
    waiting: int
    parked: int
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookList:
    """An agency's hooks."""

    items: tuple[WebhookView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHookDeliveries:
    """Ask for a page of a hook's deliveries, the newest first."""

    hook_id: str
    state: HookDeliveryState | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDeliveryView:
    """One delivery: which event, how often it was tried, what the receiver answered."""

    event_id: str
    event_type: str
    item: str
    state: HookDeliveryState
    tries: int
    status: int | None
    trouble: str | None
    written_at: datetime
    next_try_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDeliveryPage:
    """A page of deliveries; `next_cursor` is absent on the last."""

    items: tuple[HookDeliveryView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookNews:
    """What the body of a delivery says under `data`: the item, where to read it, and by when something is due."""

    item: str
    href: str | None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFailing(Event):
    """An agency's receiver has not taken what was sent to it for a while (criterion 14.3)."""

    KEY: ClassVar[str] = "notifications.webhook.failing.v1"

    hook_id: str
    agency: str
    failing_since: datetime


def hook_schema(news: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the whole body of a delivery as a JSON Schema, given the schema of its `data`."""
    text = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "Webhook",
        "description": "A CloudEvent 1.0 as a hook receives it",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "sequence", "dataschema", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "description": "The event's id, the same at every try and replay; equals `webhook-id`"},
            "source": text,
            "type": {"enum": [*(each.KEY for each in OFFERED), TESTED]},
            "subject": {**text, "description": "The item; what happens to one item comes in its order"},
            "time": {
                **text,
                "format": "date-time",
                "description": "To the hour where an anonymous tip has just come in",
            },
            "sequence": {**text, "description": "Rises with every event of the item"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"const": SCHEMA},
            "data": dict(news),
        },
    }
