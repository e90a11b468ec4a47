"""A folder of encrypted files that nobody has named: on the disk before anybody is told so, gone when forgotten.

A file waits until something names it, and is kept under a second name for each thing that does; what nothing named is
swept. Times of files tell the hour only. The folder must lie on a file system with hard links.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import Broken

WAITING: Final = "waiting"
KEPT: Final = "kept"
HALF: Final = ".half"
_NAME: Final = re.compile(r"^[0-9A-Za-z_]{1,64}(\.[0-9a-f]{16})?$")


class SealedFiles:
    """The folder. What lies in it is encrypted before it comes here."""

    def __init__(self, folder: Path) -> None:
        self._waiting = folder / WAITING
        self._kept = folder / KEPT

    def open(self) -> None:
        """See that the folder is there."""
        for each in (self._waiting, self._kept):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, name: str, content: bytes, at: datetime) -> None:
        """Write a file; it is on the disk when this comes back.

        Raises:
            OSError: it could not be written.
        """
        place = self._waiting / _checked(name)
        half = place.with_name(name + HALF)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.utime(file.fileno(), (hour := level_to_hour(at).timestamp(), hour))
            os.fsync(file.fileno())
        half.rename(place)
        _settle(self._waiting)

    def keep(self, name: str, claim: str) -> str | None:
        """Keep a waiting file for something that names it; answers its name there, or `None` when it is not waiting.

        Kept twice for the same thing, it is kept once; forgetting it for one thing leaves it to the others.
        """
        kept = f"{_checked(name)}.{claim}"
        place = self._kept / _checked(kept)
        if not place.exists():
            try:
                place.hardlink_to(self._waiting / name)
            except FileExistsError:
                pass  # by another request for the same thing, a moment ago
            except FileNotFoundError:
                return None
        _settle(self._kept)
        return kept

    def read(self, kept: str) -> bytes | None:
        """Read a kept file; `None` when it is not there."""
        try:
            return (self._kept / _checked(kept)).read_bytes()
        except FileNotFoundError:
            return None

    def forget(self, kept: Iterable[str]) -> int:
        """Delete kept files for good, also where they still wait; how many there were."""
        gone = 0
        for name in kept:
            place, first = self._kept / _checked(name), self._waiting / name.partition(".")[0]
            with suppress(FileNotFoundError):
                place.unlink()
                gone += 1
            first.unlink(missing_ok=True)
        _settle(self._kept)
        _settle(self._waiting)
        return gone

    def let_go(self, kept: Iterable[str]) -> None:
        """Take back that files are kept for something that did not come to be; they wait on."""
        for name in kept:
            (self._kept / _checked(name)).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Delete what nothing has named since a moment, and what a killed process left half-written before it.

        Answers how many bytes still wait.
        """
        left, limit = 0, before.timestamp()
        for place in self._waiting.iterdir():
            with suppress(FileNotFoundError):  # another process sweeps as well
                known = place.stat()
                if known.st_mtime < limit:
                    place.unlink()
                else:
                    left += known.st_size
        return left


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise Broken("file.name_unusable")
    return name


def _settle(place: Path) -> None:
    # The name of a file lies in its folder, and is as easily lost in a power cut as its content.
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
