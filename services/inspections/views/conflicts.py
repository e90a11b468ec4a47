"""What the inspections desk shows of conflicts, and how it finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from lianxi.contracts.conflicts import ConflictPage, ListConflicts
from lianxi.contracts.envelope import Caller
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import LARGEST_PAGE, decode_cursor, encode_cursor
from services.inspections.documents import ConflictDocument, VisitDocument
from services.inspections.domain.conflicts import VisitConflict, as_view
from services.inspections.policy import may_read, may_see

AT_ONCE: Final = 500
BEFORE_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A bound that an index is read by; asking for the kind of a value reads every visit in some databases."""
_LEFT_OUT: Final = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}
_EVERY: Final = ["open", "decided", "dissolved"]


class ConflictDocket:
    """Finds conflicts, and the visits of which something is not settled."""

    def of_visit(self, visit_id: str) -> Sequence[VisitConflict]:
        """List the conflicts of a visit."""
        return [_conflict(row) for row in self._rows({"visit_id": visit_id}, AT_ONCE)]

    def waiting(self) -> Sequence[VisitConflict]:
        """List corrections whose visit has not come, and decisions that have not been carried out."""
        rows = [*self._rows({"state": "waiting"}, AT_ONCE), *self._rows({"is_carried": False}, AT_ONCE)]
        return [_conflict(row) for row in rows]

    def unsettled(self) -> Sequence[str]:
        """Name the visits of which a correction waits or is contested."""
        with reaching_the_store():
            since_ever = {"unsettled_at": {"$gt": BEFORE_ANY}}
            rows = VisitDocument._get_collection().find(since_ever, {"_id": 1}).limit(AT_ONCE)
            return [row["_id"] for row in rows]

    def page(self, states: Sequence[str], after: str, at_most: int) -> list[dict[str, Any]]:
        """List conflicts by id."""
        return self._rows({"state": {"$in": list(states)}, "_id": {"$gt": after}}, at_most)

    def _rows(self, match: Mapping[str, Any], at_most: int) -> list[dict[str, Any]]:
        with reaching_the_store():
            return list(ConflictDocument._get_collection().find(match, _LEFT_OUT).sort("_id", 1).limit(at_most))


class ConflictViews:
    """Read-only answers about conflicts."""

    def __init__(self, docket: ConflictDocket) -> None:
        self._docket = docket

    def list_conflicts(self, request: ListConflicts, caller: Caller) -> ConflictPage:
        """Show a page of conflicts, those that wait for a person first of all; agencies that patrol see them."""
        if not may_read(caller.agency):
            return ConflictPage(items=())
        limit = max(1, min(request.limit, LARGEST_PAGE))
        after = "" if request.cursor is None else decode_cursor(request.cursor, 1)[0]
        rows = self._docket.page(_EVERY[:1] if request.only_open else _EVERY, after, limit + 1)
        following = encode_cursor(rows[limit - 1]["_id"]) if len(rows) > limit else None
        found = [(_conflict(row), row["_version"]) for row in rows[:limit]]
        items = tuple(as_view(each, version) for each, version in found if may_see(caller, each.village))
        return ConflictPage(items=items, next_cursor=following)


def _conflict(row: Mapping[str, Any]) -> VisitConflict:
    return as_state(VisitConflict, {**row, "id": row["_id"]})
