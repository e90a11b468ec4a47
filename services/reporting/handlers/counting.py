"""Facts are counted into the cells of their days, each once, whoever is killed while doing it.

Counting follows the instant at which a fact was written: everything up to a position is in the cells, what came later
is added by whoever looks. A cell says itself up to which instant it is counted, in the same write, so that counting
again from an older position adds nothing twice. What may have been passed unseen (a write that took long, a letter
that came again, a clock that was set back) puts its day in doubt, and the day is counted anew from facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from lianxi.kernel.clock import Clock, local_date
from lianxi.store.pages import FLOOR
from services.reporting.domain.cells import Cell, KeptCell, cells_of, together
from services.reporting.domain.facts import Fact

SETTLING = timedelta(seconds=10)
"""How long a fact may take to be readable: what is younger is not in the cells yet. Two processes' clocks may differ
by half of it."""

STRETCH = timedelta(hours=6)
"""How much of the past is counted at once, so that a desk that begins with years of facts holds few of them."""

Written = tuple[datetime, Fact]
"""A fact, and when it was written."""


class WrittenFacts(Protocol):
    """Where facts are read by when they were written."""

    def written(self, after: datetime, upto: datetime) -> Iterable[Written]:
        """Read the counted facts that were written after an instant and up to another."""
        ...

    def on(self, day: date, upto: datetime) -> Iterable[Fact]:
        """Read the counted facts of what happened on a day, as far as they were written up to an instant."""
        ...

    def oldest(self) -> datetime | None:
        """Say when the first fact of all was written."""
        ...


class Cells(Protocol):
    """Where cells are kept."""

    def read(self, days: Collection[date]) -> tuple[datetime | None, Mapping[date, KeptCell]]:
        """Read how far all days are counted, if they are, and then the cells of some days."""
        ...

    def doubted(self) -> Sequence[KeptCell]:
        """Read the cells that are in doubt."""
        ...

    def put(self, before: KeptCell | None, after: KeptCell) -> bool:
        """Put a cell in place of the one that was read; say whether that was still there."""
        ...

    def advance(self, before: datetime | None, after: datetime) -> bool:
        """Say how far all days are counted now, unless somebody else has said more."""
        ...


@dataclass(frozen=True)
class Counting:
    """Keeps the cells up with the facts; any number of processes may do it at once."""

    cells: Cells
    facts: WrittenFacts
    clock: Clock

    def count(self) -> None:
        """Count what has settled since the last time, and anew the days that are in doubt."""
        settled = self.clock.now() - SETTLING
        position, _ = self.cells.read(())
        start = self._beginning(settled) if position is None else position
        while start < settled:
            end = min(start + STRETCH, settled)
            if not (self._count(start, end) and self.cells.advance(position, end)):
                return  # Somebody else counts too, and is further.
            position = start = end
        for each in self.cells.doubted():
            self._count_anew(each, max(settled, start, each.upto))

    def _beginning(self, settled: datetime) -> datetime:
        oldest = self.facts.oldest()
        return settled if oldest is None else min(settled, oldest - STRETCH)

    def _count(self, after: datetime, upto: datetime) -> bool:
        """Add what was written in a stretch to its days, and say whether nobody else was at it too."""
        found: defaultdict[date, list[Written]] = defaultdict(list)
        for at, fact in self.facts.written(after, upto):
            found[local_date(fact.at)].append((at, fact))
        _, kept = self.cells.read(found)
        return all(self._add(day, kept.get(day), written, upto) for day, written in found.items())

    def _add(self, day: date, before: KeptCell | None, written: Sequence[Written], upto: datetime) -> bool:
        if before is not None and before.upto >= upto:
            return True
        known = KeptCell(day=day, upto=FLOOR) if before is None else before
        fresh = cells_of(fact for at, fact in written if at > known.upto)
        return self.cells.put(before, replace(known, upto=upto, cell=together((known.cell, *fresh.values()))))

    def _count_anew(self, before: KeptCell, upto: datetime) -> None:
        cell = cells_of(self.facts.on(before.day, upto)).get(before.day, Cell())
        self.cells.put(before, KeptCell(day=before.day, upto=upto, cell=cell))
