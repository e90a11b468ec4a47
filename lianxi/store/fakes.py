"""Aggregates in memory, for the unit floor: shipped, and held to the same behaviour suite as the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic

from lianxi.contracts.envelope import Cause, Envelope, Event
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import NotFound
from lianxi.policy.retention import Hold, Keeping
from lianxi.store.outbox import Announcer
from lianxi.store.retention import Found, PurgePart
from lianxi.store.unit import CHANGED, A, Addition, Change, Decide, Stored, check_version, exactly


@dataclass
class _Row(Generic[A]):
    stored: Stored[A]
    inbox: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


class MemoryAggregates(Generic[A]):
    """Aggregates of one kind in memory; `announced` holds every envelope in the order of announcing."""

    def __init__(
        self, announcer: Announcer, clock: Clock, announced_at: Callable[[A, datetime], datetime] = exactly
    ) -> None:
        self._announcer = announcer
        self._clock = clock
        self._announced_at = announced_at
        self._rows: dict[str, _Row[A]] = {}
        self.announced: list[Envelope] = []

    def find(self, aggregate_id: str) -> Stored[A] | None:
        """Look an aggregate up; `None` when there is none."""
        row = self._rows.get(aggregate_id)
        return None if row is None else row.stored

    def find_many(self, ids: Sequence[str]) -> dict[str, Stored[A]]:
        """Look some up; those that are not there are not in the answer."""
        return {each: found for each in ids if (found := self.find(each)) is not None}

    def get(self, aggregate_id: str) -> Stored[A]:
        """Look an aggregate up, or refuse."""
        found = self.find(aggregate_id)
        if found is None:
            raise NotFound(f"{self._announcer.noun}.not_found")
        return found

    def all(self) -> list[A]:
        """List every aggregate, in the order of adding."""
        return [row.stored.state for row in self._rows.values()]

    def add(self, state: A, events: Sequence[Event], cause: Cause) -> bool:
        """Add an aggregate; `False` when one with its id is there already."""
        if state.id in self._rows:
            return False
        row = _Row(Stored(1, state))
        self._rows[state.id] = row
        self._mark(row, events, cause)
        return True

    def add_many(self, additions: Sequence[Addition[A]]) -> list[bool]:
        """Add many; those that are there already stay as they are."""
        return [self.add(each.state, each.events, each.cause) for each in additions]

    def change(
        self,
        aggregate_id: str,
        decide: Decide[A],
        cause: Cause,
        *,
        expected_version: int | None = None,
        noted: str = CHANGED,
    ) -> Stored[A]:
        """Change an aggregate by a decision, once for each event id and command id."""
        before = self.get(aggregate_id)
        row = self._rows[aggregate_id]
        if cause.event_id in row.inbox or cause.command_id in row.commands:
            return before
        check_version(self._announcer.noun, before.version, expected_version)
        after, events = decide(before.state)
        if after == before.state and not events and cause.event_id is None and cause.command_id is None:
            return before
        row.stored = Stored(before.version + 1, after)
        self._mark(row, events, cause)
        return row.stored

    def change_many(self, changes: Sequence[Change[A]]) -> None:
        """Change many, each once for the event of its cause."""
        for each in changes:
            self.change(each.aggregate_id, each.decide, each.cause)

    def _mark(self, row: _Row[A], events: Sequence[Event], cause: Cause) -> None:
        stored = row.stored
        told = self._announced_at(stored.state, self._clock.now())
        self.announced += self._announcer.envelopes(stored.state.id, stored.version, events, cause, told)
        if cause.event_id is not None:
            row.inbox.append(cause.event_id)
        if cause.command_id is not None:
            row.commands.append(cause.command_id)


@dataclass
class MemoryShelf(Generic[A]):
    """What lies in one collection in memory, by one of its fields of the kind `Keeping`; `waiting` are left alone."""

    items: MemoryAggregates[A]
    name: str = "keeping"
    waiting: set[str] = field(default_factory=set)

    def count(self, rule: str, before: datetime) -> Found:
        """Count what is past its day."""
        found = Found()
        for item_id, keeping in self._past(rule, before):
            since = keeping.since
            oldest = since if found.oldest is None or since is None else min(found.oldest, since)
            name = "held" if keeping.hold is not None else "waiting" if item_id in self.waiting else "due"
            found = replace(found, oldest=oldest, **{name: getattr(found, name) + 1})
        return found

    def due(self, rule: str, before: datetime, at_most: int) -> list[tuple[str, int]]:
        """Name some that may be purged, with their versions."""
        past = [
            item_id
            for item_id, keeping in self._past(rule, before)
            if keeping.hold is None and item_id not in self.waiting
        ]
        return [(item_id, self.items.get(item_id).version) for item_id in past[:at_most]]

    def purged(self, rule: str, run_id: str) -> list[str]:
        """Name, in order, those that a run has purged."""
        return sorted(each for each, keeping in self._keepings() if keeping.run_id == run_id and keeping.rule == rule)

    def holds(self, at_most: int) -> list[tuple[str, Hold]]:
        """Name those that are held, the latest first."""
        found = [(each, keeping.hold) for each, keeping in self._keepings() if keeping.hold is not None]
        return sorted(found, key=lambda each: (each[1].at, each[0]), reverse=True)[:at_most]

    def _past(self, rule: str, before: datetime) -> list[tuple[str, Keeping]]:
        return [
            (item_id, keeping)
            for item_id, keeping in self._keepings()
            if keeping.rule == rule and keeping.since is not None and keeping.since < before
        ]

    def _keepings(self) -> list[tuple[str, Keeping]]:
        found = [(item.id, getattr(item, self.name)) for item in self.items.all()]
        return [(item_id, keeping) for item_id, keeping in found if keeping is not None]


@dataclass(frozen=True)
class MemoryPartWatch:
    """The runs that a desk is not done with, in memory."""

    parts: MemoryAggregates[PurgePart]

    def running(self) -> list[str]:
        """Name them."""
        return sorted(part.id for part in self.parts.all() if part.is_running)
