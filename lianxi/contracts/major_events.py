"""Reports of major events upward: known, reported in time or late or not at all, supplemented (criterion 17.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event

ReportText = Annotated[str, Len(1, 4000)]


class MajorKind(StrEnum):
    """What kind of major event it is."""

    DEATH_OR_INJURY = "death_or_injury"
    DETENTION = "detention"
    CROWD = "crowd"
    LARGE_SCHEME = "large_scheme"
    MEDIA = "media"
    OTHER = "other"


class MajorState(StrEnum):
    """Where the report of a major event stands. *Reported* wants a supplement; *complete* wants nothing more."""

    KNOWN = "known"
    REPORTED = "reported"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMajorEvent:
    """Report a major event upward, with what is known so far; its timer runs from the first knowledge of it.

    `about` names the tip or case (`tip/…`); where its alarm has opened the event already, this is the report of that
    one. An earlier `known_at` counts, a later one does not.
    """

    kind: MajorKind
    text: ReportText
    is_complete: bool = False
    known_at: datetime | None = None
    desk: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementMajorEvent:
    """Add to the report of a major event what has become known since."""

    event_id: str
    text: ReportText
    is_complete: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMajorEvent:
    """Ask for one major event."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMajorEvents:
    """Ask for a page of major events, newest first; on demand only those whose report was late or is missing."""

    only_late: bool = False
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """One text of a report, as it was sent."""

    text: str
    is_complete: bool
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEventView:
    """A major event and its report.

    `is_late` says that it came after its time, `is_missing` that its time is over and nothing has come: two facts, of
    which the second ends with a report.
    """

    event_id: str
    version: int
    owner: str
    kind: MajorKind | None
    about: str | None
    state: MajorState
    known_at: datetime
    due_at: datetime
    reported_at: datetime | None
    is_late: bool
    is_missing: bool
    rungs: tuple[str, ...]
    parts: tuple[ReportPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEventPage:
    """A page of major events; `next_cursor` is absent on the last."""

    items: tuple[MajorEventView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _MajorEvent(Event):
    """What every event about a major event says: which, whose report it is, and its time."""

    event_id: str
    owner: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEventKnown(_MajorEvent):
    """The town knows of a major event; the time to report it upward runs from its first knowledge."""

    KEY: ClassVar[str] = "reporting.major_event.known.v1"

    known_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEventReported(_MajorEvent):
    """A major event was reported upward, in time or late, with all that is to be said or with less."""

    KEY: ClassVar[str] = "reporting.major_event.reported.v1"

    kind: MajorKind
    is_late: bool
    is_complete: bool
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEventSupplemented(_MajorEvent):
    """The report of a major event was supplemented."""

    KEY: ClassVar[str] = "reporting.major_event.supplemented.v1"

    is_complete: bool
    supplemented_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorEventUnreported(_MajorEvent):
    """The time to report a major event upward is over and nobody has (plan 六(一), items 7 and 8)."""

    KEY: ClassVar[str] = "reporting.major_event.unreported.v1"
