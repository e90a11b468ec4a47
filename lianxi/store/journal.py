"""What is noted in passing, readings and refused attempts, and what may be read of the audit.

A note is written before the answer leaves, so that nothing is read that is not on record; while the database is away
nothing is read at all. The relay chains the notes; until then they lie in the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.database import Database

from lianxi.contracts import audit
from lianxi.contracts.audit import Kind
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import AuditPage, ListAudit, ListReads, Reading, ReadingCount, ReadingCounts, ReadList
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.ids import sortable_id
from lianxi.store.connect import reaching_the_store

CHAIN = "audit_chain"
JOURNAL = "audit_journal"
LINE = "line"
LONGEST_PAGE = 2_000


class Journal:
    """The journal and the chain of one service, as its desk uses them.

    Args:
        database: the service's own.
        clock: the time of noting.
    """

    def __init__(self, database: Database[dict[str, Any]], clock: Clock) -> None:
        self._journal = database[JOURNAL]
        self._chain = database[CHAIN]
        self._clock = clock

    def note(self, kind: Kind, what: str, item: str, caller: Caller) -> None:
        """Note who read, or was refused, what."""
        now = self._clock.now()
        line = audit.entry(
            entry_id=sortable_id(LINE, now),
            at=now,
            kind=kind,
            actor=caller.actor,
            what=what,
            item=item,
            correlation_id=caller.correlation_id,
        )
        with reaching_the_store():
            self._journal.insert_one({"_id": line.pop("entry_id"), **line})

    def page(self, request: ListAudit) -> AuditPage:
        """Read a stretch of the chain, as lines of an export."""
        last = request.after + min(request.limit, LONGEST_PAGE)
        with reaching_the_store():
            rows = list(self._chain.find({"_id": {"$gt": request.after, "$lte": last}}))
        rows.sort(key=lambda row: int(row["_id"]))
        lines = [audit.line_of(_exported(row)).decode() for row in rows]
        return AuditPage(lines=tuple(lines), next_after=rows[-1]["_id"] if rows else None)

    def reads(self, request: ListReads) -> ReadList:
        """Say who has read an item, chained already or still in the journal, the latest first."""
        match = {"item": request.item, "kind": "read"}
        with reaching_the_store():
            rows = [*self._chain.find(match), *self._journal.find(match)]
        rows.sort(key=lambda row: str(row["at"]), reverse=True)
        items = tuple(
            Reading(actor=row["actor"], at=datetime.fromisoformat(row["at"]), what=row["what"])
            for row in rows[: request.limit]
        )
        return ReadList(items=items, total=len(rows))

    def reading_counts(self, since: datetime, until: datetime) -> ReadingCounts:
        """Count who has read how much on which day."""
        match = {"kind": "read", "at": {"$gte": audit.instant(since), "$lt": audit.instant(until)}}
        with reaching_the_store():
            rows = list(self._chain.find(match, {"actor": 1, "at": 1, "_id": 0}))
        counted = Counter((row["actor"], _day_of(row["at"])) for row in rows)
        return ReadingCounts(
            items=tuple(ReadingCount(actor=actor, on=on, reads=reads) for (actor, on), reads in sorted(counted.items()))
        )


def _day_of(at: str) -> str:
    return local_date(datetime.fromisoformat(at)).isoformat()


def _exported(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"sequence": row["_id"], **{name: value for name, value in row.items() if name != "_id"}}
