"""The doors for what everybody may see. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.public_requests import FindPublicRequests, ListPublicRequests, PublicRequestList
from lianxi.greenroom.entries import Desk, answers
from services.tips.handlers import TipHandlers
from services.tips.views.publishing import PublishingViews


class PublishingDoors(Desk):
    """What everybody may ask about tips that were filed to be seen."""

    handlers: TipHandlers

    @answers
    def list_public_requests(self, request: ListPublicRequests, caller: Caller) -> PublicRequestList:
        """List them."""
        return PublishingViews(self.handlers.policy).list_public(request)

    @answers
    def find_public_requests(self, request: FindPublicRequests, caller: Caller) -> PublicRequestList:
        """Find some of them."""
        return PublishingViews(self.handlers.policy).find_public(request)
