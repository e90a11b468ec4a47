"""What every desk says of the time limits it keeps: rungs of a ladder, pauses, extensions (criteria 3.2, 3.3).

A clock belongs to an item and an owner desk. It is announced by the service that keeps the item, under that service's
own key; the shape is the same everywhere, so that one handler gives notice of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from annotated_types import Len

from lianxi.contracts.envelope import Event


class ClockChange(StrEnum):
    """What may be asked for a running clock; each needs a listed reason and another person's approval."""

    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"


class ChangeState(StrEnum):
    """Where a request to change a clock stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskClockChange:
    """Ask to pause, resume or extend a clock, for a reason that the policy lists."""

    item_id: str
    clock: str
    change: ClockChange
    reason: Annotated[str, Len(1, 60)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideClockChange:
    """Approve or refuse a request to change a clock: never the one who asked."""

    item_id: str
    change_id: str
    approve: bool
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChangeView:
    """A request to change a clock, with who asked and who decided, both shown."""

    change_id: str
    clock: str
    change: ClockChange
    reason: str
    asked_by: str
    asked_at: datetime
    state: ChangeState
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RungReached(Event):
    """A clock has come to a rung of its ladder: announced once, however many sweepers run."""

    item: str
    clock: str
    ladder: str
    rung: str
    mark: str
    owner: str
    receivers: tuple[str, ...]
    acknowledge: bool
    due_at: datetime
    reached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChanged(Event):
    """A clock has been paused, resumed or extended."""

    item: str
    clock: str
    change: ClockChange
    reason: str
    owner: str
    due_at: datetime | None
    changed_at: datetime
