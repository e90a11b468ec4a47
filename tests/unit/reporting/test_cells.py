"""Cells of days: whoever is killed or late, they come to what the facts of the period come to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts.notifications import NoticeAcknowledged, NoticeDelivered
from lianxi.kernel.clock import FixedClock, local_date
from services.reporting.domain.cells import Cell, KeptCell, cells_of, figures_in, together
from services.reporting.domain.facts import Fact
from services.reporting.handlers.counting import SETTLING, Counting
from services.reporting.views.cells import CellViews
from tests.unit.reporting.oracle import figures_of
from tests.unit.reporting.test_figures import AT, PATROLS, story

AGENCIES = ("police", "market", "tenancy", "office")
FIRST, LAST = local_date(AT) - timedelta(days=3), local_date(AT) + timedelta(days=3)


class Killed(Exception):
    """The process ends at this write."""


@dataclass
class MemoryCells:
    """Cells in memory; the write that is named kills the process, before or after it."""

    position: datetime | None = None
    rows: dict[date, KeptCell] = field(default_factory=dict)
    kills_at: int | None = None
    doubts: int = 0

    def read(self, days: Collection[date]) -> tuple[datetime | None, dict[date, KeptCell]]:
        return self.position, {day: self.rows[day] for day in days if day in self.rows}

    def doubted(self) -> Sequence[KeptCell]:
        return [each for each in self.rows.values() if each.doubt is not None]

    def put(self, before: KeptCell | None, after: KeptCell) -> bool:
        self._write()
        if self.rows.get(after.day) != before:
            return False
        self.rows[after.day] = after
        return True

    def advance(self, before: datetime | None, after: datetime) -> bool:
        self._write()
        if self.position != before:
            return False
        self.position = after
        return True

    def doubt(self, days: Collection[date]) -> None:
        self._write()
        for day in days:
            self.doubts += 1
            known = self.rows.get(day) or KeptCell(day=day, upto=datetime.min.replace(tzinfo=AT.tzinfo))
            self.rows[day] = replace(known, doubt=str(self.doubts))

    def _write(self) -> None:
        if self.kills_at is not None:
            self.kills_at -= 1
            if self.kills_at < 0:
                self.kills_at = None
                raise Killed


@dataclass
class WrittenFacts:
    """Facts in memory with when they were written; a fact may be given its time long before it can be read."""

    rows: dict[int, tuple[datetime, Fact]] = field(default_factory=dict)

    def written(self, after: datetime, upto: datetime) -> Iterator[tuple[datetime, Fact]]:
        yield from [each for each in self.rows.values() if after < each[0] <= upto]

    def on(self, day: date, upto: datetime) -> Iterator[Fact]:
        yield from [fact for at, fact in self.rows.values() if at <= upto and local_date(fact.at) == day]

    def oldest(self) -> datetime | None:
        return min((at for at, _ in self.rows.values()), default=None)


@dataclass
class Town:
    """One desk, as often killed as it is told to be, over what two writes can leave behind."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(AT))
    cells: MemoryCells = field(default_factory=MemoryCells)
    facts: WrittenFacts = field(default_factory=WrittenFacts)

    def hear(self, numbers: Sequence[int], took: timedelta) -> None:
        """Take a batch in as the desk does: facts, and what could have been passed is put in doubt."""
        began, known = self.clock.now(), [each for each in numbers if each in self.facts.rows]
        self.clock.advance(took)
        self.facts.rows |= {each: (began, fact(each)) for each in numbers if each not in self.facts.rows}
        is_passed = self.cells.position is not None and began <= self.cells.position
        if known or is_passed or took >= SETTLING / 2:
            self.cells.doubt({local_date(fact(each).at) for each in numbers})

    def count(self) -> None:
        Counting(self.cells, self.facts, self.clock).count()

    def figures(self, agency: str) -> dict[str, int]:
        days = CellViews(self.cells, self.facts, self.clock).days(FIRST, LAST)
        return figures_in(days.values(), agency, PATROLS)

    def expected(self, agency: str) -> dict[str, int]:
        counted = [fact for _, fact in self.facts.rows.values() if FIRST <= local_date(fact.at) <= LAST]
        return figures_of(counted, agency, PATROLS)


def fact(number: int) -> Fact:
    """One of many facts, always the same for a number, on one of nine days of which seven are asked for."""
    random = Random(number)
    subject, event = random.choice(story())
    notice = f"notice/{number % 7}"
    at = AT + timedelta(days=random.randint(-4, 4), hours=random.randint(0, 8))
    details = {name: getattr(event, name) for name in (each.name for each in fields(cast(Any, event)))}
    if isinstance(event, NoticeDelivered | NoticeAcknowledged):
        subject = notice
    return Fact(
        event_type=event.KEY, at=at, agencies=(), subject=subject, correlation_id="", category=None, details=details
    )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hear", "hear", "hear", "count", "count", "kill", "look"]),
        st.integers(0, 60),
        st.integers(0, 30),
        st.integers(0, 5),
    ),
    max_size=25,
)


@pytest.mark.criterion("4.2")
@settings(deadline=None)  # how long they take depends on the machine
@given(steps=STEPS)
def test_whoever_is_killed_or_slow_every_look_shows_what_the_facts_come_to(steps: list[Any]) -> None:
    town, unanswered = Town(), list[int]()
    for what, number, seconds, writes in steps:
        town.cells.kills_at = writes if what == "kill" else None
        try:
            if what == "hear":
                # A batch that nobody has answered for comes again, with others.
                batch = list(dict.fromkeys([*unanswered, *range(number, number + 4)]))
                unanswered = batch
                town.cells.kills_at = 0 if writes == 0 else None
                town.hear(batch, timedelta(seconds=seconds))
                unanswered = []
            elif what in {"count", "kill"}:
                town.clock.advance(timedelta(seconds=seconds))
                town.count()
        except Killed:
            pass
        town.cells.kills_at = None
        if not unanswered:
            assert [town.figures(each) for each in AGENCIES] == [town.expected(each) for each in AGENCIES]
    if unanswered:
        town.hear(unanswered, timedelta(0))
    town.clock.advance(timedelta(days=1))
    town.count()
    assert [town.figures(each) for each in AGENCIES] == [town.expected(each) for each in AGENCIES]
    assert not town.cells.doubted()


def test_cells_counted_on_equal_cells_counted_anew() -> None:
    town = Town()
    for start in range(0, 200, 10):
        town.hear(range(start, start + 10), timedelta(0))
        town.clock.advance(timedelta(seconds=9))
        town.count()
    town.clock.advance(SETTLING * 2)
    town.count()
    anew = Town(clock=town.clock, facts=town.facts)
    anew.count()

    assert town.cells.position == anew.cells.position
    assert {day: each.cell for day, each in town.cells.rows.items()} == cells_of(map(fact, range(200)))
    assert {day: each.cell for day, each in anew.cells.rows.items()} == cells_of(map(fact, range(200)))


def test_two_that_count_at_once_count_each_fact_once() -> None:
    town = Town()
    town.hear(range(50), timedelta(0))
    town.clock.advance(SETTLING * 2)
    slow, facts = MemoryCells(), town.facts

    class Overtaken(MemoryCells):
        """Another process counts everything between this one's reading and its writing."""

        def put(self, before: KeptCell | None, after: KeptCell) -> bool:
            if slow.position is None:
                Counting(slow, facts, town.clock).count()
                self.rows, self.position = dict(slow.rows), slow.position
            return super().put(before, after)

    overtaken = Overtaken()
    Counting(overtaken, facts, town.clock).count()

    assert {day: each.cell for day, each in overtaken.rows.items()} == cells_of(map(fact, range(50)))


def test_what_is_settled_is_not_read_again_and_years_of_facts_come_in_stretches() -> None:
    town = Town()
    town.hear(range(20), timedelta(0))
    town.clock.advance(timedelta(days=400))
    town.hear(range(20, 30), timedelta(0))
    town.clock.advance(SETTLING * 2)
    read = list[int]()

    class Noted(WrittenFacts):
        def written(self, after: datetime, upto: datetime) -> Iterator[tuple[datetime, Fact]]:
            found = list(super().written(after, upto))
            read.append(len(found))
            yield from found

    noted = Noted(town.facts.rows)
    Counting(town.cells, noted, town.clock).count()
    assert (sum(read), max(read)) == (30, 20)
    read.clear()
    Counting(town.cells, noted, town.clock).count()
    CellViews(town.cells, noted, town.clock).days(FIRST, LAST)
    assert sum(read) == 0


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    town = Town()
    town.hear(range(10), timedelta(0))
    town.clock.advance(timedelta(hours=1))
    town.count()
    town.clock.advance(timedelta(hours=-1))
    town.hear(range(10, 15), timedelta(0))

    assert town.figures("police") == town.expected("police")
    town.count()
    assert town.figures("police") == town.expected("police")


def test_days_add_up_and_nothing_uncounted_is_kept() -> None:
    facts = [fact(number) for number in range(40)]
    halves = (*cells_of(facts[:20]).values(), *cells_of(facts[20:]).values())

    assert figures_in(halves, "police", PATROLS) == figures_of(facts, "police", PATROLS)
    assert together(()) == Cell()
    assert cells_of([replace(facts[0], event_type="nobody.counts.this.v1")]) == {}
