"""What a newcomer is told when a step cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

LINES_SHOWN: Final = 5


@dataclass
class TownError(Exception):
    """A step failed: one sentence what, one sentence what to do, and the log that says more."""

    what: str
    remedy: str
    log: Path | None = None

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


def last_lines(path: Path | None, count: int = LINES_SHOWN) -> list[str]:
    """The last lines of a log that have something in them; none when there is no log."""
    if path is None or not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 65_536))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip()][-count:]
