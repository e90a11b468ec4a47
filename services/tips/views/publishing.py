"""What the tips desk answers everybody: how tips stand that were filed to be seen, and nothing of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from lianxi.contracts.public_requests import (
    MOST,
    FindPublicRequests,
    ListPublicRequests,
    PublicRequestList,
    PublicRequestView,
    PublicStep,
)
from lianxi.contracts.tips import TipState
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.policy.policy import Policy
from lianxi.store.connect import reaching_the_store
from lianxi.store.pages import FLOOR
from services.tips.documents import TipDocument

_READ: Final = dict.fromkeys(("number", "category", "state", "public_on", "timeline"), 1)
_STEPS: Final[Mapping[str, str]] = {
    "tip.received": "received",
    "tip.accepted": "being_checked",
    "tip.closed": "finished",
}
"""Which lines of the timeline everybody may know of; who is asked for what, and what was found, is not among them."""


def public_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return TipDocument._get_collection()


@dataclass(frozen=True)
class PublishingViews:
    """The answers for everybody. A category that is not the public's any more takes its tips out of sight."""

    policy: Policy
    collection: Callable[[], Any] = public_collection

    def list_public(self, request: ListPublicRequests) -> PublicRequestList:
        """List those of some days, the newest first."""
        before = max(local_midnight(request.received_from - timedelta(days=1)), FLOOR)
        match = {"public_on": {"$gt": before, "$lte": local_midnight(request.received_to)}}
        shown = [
            each
            for each in self._shown(match)
            if (not request.categories or each.category in request.categories)
            and request.is_open in {None, each.is_open}
        ]
        return PublicRequestList(items=tuple(shown[:MOST]))

    def find_public(self, request: FindPublicRequests) -> PublicRequestList:
        """Find some by their numbers, or one by its id."""
        match: dict[str, Any] = {"public_on": {"$gt": FLOOR}, "number": {"$in": list(request.numbers)}}
        if request.tip_id is not None:
            match = {"_id": request.tip_id}
        return PublicRequestList(items=tuple(self._shown(match)))

    def _shown(self, match: Mapping[str, Any]) -> Iterable[PublicRequestView]:
        with reaching_the_store():
            rows = list(self.collection().find(match, _READ))
        rows.sort(key=lambda row: (row.get("public_on") or FLOOR, row["_id"]), reverse=True)
        open_to_all = {route.category for route in self.policy.public_routes}
        return [_shown(row) for row in rows if _is_public(row, open_to_all)]


def _is_public(row: Mapping[str, Any], open_to_all: set[str]) -> bool:
    return row.get("public_on") is not None and row["category"] in open_to_all


def _shown(row: Mapping[str, Any]) -> PublicRequestView:
    # The last of each kind: a tip that was given on is accepted anew.
    last = {_STEPS[line["what"]]: local_date(line["at"]) for line in row["timeline"] if line["what"] in _STEPS}
    return PublicRequestView(
        number=row["number"],
        category=row["category"],
        is_open=row["state"] != TipState.CLOSED.value,
        steps=tuple(PublicStep(code=code, on=last[code]) for code in _STEPS.values() if code in last),
    )
