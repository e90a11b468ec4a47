"""What every desk answers to operators about its own letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kombu import Connection

from lianxi.bus import topology, wire
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import (
    AuditPage,
    BuryParked,
    CountReads,
    DeliveryList,
    GetParked,
    ListAudit,
    ListDeliveries,
    ListParked,
    ListReads,
    ParkedList,
    ParkedView,
    ReadingCounts,
    ReadList,
    ReplayParked,
)
from lianxi.greenroom.consumer import AWAY
from lianxi.greenroom.publishing import publish
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import BrokerDown, Forbidden
from lianxi.store.journal import Journal
from lianxi.store.parked import Ledger


@dataclass(frozen=True)
class Operators:
    """Answers operators on behalf of one desk."""

    url: str
    ledger: Ledger
    journal: Journal
    clock: Clock

    def list_parked(self, request: ListParked, caller: Caller) -> ParkedList:
        """List parked letters."""
        _check(caller, "ops:read")
        return self.ledger.list_parked(request)

    def get_parked(self, request: GetParked, caller: Caller) -> ParkedView:
        """Show one parked letter."""
        _check(caller, "ops:read")
        return self.ledger.get_parked(request.parked_id)

    def replay_parked(self, request: ReplayParked, caller: Caller) -> ParkedView:
        """Send a parked letter to its queue again, with the broker's confirm, then mark it."""
        _check(caller, "ops:write")
        self._send_again(self.ledger.letter(request.parked_id), caller.actor)
        return self.ledger.settle(request.parked_id, "replayed", caller.actor, None, self.clock.now())

    def bury_parked(self, request: BuryParked, caller: Caller) -> ParkedView:
        """Give a parked letter up, for a reason."""
        _check(caller, "ops:write")
        return self.ledger.settle(request.parked_id, "buried", caller.actor, request.reason, self.clock.now())

    def list_deliveries(self, request: ListDeliveries, caller: Caller) -> DeliveryList:
        """List rows of the delivery ledger."""
        _check(caller, "ops:read")
        return self.ledger.list_deliveries(request, self.clock.now())

    def list_audit(self, request: ListAudit, caller: Caller) -> AuditPage:
        """Read a stretch of the audit chain."""
        return self.journal.page(request)

    def list_reads(self, request: ListReads, caller: Caller) -> ReadList:
        """Say who has read an item; the gateway asks only for those who are responsible for it."""
        return self.journal.reads(request)

    def count_reads(self, request: CountReads, caller: Caller) -> ReadingCounts:
        """Count who has read how much."""
        return self.journal.reading_counts(request.since, request.until)

    def _send_again(self, letter: Mapping[str, Any], actor: str) -> None:
        properties = {**letter["properties"], "delivery_mode": 2}
        headers = {wire.QUEUE: letter["queue"], wire.ATTEMPT: 0, wire.REPLAYED_BY: actor}
        try:
            with Connection(self.url, connect_timeout=5, transport_options={"confirm_publish": True}) as connection:
                channel = connection.channel()
                publish(
                    channel,
                    bytes(letter["body"]),
                    exchange=topology.REQUEUE_EXCHANGE,
                    key=letter["queue"],
                    headers=headers,
                    properties=properties,
                )
        except AWAY:
            raise BrokerDown("broker.away") from None


OPERATOR_QUESTIONS: Mapping[str, type[Any]] = {
    "list_parked": ListParked,
    "get_parked": GetParked,
    "replay_parked": ReplayParked,
    "bury_parked": BuryParked,
    "list_deliveries": ListDeliveries,
    "list_audit": ListAudit,
    "list_reads": ListReads,
    "count_reads": CountReads,
}


def _check(caller: Caller, scope: str) -> None:
    if scope not in caller.scopes:
        raise Forbidden("scope.missing", scope=scope)
