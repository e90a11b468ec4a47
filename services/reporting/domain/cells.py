"""Figures kept day by day: a cell holds what the facts of one day come to, and cells of days add up to any period.

A cell is a fold of facts as much as a figure is, so that order and repetition change nothing, and cells that are
counted anew from facts equal those that were counted on.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from lianxi.contracts import notifications
from lianxi.kernel.clock import local_date
from services.reporting.domain.facts import COUNTED_EVENTS, FIGURES, PATROL, TOWN, Fact, Figure, agencies_in

DELIVERED, ACKNOWLEDGED = notifications.NoticeDelivered.KEY, notifications.NoticeAcknowledged.KEY
BY_EVENT: Mapping[str, tuple[Figure, ...]] = {
    key: tuple(figure for figure in FIGURES if key == figure.event.KEY) for key in COUNTED_EVENTS
}
SHAPE = hashlib.sha256(
    repr([(each.name, each.event.KEY, each.role, each.detail, each.value) for each in FIGURES]).encode()
).hexdigest()[:12]
"""Which figures cells hold: another release's cells lie beside these and are never added to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What facts of one day, or of many, come to.

    `figures` counts by figure and by agency, `happened` by type of event. A notice of one day is acknowledged on
    another: `asked` holds, by notice, whose it is and by when, and `acknowledged` which were.

    Clause: L79.2.
    """

    happened: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    asked: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    acknowledged: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCell:
    """The cell of a day as it is kept: with the facts that were written up to an instant, and none that came later.

    `doubt` marks a day of which a fact may have been written unseen: its cell is counted anew from facts.

    Clause: L79.2.
    """

    day: date
    upto: datetime
    doubt: str | None = None
    cell: Cell = field(default_factory=Cell)


class _Folding:
    """A cell that is still being counted."""

    def __init__(self) -> None:
        self.happened = Counter[str]()
        self.figures: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.asked: dict[str, tuple[str, datetime]] = {}
        self.acknowledged: list[tuple[str, datetime]] = []

    def take(self, fact: Fact) -> None:
        self.happened[fact.event_type] += 1
        for figure in BY_EVENT[fact.event_type]:
            if not figure.detail or fact.details.get(figure.detail) == figure.value:
                self.figures[figure.name].update(_whose(figure, fact))
        if fact.event_type == DELIVERED and (until := fact.details.get("acknowledge_by")) is not None:
            for agency in agencies_in(fact.details.get("desk")):
                self.asked[fact.subject] = (agency, until)
        if fact.event_type == ACKNOWLEDGED:
            self.acknowledged.append((fact.subject, fact.details["acknowledged_at"]))

    def add(self, cell: Cell) -> None:
        self.happened.update(cell.happened)
        for name, counts in cell.figures.items():
            self.figures[name].update(counts)
        self.asked.update(cell.asked)
        self.acknowledged += cell.acknowledged

    def done(self) -> Cell:
        return Cell(
            happened=dict(self.happened),
            figures={name: dict(counts) for name, counts in self.figures.items()},
            asked=self.asked,
            acknowledged=tuple(sorted(self.acknowledged)),
        )


def _whose(figure: Figure, fact: Fact) -> Iterable[str]:
    if figure.role in {TOWN, PATROL}:
        return (figure.role,)
    return agencies_in(fact.details.get(figure.role))


def cells_of(facts: Iterable[Fact]) -> dict[date, Cell]:
    """Fold facts into the cells of the days on which they happened; of what no figure counts nothing is kept.

    Clause: L79.2.
    """
    folding: defaultdict[date, _Folding] = defaultdict(_Folding)
    for fact in facts:
        if fact.event_type in BY_EVENT:
            folding[local_date(fact.at)].take(fact)
    return {day: each.done() for day, each in folding.items()}


def together(cells: Iterable[Cell]) -> Cell:
    """Add cells up: those of one day's facts in parts, or those of the days of a period.

    Clause: L79.2.
    """
    sum_of = _Folding()
    for each in cells:
        sum_of.add(each)
    return sum_of.done()


def figures_in(cells: Iterable[Cell], agency: str, patrols: frozenset[str]) -> dict[str, int]:
    """Read an agency's figures off the cells of a period: those that `figures_of` makes of the period's facts.

    Clause: L79.2 (domain 3.4).
    """
    known = together(cells)
    counted = {figure.name: _count(known, figure, agency, patrols) for figure in FIGURES}
    asked = {notice: until for notice, (whose, until) in known.asked.items() if whose == agency}
    in_time = sum(notice in asked and at <= asked[notice] for notice, at in known.acknowledged)
    return counted | {"notices_to_acknowledge": len(asked), "notices_acknowledged_in_time": in_time}


def _count(cell: Cell, figure: Figure, agency: str, patrols: frozenset[str]) -> int:
    if figure.role == PATROL and agency not in patrols:
        return 0
    return cell.figures.get(figure.name, {}).get(figure.role if figure.role in {TOWN, PATROL} else agency, 0)
