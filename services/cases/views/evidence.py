"""How the cases desk finds evidence: by its case, and by the night on which it is looked at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from lianxi.contracts.evidence import EvidenceState
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR
from lianxi.store.unit import Stored
from services.cases.documents import EvidenceDocument
from services.cases.domain.evidence import Evidence

AT_ONCE: Final = 20
MOST_OF_A_CASE: Final = 1_000
LATE: Final = timedelta(days=1)
_LEFT_OUT: Final = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}


class EvidenceFinder:
    """Finds evidence. Nothing goes from a digest to a case, so that nobody learns which cases hold a file."""

    def of_case(self, case_id: str) -> Sequence[Stored[Evidence]]:
        """List the evidence of a case, as it was collected."""
        match = {"case_id": case_id, "collected_at": {"$gt": FLOOR}}
        with reaching_the_store():
            found = EvidenceDocument._get_collection().find(match, _LEFT_OUT).sort("collected_at", 1)
            rows = list(found.limit(MOST_OF_A_CASE))
        return [Stored(row["_version"], as_state(Evidence, {**row, "id": row["_id"]})) for row in rows]

    def to_check(self, now: datetime) -> Sequence[str]:
        """Name some whose night has come, those that were looked at longest ago first."""
        with reaching_the_store():
            found = EvidenceDocument._get_collection().find(_reached("next_check_at", now), {"_id": 1})
            return [row["_id"] for row in found.sort("next_check_at", 1).limit(AT_ONCE)]

    def to_forget(self) -> Sequence[str]:
        """Name some that are destroyed and whose files still lie there."""
        match = {"state": EvidenceState.DESTROYED.value, "file": {"$gt": ""}}
        with reaching_the_store():
            return [row["_id"] for row in EvidenceDocument._get_collection().find(match, {"_id": 1}).limit(AT_ONCE)]

    def counts(self, now: datetime) -> Mapping[str, int]:
        """Count the altered, and those whose night passed a day ago without a look."""
        collection = EvidenceDocument._get_collection()
        with reaching_the_store():
            return {
                "altered": collection.count_documents(_reached("altered_at", now)),
                "unchecked": collection.count_documents(_reached("next_check_at", now - LATE)),
            }


def _reached(field: str, now: datetime) -> dict[str, Any]:
    return {field: {"$gt": FLOOR, "$lte": now}}
