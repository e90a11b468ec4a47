"""What waits, as rows: what a thing is, whose step is next, until when, and how rows are laid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from gateway.console.desk_view import Left

Whose = Literal["mine", "unit", "others"]
WHOSE: Final[tuple[Whose, ...]] = ("mine", "unit", "others")
_NO_CLOCK: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that waits: what it is, whose step is next, and until when."""

    kind: str
    path: str
    title: str
    number: str = ""
    state: str = ""
    desk: str
    desk_name: str = ""
    deeds: tuple[str, ...] = ()
    due_at: datetime | None = None
    left: Left | None = None
    came_at: datetime | None = None
    is_urgent: bool = False
    whose: Whose = "others"
    notice: Mapping[str, Any] | None = None

    @property
    def place(self) -> tuple[bool, datetime, str]:
        """Where it stands among the others: alarms first, then by the clock."""
        return not self.is_urgent, self.due_at or _NO_CLOCK, self.number


@dataclass(frozen=True, slots=True)
class Tray:
    """Everything that waits, whose answer did not come, and what there was too much of."""

    rows: tuple[Row, ...]
    away: tuple[str, ...]
    cut: tuple[str, ...]

    def of(self, whose: Whose) -> list[Row]:
        """Give what stands under one tab; what is mine is our unit's too."""
        tabs = ("mine", "unit") if whose == "unit" else (whose,)
        return [each for each in self.rows if each.whose in tabs]


@dataclass(frozen=True, slots=True)
class Found:
    """What one source has."""

    rows: tuple[Row, ...] = ()
    is_cut: bool = False
