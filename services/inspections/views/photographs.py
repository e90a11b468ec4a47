"""What the inspections desk shows of photographs, and how it finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lianxi.contracts.envelope import Caller
from lianxi.contracts.photographs import ListPhotographs, ListStrayPhotographs, PhotographPage, PhotographView
from lianxi.contracts.sealing import VISIT_PICTURE, Opener
from lianxi.kernel.errors import NotFound
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR, LARGEST_PAGE, decode_cursor, encode_cursor
from services.inspections.documents import PhotographDocument
from services.inspections.domain.photographs import Photograph, as_view
from services.inspections.policy import may_read, may_see

AT_ONCE: Final = 500
_LEFT_OUT: Final = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}


class PhotographAlbum:
    """Finds photographs by their visit, and those that have none."""

    def of_visit(self, visit_id: str) -> Sequence[Photograph]:
        """List what has come for a visit, as it was taken."""
        found = self._find({"visit_id": visit_id})
        return sorted(found, key=lambda each: (each.taken_at, each.id))

    def waiting(self) -> Sequence[Photograph]:
        """List those whose visit has not come."""
        return self._find({"is_waiting": True})

    def lost_before(self, before: datetime) -> Sequence[Photograph]:
        """List those that never found a visit and came before a moment."""
        return self._find({"lost_since": {"$gt": FLOOR, "$lt": before}})

    def stray(self, after: str, at_most: int) -> Sequence[Photograph]:
        """List what a person has to look at, by id."""
        return self._find({"needs_attention": {"$gt": ""}, "_id": {"$gt": after}}, at_most)

    def _find(self, match: Mapping[str, Any], at_most: int = AT_ONCE) -> list[Photograph]:
        with reaching_the_store():
            found = PhotographDocument._get_collection().find(match, _LEFT_OUT).sort("_id", 1).limit(at_most)
            return [as_state(Photograph, {**row, "id": row["_id"]}) for row in found]


@dataclass(frozen=True)
class PhotographViews:
    """Read-only answers about photographs."""

    album: PhotographAlbum
    opener: Opener

    def list_photographs(self, request: ListPhotographs, caller: Caller) -> PhotographPage:
        """Show the photographs of a visit.

        Raises:
            NotFound: visit.not_found.
        """
        if not may_read(caller.agency):
            raise NotFound("visit.not_found")
        return PhotographPage(items=self._shown(self.album.of_visit(request.visit_id), caller))

    def list_stray_photographs(self, request: ListStrayPhotographs, caller: Caller) -> PhotographPage:
        """Show photographs that a person has to look at."""
        if not may_read(caller.agency):
            return PhotographPage(items=())
        limit = max(1, min(request.limit, LARGEST_PAGE))
        after = "" if request.cursor is None else decode_cursor(request.cursor, 1)[0]
        found = self.album.stray(after, limit + 1)
        following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        return PhotographPage(items=self._shown(found[:limit], caller), next_cursor=following)

    def _shown(self, found: Sequence[Photograph], caller: Caller) -> tuple[PhotographView, ...]:
        seen = [each for each in found if each.erased_at is None and may_see(caller, each.village)]
        return tuple(as_view(each, self.opener.open(each.sealed, VISIT_PICTURE).get("place")) for each in seen)
