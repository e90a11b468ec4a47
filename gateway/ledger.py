"""What the gateway keeps in its own database, `lianxi_gateway`: clients, answers by idempotency key, who asked what.

`gateway.mongo_ledger.MongoLedger` is the real one, `gateway.fakes.MemoryLedger` its twin; both pass the same suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.people.accounts import People
from lianxi.contracts.operations import AuditPage, ListAudit


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A machine of an agency that may ask for tokens; of its secret only the SHA-256 is known here.

    `made_by` names the account of the official who made it; a client that the deployment keeps has none.
    """

    client_id: str
    secret_sha256: str
    agency: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    expires_at: datetime | None = None
    label: str = ""
    made_by: str | None = None
    made_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A write under its idempotency key: open while it is being done, then with its locked answer."""

    key: str
    fingerprint: str
    opened_at: datetime
    expires_at: datetime
    status: int | None = None
    answer: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request: who, which route, what came of it. No body, no address, no item."""

    actor: str
    agency: str
    method: str
    route: str
    status: int
    code: str | None
    correlation_id: str | None
    at: datetime


class Ledger(Protocol):
    """The gateway's own database. Every method raises `StoreDown` while the database is away."""

    @property
    def people(self) -> People:
        """The officials, their sessions and what was handed over."""

    async def open(self) -> None:
        """See that the indexes are there."""

    async def close(self) -> None:
        """Let the connection go."""

    async def clients(self) -> list[Client]:
        """List every client, the revoked ones too."""

    async def put_clients(self, clients: Sequence[Client]) -> None:
        """Add clients, or correct those that are there; a revoked one stays revoked."""

    async def revoke_client(self, client_id: str, at: datetime) -> bool:
        """Take a client's rights away; `False` when there is none."""

    async def begin(self, entry: Remembered, *, stale_before: datetime) -> Remembered | None:
        """Remember a write unless its key is taken; then answer what lies under the key.

        One that was opened before `stale_before` by the same request, and never came to an answer, is taken over.
        """

    async def finish(self, entry: Remembered, status: int, answer: bytes) -> None:
        """Keep the answer of a write."""

    async def forget(self, entry: Remembered) -> None:
        """Forget a write that did not happen, so that it may be tried again."""

    async def note_audit(self, line: Mapping[str, Any]) -> None:
        """Keep a line for the audit's chain; the relay chains it."""

    async def audit_page(self, request: ListAudit) -> AuditPage:
        """Read a stretch of the gateway's own chain."""

    async def audit_heads(self) -> list[Mapping[str, Any]]:
        """Read the signed heads of all chains, the oldest first."""

    async def add_requests(self, rows: Sequence[RequestRow]) -> None:
        """Keep rows of the request audit."""

    async def requests_of(self, actor: str, since: datetime, at_most: int) -> list[RequestRow]:
        """Read what somebody has asked since then, newest first."""
