"""What the cases desk shows of joint operations: those that one takes part in, and what came of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.joint_operations import JointOperationPage, JointOperationState, ListJointOperations
from lianxi.kernel.clock import Clock
from lianxi.store.mapping import as_state
from lianxi.store.pages import LARGEST_PAGE, encode_cursor, newest_first
from services.cases.documents import JointOperationDocument
from services.cases.domain import joint_operations as rules
from services.cases.domain.joint_operations import JointOperation


@dataclass(frozen=True)
class JointOperationViews:
    """Read-only answers about joint operations."""

    clock: Clock

    def list_joint_operations(self, request: ListJointOperations, caller: Caller) -> JointOperationPage:
        """Show a page of what the caller takes part in or what has stood down, newest first."""
        limit = max(1, min(request.limit, LARGEST_PAGE))
        found: dict[str, dict[str, Any]] = {}
        is_more = False
        for match in (_taking_part(caller), {"state": JointOperationState.STOOD_DOWN.value}):
            rows, following = newest_first(
                JointOperationDocument._get_collection(),
                match,
                "planned_at",
                now=self.clock.now(),
                cursor=request.cursor,
                limit=limit,
            )
            found |= {row["_id"]: row for row in rows}
            is_more = is_more or following is not None
        newest = sorted(found.values(), key=lambda row: (row["planned_at"], row["_id"]), reverse=True)
        page = newest[:limit]
        items = tuple(
            rules.as_view(rules.shown_to(as_state(JointOperation, {**row, "id": row["_id"]}), caller), row["_version"])
            for row in page
        )
        if len(newest) <= limit and not is_more:
            return JointOperationPage(items=items)
        return JointOperationPage(
            items=items, next_cursor=encode_cursor(page[-1]["planned_at"].isoformat(), page[-1]["_id"])
        )


def _taking_part(caller: Caller) -> dict[str, Any]:
    own = [desk for desk in caller.desks if desk.partition("/")[0] == caller.agency]
    return {"desks": {"$in": own}} if caller.desks else {"agencies": caller.agency}
