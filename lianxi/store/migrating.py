"""Moving items that still run from one version of the policy to another: counted first, each once, and said on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.operations import MigrateItems, MigrationResult, StateCount
from lianxi.kernel.errors import Forbidden, NotFound, PolicyBroken, RuleBroken
from lianxi.policy.book import Migration, PolicyBook
from lianxi.policy.policy import Policy
from lianxi.store.connect import reaching_the_store
from lianxi.store.documents import AggregateDocument
from lianxi.store.unit import Aggregates

SCOPE = "ops:write"
UNWRITTEN = 1
"""The version of items that were stored before versions were kept."""


class Movable(Protocol):
    """An item that runs under a version of the policy."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def policy_version(self) -> int:
        """The number of that version."""
        ...


M = TypeVar("M", bound=Movable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One going over. `old` is there while the version can still be read that items are moved away from."""

    old: Policy | None
    new: Policy
    entry: Migration


class Running(Protocol):
    """Who knows which items of one kind still run under which version; `among` leaves only some to be asked about."""

    def count(self, policy_version: int, among: Sequence[str] | None) -> Mapping[str, int]:
        """Count them by where they stand."""
        ...

    def first(self, policy_version: int, among: Sequence[str] | None, at_most: int) -> Sequence[str]:
        """Name some of them."""
        ...


@dataclass(frozen=True)
class RunningItems:
    """The items of one collection that still run, by the version of the policy that they run under."""

    document: type[AggregateDocument]
    states: tuple[StrEnum, ...]

    def count(self, policy_version: int, among: Sequence[str] | None) -> Mapping[str, int]:
        """Count them by where they stand."""
        collection = self.document._get_collection()
        with reaching_the_store():
            return {
                state.value: collection.count_documents(_under(policy_version, among) | {"state": state.value})
                for state in self.states
            }

    def first(self, policy_version: int, among: Sequence[str] | None, at_most: int) -> Sequence[str]:
        """Name some of them; those that were moved are no longer among them."""
        states = {"state": {"$in": [state.value for state in self.states]}}
        with reaching_the_store():
            rows = self.document._get_collection().find(_under(policy_version, among) | states, {"_id": 1})
            return [row["_id"] for row in rows.limit(at_most)]


def numbers_of(policy_version: int) -> list[int | None]:
    """Say how a version is written in the database: where the field is missing it is found as `None`."""
    return [policy_version, None] if policy_version == UNWRITTEN else [policy_version]


def _under(policy_version: int, among: Sequence[str] | None) -> dict[str, Any]:
    only: dict[str, Any] = {} if among is None else {"_id": {"$in": list(among)}}
    return {"policy_version": {"$in": numbers_of(policy_version)}} | only


@dataclass(frozen=True)
class Pile(Generic[M]):
    """The items of one kind at a desk. `owed` names those that a version knows at all; the others stay under theirs."""

    kind: str
    items: Aggregates[M]
    running: Running
    decide: Callable[[M, Move], tuple[M, Sequence[Event]]]
    owed: Callable[[Policy], Sequence[str]] | None = None

    def among(self, new: Policy) -> Sequence[str] | None:
        """Name the items that may go over to a version; `None` when every one may."""
        return None if self.owed is None else self.owed(new)

    def move(self, move: Move, at_most: int, caller: Caller) -> int:
        """Move some items, each in one change; an item itself says whether it was moved, so none is moved twice."""
        moved = 0
        for item_id in self.running.first(move.entry.from_version, self.among(move.new), at_most):
            # The command is one and the items are many: its id would make each of them its only effect.
            cause = replace(caller.cause(), command_id=None)
            after = self.items.change(item_id, lambda item: self.decide(item, move), cause)
            moved += after.state.policy_version == move.new.version
        return moved


def check_may_migrate(caller: Caller) -> None:
    """Refuse whoever is neither the office nor an operator.

    Clause: none (criterion 7.3).
    Raises:
        Forbidden: policy.office_only.
    """
    if not (caller.is_office or SCOPE in caller.scopes):
        raise Forbidden("policy.office_only")


def migrate(
    request: MigrateItems, caller: Caller, policies: PolicyBook, now: datetime, piles: Sequence[Pile[Any]]
) -> MigrationResult:
    """Move running items from one version of the policy to another, or in a dry run count them; each item only once.

    Clause: none (criterion 7.3).
    Raises:
        Forbidden: policy.office_only.
        RuleBroken: policy.same_version.
        NotFound: policy.version_unknown.
    """
    check_may_migrate(caller)
    if request.from_version == request.to_version:
        raise RuleBroken("policy.same_version", version=request.to_version)
    new = _readable(policies, request.to_version)
    if new is None:
        raise NotFound("policy.version_unknown", version=request.to_version)
    entry = Migration(from_version=request.from_version, to_version=new.version, by=caller.actor, at=now)
    move = Move(old=_readable(policies, request.from_version), new=new, entry=entry)
    found = tuple(
        StateCount(state=state, items=items, kind=pile.kind)
        for pile in piles
        for state, items in pile.running.count(request.from_version, pile.among(new)).items()
    )
    moved = 0
    for pile in () if request.dry_run else piles:
        moved += pile.move(move, request.at_most - moved, caller) if moved < request.at_most else 0
    return MigrationResult(
        from_version=request.from_version,
        to_version=request.to_version,
        dry_run=request.dry_run,
        found=found,
        moved=moved,
        left=sum(each.items for each in found) - moved,
    )


def _readable(policies: PolicyBook, version: int) -> Policy | None:
    """Find a version; one that cannot be used any more must not keep items from being moved away from it."""
    try:
        return policies.version(version)
    except PolicyBroken:
        return None
