"""As much of tips as is counted, in memory: filled once, and then kept up with what any process of the desk changes.

Each change of a tip leaves a line of the audit, which lies with the tip until the relay has chained it. So whatever has
changed since a place of the chain is found in two short questions: which tips have a line waiting, and which tips
the lines behind that place name. Those are read anew. A change is seen by the next look, and nothing is written for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from lianxi.contracts.tips import TipState
from lianxi.kernel.clock import Clock, level_to_hour, local_date, local_midnight
from lianxi.store.chain import TAIL
from lianxi.store.connect import reaching_the_store
from lianxi.store.journal import CHAIN
from lianxi.store.outbox import LANE_RANK
from lianxi.store.pages import FLOOR
from services.tips.documents import TipDocument
from services.tips.domain.tip import OFFICE, WHOLE_DAYS

WEEKS = 8
_OPEN = frozenset({TipState.DISPATCHED.value, TipState.ACCEPTED.value, TipState.VERIFIED.value})
_COUNTED = dict.fromkeys(
    ("_version", "agencies", "state", "dispatches.lead", "clocks", "is_anonymous", "listed_at", "village"), 1
)
_A_MINUTE = timedelta(minutes=1)
_ANY_RANK = {"$gte": min(LANE_RANK.values()), "$lte": max(LANE_RANK.values())}
_PLACES, _TIPS, _READ = 50, 200, 300
_TIP = "tip/"


@dataclass(frozen=True, slots=True)
class Counted:
    """One tip as it is counted: who may know of it, when it came and from where, and while it is open, where it lies.

    `due_at` is the end of the limit that ends first, as desks read it: of an anonymous tip to the hour.
    """

    tip_id: str
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


@dataclass
class FigureTable:
    """One process's table. Until it is filled, whoever looks reads the database."""

    clock: Clock
    _rows: dict[str, Counted] = field(default_factory=dict)
    _position: int | None = None
    _is_filling: bool = False

    def look(self, agency: str, now: datetime) -> Iterable[Counted]:
        """List what is counted for an agency."""
        if self._position is None:
            return counted_now(agency, now)
        self._follow()
        return [each for each in self._rows.values() if agency in each.agencies]

    def keep_up(self) -> None:
        """Fill the table when it is empty, in stretches between which others get their turn; else follow."""
        if self._position is not None:
            self._follow()
            self._let_go()
        elif not self._is_filling:
            self._is_filling = True
            try:
                self._fill()
            finally:
                self._is_filling = False

    def _fill(self) -> None:
        # The place first: what changes while tips are read stands behind it, and is read again.
        with reaching_the_store():
            tail = _collection(TAIL).find_one({"_id": TAIL})
        for each in counted_now(OFFICE, self.clock.now()):
            self._rows[each.tip_id] = each
        self._position = 0 if tail is None else int(tail["sequence"])

    def _follow(self) -> None:
        # Lines that wait before lines that are chained: one that moves between the two questions is seen by both.
        with reaching_the_store():
            waiting = [row["_id"] for row in TipDocument._get_collection().find({"_outbox_due": _ANY_RANK}, {"_id": 1})]
        changed, position = self._chained()
        self._take([*dict.fromkeys((*waiting, *changed))])
        self._position = max(position, self._position or 0)

    def _chained(self) -> tuple[list[str], int]:
        changed: list[str] = []
        position = self._position or 0
        while True:
            asked = {"_id": {"$in": list(range(position + 1, position + 1 + _PLACES))}}
            with reaching_the_store():
                lines = list(_collection(CHAIN).find(asked, {"item": 1, "kind": 1}))
            changed += [each["item"].removeprefix(_TIP) for each in lines if _is_change(each)]
            position = max((each["_id"] for each in lines), default=position)
            if len(lines) < _PLACES:
                return changed, position

    def _take(self, tip_ids: list[str]) -> None:
        for place in range(0, len(tip_ids), _TIPS):
            stretch = tip_ids[place : place + _TIPS]
            found = {each.tip_id: each for each in _read({"_id": {"$in": stretch}})}
            for tip_id in stretch:
                self._put(tip_id, found.get(tip_id))

    def _put(self, tip_id: str, counted: Counted | None) -> None:
        """Put a tip in place of an older reading; another green worker may have been quicker with a newer one."""
        known = self._rows.get(tip_id)
        if counted is None:
            self._rows.pop(tip_id, None)
        elif known is None or known.version <= counted.version:
            self._rows[tip_id] = counted

    def _let_go(self) -> None:
        """Forget what is closed and older than what is counted."""
        first = first_day(local_date(self.clock.now()))
        for tip_id in [each.tip_id for each in self._rows.values() if each.desk is None and each.listed_on < first]:
            self._rows.pop(tip_id, None)


def _collection(name: str) -> Any:
    return TipDocument._get_collection().database[name]


def _is_change(line: Mapping[str, Any]) -> bool:
    return line["kind"] == "write" and str(line["item"]).startswith(_TIP)


def _read(asked: Mapping[str, Any]) -> Iterator[Counted]:
    with reaching_the_store():
        for row in TipDocument._get_collection().find(asked, _COUNTED, batch_size=_READ):
            yield _counted(row)


def _counted(row: Mapping[str, Any]) -> Counted:
    is_open = row["state"] in _OPEN
    return Counted(
        tip_id=row["_id"],
        version=row["_version"],
        agencies=frozenset(row["agencies"]),
        listed_on=local_date(row["listed_at"]),
        village=row.get("village"),
        desk=row["dispatches"][-1]["lead"] if is_open else None,
        due_at=_ends_at(row) if is_open else None,
    )


def _ends_at(row: Mapping[str, Any]) -> datetime | None:
    """Say when the first limit of a tip ends, as its desks read it."""
    ends = [
        clock["due_at"] if not row["is_anonymous"] or clock["unit"] in WHOLE_DAYS else level_to_hour(clock["due_at"])
        for clock in (each["running"] for each in row["clocks"])
        if clock["stopped_at"] is None
    ]
    return min(ends, default=None)
