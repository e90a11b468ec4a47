"""Bulletins (简讯) and the summary (总结): a period in figures that can be asked for again, issued by the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event


class BulletinKind(StrEnum):
    """A bulletin tells of a stretch, the summary of the whole programme or a year."""

    BULLETIN = "bulletin"
    SUMMARY = "summary"


class BulletinState(StrEnum):
    """Where it stands; what is issued never changes."""

    DRAFTED = "drafted"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPeriodFigures:
    """Ask what happened in the town from a first day to a last: the question behind every figure of a bulletin."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigure:
    """One figure, and the events that it counts; `condition` is what an event must say to count."""

    figure: str
    count: int
    event: str
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """The town's figures of a period, as counted at a moment."""

    first_on: date
    last_on: date
    as_of: datetime
    items: tuple[PeriodFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBulletin:
    """The office drafts a bulletin of a period; its figures are counted now and stay with it."""

    kind: BulletinKind
    title: Annotated[str, Len(1, 120)]
    first_on: date
    last_on: date
    remarks: Annotated[str, Len(0, 4000)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueBulletin:
    """The office issues a draft, as another person than who drafted it or the same."""

    bulletin_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBulletin:
    """Ask for one bulletin."""

    bulletin_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBulletins:
    """Ask for a page of bulletins, newest first; drafts are shown to the office only."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPart:
    """What one unit said of the period in the stage report that it filed."""

    unit: str
    report_id: str
    due_on: date
    practice: str
    results: str
    problems: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinView:
    """A bulletin: its figures with the question that each answers, and what units reported.

    `asked_at` is when the figures were counted; `figures_sha256` is the SHA-256 of their canonical JSON.
    """

    bulletin_id: str
    version: int
    kind: BulletinKind
    title: str
    first_on: date
    last_on: date
    state: BulletinState
    remarks: str
    figures: tuple[PeriodFigure, ...]
    figures_sha256: str
    asked_at: datetime
    reports: tuple[UnitPart, ...]
    drafted_by: str
    issued_by: str | None = None
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinSummary:
    """A bulletin as a line of a list."""

    bulletin_id: str
    version: int
    kind: BulletinKind
    title: str
    first_on: date
    last_on: date
    state: BulletinState
    asked_at: datetime
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinPage:
    """A page of bulletins; `next_cursor` is absent on the last."""

    items: tuple[BulletinSummary, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTemplate:
    """A template of a paper: which fields it has, which of them nothing fills, and its SHA-256 as it lies there."""

    name: str
    sha256: str
    fields: tuple[str, ...]
    unknown: tuple[str, ...]
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTemplates:
    """The templates of bulletins and summaries, checked; `known` are the fields that may stand in them."""

    items: tuple[PaperTemplate, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinIssued(Event):
    """A bulletin has been issued (L79.2, L90.1)."""

    KEY: ClassVar[str] = "reporting.bulletin.issued.v1"

    bulletin_id: str
    kind: BulletinKind
    first_on: date
    last_on: date
    issued_at: datetime


def counts_of(figures: tuple[PeriodFigure, ...]) -> Mapping[str, int]:
    """Read figures as counts by name."""
    return {each.figure: each.count for each in figures}
