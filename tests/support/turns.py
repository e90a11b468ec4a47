"""Floors that run side by side share the machine; a test that measures time is alone on it.

`make test` gives each lane a number; without one nothing waits for anybody. Whoever comes stands at the door first, so
that a test which wants to be alone waits for those that are inside and for nobody who comes after it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.floors import LANE


def lane() -> int | None:
    """The number of the lane that this run is in; None when it has the machine to itself."""
    given = os.environ.get(LANE)
    return None if given is None else int(given)


@contextmanager
def turn(folder: Path, is_alone: bool) -> Iterator[None]:
    """Be inside for as long as the block runs, with others or alone."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@contextmanager
def only_one(file: Path) -> Iterator[None]:
    """Be the only run that reads and writes a file, for as long as the block runs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
