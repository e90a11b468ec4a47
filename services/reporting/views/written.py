"""Facts by when they were written, so that whoever counts or searches them can go on from where it was: read only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from lianxi.contracts.tips import TipDispatched, TipRungReached
from lianxi.store.connect import reaching_the_store
from services.reporting.documents import EventFactDocument
from services.reporting.domain.facts import Fact
from services.reporting.domain.situations import RED, SEARCHED_EVENTS

BEGINNING: Final = datetime(2015, 1, 1, tzinfo=UTC)
SETTLING: Final = timedelta(seconds=60)
"""How long a fact may take from getting its time to being readable: younger ones are read anew each time."""

_KEPT: Final = frozenset({*SEARCHED_EVENTS, TipDispatched.KEY})
_WANTED: Final = {"_id": 0, "event_type": 1, "at": 1, "subject": 1, "category": 1, "details": 1}
_TOLD: Final = ("outcome", "mark", "clock", "owner")
"""The details that a search looks at."""


def written(after: datetime, upto: datetime | None, wanted: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Read what was written after an instant, and up to another one if there is one; not all of it at once."""
    stretch = {"$gt": after} if upto is None else {"$gt": after, "$lte": upto}
    with reaching_the_store():
        yield from EventFactDocument._get_collection().find({"kept_at": stretch}, wanted)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What was written up to an instant."""

    upto: datetime
    facts: tuple[Fact, ...]


class SearchedFacts:
    """The facts in which situations are searched, in memory: what has settled is read once, the last minute anew.

    A search comes every minute for as long as a programme lasts, and must not read its history each time. A new process
    reads from the beginning and comes to the same.
    """

    def __init__(self, begins_at: datetime) -> None:
        self._begins_at = begins_at
        self._settled = _Settled(BEGINNING, ())

    def look(self, now: datetime) -> Sequence[Fact]:
        """Read what there is now."""
        upto = now - SETTLING
        # One assignment of a whole answer: two green workers that read at once come to the same and disturb nobody.
        known = self._settled if self._settled.upto <= upto else _Settled(BEGINNING, ())
        settled = _Settled(upto, (*known.facts, *self._read(known.upto, upto)))
        self._settled = settled
        return [*settled.facts, *self._read(upto, None)]

    def _read(self, after: datetime, upto: datetime | None) -> Iterator[Fact]:
        for row in written(after, upto, _WANTED):
            if row["at"] >= self._begins_at and row["event_type"] in _KEPT:
                fact = _fact(row)
                if fact.event_type != TipRungReached.KEY or fact.details.get("mark") == RED:
                    yield fact


def _fact(row: Mapping[str, Any]) -> Fact:
    details = row.get("details", {})
    return Fact(
        event_type=row["event_type"],
        at=row["at"],
        agencies=(),
        subject=row["subject"],
        correlation_id="",
        category=row.get("category"),
        details=_shared(*((name, details[name]) for name in _TOLD if details.get(name) is not None)),
    )


@lru_cache(1_000)
def _shared(*told: tuple[str, str]) -> Mapping[str, str]:
    """Keep what many facts say alike once."""
    return dict(told)
