"""What is asked about keeping and deleting, and what desks tell of it: counts, days and hashes, never what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from annotated_types import Interval, Len

from lianxi.contracts.envelope import Event


class RunState(StrEnum):
    """Where a run stands: one person has proposed it, another has confirmed or refused it, the desks are done."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgedRow:
    """What a run has done under one row: how many items, and the SHA-256 over their sorted ids, one in a line."""

    rule: str
    clause: str
    count: int
    sha256: str


# --- questions and decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRetention:
    """Ask how long what is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRow:
    """One row in words. `desk` carries it out in a run; without one a run does not touch it."""

    code: str
    clause: str
    words_zh: str
    words_en: str
    keep: str
    counted_from: str
    ending: str
    remains: str
    is_confirmed: bool
    desk: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """How long what is kept, and when the next run is due."""

    items: tuple[RetentionRow, ...]
    months: tuple[int, ...]
    next_run_on: date
    last_run_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRetention:
    """Ask a desk what a run would do now; nothing is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPreview:
    """What a run would do under one row now.

    `due` would be purged; `held` is past its day and under a hold; `waiting` has letters that are not yet on the bus,
    and is left for a later run.
    """

    rule: str
    due: int
    held: int
    waiting: int
    oldest_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPreview:
    """What a run would do now, row by row."""

    items: tuple[RowPreview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldItem:
    """Hold an item back from every run, for a reason."""

    item: Annotated[str, Len(1, 120)]
    reason: Annotated[str, Len(1, 300)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftHold:
    """Let runs have an item again."""

    item: Annotated[str, Len(1, 120)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHolds:
    """Ask which items of a desk are held."""

    limit: Annotated[int, Interval(ge=1, le=500)] = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """An item, and the hold on it if there is one."""

    item: str
    reason: str | None = None
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldList:
    """Items that are held, the latest first."""

    items: tuple[HoldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRun:
    """Propose a run; another person confirms it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRun:
    """Confirm a run, or refuse it."""

    run_id: str
    approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRun:
    """Ask how far a run is."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuns:
    """Ask for runs, newest first."""

    cursor: str | None = None
    limit: Annotated[int, Interval(ge=1, le=200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run: who asked, who confirmed, which desks are not done yet, and in the end what was purged, signed."""

    run_id: str
    version: int
    state: RunState
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    waits_for: tuple[str, ...]
    rows: tuple[PurgedRow, ...]
    finished_at: datetime | None
    certificate: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Runs."""

    items: tuple[RunView, ...]
    next_cursor: str | None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRunStarted(Event):
    """A run is confirmed: every desk purges what had been kept to its last day before this instant."""

    KEY: ClassVar[str] = "reporting.retention_run.started.v1"

    run_id: str
    policy_version: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRunFinished(Event):
    """All desks are done with a run, and its certificate is signed."""

    KEY: ClassVar[str] = "reporting.retention_run.finished.v1"

    run_id: str
    purged: int
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPurged(Event):
    """A desk is done with a run. Each desk tells it under its own name."""

    run_id: str
    rows: tuple[PurgedRow, ...]
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TipsPurged(DeskPurged):
    """The tips desk is done with a run."""

    KEY: ClassVar[str] = "tips.purge.finished.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionsPurged(DeskPurged):
    """The inspections desk is done with a run."""

    KEY: ClassVar[str] = "inspections.purge.finished.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesPurged(DeskPurged):
    """The cases desk is done with a run."""

    KEY: ClassVar[str] = "cases.purge.finished.v1"
