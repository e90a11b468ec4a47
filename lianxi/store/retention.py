"""Purging what has been kept long enough: found by an index, one guarded write for each item, held items left alone.

An item itself says which run has purged it, in the write that does. So a run that was killed goes on where it was, two
workers at once do no harm, and what a run has done is read from the items when it ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.retention import (
    HoldItem,
    HoldList,
    HoldView,
    LiftHold,
    ListHolds,
    PurgedRow,
    RetentionPreview,
    RetentionRunStarted,
    RowPreview,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from lianxi.policy.retention import Hold, Keeping, Purge, ended_before, held, lifted, period_of, row_of
from lianxi.store.connect import reaching_the_store
from lianxi.store.documents import AggregateDocument
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR
from lianxi.store.unit import Aggregates, Stored

ITEMS_A_STEP = 100
CHANGED_MEANWHILE = (Conflict, NotFound)


class HasId(Protocol):
    """An item that can be purged."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


K = TypeVar("K", bound=HasId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is past its day under one row."""

    due: int = 0
    held: int = 0
    waiting: int = 0
    oldest: datetime | None = None


class Shelf(Protocol):
    """Who finds what is past its day; `lianxi.store.fakes.MemoryShelf` answers the same way."""

    def count(self, rule: str, before: datetime) -> Found:
        """Count what is past its day."""
        ...

    def due(self, rule: str, before: datetime, at_most: int) -> Sequence[tuple[str, int]]:
        """Name some that may be purged, with their versions."""
        ...

    def purged(self, rule: str, run_id: str) -> Sequence[str]:
        """Name, in order, those that a run has purged."""
        ...

    def holds(self, at_most: int) -> Sequence[tuple[str, Hold]]:
        """Name those that are held, the latest first."""
        ...


def kept_indexes(field: str, *, holds: bool = True) -> list[dict[str, Any]]:
    """List the indexes by which what is due, what a run has purged, and where wanted what is held is found."""
    found: list[dict[str, Any]] = [
        {"fields": [f"{field}.rule", f"{field}.since"], "sparse": True},
        {"fields": [f"{field}.run_id", f"{field}.rule"], "sparse": True},
    ]
    return [*found, {"fields": [f"{field}.hold.at"], "sparse": True}] if holds else found


@dataclass(frozen=True)
class KeptShelf:
    """What lies in one collection, by one of its fields of the kind `Keeping`."""

    document: type[AggregateDocument]
    name: str = "keeping"

    def count(self, rule: str, before: datetime) -> Found:
        """Count what is past its day."""
        found = Found()
        with reaching_the_store():
            for row in self._rows(self._past(rule, before), {self.name: 1, "_outbox.id": 1}):
                found = self._counted(found, row)
        return found

    def due(self, rule: str, before: datetime, at_most: int) -> Sequence[tuple[str, int]]:
        """Name some that may be purged, with their versions."""
        match = {**self._past(rule, before), f"{self.name}.hold": None, "_outbox.0": {"$exists": False}}
        with reaching_the_store():
            return [(row["_id"], row["_version"]) for row in self._rows(match, {"_version": 1}).limit(at_most)]

    def purged(self, rule: str, run_id: str) -> Sequence[str]:
        """Name, in order, those that a run has purged."""
        match = {f"{self.name}.run_id": run_id, f"{self.name}.rule": rule}
        with reaching_the_store():
            return sorted(row["_id"] for row in self._rows(match, {"_id": 1}))

    def holds(self, at_most: int) -> Sequence[tuple[str, Hold]]:
        """Name those that are held, the latest first."""
        with reaching_the_store():
            rows = self._rows({f"{self.name}.hold.at": {"$gt": FLOOR}}, {self.name: 1})
            found = [(row["_id"], as_state(Hold, row[self.name]["hold"])) for row in rows]
        return sorted(found, key=lambda each: (each[1].at, each[0]), reverse=True)[:at_most]

    def _past(self, rule: str, before: datetime) -> dict[str, Any]:
        return {f"{self.name}.rule": rule, f"{self.name}.since": {"$gt": FLOOR, "$lt": before}}

    def _rows(self, match: Mapping[str, Any], only: Mapping[str, Any]) -> Any:
        return self.document._get_collection().find(match, only)

    def _counted(self, found: Found, row: Mapping[str, Any]) -> Found:
        keeping = as_state(Keeping, row[self.name])
        oldest = keeping.since if found.oldest is None or keeping.since is None else min(found.oldest, keeping.since)
        if keeping.hold is not None:
            return replace(found, held=found.held + 1, oldest=oldest)
        if row.get("_outbox"):
            return replace(found, waiting=found.waiting + 1, oldest=oldest)
        return replace(found, due=found.due + 1, oldest=oldest)


def nothing_else(_item: Any) -> None:
    """Erase nothing outside the item itself."""


@dataclass(frozen=True)
class Pile(Generic[K]):
    """The items of one kind that are kept by some rows.

    `purge` leaves of an item what may remain. `outside` erases what lies apart from it, and comes first: whoever is
    killed between the two erases it a second time.
    """

    rules: tuple[str, ...]
    items: Aggregates[K]
    shelf: Shelf
    purge: Callable[[K, Purge], K]
    outside: Callable[[K], object] = nothing_else

    def step(self, rule: str, before: datetime, purge: Purge, cause: Cause, at_most: int) -> int:
        """Purge some, each by one write on the version that was found due; how many were looked at."""
        due = self.shelf.due(rule, before, at_most)
        for item_id, version in due:
            try:
                if self._is_bare_at(item_id, version):
                    decide = _purging(self.purge, purge)
                    self.items.change(item_id, decide, cause, expected_version=version, noted="purged")
            except CHANGED_MEANWHILE:
                continue  # it is looked at again
        return len(due)

    def _is_bare_at(self, item_id: str, version: int) -> bool:
        """Erase what lies apart from an item, if it is still as it was found due."""
        if self.outside is nothing_else:
            return True
        found = self.items.get(item_id)
        if found.version != version:
            return False
        self.outside(found.state)
        return True


def _purging(strip: Callable[[K, Purge], K], purge: Purge) -> Callable[[K], tuple[K, Sequence[Event]]]:
    return lambda item: (strip(item, purge), ())


@dataclass(frozen=True)
class Holdable(Generic[K]):
    """A kind of item that can be held: by which of its fields, and where those that are held are found."""

    items: Aggregates[K]
    shelf: Shelf
    fields: tuple[str, ...] = ("keeping",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgePart:
    """One desk's part in a run; `rows` are there when it is done.

    Its id names the desk too: the ids of events are made of it, and every desk tells one of the same run.
    """

    id: str
    run_id: str
    policy_version: int
    started_at: datetime
    is_running: bool = True
    rows: tuple[PurgedRow, ...] = ()
    finished_at: datetime | None = None


def part_of(run_id: str, service: str) -> str:
    """Name a desk's part in a run."""
    return f"{run_id}-{service}"


class RunningParts(Protocol):
    """Who knows which runs this desk is not done with."""

    def running(self) -> Sequence[str]:
        """Name them."""
        ...


@dataclass(frozen=True)
class PartWatch:
    """The runs that this desk is not done with."""

    document: type[AggregateDocument]

    def running(self) -> Sequence[str]:
        """Name them."""
        with reaching_the_store():
            return sorted(row["_id"] for row in self.document._get_collection().find({"is_running": True}, {"_id": 1}))


@dataclass(frozen=True)
class Retention:
    """What one desk does about keeping and deleting."""

    service: str
    parts: Aggregates[PurgePart]
    watch: RunningParts
    piles: tuple[Pile[Any], ...]
    holdable: Mapping[str, Holdable[Any]]
    policies: PolicyBook
    clock: Clock
    finished: Callable[[str, tuple[PurgedRow, ...], datetime], Event]
    items_a_step: int = ITEMS_A_STEP

    # --- looking

    def preview(self) -> RetentionPreview:
        """Say what a run would do now; nothing is written."""
        now = self.clock.now()
        items = []
        for pile, rule, before in self._rows(self.policies.current, now):
            found = pile.shelf.count(rule, before)
            items.append(
                RowPreview(
                    rule=rule,
                    due=found.due,
                    held=found.held,
                    waiting=found.waiting,
                    oldest_on=None if found.oldest is None else local_date(found.oldest),
                )
            )
        return RetentionPreview(items=tuple(items))

    def list_holds(self, request: ListHolds) -> HoldList:
        """Name what is held, the latest first."""
        found = [
            (hold.at, f"{noun}/{item_id}", hold)
            for noun, kind in self.holdable.items()
            for item_id, hold in kind.shelf.holds(request.limit)
        ]
        found.sort(key=lambda each: each[:2], reverse=True)
        return HoldList(items=tuple(_shown(item, hold) for _, item, hold in found[: request.limit]))

    # --- holding

    def hold(self, request: HoldItem, caller: Caller) -> HoldView:
        """Hold an item back from every run.

        Raises:
            NotFound: item.not_found, or the item's own.
            Conflict: hold.already_set, hold.item_purged.
        """
        now = self.clock.now()
        decide = _on_fields(lambda keeping: held(keeping, request.reason, caller.actor, now))
        return self._noted(request.item, decide, caller, "held")

    def lift(self, request: LiftHold, caller: Caller) -> HoldView:
        """Let runs have an item again.

        Raises:
            NotFound: item.not_found, or the item's own.
            Conflict: hold.not_set.
        """
        return self._noted(request.item, _on_fields(lifted), caller, "hold_lifted")

    def _noted(self, item: str, change: Callable[[Any, tuple[str, ...]], Any], caller: Caller, noted: str) -> HoldView:
        noun, _, item_id = item.partition("/")
        kind = self.holdable.get(noun)
        if kind is None:
            raise NotFound("item.not_found")
        after: Stored[Any] = kind.items.change(
            item_id, lambda found: (change(found, kind.fields), ()), caller.cause(), noted=noted
        )
        return _shown(item, getattr(after.state, kind.fields[0]).hold)

    # --- running

    def start(self, event: RetentionRunStarted, cause: Cause) -> None:
        """Take part in a run, once."""
        part_id = part_of(event.run_id, self.service)
        part = PurgePart(
            id=part_id, run_id=event.run_id, policy_version=event.policy_version, started_at=event.started_at
        )
        self.parts.add(part, (), cause)

    def work(self) -> None:
        """Go on with every run: purge some, and when nothing is left tell what was done.

        Emits: TipsPurged, InspectionsPurged, CasesPurged.
        """
        for part_id in self.watch.running():
            part = self.parts.get(part_id).state
            cause = Cause(actor=f"desk:{self.service}", correlation_id=part.run_id)
            if self._step(part, cause) == 0:
                self.parts.change(part_id, self._done, cause)

    def _step(self, part: PurgePart, cause: Cause) -> int:
        policy = self.policies.version(part.policy_version)
        purge = Purge(run_id=part.run_id, at=self.clock.now())
        left = self.items_a_step
        for pile, rule, before in self._rows(policy, part.started_at):
            left -= pile.step(rule, before, purge, cause, left)
            if left <= 0:
                break
        return self.items_a_step - left

    def _done(self, part: PurgePart) -> tuple[PurgePart, Sequence[Event]]:
        if not part.is_running:
            return part, ()
        now = self.clock.now()
        policy = self.policies.version(part.policy_version)
        on = local_date(part.started_at)
        rows = tuple(
            _purged_row(policy, rule, on, pile.shelf.purged(rule, part.run_id))
            for pile in self.piles
            for rule in pile.rules
        )
        told = self.finished(part.run_id, rows, now)
        return replace(part, is_running=False, rows=rows, finished_at=now), (told,)

    def _rows(self, policy: Policy, at: datetime) -> Iterator[tuple[Pile[Any], str, datetime]]:
        """Go through the rows that end at all, with the instant before which their periods have ended."""
        today = local_date(at)
        for pile in self.piles:
            for rule in pile.rules:
                before = ended_before(period_of(policy.retention, rule, today), today)
                if before is not None:
                    yield pile, rule, before


def ids_sha256(ids: Sequence[str]) -> str:
    """Work out the SHA-256 over ids: sorted, one in a line."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(ids)).encode()).hexdigest()


def _purged_row(policy: Policy, rule: str, on: Any, ids: Sequence[str]) -> PurgedRow:
    row = row_of(policy.retention, rule, on)
    return PurgedRow(rule=rule, clause="" if row is None else row.clause, count=len(ids), sha256=ids_sha256(ids))


def _on_fields(change: Callable[[Keeping], Keeping]) -> Callable[[Any, tuple[str, ...]], Any]:
    """Change the first field, and likewise those of the others that this can be done to."""

    def changed(item: Any, fields: tuple[str, ...]) -> Any:
        first, *others = fields
        found = {first: change(getattr(item, first))}
        for name in others:
            other = getattr(item, name)
            found[name] = other and replace(other, hold=found[first].hold)
        return replace(item, **found)

    return changed


def _shown(item: str, hold: Hold | None) -> HoldView:
    if hold is None:
        return HoldView(item=item)
    return HoldView(item=item, reason=hold.reason, by=hold.by, at=hold.at)
