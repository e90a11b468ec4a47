"""The gateway's own database through pymongo's asynchronous client, never mongoengine (DESIGN 12.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, AsyncMongoClient, UpdateOne
from pymongo.errors import AutoReconnect, ConnectionFailure, DuplicateKeyError, ExecutionTimeout, NetworkTimeout

from gateway.ledger import Client, Remembered, RequestRow
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import StoreDown

_AWAY: Final = (AutoReconnect, ConnectionFailure, NetworkTimeout, ExecutionTimeout)
_TIMEOUTS: Final[dict[str, Any]] = {
    "serverSelectionTimeoutMS": 1_500,
    "connectTimeoutMS": 1_500,
    "socketTimeoutMS": 5_000,
    "waitQueueTimeoutMS": 2_000,
    "maxPoolSize": 32,
}
_DAY_SECONDS: Final = 86_400


@contextmanager
def _reaching_the_store() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise StoreDown("store.down", reason=type(error).__name__) from error


class MongoLedger:
    """The ledger in MongoDB. Nothing connects before the first call."""

    def __init__(self, settings: GatewaySettings, clock: Clock) -> None:
        self._clock = clock
        self._audit_seconds = settings.gateway_audit_days * _DAY_SECONDS
        url = settings.mongo_url.get_secret_value()
        self._connection: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True, **_TIMEOUTS)
        database = self._connection[settings.database("gateway")]
        self._clients = database["clients"]
        self._idempotency = database["idempotency"]
        self._requests = database["requests"]

    async def open(self) -> None:
        """See that the indexes are there."""
        with _reaching_the_store():
            await self._idempotency.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0)
            await self._requests.create_index([("at", ASCENDING)], expireAfterSeconds=self._audit_seconds)
            await self._requests.create_index([("actor", ASCENDING), ("at", ASCENDING)])

    async def close(self) -> None:
        """Let the connection go."""
        await self._connection.close()

    async def clients(self) -> list[Client]:
        """List every client."""
        with _reaching_the_store():
            return [_client(row) async for row in self._clients.find({})]

    async def put_clients(self, clients: Sequence[Client]) -> None:
        """Add or correct clients; a revoked one stays revoked."""
        if not clients:
            return
        writes = [
            UpdateOne(
                {"_id": each.client_id},
                {
                    "$set": {"secret_sha256": each.secret_sha256, "agency": each.agency, "scopes": list(each.scopes)},
                    "$setOnInsert": {"revoked_at": None},
                },
                upsert=True,
            )
            for each in clients
        ]
        with _reaching_the_store():
            await self._clients.bulk_write(writes, ordered=False)

    async def revoke_client(self, client_id: str, at: datetime) -> bool:
        """Take a client's rights away."""
        with _reaching_the_store():
            done = await self._clients.update_one({"_id": client_id}, {"$set": {"revoked_at": at}})
        return bool(done.matched_count)

    async def begin(self, entry: Remembered, *, stale_before: datetime) -> Remembered | None:
        """Insert first; only when the key is taken look at what lies there."""
        row = {"_id": entry.key, **{name: value for name, value in asdict(entry).items() if name != "key"}}
        with _reaching_the_store():
            try:
                await self._idempotency.insert_one(row)
            except DuplicateKeyError:
                return await self._taken(entry, row, stale_before)
        return None

    async def _taken(self, entry: Remembered, row: dict[str, Any], stale_before: datetime) -> Remembered | None:
        # The database's own sweep of what has expired may be a minute late, so it is looked at here as well.
        free = {
            "_id": entry.key,
            "$or": [
                {"expires_at": {"$lte": self._clock.now()}},
                {"status": None, "fingerprint": entry.fingerprint, "opened_at": {"$lt": stale_before}},
            ],
        }
        fields = {name: value for name, value in row.items() if name != "_id"}
        taken_over = await self._idempotency.update_one(free, {"$set": fields})
        if taken_over.modified_count:
            return None
        found = await self._idempotency.find_one({"_id": entry.key})
        # Forgotten in between: the other one did not happen, so this one may.
        return entry if found is None else _remembered(found)

    async def finish(self, key: str, status: int, answer: bytes) -> None:
        """Keep an answer."""
        with _reaching_the_store():
            await self._idempotency.update_one({"_id": key}, {"$set": {"status": status, "answer": answer}})

    async def forget(self, key: str) -> None:
        """Forget a write."""
        with _reaching_the_store():
            await self._idempotency.delete_one({"_id": key, "status": None})

    async def add_requests(self, rows: Sequence[RequestRow]) -> None:
        """Keep rows."""
        with _reaching_the_store():
            await self._requests.insert_many([asdict(row) for row in rows], ordered=False)


def _client(row: dict[str, Any]) -> Client:
    return Client(
        client_id=row["_id"],
        secret_sha256=row["secret_sha256"],
        agency=row["agency"],
        scopes=tuple(row["scopes"]),
        revoked_at=row.get("revoked_at"),
    )


def _remembered(row: dict[str, Any]) -> Remembered:
    return Remembered(
        key=row["_id"],
        fingerprint=row["fingerprint"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        status=row.get("status"),
        answer=row.get("answer"),
    )
