"""What has happened on which day, from kept cells and the facts that are younger: read only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.store.connect import reaching_the_store
from lianxi.store.pages import FLOOR
from services.reporting.documents import EventFactDocument
from services.reporting.domain.cells import Cell, KeptCell, cells_of, together
from services.reporting.domain.facts import COUNTED_EVENTS, Fact

AHEAD = timedelta(days=1)
"""How far another process's clock may be ahead of this one's: the upper end of a stretch that has none."""

_COUNTED = frozenset(COUNTED_EVENTS)
_WANTED = {"_id": 0, "event_type": 1, "at": 1, "subject": 1, "details": 1, "kept_at": 1}
_AT_ONCE = 1_000


class FactRows:
    """Reads as much of facts as cells are made of."""

    def written(self, after: datetime, upto: datetime) -> Iterator[tuple[datetime, Fact]]:
        """Read the counted facts that were written after an instant and up to another."""
        for row in _rows({"kept_at": {"$gt": after, "$lte": upto}}):
            if row["event_type"] in _COUNTED:
                yield row["kept_at"], _fact(row)

    def on(self, day: date, upto: datetime) -> Iterator[Fact]:
        """Read the counted facts of what happened on a day, as far as they were written up to an instant."""
        span = {"$gte": local_midnight(day), "$lt": local_midnight(day + timedelta(days=1))}
        for row in _rows({"at": span}):
            if row["event_type"] in _COUNTED and row["kept_at"] <= upto:
                yield _fact(row)

    def oldest(self) -> datetime | None:
        """Say when the first fact of all was written; asked once in the life of a town."""
        with reaching_the_store():
            found = EventFactDocument._get_collection().find({"kept_at": {"$gt": FLOOR}}, {"kept_at": 1})
            return next((row["kept_at"] for row in found.sort("kept_at").limit(1)), None)


class KeptCells(Protocol):
    """Where cells are kept."""

    def read(self, days: Collection[date]) -> tuple[datetime | None, Mapping[date, KeptCell]]:
        """Read how far all days are counted, if they are, and then the cells of some days."""
        ...

    def doubt(self, days: Collection[date]) -> None:
        """Have some days counted anew."""
        ...


class YoungFacts(Protocol):
    """Where facts are read that are in no cell yet."""

    def written(self, after: datetime, upto: datetime) -> Iterable[tuple[datetime, Fact]]:
        """Read the counted facts that were written after an instant and up to another."""
        ...

    def on(self, day: date, upto: datetime) -> Iterable[Fact]:
        """Read the counted facts of what happened on a day, as far as they were written up to an instant."""
        ...


@dataclass(frozen=True)
class CellViews:
    """Reads days. What is in no cell yet is added, and days in doubt are counted anew: an answer is never behind."""

    cells: KeptCells
    facts: YoungFacts
    clock: Clock

    def days(self, first: date, last: date) -> Mapping[date, Cell]:
        """Read what has happened on each day from a first to a last; days on which nothing did are left out."""
        period = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        position, kept = self.cells.read(period)
        latest = self.clock.now() + AHEAD
        young: defaultdict[date, list[Fact]] = defaultdict(list)
        for at, fact in self.facts.written(FLOOR if position is None else position, latest):
            day = local_date(fact.at)
            if first <= day <= last and (day not in kept or at > kept[day].upto):
                young[day].append(fact)
        found = {day: _with(kept.get(day), young.get(day, ())) for day in {*kept, *young}}
        for each in kept.values():
            if each.doubt is not None:
                found[each.day] = cells_of(self.facts.on(each.day, latest)).get(each.day, Cell())
        return dict(sorted(found.items()))

    def doubt(self, days: Collection[date]) -> None:
        """Have some days counted anew."""
        self.cells.doubt(days)


def _with(kept: KeptCell | None, young: Collection[Fact]) -> Cell:
    before = Cell() if kept is None else kept.cell
    return together((before, *cells_of(young).values())) if young else before


def _rows(asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    with reaching_the_store():
        yield from EventFactDocument._get_collection().find(asked, _WANTED).batch_size(_AT_ONCE)


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        event_type=row["event_type"],
        at=row["at"],
        agencies=(),
        subject=row["subject"],
        correlation_id="",
        category=None,
        details=row.get("details", {}),
    )
