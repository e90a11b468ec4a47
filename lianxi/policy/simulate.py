"""What a draft would have done to tips of the past: other desks, other deadlines. Nothing is changed by asking."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Malformed, Refused
from lianxi.policy.policy import Policy

CLOCKS = {"tip": "T-01", "complaint": "T-03"}
"""The limit that a desk owes on each kind of item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastItem:
    """A tip or complaint as it came in: no text, no place, no person."""

    category: str
    kind: str
    received_at: datetime
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRoute:
    """An item that would have gone elsewhere, or faster, or with other copies."""

    item: PastItem
    old_lead: str
    new_lead: str
    old_copies: tuple[str, ...]
    new_copies: tuple[str, ...]
    old_lane: str
    new_lane: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDeadline:
    """An item that would have been due at another time; none where the law of its day knew no limit."""

    item: PastItem
    clock: str
    old_due_at: datetime | None
    new_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a draft changes about a number of past items."""

    items: int
    routes: tuple[ChangedRoute, ...]
    deadlines: tuple[ChangedDeadline, ...]


def simulate(old: Policy, new: Policy, items: Iterable[PastItem]) -> Simulation:
    """Replay past items against a draft; each is taken as delivered when it came in.

    Clause: L35.1, L32.1 (criterion 7.4).
    """
    number = 0
    routes: list[ChangedRoute] = []
    deadlines: list[ChangedDeadline] = []
    for item in items:
        number += 1
        routes.extend(_route(old, new, item))
        deadlines.extend(_deadline(old, new, item))
    return Simulation(items=number, routes=tuple(routes), deadlines=tuple(deadlines))


def read_items(lines: Iterable[str]) -> Iterator[PastItem]:
    """Read past items from JSON Lines of category, kind and received_at.

    Clause: none.
    Raises:
        Malformed: item.unreadable, with its line.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            received_at = datetime.fromisoformat(row["received_at"])
            item = PastItem(
                category=str(row["category"]),
                kind=str(row.get("kind", "tip")),
                received_at=received_at,
                id=str(row.get("id", number)),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise Malformed("item.unreadable", line=number, why=str(wrong)) from wrong
        if received_at.tzinfo is None or item.kind not in CLOCKS:
            raise Malformed("item.unreadable", line=number, why="a kind that is known and a time with its zone")
        yield item


def _route(old: Policy, new: Policy, item: PastItem) -> Iterator[ChangedRoute]:
    before, after = old.route(item.category, kind=item.kind), new.route(item.category, kind=item.kind)
    if (before.lead, set(before.copies), before.lane) != (after.lead, set(after.copies), after.lane):
        yield ChangedRoute(
            item=item,
            old_lead=before.lead,
            new_lead=after.lead,
            old_copies=before.copies,
            new_copies=after.copies,
            old_lane=before.lane,
            new_lane=after.lane,
        )


def _deadline(old: Policy, new: Policy, item: PastItem) -> Iterator[ChangedDeadline]:
    clock = CLOCKS[item.kind]
    before, after = _due_at(old, clock, item.received_at), _due_at(new, clock, item.received_at)
    if before != after:
        yield ChangedDeadline(item=item, clock=clock, old_due_at=before, new_due_at=after)


def _due_at(policy: Policy, clock: str, received_at: datetime) -> datetime | None:
    try:
        return policy.deadline(clock, received_at, came_in_on=local_date(received_at))
    except Refused:
        return None
