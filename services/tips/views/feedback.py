"""What the tips desk answers whoever handed a finding in: what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.feedback import FeedbackPage, FeedbackView, ListFeedback
from lianxi.contracts.tips import TipState, VerificationOutcome
from lianxi.kernel.clock import Clock
from lianxi.store.pages import newest_first
from services.tips.documents import TipDocument


def handed_in_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return TipDocument._get_collection()


@dataclass(frozen=True)
class FeedbackViews:
    """The read-only answers: of what the caller handed in, and of nothing else, whatever the caller may see beside."""

    clock: Clock
    collection: Callable[[], Any] = handed_in_collection

    def list_feedback(self, request: ListFeedback, caller: Caller) -> FeedbackPage:
        """List what came of findings, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        rows, cursor = newest_first(
            self.collection(),
            {"filed_by": caller.actor},
            "listed_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        return FeedbackPage(items=tuple(_feedback(row) for row in rows), next_cursor=cursor)


def _feedback(row: Mapping[str, Any]) -> FeedbackView:
    found = row["verification"]
    return FeedbackView(
        tip_id=row["_id"],
        number=row["number"],
        handed_in_at=row["listed_at"],
        state=TipState(row["state"]),
        verification=None if found is None else VerificationOutcome(found),
        outcome=row["outcome"],
    )
