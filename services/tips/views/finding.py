"""The tables in memory that find tips, kept up with what any process of the desk writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lianxi.kernel.errors import Unavailable
from lianxi.store.connect import reaching_the_store
from services.tips.documents import TraceDocument, TraceLogDocument
from services.tips.domain.traces import Trace, TraceTable

READ_AT_ONCE = 300


def traces_collection() -> Any:
    """Hand out the collection that the tables are filled from."""
    return TraceDocument._get_collection()


def log_collection() -> Any:
    """Hand out the collection that says what was written."""
    return TraceLogDocument._get_collection()


@dataclass
class Finder:
    """One process's tables. Until they are filled nothing is found, rather than something left out."""

    traces: Callable[[], Any] = traces_collection
    log: Callable[[], Any] = log_collection
    table: TraceTable = field(default_factory=TraceTable)
    _position: int = -1
    _filling: bool = False

    def ready(self) -> TraceTable:
        """Hand out the tables, up to date.

        Raises:
            Unavailable: search.filling, for some seconds after the desk was opened.
        """
        if self._position < 0:
            raise Unavailable("search.filling")
        self._follow()
        return self.table

    def keep_up(self) -> None:
        """Fill the tables when they are empty, in stretches between which others get their turn; else follow."""
        if self._position >= 0:
            self._follow()
        elif not self._filling:
            self._filling = True
            try:
                self._fill()
            finally:
                self._filling = False

    def _fill(self) -> None:
        with reaching_the_store():
            position = max((row["_id"] for row in self.log().find({}, {"_id": 1})), default=0)
            for row in self.traces().find({}, batch_size=READ_AT_ONCE):
                self.table.put(as_trace(row))
        self._position = position

    def _follow(self) -> None:
        with reaching_the_store():
            written = sorted(self.log().find({"_id": {"$gt": self._position}}), key=lambda row: row["_id"])
        for row in written:
            self._take(row["tips"])
            self._position = max(self._position, row["_id"])

    def _take(self, tip_ids: Sequence[str]) -> None:
        with reaching_the_store():
            found = {row["_id"]: row for row in self.traces().find({"_id": {"$in": list(tip_ids)}})}
        for tip_id in tip_ids:
            if tip_id in found:
                self.table.put(as_trace(found[tip_id]))
            else:
                self.table.drop(tip_id)


def as_trace(row: Mapping[str, Any]) -> Trace:
    """Read a row."""
    return Trace(
        tip_id=row["_id"],
        words=row["words"],
        marks=tuple(row["marks"]),
        endings=tuple(row["endings"]),
        village=row["village"],
        rental_code=row["rental_code"],
        category=row["category"],
        listed_at=row["listed_at"],
        agencies=tuple(row["agencies"]),
        names=tuple(row["names"]),
    )
