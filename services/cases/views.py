"""What the cases desk shows: an agency's own cases, the referrals it sent or was sent, limits that have passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts.cases import CaseKind, CasePage, CaseState, CaseSummary, ListCases, ListReferrals, ReferralPage
from lianxi.contracts.envelope import Caller
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR, LARGEST_PAGE, encode_cursor, newest_first
from services.cases.documents import CaseDocument, CriminalReferralDocument
from services.cases.domain.referrals import CriminalReferral, as_view

MOST_DUE = 1_000
_LEFT_OUT = ("_outbox", "_inbox", "_cmds")


@dataclass(frozen=True)
class CaseViews:
    """Read-only answers about cases and criminal referrals."""

    clock: Clock

    def list_cases(self, request: ListCases, caller: Caller) -> CasePage:
        """Show a page of the cases that the caller's desks own, newest first."""
        rows, following = newest_first(
            CaseDocument._get_collection(),
            {"owner_agency": caller.agency},
            "opened_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
            leave_out=(*_LEFT_OUT, "measures", "grounds"),
        )
        return CasePage(items=tuple(_summary(row) for row in rows), next_cursor=following)

    def list_referrals(self, request: ListReferrals, caller: Caller) -> ReferralPage:
        """Show a page of the referrals that the caller's desks sent or were sent, newest first."""
        limit = max(1, min(request.limit, LARGEST_PAGE))
        sent, more_sent = self._referrals({"sender_agency": caller.agency}, request.cursor, limit)
        taken, more_taken = self._referrals({"sent_to_agency": caller.agency}, request.cursor, limit)
        # An agency may have sent a referral to itself: it stands once.
        rows = {row["_id"]: row for row in (*sent, *taken)}
        newest = sorted(rows.values(), key=lambda row: (row["drafted_at"], row["_id"]), reverse=True)
        page = newest[:limit]
        is_last = len(newest) <= limit and more_sent is None and more_taken is None
        following = None if is_last else encode_cursor(page[-1]["drafted_at"].isoformat(), page[-1]["_id"])
        items = tuple(as_view(as_state(CriminalReferral, {**row, "id": row["_id"]}), row["_version"]) for row in page)
        return ReferralPage(items=items, next_cursor=following)

    def due(self, now: datetime) -> Sequence[str]:
        """Name the referrals with a limit that has passed and is not yet marked."""
        passed = {"next_due_at": {"$gt": FLOOR, "$lte": now}}
        with reaching_the_store():
            rows = list(CriminalReferralDocument._get_collection().find(passed, {"_id": 1}).limit(MOST_DUE))
        return [row["_id"] for row in rows]

    def breached_clocks(self, now: datetime) -> Mapping[str, int]:
        """Count the limits that have passed and are still unmet, by clock."""
        late = {"breached_since": {"$gt": FLOOR, "$lte": now}}
        with reaching_the_store():
            rows = list(CriminalReferralDocument._get_collection().find(late, {"clocks": 1}))
        return Counter(
            each["clock"] for row in rows for each in row["clocks"] if each["breached_at"] and not each["met_at"]
        )

    def _referrals(
        self, match: Mapping[str, Any], cursor: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        return newest_first(
            CriminalReferralDocument._get_collection(),
            match,
            "drafted_at",
            now=self.clock.now(),
            cursor=cursor,
            limit=limit,
        )


def _summary(row: Mapping[str, Any]) -> CaseSummary:
    return CaseSummary(
        case_id=row["_id"],
        number=row["number"],
        owner=row["owner"],
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        opened_at=row["opened_at"],
    )
