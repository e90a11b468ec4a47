"""Figures that desks count for the office's overview and for the public: numbers of items, never an item's content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from lianxi.contracts.inspections import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTipFigures:
    """Ask how many tips each desk has in hand and how many are late, and how many came when and from where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFigure:
    """What one desk leads on: how many are open, how many late, when the next falls due, and the longest late."""

    desk: str
    open: int
    late: int
    next_due_at: datetime | None
    longest_late: str | None
    late_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekFigure:
    """How many came in the week that begins on a Monday."""

    week_from: date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageFigure:
    """How many came from one village; none stands for what names no village."""

    village: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TipFigures:
    """Tips in numbers: by desk now, by week for eight weeks, by village since a day."""

    as_of: datetime
    desks: tuple[DeskFigure, ...]
    weeks: tuple[WeekFigure, ...]
    villages: tuple[VillageFigure, ...]
    villages_since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GetVisitFigures:
    """Ask how many dwellings of each grade each village has, and how many of them are not overdue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFigure:
    """The dwellings of one grade in one village: how many there are, and how many were visited in time."""

    village: str
    grade: Grade
    rentals: int
    on_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFigures:
    """The dwellings that stand, by village and grade."""

    as_of: datetime
    items: tuple[CoverageFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPublicFigures:
    """Ask for the numbers that everybody may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFigure:
    """One number; none when it is too small to be told."""

    code: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFigures:
    """The programme in numbers up to the end of a past week, so that none of them moves when one thing happens."""

    upto: date
    fewer_than: int
    items: tuple[PublicFigure, ...]
