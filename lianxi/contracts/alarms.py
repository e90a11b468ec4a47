"""The marks that put a tip ahead of everything (criterion 17.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """Why a tip is on the fast lane; each is a category of tips too."""

    PERSON_HELD = "person_held"
    STUDENT_TRAPPED = "student_trapped"
    MAJOR_EVENT = "major_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlarm:
    """Say of a tip that came in as something else that somebody is held, or that it is a major event."""

    tip_id: str
    mark: Mark
    expected_version: int | None = None
