"""The one door through which the program learns what time it is.

Instants are aware UTC; calendar dates are those of the town, Asia/Shanghai. The zone is a fixed offset: China has kept
+08:00 without daylight saving since 1991, and a bare machine need not have a time-zone database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Protocol

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """Say the present instant, aware UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Say the present instant, aware UTC, to the millisecond that the database can keep."""
        return to_milliseconds(datetime.now(UTC))


@dataclass
class FixedClock:
    """A clock that stands still until it is moved: for tests."""

    instant: datetime

    def now(self) -> datetime:
        """Say the instant it was set to."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move forward."""
        self.instant += by


@dataclass(frozen=True)
class ShiftedClock:
    """The machine's clock, shifted by the seconds written in a file that every process of a rehearsal reads.

    Units: the file holds one number, seconds, may be negative; an absent or empty file means no shift.
    """

    path: Path

    def now(self) -> datetime:
        """Say the rehearsal's present instant, aware UTC."""
        try:
            written = self.path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            written = ""
        return to_milliseconds(datetime.now(UTC) + timedelta(seconds=float(written or 0)))


def to_milliseconds(instant: datetime) -> datetime:
    """Drop what is finer than a millisecond, so that an instant reads back from the database as it was written."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def local_date(instant: datetime) -> date:
    """Say on which date of the town an instant falls."""
    return instant.astimezone(SHANGHAI).date()


def local_midnight(on: date) -> datetime:
    """Say the instant at which a date of the town begins, aware UTC."""
    return datetime.combine(on, time.min, SHANGHAI).astimezone(UTC)


def level_to_hour(instant: datetime) -> datetime:
    """Blur an instant to the hour it lies in.

    The times of anonymous tips are levelled wherever they are announced or shown, so that nobody can match one with
    who was seen writing when (DESIGN 12.12).
    """
    return instant.replace(minute=0, second=0, microsecond=0)


def is_levelled(instant: datetime) -> bool:
    """Say whether an instant tells an hour only: then whatever goes with it may tell no more."""
    return instant == level_to_hour(instant)
