"""The doors at which what an official holds at a desk is listed and given to a successor."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.handover import CountHeld, HandItemsOver, HeldCount, HeldItems, ListHeld
from lianxi.greenroom.entries import Desk, answers
from lianxi.store.handover import Holdings


class HandingOverDesk(Desk):
    """A desk whose items are held by officials."""

    holdings: Holdings

    @answers
    def list_held(self, request: ListHeld, caller: Caller) -> HeldItems:
        """Say what an official holds."""
        return self.holdings.list_held(request)

    @answers
    def hand_items_over(self, request: HandItemsOver, caller: Caller) -> HeldItems:
        """Give everything that an official holds to a successor."""
        return self.holdings.hand_items_over(request, caller)

    @answers
    def count_held(self, request: CountHeld, caller: Caller) -> HeldCount:
        """Count what officials who have left hold still."""
        return self.holdings.count_held(request)
