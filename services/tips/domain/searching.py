"""Searching tips by what they say: words in any script, names of places and organisations also by how they sound.

A text is found by its pairs of letters and then looked at as a whole, so that what is found holds what was asked. There
is no search for people: what tells who somebody is was cut before, and of a text only names of places and
organisations can be found by sound.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from lianxi.kernel.errors import Malformed
from lianxi.policy import sounds, wordings
from services.tips.domain.traces import Trace, TraceTable

TERMS_AT_MOST = 6
SHORTEST = 2
SHORTEST_SOUND = 3
NEAR_PAIRS, NEAR_SHARE = 3, 0.6
NEAR_POSTINGS = 60_000
_BY_AGE = attrgetter("age")
_SOUND = re.compile(rf"[a-z']{{{SHORTEST_SOUND},40}}")
_ROOM_SAID = re.compile(r"[室房]")
_ROOM = re.compile(r"(?<=[栋层元])([0-9]{1,5})室$")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: every word must be there; one in plain letters may also be how a name sounds."""

    words: tuple[str, ...]

    @property
    def is_near_allowed(self) -> bool:
        """Whether what is almost the same may stand in where nothing is the same: of longer words."""
        return any(len(word) > NEAR_PAIRS for word in self.words)


def query_of(text: str) -> Query:
    """Read what somebody typed.

    Clause: none (criterion 16.1).
    Raises:
        Malformed: search.too_short, search.too_long.
    """
    words = [word for part in text.split() for word in wordings.told(part).split()]
    if not _ROOM_SAID.search(text):
        # The written form calls the last number of an address a room, which stands before other words nowhere else.
        words = [_ROOM.sub(r"\1", word) for word in words]
    if not words or any(len(word) < SHORTEST for word in words):
        raise Malformed("search.too_short")
    if len(words) > TERMS_AT_MOST:
        raise Malformed("search.too_long", at_most=TERMS_AT_MOST)
    return Query(tuple(dict.fromkeys(words)))


Allowed = Callable[[Trace], bool]


def search(table: TraceTable, query: Query, is_allowed: Allowed) -> tuple[list[Trace], bool]:
    """Find the tips that hold all that was asked, the newest first; or say that those found only almost do.

    Clause: none (criteria 16.1, 16.3: who may not know of a tip finds as if it were not there).
    """
    exact = [each for each in _exact(table, query) if is_allowed(each)]
    if not exact and query.is_near_allowed:
        return [each for each in _near(table, query) if is_allowed(each)], True
    return sorted(exact, key=_BY_AGE, reverse=True), False


def matches(trace: Trace, query: Query) -> bool:
    """Say whether a tip holds all that is asked for.

    Clause: none (criterion 16.4).
    """
    return all(_holds(trace, word) for word in query.words)


def by_ending(table: TraceTable, mark: str, is_allowed: Allowed) -> list[Trace]:
    """Find the tips that name a number with an ending, the newest first.

    Clause: none (criterion 16.1).
    """
    found = (table.at(slot) for slot in table.by_thing.of(mark))
    return sorted((each for each in found if each is not None and is_allowed(each)), key=_BY_AGE, reverse=True)


def _exact(table: TraceTable, query: Query) -> Iterator[Trace]:
    """Go through the tips of the rarest word, and look at each for all of them."""
    first = min(query.words, key=lambda word: _cost(table, word))
    for trace in _having(table, first):
        if all(_holds(trace, word) for word in query.words if word != first):
            yield trace


def _cost(table: TraceTable, word: str) -> int:
    return len(table) if _SOUND.fullmatch(word) else len(_rarest(table, word))


def _rarest(table: TraceTable, word: str) -> Sequence[int]:
    return min((table.by_pair.of(pair) for pair in wordings.pairs(word)), key=len, default=array("I"))


def _having(table: TraceTable, word: str) -> Iterable[Trace]:
    if _SOUND.fullmatch(word):
        return [each for each in table if _is_told(each, word)]
    found = (table.at(slot) for slot in _rarest(table, word))
    return (each for each in found if each is not None and word in each.words)


def _holds(trace: Trace, word: str) -> bool:
    return word in trace.words or (bool(_SOUND.fullmatch(word)) and _is_told(trace, word))


def _is_told(trace: Trace, word: str) -> bool:
    """Say whether a word in plain letters is said, or is how a name sounds, by whole syllables or by initials."""
    if word in trace.initials or word in trace.words:
        return True
    return word in trace.sound and any(sounds.sounds_like(word, name) for name in trace.names)


def _near(table: TraceTable, query: Query) -> list[Trace]:
    """Count shared pairs of letters, the rarest first and within a budget; most of them must be shared."""
    wanted = {pair for word in query.words for pair in wordings.pairs(word)}
    counts: Counter[int] = Counter()
    budget = NEAR_POSTINGS
    for pair in table.by_pair.known(wanted):
        slots = table.by_pair.of(pair)
        if (budget := budget - len(slots)) < 0:
            break
        counts.update(slots)
    enough = max(2, round(NEAR_SHARE * len(wanted)))
    found = [
        (count, each) for slot, count in counts.items() if count >= enough and (each := table.at(slot)) is not None
    ]
    return [each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].age), reverse=True)]
