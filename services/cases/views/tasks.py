"""How the cases desk finds cases in which something is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR
from services.cases.documents import CaseDocument
from services.cases.domain.cases import Case

MOST: Final = 200
_LEFT_OUT: Final = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}


class TaskFinder:
    """Finds cases by what is to be done in them."""

    def with_open_tasks(self, agency: str) -> Sequence[Case]:
        """List the cases of an agency in which tasks are open, the most urgent first."""
        match: dict[str, Any] = {"owner_agency": agency, "tasks_due_at": {"$gt": FLOOR}}
        with reaching_the_store():
            rows = CaseDocument._get_collection().find(match, _LEFT_OUT).sort("tasks_due_at", 1).limit(MOST)
            return [as_state(Case, {**row, "id": row["_id"]}) for row in rows]

    def overdue(self, now: datetime) -> Sequence[str]:
        """Name cases with open tasks whose time has passed and was not told."""
        match = {"tasks_untold_at": {"$gt": FLOOR, "$lte": now}}
        with reaching_the_store():
            return [row["_id"] for row in CaseDocument._get_collection().find(match, {"_id": 1}).limit(MOST)]
