"""How the cases desk finds what hangs on a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from lianxi.store.connect import reaching_the_store
from lianxi.store.documents import AggregateDocument
from lianxi.store.mapping import as_state
from services.cases.documents import AssistanceDocument, CriminalReferralDocument
from services.cases.domain.assistance import Assistance
from services.cases.domain.referrals import CriminalReferral

MOST: Final = 500
_LEFT_OUT: Final = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}
T = TypeVar("T")


class PaperFinder:
    """Finds referrals and requests of one case."""

    def referrals(self, ids: Sequence[str]) -> Sequence[CriminalReferral]:
        """List criminal referrals by their ids."""
        if not ids:
            return ()
        return _found(CriminalReferralDocument, {"_id": {"$in": list(ids)}}, CriminalReferral)

    def requests(self, case_id: str) -> Sequence[Assistance]:
        """List the requests for assistance of a case."""
        return _found(AssistanceDocument, {"case_id": case_id}, Assistance)


def _found(document: type[AggregateDocument], match: Mapping[str, Any], kind: type[T]) -> list[T]:
    with reaching_the_store():
        rows = document._get_collection().find(match, _LEFT_OUT).limit(MOST)
        return [as_state(kind, {**row, "id": row["_id"]}) for row in rows]
