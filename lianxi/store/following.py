"""As much of a collection as is counted, in memory: filled once, and then kept up with what any process changes.

Each change of an aggregate leaves a line of the audit, which lies with the aggregate until the relay has chained it. So
whatever has changed since a place of the chain is found in two short questions: which have a line waiting, and which
the lines behind that place name. Those are read anew. A change is seen by the next look, and nothing is written for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from lianxi.store.chain import TAIL
from lianxi.store.connect import reaching_the_store
from lianxi.store.documents import AggregateDocument
from lianxi.store.journal import CHAIN
from lianxi.store.outbox import LANE_RANK

_ANY_RANK = {"$gte": min(LANE_RANK.values()), "$lte": max(LANE_RANK.values())}
_PLACES, _AT_ONCE = 50, 200


class Row(Protocol):
    """What is kept of one aggregate: with the version that was read."""

    @property
    def id(self) -> str:
        """Which aggregate it is of."""
        ...

    @property
    def version(self) -> int:
        """The aggregate's version when it was read."""
        ...


R = TypeVar("R", bound=Row)


class FollowedTable(Generic[R]):
    """One process's table.

    Args:
        document: whose collection is followed.
        noun: what the audit's lines call its aggregates.
        everything: reads what the table begins with, at once or in stretches.
        some: reads rows anew by their ids; those that are not there, or not counted, are left out.
    """

    def __init__(
        self,
        document: type[AggregateDocument],
        noun: str,
        everything: Callable[[], Iterable[R]],
        some: Callable[[Sequence[str]], Iterable[R]],
    ) -> None:
        self._document = document
        self._prefix = f"{noun}/"
        self._everything = everything
        self._some = some
        self._rows: dict[str, R] = {}
        self._place: int | None = None
        self._is_filling = False

    def look(self) -> Mapping[str, R] | None:
        """Show the rows as they are now; `None` until the table is filled."""
        if self._place is None:
            return None
        self._follow()
        return self._rows

    @property
    def rows(self) -> Mapping[str, R]:
        """Show the rows as they were when the table was last followed."""
        return self._rows

    def keep_up(self) -> None:
        """Fill the table when it is empty, in stretches between which others get their turn; else follow."""
        if self._place is not None:
            self._follow()
        elif not self._is_filling:
            self._is_filling = True
            try:
                self._fill()
            finally:
                self._is_filling = False

    def forget(self, ids: Iterable[str]) -> None:
        """Drop rows that are no longer counted."""
        for each in ids:
            self._rows.pop(each, None)

    def _fill(self) -> None:
        # The place first: what changes while rows are read stands behind it, and is read again.
        with reaching_the_store():
            tail = self._collection(TAIL).find_one({"_id": TAIL})
        # All at once: of a filling that the database broke off nothing may stay.
        self._rows = {each.id: each for each in self._everything()}
        self._place = 0 if tail is None else int(tail["sequence"])

    def _follow(self) -> None:
        # Lines that wait before lines that are chained: one that moves between the two questions is seen by both.
        with reaching_the_store():
            asked = self._document._get_collection().find({"_outbox_due": _ANY_RANK}, {"_id": 1})
            waiting = [row["_id"] for row in asked]
        changed, place = self._chained(self._place or 0)
        self._take([*dict.fromkeys((*waiting, *changed))])
        self._place = max(place, self._place or 0)

    def _chained(self, place: int) -> tuple[list[str], int]:
        changed: list[str] = []
        reach = 1  # mostly nothing has come, and then one place says so
        while True:
            asked = {"_id": {"$in": list(range(place + 1, place + 1 + reach))}}
            with reaching_the_store():
                lines = list(self._collection(CHAIN).find(asked, {"item": 1, "kind": 1}))
            changed += [each["item"].removeprefix(self._prefix) for each in lines if self._is_change(each)]
            place = max((each["_id"] for each in lines), default=place)
            if len(lines) < reach:
                return changed, place
            reach = _PLACES

    def _is_change(self, line: Mapping[str, Any]) -> bool:
        return line["kind"] == "write" and str(line["item"]).startswith(self._prefix)

    def _take(self, ids: Sequence[str]) -> None:
        for place in range(0, len(ids), _AT_ONCE):
            stretch = ids[place : place + _AT_ONCE]
            found = {each.id: each for each in self._some(stretch)}
            for each in stretch:
                self._put(each, found.get(each))

    def _put(self, row_id: str, row: R | None) -> None:
        """Put a row in place of an older reading; another green worker may have been quicker with a newer one."""
        known = self._rows.get(row_id)
        if row is None:
            self._rows.pop(row_id, None)
        elif known is None or known.version <= row.version:
            self._rows[row_id] = row

    def _collection(self, name: str) -> Any:
        return self._document._get_collection().database[name]
