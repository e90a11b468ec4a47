"""What the tips desk answers about requests to open the vault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.vault import ListOpenings, OpeningPage, OpeningView, SealedOpening
from lianxi.kernel.clock import Clock
from lianxi.store.mapping import as_state
from lianxi.store.pages import newest_first
from lianxi.store.unit import Stored
from services.tips.documents import OpeningDocument
from services.tips.domain.opening import Opening


def openings_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return OpeningDocument._get_collection()


@dataclass(frozen=True)
class VaultViews:
    """The read-only answers of the vault; an identity only ever passes through them sealed."""

    clock: Clock
    collection: Callable[[], Any] = openings_collection

    def list_openings(self, request: ListOpenings, caller: Caller) -> OpeningPage:
        """List requests, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        match = {} if caller.sees_all else {"asked_by": caller.actor}
        rows, cursor = newest_first(
            self.collection(),
            match,
            "asked_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        found = [Stored(row["_version"], as_state(Opening, {**row, "id": row["_id"]})) for row in rows]
        return OpeningPage(items=tuple(self.show(each) for each in found), next_cursor=cursor)

    def show_sealed(self, stored: Stored[Opening], identity: str | None) -> SealedOpening:
        """Show a request, and an identity as it was sealed to whoever asked."""
        return SealedOpening(opening=self.show(stored), identity=identity)

    def show(self, stored: Stored[Opening]) -> OpeningView:
        """Show a request."""
        opening = stored.state
        return OpeningView(
            request_id=opening.id,
            tip_id=opening.tip_id,
            version=stored.version,
            kind=opening.kind,
            motive=opening.motive,
            state=opening.state_at(self.clock.now()),
            asked_by=opening.asked_by,
            asked_agency=opening.asked_agency,
            asked_at=opening.asked_at,
            expires_at=opening.expires_at,
            decided_by=opening.decided_by,
            decided_at=opening.decided_at,
            reason=opening.reason,
            withheld_ground=opening.withheld_ground,
            read_at=opening.read_at,
        )
