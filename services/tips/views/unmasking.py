"""What the tips desk answers about who has read informants' own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.unmasking import ListUnmaskings, UnmaskingPage, UnmaskingView
from lianxi.kernel.clock import Clock
from lianxi.store.mapping import as_state
from lianxi.store.pages import newest_first
from lianxi.store.unit import Stored
from services.tips.documents import UnmaskingDocument
from services.tips.domain.unmasking import Unmasking


def unmaskings_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return UnmaskingDocument._get_collection()


@dataclass(frozen=True)
class UnmaskingViews:
    """The read-only answers about unmaskings; the words themselves never pass here."""

    clock: Clock
    collection: Callable[[], Any] = unmaskings_collection

    def list_unmaskings(self, request: ListUnmaskings, caller: Caller) -> UnmaskingPage:
        """List unmaskings, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        rows, cursor = newest_first(
            self.collection(),
            {} if caller.sees_all else {"agency": caller.agency},
            "asked_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        found = [Stored(row["_version"], as_state(Unmasking, {**row, "id": row["_id"]})) for row in rows]
        return UnmaskingPage(items=tuple(self.show(each) for each in found), next_cursor=cursor)

    def show(self, stored: Stored[Unmasking]) -> UnmaskingView:
        """Show one."""
        granted = stored.state
        return UnmaskingView(
            unmasking_id=granted.id,
            tip_id=granted.tip_id,
            version=stored.version,
            reason=granted.reason,
            asked_by=granted.asked_by,
            agency=granted.agency,
            asked_at=granted.asked_at,
            ends_at=granted.ends_at,
            read_at=granted.read_at,
        )
