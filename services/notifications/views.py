"""What the notifications desk shows: a desk's tray, and counts of what is owed. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts.campaigns import CARRIERS, CampaignPage, ListCampaigns
from lianxi.contracts.envelope import LANES, Caller
from lianxi.contracts.handover import Held, HeldItems, ListHeld
from lianxi.contracts.notifications import ListNotices, NoticePage
from lianxi.contracts.outside import ListOutside, OutsidePage
from lianxi.contracts.warnings import ListWarnings, WarningPage
from lianxi.contracts.webhooks import HookDeliveryPage, ListHookDeliveries
from lianxi.kernel.clock import Clock
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR, newest_first
from services.notifications.documents import (
    CampaignDocument,
    DeliveryDocument,
    HookDeliveryDocument,
    NoticeDocument,
    WarningDocument,
)
from services.notifications.domain import Notice, as_view
from services.notifications.domain.campaigns import Campaign, carriers_of
from services.notifications.domain.campaigns_shown import as_view as as_campaign_view
from services.notifications.domain.hook_deliveries import HookDelivery, as_delivery_view
from services.notifications.domain.outside import Delivery, as_outside_message
from services.notifications.domain.warnings import PublicWarning
from services.notifications.domain.warnings import as_view as as_warning_view

_AGENCY = {"agency": 1}
_AT_A_TIME = 200


@dataclass(frozen=True)
class NoticeViews:
    """Read-only answers about notices."""

    clock: Clock

    def list_notices(self, request: ListNotices, caller: Caller) -> NoticePage:
        """Show a page of the notices of the caller's desks, newest first; on demand only those not yet acknowledged."""
        match: dict[str, Any] = {"agency": caller.agency}
        if caller.bound_to is not None:
            match["desk"] = {"$in": list(caller.bound_to)}
        if request.only_open:
            match["is_open"] = True
        rows, following = newest_first(
            NoticeDocument._get_collection(),
            match,
            "delivered_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(as_view(as_state(Notice, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        return NoticePage(items=items, next_cursor=following)

    def list_held(self, request: ListHeld) -> HeldItems:
        """List the notices that wait for a signature at some desks: who follows at the desk signs them."""
        agencies = sorted({desk.partition("/")[0] for desk in request.desks})
        match = {"agency": {"$in": agencies}, "is_open": True, "desk": {"$in": list(request.desks)}}
        with reaching_the_store():
            rows = list(NoticeDocument._get_collection().find(match, {"_id": 1}))
        return HeldItems(items=tuple(Held(kind="notice", item_id=row["_id"]) for row in rows))

    def list_outside(self, request: ListOutside, caller: Caller) -> OutsidePage:
        """Show a page of the messages to the outside that the caller's desks answer for; to the office, all."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if caller.bound_to is not None:
            match["desk"] = {"$in": list(caller.bound_to)}
        if request.state is not None:
            match["state"] = request.state.value
        rows, following = newest_first(
            DeliveryDocument._get_collection(),
            match,
            "written_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        found = ((as_state(Delivery, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        items = tuple(as_outside_message(state, version) for state, version in found)
        return OutsidePage(items=items, next_cursor=following)

    def list_warnings(self, request: ListWarnings) -> WarningPage:
        """Show a page of warnings, the newest first."""
        rows, following = newest_first(
            WarningDocument._get_collection(),
            {} if request.state is None else {"state": request.state.value},
            "drafted_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        found = ((as_state(PublicWarning, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        return WarningPage(items=tuple(as_warning_view(*each) for each in found), next_cursor=following)

    def list_campaigns(self, request: ListCampaigns, caller: Caller) -> CampaignPage:
        """Show a page of campaigns, newest first: to the office all, to a unit its own, to a carrier what it has."""
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if caller.agency == CARRIERS:
            match = {"carriers": {"$in": list(carriers_of(caller))}}
        if request.state is not None:
            match["state"] = request.state.value
        now = self.clock.now()
        rows, following = newest_first(
            CampaignDocument._get_collection(), match, "written_at", now=now, cursor=request.cursor, limit=request.limit
        )
        found = ((as_state(Campaign, {**row, "id": row["_id"]}), row["_version"]) for row in rows)
        items = tuple(as_campaign_view(state, version, caller, now) for state, version in found)
        return CampaignPage(items=items, next_cursor=following)

    def list_hook_deliveries(self, request: ListHookDeliveries) -> HookDeliveryPage:
        """Show a page of a hook's deliveries, the newest first; whether the caller may is not asked here."""
        match: dict[str, Any] = {"hook_id": request.hook_id}
        if request.state is not None:
            match["state"] = request.state.value
        rows, following = newest_first(
            HookDeliveryDocument._get_collection(),
            match,
            "written_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        items = tuple(as_delivery_view(as_state(HookDelivery, {**row, "id": row["_id"]})) for row in rows)
        return HookDeliveryPage(items=items, next_cursor=following)

    def overdue_by_agency(self, now: datetime) -> Mapping[str, int]:
        """Count the notices past their acknowledgement, by agency."""
        late = {"is_open": True, "acknowledge_by": {"$lte": now}}
        collection = NoticeDocument._get_collection()
        with reaching_the_store():
            # Lane by lane: each is a range of an index.
            return Counter(row["agency"] for lane in LANES for row in collection.find({**late, "lane": lane}, _AGENCY))

    def to_chase(self, now: datetime) -> Sequence[str]:
        """Name the unsigned notices whose next rung has been reached, the longest waiting first."""
        wanted = {"next_rung_at": {"$gt": FLOOR, "$lte": now}}
        with reaching_the_store():
            rows = NoticeDocument._get_collection().find(wanted, {"_id": 1}).sort("next_rung_at", 1).limit(_AT_A_TIME)
            return [row["_id"] for row in rows]

    def unanswered_alarms(self) -> int:
        """Count the rescue notices that nobody has acknowledged."""
        with reaching_the_store():
            rows = list(NoticeDocument._get_collection().find({"is_open": True, "lane": "rescue"}, {"_id": 1}))
        return len(rows)
