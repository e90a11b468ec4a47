"""Aggregates in memory, for the unit floor: shipped, and held to the same behaviour suite as the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic

from lianxi.contracts.envelope import Cause, Envelope, Event
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import NotFound
from lianxi.store.outbox import Announcer
from lianxi.store.unit import A, Addition, Change, Decide, Stored, check_version, exactly


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
        self, aggregate_id: str, decide: Decide[A], cause: Cause, *, expected_version: int | None = None
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
