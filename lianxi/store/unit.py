"""One decision, one write.

A decision reads an aggregate, lets the domain decide, and writes the new state, the events it announces, the id of the
event it handled and the key of the command it obeyed in a single `update_one` guarded by the version. Two that race:
one wins, the other decides again on what it finds. The same event or command a second time changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import bson
from pymongo.errors import DuplicateKeyError

from lianxi.contracts import audit
from lianxi.contracts.envelope import Cause, Event, event_id
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.store.bell import COMMITTED
from lianxi.store.connect import insert_new, reaching_the_store
from lianxi.store.documents import AggregateDocument
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.outbox import COMMANDS_KEEPS, INBOX_KEEPS, LANE_RANK, Announcer, due_rank, pending
from lianxi.store.sparse import leave_nulls_out, sparse_paths
from lianxi.store.together import Written, write_together, written

TRIES = 30
CHANGED = "changed"
AUDIT_PLACE = -1
"""The place, among the events of a version, of the line that the audit keeps of it: before all of them."""


class HasId(Protocol):
    """Anything that knows its own id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


A = TypeVar("A", bound=HasId)
Decide = Callable[[A], tuple[A, Sequence[Event]]]
"""What the domain does: from the present state to the next one and the events that say so."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[A]):
    """An aggregate as it lies in the database, with its version."""

    version: int
    state: A


@dataclass(frozen=True, slots=True)
class Addition(Generic[A]):
    """A new aggregate, with the events that announce it and what caused it."""

    state: A
    events: Sequence[Event]
    cause: Cause


@dataclass(frozen=True, slots=True)
class Change(Generic[A]):
    """A decision on one aggregate among others; its cause names an event, which marks it as done."""

    aggregate_id: str
    decide: Decide[A]
    cause: Cause


class Aggregates(Protocol[A]):
    """What a desk's handlers ask of a store; `lianxi.store.fakes.MemoryAggregates` answers the same way."""

    def find(self, aggregate_id: str) -> Stored[A] | None:
        """Look an aggregate up; `None` when there is none."""
        ...

    def find_many(self, ids: Sequence[str]) -> dict[str, Stored[A]]:
        """Look some up in one read; those that are not there are not in the answer."""
        ...

    def get(self, aggregate_id: str) -> Stored[A]:
        """Look an aggregate up.

        Raises:
            NotFound: ``<noun>.not_found``.
        """
        ...

    def add(self, state: A, events: Sequence[Event], cause: Cause) -> bool:
        """Add an aggregate; `False` when one with its id is there already, and then nothing changes."""
        ...

    def add_many(self, additions: Sequence[Addition[A]]) -> list[bool]:
        """Add many in one write; each succeeds or is there already on its own."""
        ...

    def change_many(self, changes: Sequence[Change[A]]) -> None:
        """Change many in one write, each once for the event of its cause.

        Raises:
            NotFound: ``<noun>.not_found``; like whatever a decision raises, it may leave some of the changes undone.
        """
        ...

    def change(
        self,
        aggregate_id: str,
        decide: Decide[A],
        cause: Cause,
        *,
        expected_version: int | None = None,
        noted: str = CHANGED,
    ) -> Stored[A]:
        """Change an aggregate by a decision, once for each event id and each command id of the cause.

        `noted` is what the audit calls a change that announces nothing.

        Raises:
            NotFound: ``<noun>.not_found``.
            Conflict: ``<noun>.changed`` when it is not at the version the caller expected.
        """
        ...


def check_version(noun: str, found: int, expected: int | None) -> None:
    """Refuse a decision taken on a version that is no longer there."""
    if expected is not None and found != expected:
        raise Conflict(f"{noun}.changed", version=found, expected=expected)


def exactly(_state: Any, now: datetime) -> datetime:
    """Announce an event at its own instant."""
    return now


def digest_of(fields: Mapping[str, Any]) -> str:
    """Work out the SHA-256 of an aggregate's own fields as they lie in the database, whatever their order."""
    return hashlib.sha256(bson.encode({name: fields[name] for name in sorted(fields) if name[0] != "_"})).hexdigest()


class AggregateStore(Generic[A]):
    """Aggregates of one kind in MongoDB.

    Args:
        document: how they lie there.
        kind: the domain's dataclass; its field names are the document's.
        announcer: who announces what happens to them.
        clock: the time of writing.
        announced_at: the instant that an event tells, which for anonymous tips is levelled to the hour.
    """

    def __init__(
        self,
        document: type[AggregateDocument],
        kind: type[A],
        announcer: Announcer,
        clock: Clock,
        announced_at: Callable[[A, datetime], datetime] = exactly,
    ) -> None:
        self._document = document
        self._kind = kind
        self._announcer = announcer
        self._clock = clock
        self._announced_at = announced_at
        self._sparse = sparse_paths(document, kind)

    @property
    def _collection(self) -> Any:
        return self._document._get_collection()

    def find(self, aggregate_id: str) -> Stored[A] | None:
        """Look an aggregate up; `None` when there is none."""
        with reaching_the_store():
            found = self._collection.find_one({"_id": aggregate_id})
        return None if found is None else self._stored(found)

    def find_many(self, ids: Sequence[str]) -> dict[str, Stored[A]]:
        """Look some up in one read; those that are not there are not in the answer."""
        with reaching_the_store():
            found = list(self._collection.find({"_id": {"$in": list(ids)}})) if ids else []
        return {row["_id"]: self._stored(row) for row in found}

    def get(self, aggregate_id: str) -> Stored[A]:
        """Look an aggregate up, or refuse."""
        return self._stored(self._get(aggregate_id))

    def add(self, state: A, events: Sequence[Event], cause: Cause) -> bool:
        """Add an aggregate; `False` when one with its id is there already."""
        try:
            with reaching_the_store():
                self._collection.insert_one(self._new(Addition(state, events, cause)))
        except DuplicateKeyError:
            return False
        COMMITTED.ring(self._collection.name, [state.id])
        return True

    def add_many(self, additions: Sequence[Addition[A]]) -> list[bool]:
        """Add many in one write; those that are there already stay as they are."""
        if not additions:
            return []
        refused = insert_new(self._collection, [self._new(each) for each in additions])
        COMMITTED.ring(self._collection.name, [each.state.id for each in additions])
        return [index not in refused for index in range(len(additions))]

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
        for _ in range(TRIES):
            found = self._get(aggregate_id)
            before = self._stored(found)
            if self._is_done(found, cause):
                return before
            check_version(self._announcer.noun, before.version, expected_version)
            after, events = decide(before.state)
            update = self._update(found, after, events, cause, noted)
            if update is None:
                return before
            with reaching_the_store():
                result = self._collection.update_one({"_id": aggregate_id, "_version": before.version}, update)
            if result.matched_count == 1:
                COMMITTED.ring(self._collection.name, [aggregate_id])
                return Stored(before.version + 1, after)
        raise Conflict(f"{self._announcer.noun}.contended")

    def change_many(self, changes: Sequence[Change[A]]) -> None:
        """Change many in one write; what has raced or comes second on its aggregate is decided again by itself."""
        first = {each.aggregate_id: each for each in reversed(changes)}
        with reaching_the_store():
            found = list(self._collection.find({"_id": {"$in": list(first)}}))
        decided = [new for row in found if (new := self._decided(row, first[row["_id"]])) is not None]
        done = 0
        if decided:
            with reaching_the_store():
                done = write_together(self._collection, decided)
            COMMITTED.ring(self._collection.name, [each.aggregate_id for each in decided])
        if done < len(decided) or len(found) < len(changes):
            # Those that were written are known by their event and stay as they are.
            for each in changes:
                self.change(each.aggregate_id, each.decide, each.cause)

    def _decided(self, found: dict[str, Any], change: Change[A]) -> Written | None:
        if self._is_done(found, change.cause):
            return None
        before = self._stored(found)
        after, events = change.decide(before.state)
        update = self._update(found, after, events, change.cause)
        return None if update is None else written(found, update)

    def _get(self, aggregate_id: str) -> dict[str, Any]:
        with reaching_the_store():
            found: dict[str, Any] | None = self._collection.find_one({"_id": aggregate_id})
        if found is None:
            raise NotFound(f"{self._announcer.noun}.not_found")
        return found

    def _stored(self, found: Mapping[str, Any]) -> Stored[A]:
        return Stored(found["_version"], as_state(self._kind, {**found, "id": found["_id"]}))

    def _is_done(self, found: Mapping[str, Any], cause: Cause) -> bool:
        return (cause.event_id is not None and cause.event_id in found.get("_inbox", ())) or (
            cause.command_id is not None and cause.command_id in found.get("_cmds", ())
        )

    def _entries(self, state: A, version: int, events: Sequence[Event], cause: Cause) -> list[dict[str, Any]]:
        now = self._clock.now()
        told = self._announced_at(state, now)
        return pending(self._announcer.envelopes(state.id, version, events, cause, told), now)

    def _fields(self, state: A, found: Mapping[str, Any]) -> dict[str, Any]:
        fields = as_fields(state)
        leave_nulls_out(fields, self._sparse, found)
        return fields

    def _new(self, addition: Addition[A]) -> dict[str, Any]:
        fields = self._fields(addition.state, {})
        entries = self._entries(addition.state, 1, addition.events, addition.cause)
        rank = due_rank(entries)
        cause = addition.cause
        written = self._audited(addition.state, 1, fields, addition.events, cause)
        document: dict[str, Any] = {"_id": fields.pop("id"), **fields, "_version": 1, "_outbox": entries}
        document["_audit"] = [written]
        document["_inbox"] = [] if cause.event_id is None else [cause.event_id]
        document["_cmds"] = [] if cause.command_id is None else [cause.command_id]
        document["_outbox_due"] = LANE_RANK["bulk"] if rank is None else rank
        return document

    def _update(
        self, found: Mapping[str, Any], after: A, events: Sequence[Event], cause: Cause, noted: str = CHANGED
    ) -> dict[str, Any] | None:
        fields = self._fields(after, found)
        fields.pop("id")
        changed = {name: value for name, value in fields.items() if name not in found or found[name] != value}
        if not changed and not events and cause.event_id is None and cause.command_id is None:
            return None
        entries = self._entries(after, found["_version"] + 1, events, cause)
        rank = due_rank(entries)
        # Also a change that announces nothing is fetched: its line of the audit lies with it until it is chained.
        waiting = found.get("_outbox_due", LANE_RANK["bulk"])
        changed["_outbox_due"] = waiting if rank is None else min(rank, waiting)
        update: dict[str, Any] = {"$inc": {"_version": 1}}
        written = self._audited(after, found["_version"] + 1, {**fields, "id": after.id}, events, cause, noted)
        pushed: dict[str, Any] = {"_audit": {"$each": [written]}}
        update["$set"] = changed
        if entries:
            pushed["_outbox"] = {"$each": entries}
        if cause.event_id is not None:
            pushed["_inbox"] = {"$each": [cause.event_id], "$slice": -INBOX_KEEPS}
        if cause.command_id is not None:
            pushed["_cmds"] = {"$each": [cause.command_id], "$slice": -COMMANDS_KEEPS}
        update["$push"] = pushed
        return update

    def _audited(
        self,
        state: A,
        version: int,
        fields: Mapping[str, Any],
        events: Sequence[Event],
        cause: Cause,
        noted: str = CHANGED,
    ) -> dict[str, Any]:
        """Write the line of the audit that lies in the same document as the change until it is chained."""
        noun = self._announcer.noun
        return audit.entry(
            entry_id=event_id(state.id, version, AUDIT_PLACE),
            at=self._announced_at(state, self._clock.now()),
            kind="write",
            actor=cause.actor,
            what=" ".join(each.KEY for each in events) or f"{self._announcer.service}.{noun}.{noted}",
            item=f"{noun}/{state.id}",
            version=version,
            digest=digest_of(fields),
            correlation_id=cause.correlation_id,
        )
