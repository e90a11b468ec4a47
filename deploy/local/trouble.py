"""What a newcomer is told when a step cannot be done."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LINES_SHOWN: Final = 5
TAIL_BYTES: Final = 65_536
UNTOLD: Final = frozenset({"timestamp", "logger", "process", "version"})


@dataclass
class TownError(Exception):
    """A step failed: one sentence what, one sentence what to do, and the log that says more."""

    what: str
    remedy: str
    log: Path | None = None

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


def last_lines(path: Path | None, count: int = LINES_SHOWN) -> list[str]:
    """The last lines of a log that say something, as a person reads them; none when there is no log."""
    if path is None or not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return [readable(line) for line in lines if says_something(line)][-count:]


def says_something(line: str) -> bool:
    """Leave out empty lines and the frames of a traceback; the line that names the error stays."""
    return bool(line.strip()) and not line.startswith(("  ", "Traceback ("))


def readable(line: str) -> str:
    """A structured log line as a sentence of words; any other line as it is."""
    if not line.startswith("{"):
        return line
    try:
        row = json.loads(line)
    except ValueError:
        return line
    told = [str(row.pop(key)) for key in ("level", "event") if key in row]
    error = str(row.pop("exception", "")).strip().splitlines()[-1:]
    facts = [f"{key}={value}" for key, value in row.items() if key not in UNTOLD]
    return " ".join([*told, *facts, *error])
