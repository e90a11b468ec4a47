"""What must hold before a start; everything that does not is told at once, so that nobody mends one thing at a time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local.places import Places
from deploy.local.processes import PASSED_ON
from deploy.local.trouble import TownError

NEEDED_DISK_BYTES: Final = 1_000_000_000
NEEDED_MEMORY_BYTES: Final = 900_000_000
FIRST_SANE_YEAR: Final = 2024
TOWN_SETTINGS: Final = frozenset({
    *PASSED_ON,
    "LIANXI_AMQP_URL",
    "LIANXI_AMQP_MANAGEMENT_URL",
    "LIANXI_AMQP_SINGLE_USER",
    "LIANXI_MONGO_URL",
    "LIANXI_ENV",
    "LIANXI_CHAOS",
})  # fmt: skip


def check(places: Places, environment: Mapping[str, str]) -> None:
    """See that the machine and the settings allow a start.

    Raises:
        TownError: naming everything that does not.
    """
    questions: list[Callable[[], str | None]] = [
        lambda: unknown_settings(environment),
        lambda: unwritable(places.root),
        lambda: too_little_disk(places.root),
        too_little_memory,
        clock_is_wrong,
    ]
    problems = [problem for problem in (question() for question in questions) if problem]
    if problems:
        raise TownError(" ".join(problems), "Mend what is named, then start again.")


def unknown_settings(environment: Mapping[str, str]) -> str | None:
    """A misspelt setting is refused, not ignored."""
    unknown = sorted(name for name in environment if name.startswith("LIANXI_") and name not in TOWN_SETTINGS)
    return f"Nobody reads {', '.join(unknown)}; the town knows {', '.join(sorted(TOWN_SETTINGS))}." if unknown else None


def unwritable(root: Path) -> str | None:
    """The town's folder must be writable, and the disk able to lock."""
    folder = next(place for place in (root, *root.parents) if place.exists())
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written to."


def too_little_disk(root: Path) -> str | None:
    """The broker refuses messages when the disk is nearly full."""
    folder = next(place for place in (root, *root.parents) if place.exists())
    free = shutil.disk_usage(folder).free
    return None if free >= NEEDED_DISK_BYTES else f"Only {free // 1_000_000} MB of disk are free; 1000 MB are needed."


def too_little_memory(meminfo: Path = Path("/proc/meminfo")) -> str | None:
    """The whole town takes up to 900 MB."""
    rows = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines() if ":" in line)
    available = int(rows.get("MemAvailable", "0 kB").split()[0]) * 1024
    enough = available == 0 or available >= NEEDED_MEMORY_BYTES
    return None if enough else f"Only {available // 1_000_000} MB of memory are available; 900 MB are needed."


def clock_is_wrong() -> str | None:
    """Tokens, certificates and deadlines need a clock that is roughly right."""
    year = time.gmtime().tm_year
    return None if year >= FIRST_SANE_YEAR else f"This machine's clock says it is {year}."
