"""What desks answer to operators: parked letters, the delivery ledger, and moving items to another policy version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from annotated_types import Ge, Interval, Len


class DeliveryState(StrEnum):
    """Where a letter stands on its way to one queue (criterion 4.1); *seen* and *acknowledged* belong to notices."""

    SENT = "sent"
    DELIVERED = "delivered"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParked:
    """Ask for the parked letters of a desk, oldest first."""

    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParked:
    """Ask for one parked letter with its headers and error."""

    parked_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayParked:
    """Send a parked letter to its one queue again; effects stay single, because the event id stays."""

    parked_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuryParked:
    """Give a parked letter up, with a reason that is kept."""

    parked_id: str
    reason: Annotated[str, Len(1, 300)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedView:
    """A parked letter: what it is and why it stopped, without its content."""

    parked_id: str
    service: str
    queue: str
    event_id: str
    event_type: str
    subject: str
    attempts: int
    error: str
    parked_at: datetime
    state: str
    settled_by: str | None = None
    settled_reason: str | None = None
    headers: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedList:
    """Parked letters of a desk, and how many there are in all."""

    items: tuple[ParkedView, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveries:
    """Ask where the letters about one item are, or which are not yet delivered."""

    subject: str | None = None
    state: DeliveryState | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One letter on its way to one queue."""

    event_id: str
    event_type: str
    subject: str
    queue: str
    state: DeliveryState
    created_at: datetime
    sent_at: datetime
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryList:
    """Rows of the delivery ledger."""

    items: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAudit:
    """Ask for a stretch of a service's audit chain."""

    after: Annotated[int, Ge(0)] = 0
    limit: Annotated[int, Interval(ge=1, le=2_000)] = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Chained entries in their canonical form, one text each; `next_after` is absent when there are no more."""

    lines: tuple[str, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReads:
    """Ask who has read an item (criterion 13.3)."""

    item: str
    limit: Annotated[int, Interval(ge=1, le=500)] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of an item: by whom, when, by which question."""

    actor: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadList:
    """Who has read an item, the latest first, and how often in all."""

    items: tuple[Reading, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountReads:
    """Ask who has read how much between two instants."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCount:
    """How much one actor has read on one day of the town."""

    actor: str
    on: str
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCounts:
    """Who has read how much, by day."""

    items: tuple[ReadingCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateItems:
    """Move items that still run from one version of the policy to another, or count what would move (criterion 7.3).

    One command moves `at_most` items of a desk, so that it is never long at it; it is repeated until nothing is left.
    """

    from_version: Annotated[int, Ge(1)]
    to_version: Annotated[int, Ge(1)]
    dry_run: bool = True
    at_most: Annotated[int, Interval(ge=1, le=500)] = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """How many items of a kind stand where."""

    state: str
    items: int
    kind: str = "tip"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskMigration:
    """What a migration did at one desk."""

    desk: str
    moved: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationResult:
    """What a migration found and did; `moved` is nothing in a dry run, where `left` is what would move.

    A desk answers for itself; the gateway adds the desks up and says each one's part in `desks`.
    """

    from_version: int
    to_version: int
    dry_run: bool
    found: tuple[StateCount, ...]
    moved: int
    left: int
    desks: tuple[DeskMigration, ...] = ()
