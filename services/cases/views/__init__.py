"""What the cases desk shows: an agency's own cases, what it sent or was sent, and where a clock wants looking at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts.cases import (
    AssistancePage,
    CaseKind,
    CasePage,
    CaseState,
    CaseSummary,
    ListAssistance,
    ListCases,
    ListReferrals,
    ReferralPage,
)
from lianxi.contracts.envelope import Caller
from lianxi.contracts.transfers import ListTransfers, TransferPage
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import BOOKKEEPING, FLOOR, LARGEST_PAGE, encode_cursor, newest_first
from services.cases.documents import AssistanceDocument, CaseDocument, CriminalReferralDocument, TransferDocument
from services.cases.domain import assistance as assistance_rules
from services.cases.domain import referrals as referral_rules
from services.cases.domain import transfers as transfer_rules
from services.cases.domain.assistance import Assistance
from services.cases.domain.referrals import CriminalReferral
from services.cases.domain.transfers import Transfer

MOST_DUE = 500


@dataclass(frozen=True)
class CaseViews:
    """Read-only answers about cases, criminal referrals and requests for assistance."""

    clock: Clock

    def list_cases(self, request: ListCases, caller: Caller) -> CasePage:
        """Show a page of the cases that the caller may see, newest first."""
        rows, following = newest_first(
            CaseDocument._get_collection(),
            _of(caller, "owner_agency", "owner"),
            "opened_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
            leave_out=(*BOOKKEEPING, "measures", "grounds"),
        )
        return CasePage(items=tuple(_summary(row) for row in rows), next_cursor=following)

    def list_referrals(self, request: ListReferrals, caller: Caller) -> ReferralPage:
        """Show a page of the referrals that the caller's desks sent or were sent, newest first."""
        sides = (("sender_agency", "sender"), ("sent_to_agency", "receiver"))
        collection = CriminalReferralDocument._get_collection()
        rows, following = self._both_sides(collection, sides, "drafted_at", request, caller)
        items = tuple(
            referral_rules.as_view(as_state(CriminalReferral, {**row, "id": row["_id"]}), row["_version"])
            for row in rows
        )
        return ReferralPage(items=items, next_cursor=following)

    def list_assistance(self, request: ListAssistance, caller: Caller) -> AssistancePage:
        """Show a page of the requests that the caller's desks made or were asked, newest first."""
        sides = (("asker_agency", "asker"), ("receiver_agency", "receiver"))
        collection = AssistanceDocument._get_collection()
        rows, following = self._both_sides(collection, sides, "asked_at", request, caller)
        items = tuple(
            assistance_rules.as_view(as_state(Assistance, {**row, "id": row["_id"]}), row["_version"]) for row in rows
        )
        return AssistancePage(items=items, next_cursor=following)

    def list_transfers(self, request: ListTransfers, caller: Caller) -> TransferPage:
        """Show a page of the matters that the caller's desks sent or were sent, newest first."""
        sides = (("sender_agency", "sender"), ("receiver_agency", "receiver"))
        rows, following = self._both_sides(TransferDocument._get_collection(), sides, "sent_at", request, caller)
        items = tuple(
            transfer_rules.as_view(as_state(Transfer, {**row, "id": row["_id"]}), row["_version"]) for row in rows
        )
        return TransferPage(items=items, next_cursor=following)

    def due_referrals(self, now: datetime) -> Sequence[str]:
        """Name referrals with a rung or an end of a limit that has been reached and not yet told."""
        return _due(CriminalReferralDocument._get_collection(), now)

    def due_assistance(self, now: datetime) -> Sequence[str]:
        """Name requests with a rung or an end of their limit that has been reached and not yet told."""
        return _due(AssistanceDocument._get_collection(), now)

    def breached_clocks(self, now: datetime) -> Mapping[str, int]:
        """Count the limits that have passed and are still unmet, by clock."""
        late = {"breached_since": {"$gt": FLOOR, "$lte": now}}
        with reaching_the_store():
            referrals = list(CriminalReferralDocument._get_collection().find(late, {"clocks": 1}))
            requests = list(AssistanceDocument._get_collection().find(late, {"limit": 1}))
        limits = [*(each for row in referrals for each in row["clocks"]), *(row["limit"] for row in requests)]
        return Counter(_late(limits))

    def _both_sides(
        self,
        collection: Any,
        sides: tuple[tuple[str, str], ...],
        field: str,
        request: ListReferrals | ListAssistance | ListTransfers,
        caller: Caller,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Read a page of what an agency has on either side; what it has on both stands once."""
        limit = max(1, min(request.limit, LARGEST_PAGE))
        found: dict[str, dict[str, Any]] = {}
        is_more = False
        matches = [{}] if caller.sees_all else [_of(caller, *side) for side in sides]
        for match in matches:
            rows, following = newest_first(
                collection,
                match,
                field,
                now=self.clock.now(),
                cursor=request.cursor,
                limit=limit,
            )
            found |= {row["_id"]: row for row in rows}
            is_more = is_more or following is not None
        newest = sorted(found.values(), key=lambda row: (row[field], row["_id"]), reverse=True)
        page = newest[:limit]
        if len(newest) <= limit and not is_more:
            return page, None
        return page, encode_cursor(page[-1][field].isoformat(), page[-1]["_id"])


def _of(caller: Caller, agency: str, desk: str) -> dict[str, Any]:
    """Turn what a caller may see into a range of an index: all, an agency's, or some desks' of it."""
    if caller.sees_all:
        return {}
    bound = {} if caller.bound_to is None else {desk: {"$in": list(caller.bound_to)}}
    return {agency: caller.agency, **bound}


def _due(collection: Any, now: datetime) -> Sequence[str]:
    reached = {"next_rung_at": {"$gt": FLOOR, "$lte": now}}
    with reaching_the_store():
        rows = list(collection.find(reached, {"_id": 1}).limit(MOST_DUE))
    return [row["_id"] for row in rows]


def _late(limits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in limits:
        if each["breached_at"] and not each["running"]["stopped_at"]:
            yield each["running"]["clock"]


def _summary(row: Mapping[str, Any]) -> CaseSummary:
    return CaseSummary(
        case_id=row["_id"],
        number=row["number"],
        owner=row["owner"],
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        opened_at=row["opened_at"],
        decision_due_at=row["decision_due_at"],
    )
