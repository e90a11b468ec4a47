"""Dwellings in numbers: how many stand in each village and grade, and how many of them were visited in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import CoverageFigure, GetVisitFigures, VisitFigures
from lianxi.contracts.inspections import Grade
from lianxi.kernel.clock import Clock, local_date
from lianxi.store.connect import reaching_the_store
from lianxi.store.following import FollowedTable
from services.inspections.documents import RentalDocument
from services.inspections.policy import may_read, may_see

FLOOR = "2015-01-01"
_COUNTED = {"_version": 1, "village": 1, "grade": 1, "next_visit_due_on": 1}
_READ = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """One dwelling that stands, as it is counted."""

    id: str
    version: int
    village: str
    grade: str
    due_on: str


def standing() -> Iterator[Standing]:
    """Read all dwellings that stand: seconds over tens of thousands."""
    return _read({"is_standing": True, "next_visit_due_on": {"$gte": FLOOR}})


def coverage_table() -> FollowedTable[Standing]:
    """Open one process's table of the dwellings that stand."""
    return FollowedTable(RentalDocument, "rental", standing, _again)


def _again(codes: Sequence[str]) -> Iterator[Standing]:
    return _read({"_id": {"$in": list(codes)}, "is_standing": True})


@dataclass(frozen=True)
class VisitFigureViews:
    """Counts dwellings; until the table is filled, from the database."""

    clock: Clock
    table: FollowedTable[Standing]

    def get_visit_figures(self, _request: GetVisitFigures, caller: Caller) -> VisitFigures:
        """Count the dwellings that stand by village and grade, and those of them whose day has not passed."""
        now = self.clock.now()
        if not may_read(caller.agency):
            return VisitFigures(as_of=now, items=())
        rows = self.table.look()
        counted = _coverage(standing() if rows is None else rows.values(), local_date(now).isoformat())
        return VisitFigures(as_of=now, items=tuple(each for each in counted if may_see(caller, each.village)))


def _coverage(rows: Iterable[Standing], today: str) -> Iterator[CoverageFigure]:
    """Count whole villages, so that one question of rights is asked for each of them and not for each dwelling."""
    whole, on_time = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for each in rows:
        whole[each.village, each.grade] += 1
        if each.due_on >= today:
            on_time[each.village, each.grade] += 1
    for (village, grade), count in sorted(whole.items()):
        yield CoverageFigure(village=village, grade=Grade(grade), rentals=count, on_time=on_time[village, grade])


def _read(asked: Mapping[str, Any]) -> Iterator[Standing]:
    with reaching_the_store():
        for row in RentalDocument._get_collection().find(asked, _COUNTED, batch_size=_READ):
            yield Standing(row["_id"], row["_version"], row["village"], row["grade"], row["next_visit_due_on"])
