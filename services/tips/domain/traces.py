"""What is compared and searched of a tip, and the tables that find it. Nothing here decides anything about a tip.

The tables lie in memory and nowhere else. They hold the redacted wording, which the desk's database holds already, and
keyed hashes; so a search costs the same on any database, and copies nothing that a backup could lose.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import log1p

from lianxi.policy import sounds, wordings
from lianxi.policy.wordings import Place


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What is compared of a tip: its redacted words in one written form, its marks, and where it came in.

    `agencies` holds who may know of the tip, as far as has been heard.
    """

    tip_id: str
    words: str
    marks: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    village: str | None = None
    rental_code: str | None = None
    category: str = ""
    listed_at: datetime
    agencies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @cached_property
    def sound(self) -> str:
        """How its names of places and organisations may sound, in full: what a search looks through."""
        return "|".join(dict.fromkeys("".join(way) for name in self.names for way in sounds.spoken(name)))

    @cached_property
    def initials(self) -> str:
        """The initials of how its names may sound."""
        return "|".join(dict.fromkeys(sounds.initials(way) for name in self.names for way in sounds.spoken(name)))

    def prepare(self) -> None:
        """Work out now what searches look through, so that none of them waits for it.

        Clause: none.
        """
        _ = self.sound, self.initials

    @cached_property
    def age(self) -> tuple[datetime, str]:
        """Its place in the order of time."""
        return self.listed_at, self.tip_id

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The places that it names by number."""
        return wordings.places_in(self.words)


FEW_TIPS = 1_500
"""Among fewer tips than this nothing is rare only because little has been told yet."""

CORNER_LETTERS = 6
"""What stands further before a number may be the sentence and not its street."""


class Postings:
    """Which slots hold a thing: appended to, read as a whole."""

    def __init__(self) -> None:
        self._slots: dict[str, array[int]] = {}

    def add(self, things: Iterable[str], slot: int) -> None:
        """Say that a slot holds some things.

        Clause: none.
        """
        for thing in things:
            found = self._slots.get(thing)
            if found is None:
                found = self._slots[thing] = array("I")
            found.append(slot)

    def of(self, thing: str) -> array[int]:
        """List the slots of a thing, the oldest first.

        Clause: none.
        """
        return self._slots.get(thing) or _NONE

    def known(self, things: Iterable[str]) -> list[str]:
        """List those of some things that any slot holds, the rarest first.

        Clause: none.
        """
        return sorted((each for each in things if each in self._slots), key=lambda each: len(self._slots[each]))


_NONE: array[int] = array("I")


class TraceTable:
    """Traces by their pairs of letters, their marks and their dwelling; a tip's newer trace replaces its older."""

    def __init__(self) -> None:
        self._traces: list[Trace | None] = []
        self._slots: dict[str, int] = {}
        self.by_pair = Postings()
        self.by_thing = Postings()

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Trace]:
        return (each for each in self._traces if each is not None)

    def find(self, tip_id: str) -> Trace | None:
        """Look the trace of a tip up.

        Clause: none.
        """
        slot = self._slots.get(tip_id)
        return None if slot is None else self._traces[slot]

    def at(self, slot: int) -> Trace | None:
        """Say what lies in a slot: nothing, once a newer trace has taken its place.

        Clause: none.
        """
        return self._traces[slot]

    def put(self, trace: Trace) -> None:
        """Put the trace of a tip in place of any older one.

        Clause: none.
        """
        trace.prepare()
        slot = self._slots.get(trace.tip_id)
        before = None if slot is None else self._traces[slot]
        if slot is not None and before is not None and things_of(before) == things_of(trace):
            self._traces[slot] = trace
            return
        self.drop(trace.tip_id)
        slot = self._slots[trace.tip_id] = len(self._traces)
        self._traces.append(trace)
        self.by_pair.add(wordings.pairs(trace.words), slot)
        self.by_thing.add((*things_of(trace)[1:], *corners(trace.places)), slot)

    def drop(self, tip_id: str) -> None:
        """Forget a tip.

        Clause: pipl-47.
        """
        slot = self._slots.pop(tip_id, None)
        if slot is not None:
            self._traces[slot] = None

    def rarity(self, pair: str) -> float:
        """Say how much a pair of letters tells: the rarer, the more.

        Clause: none.
        """
        return log1p(max(len(self._slots), FEW_TIPS) / (1 + len(self.by_pair.of(pair))))

    def experience(self) -> float:
        """Say how far it can be known what is rare: from nothing to one, among tips enough.

        Clause: none.
        """
        return min(1.0, len(self._slots) / FEW_TIPS)

    def rareness(self, thing: str) -> float:
        """Say how much a mark or a corner tells.

        Clause: none.
        """
        return log1p(max(len(self._slots), FEW_TIPS) / (1 + len(self.by_thing.of(thing))))


def things_of(trace: Trace) -> tuple[str, ...]:
    """List what a trace is found by: its words, its marks, its dwelling.

    Clause: none.
    """
    dwelling = () if trace.rental_code is None else (f"rental:{trace.rental_code}",)
    return (trace.words, *trace.marks, *trace.endings, *dwelling)


def corners(places: Iterable[Place]) -> frozenset[str]:
    """List each pair of letters before a number together with that number, so that one mistyped letter still meets.

    Clause: none (criterion 10.2).
    """
    return frozenset(
        f"{pair}/{kind}{number}"
        for place in places
        for kind, number in place.numbers
        if kind in ("house", "building", "room")
        for pair in wordings.pairs(place.name[-CORNER_LETTERS:])
    )
