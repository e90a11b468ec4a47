"""The register of publicity: what, where, when, for how many, and which duty had nothing when due (criterion 22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Len

from lianxi.contracts.envelope import Event

PublicityText = Annotated[str, Len(1, 1000)]
Reach = Annotated[int, Ge(0), Le(100_000_000)]
Digest = Annotated[str, Len(64, 64)]


class PeriodState(StrEnum):
    """Where the period of a duty stands: *running* is not over, *ahead* has not begun."""

    DONE = "done"
    MISSED = "missed"
    RUNNING = "running"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordActivity:
    """Record an activity: heads are counted, names are not kept.

    `duty` is one of the policy's activities, `party` who carried it out where each of several owes it by itself.
    `photos` are SHA-256 digests of attachments. An activity that warns of somebody names the approval it had.
    """

    duty: str
    what: PublicityText
    place: Annotated[str, Len(1, 200)]
    held_on: date
    reach: Reach
    party: str | None = None
    village: str | None = None
    material: str = ""
    photos: tuple[Digest, ...] = ()
    is_warning: bool = False
    approval: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawActivity:
    """Take an activity back that was recorded wrongly; it stays readable and counts no more."""

    activity_id: str
    reason: PublicityText
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetActivity:
    """Ask for one activity."""

    activity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListActivities:
    """Ask for a page of activities, newest first, of one duty or of all."""

    duty: str | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPublicityYear:
    """Ask for every duty's periods in a year, of one unit or of all that one may see; without a year, this one."""

    year: int | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityView:
    """An activity as it was recorded."""

    activity_id: str
    version: int
    duty: str
    agency: str
    party: str | None
    what: str
    place: str
    village: str | None
    held_on: date
    reach: int
    material: str
    photos: tuple[str, ...]
    is_warning: bool
    approval: str | None
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """A page of activities; `next_cursor` is absent on the last."""

    items: tuple[ActivityView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodView:
    """One period of a duty, and how many activities it had."""

    first_on: date
    last_on: date
    state: PeriodState
    activities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyYear:
    """A duty, or a party's part of it, through a year. Without a `cadence` its whole stretch is one period."""

    duty: str
    clause: str
    name_zh: str
    name_en: str
    unit: str
    party: str | None
    cadence: str
    periods: tuple[PeriodView, ...]
    activities: int
    reach: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """Periods of a duty, one behind the other, that are over without any activity."""

    duty: str
    clause: str
    unit: str
    party: str | None
    first_on: date
    last_on: date
    periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityYear:
    """A year's duties with their periods, and its gaps."""

    year: int
    duties: tuple[DutyYear, ...]
    gaps: tuple[GapView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Activity(Event):
    """What every event about an activity says: which, for which duty and day, and whose it is."""

    activity_id: str
    category: str
    agency: str
    carried_by: str | None
    held_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecorded(_Activity):
    """An activity of publicity was recorded; its `category` is the duty."""

    KEY: ClassVar[str] = "reporting.publicity.recorded.v1"

    reach: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityWithdrawn(_Activity):
    """An activity was taken back."""

    KEY: ClassVar[str] = "reporting.publicity.withdrawn.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityMissed(Event):
    """A period of a duty is over, and nothing was recorded for it."""

    KEY: ClassVar[str] = "reporting.publicity_gap.found.v1"

    category: str
    owner: str
    agency: str
    carried_by: str | None
    first_on: date
    last_on: date
