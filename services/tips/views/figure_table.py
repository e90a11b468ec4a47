"""As much of tips as is counted: where they lie, until when, who may know of them, and when they came from where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lianxi.contracts.tips import TipState
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.store.connect import reaching_the_store
from lianxi.store.following import FollowedTable
from lianxi.store.pages import FLOOR
from services.tips.documents import TipDocument
from services.tips.domain.tip import OFFICE
from services.tips.views.tips import first_end

WEEKS = 8
_OPEN = frozenset({TipState.DISPATCHED.value, TipState.ACCEPTED.value, TipState.VERIFIED.value})
_COUNTED = dict.fromkeys(
    ("_version", "agencies", "state", "dispatches.lead", "clocks", "is_anonymous", "listed_at", "village"), 1
)
_A_MINUTE = timedelta(minutes=1)
_READ = 300


@dataclass(frozen=True, slots=True)
class Counted:
    """One tip as it is counted: who may know of it, when it came and from where, and while it is open, where it lies.

    `due_at` is the end of the limit that ends first, as desks read it: of an anonymous tip to the hour.
    """

    id: str
    version: int
    agencies: frozenset[str]
    listed_on: date
    village: str | None
    desk: str | None
    due_at: datetime | None


def first_day(today: date) -> date:
    """Name the Monday from which weeks are counted."""
    return today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))


def counted_now(agency: str, now: datetime) -> Iterator[Counted]:
    """Read of the database what is counted for an agency: open tips, and those of the last weeks whatever their state.

    It takes seconds over tens of thousands of open tips.
    """
    last = now + _A_MINUTE
    for state in sorted(_OPEN):
        yield from _read({"agencies": agency, "state": state, "listed_at": {"$gte": FLOOR, "$lte": last}})
    first = local_midnight(first_day(local_date(now)))
    came = _read({"agencies": agency, "listed_at": {"$gte": first, "$lte": last}})
    yield from (each for each in came if each.desk is None)


class FigureTable:
    """One process's table. Until it is filled, whoever looks reads the database."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._table = FollowedTable(
            TipDocument, "tip", lambda: counted_now(OFFICE, clock.now()), lambda ids: _read({"_id": {"$in": list(ids)}})
        )

    def look(self, agency: str, now: datetime) -> Iterable[Counted]:
        """List what is counted for an agency."""
        rows = self._table.look()
        if rows is None:
            return counted_now(agency, now)
        return [each for each in rows.values() if agency in each.agencies]

    def keep_up(self) -> None:
        """Fill the table, or follow; forget what is closed and older than what is counted."""
        self._table.keep_up()
        first = first_day(local_date(self._clock.now()))
        rows = self._table.rows.values()
        self._table.forget([each.id for each in rows if each.desk is None and each.listed_on < first])


def _read(asked: Mapping[str, Any]) -> Iterator[Counted]:
    with reaching_the_store():
        for row in TipDocument._get_collection().find(asked, _COUNTED, batch_size=_READ):
            yield _counted(row)


def _counted(row: Mapping[str, Any]) -> Counted:
    is_open = row["state"] in _OPEN
    return Counted(
        id=row["_id"],
        version=row["_version"],
        agencies=frozenset(row["agencies"]),
        listed_on=local_date(row["listed_at"]),
        village=row.get("village"),
        desk=row["dispatches"][-1]["lead"] if is_open else None,
        due_at=first_end(row) if is_open else None,
    )
