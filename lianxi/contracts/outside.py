"""What the notifications desk (告知) tells outside the town's trays, and what became of each message.

A message holds a number, a clock and a link. Addresses are the deployment's and stand in no contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event, Lane


class OutsideState(StrEnum):
    """Where a message to the outside stands.

    *Failed* waits for its next try; *parked* stopped and waits for a person; *acknowledged* means that a human took on
    what it tells of.
    """

    CREATED = "created"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOutside:
    """Ask for a page of the messages that the caller's desks answer for, newest first; the office sees all."""

    state: OutsideState | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutside:
    """Say what a provider said later of a message that it had taken: that it arrived, or that it did not."""

    delivery_id: str
    arrived: bool
    trouble: Annotated[str, Len(0, 80)] = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryOutside:
    """Have a parked message tried again, from the first step of the ladder."""

    delivery_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideMessage:
    """A message to the outside: to which receiver, in which words, how often it was tried, the provider's word."""

    delivery_id: str
    version: int
    desk: str
    receiver: str
    channel: str
    event_type: str
    about: str
    lane: Lane
    text: str
    state: OutsideState
    tries: int
    written_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    provider_reference: str | None
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePage:
    """A page of messages; `next_cursor` is absent on the last."""

    items: tuple[OutsideMessage, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySent(Event):
    """A provider has taken a message to a receiver outside (criterion 17.1)."""

    KEY: ClassVar[str] = "notifications.delivery.sent.v1"

    delivery_id: str
    called: str
    channel: str
    about: str
    tries: int
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParked(Event):
    """A message to the outside could not be delivered and waits for a person (criterion 4.3)."""

    KEY: ClassVar[str] = "notifications.delivery.parked.v1"

    delivery_id: str
    called: str
    channel: str
    about: str
    desk: str
    tries: int
    parked_at: datetime
