"""The gateway's database in memory: shipped with the code, held to the same suite as the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.ledger import Client, Remembered, RequestRow
from gateway.people.fakes import MemoryPeople
from lianxi.contracts.operations import AuditPage, ListAudit
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import StoreDown


class MemoryLedger:
    """A ledger in memory; `is_away` makes every call fail as a stopped database would."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clients: dict[str, Client] = {}
        self.remembered: dict[str, Remembered] = {}
        self.requests: list[RequestRow] = []
        self.noted: list[Mapping[str, Any]] = []
        self.heads: list[Mapping[str, Any]] = []
        self.is_away = False
        self.people = MemoryPeople(self._reach)

    async def open(self) -> None:
        """Nothing to see to."""
        self._reach()

    async def close(self) -> None:
        """Nothing to let go."""

    async def clients(self) -> list[Client]:
        """List every client."""
        self._reach()
        return list(self._clients.values())

    async def put_clients(self, clients: Sequence[Client]) -> None:
        """Add or correct clients."""
        self._reach()
        for client in clients:
            known = self._clients.get(client.client_id)
            self._clients[client.client_id] = replace(client, revoked_at=known.revoked_at if known else None)

    async def revoke_client(self, client_id: str, at: datetime) -> bool:
        """Take a client's rights away."""
        self._reach()
        client = self._clients.get(client_id)
        if client is not None:
            self._clients[client_id] = replace(client, revoked_at=at)
        return client is not None

    async def begin(self, entry: Remembered, *, stale_before: datetime) -> Remembered | None:
        """Remember a write unless its key is taken."""
        self._reach()
        known = self.remembered.get(entry.key)
        if known is None or known.expires_at <= self._clock.now() or _is_stale(known, entry, stale_before):
            self.remembered[entry.key] = entry
            return None
        return known

    async def finish(self, entry: Remembered, status: int, answer: bytes) -> None:
        """Keep an answer."""
        self._reach()
        self.remembered[entry.key] = replace(entry, status=status, answer=answer)

    async def forget(self, entry: Remembered) -> None:
        """Forget a write."""
        self._reach()
        if entry.key in self.remembered and self.remembered[entry.key].status is None:
            del self.remembered[entry.key]

    async def note_audit(self, line: Mapping[str, Any]) -> None:
        """Keep a line for the audit."""
        self._reach()
        self.noted.append(line)

    async def audit_page(self, request: ListAudit) -> AuditPage:
        """Nothing is chained here: that is the relay's work."""
        self._reach()
        return AuditPage(lines=(), next_after=None)

    async def audit_heads(self) -> list[Mapping[str, Any]]:
        """Read the heads that a test has put here."""
        self._reach()
        return list(self.heads)

    async def add_requests(self, rows: Sequence[RequestRow]) -> None:
        """Keep rows."""
        self._reach()
        self.requests += rows

    async def requests_of(self, actor: str, since: datetime, at_most: int) -> list[RequestRow]:
        """Read what somebody has asked."""
        self._reach()
        found = [each for each in self.requests if each.actor == actor and each.at > since]
        return sorted(found, key=lambda each: each.at, reverse=True)[:at_most]

    def _reach(self) -> None:
        if self.is_away:
            raise StoreDown("store.down")


def _is_stale(known: Remembered, entry: Remembered, stale_before: datetime) -> bool:
    return known.status is None and known.opened_at < stale_before and known.fingerprint == entry.fingerprint
