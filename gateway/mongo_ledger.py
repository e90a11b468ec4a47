"""The gateway's own database through pymongo's asynchronous client, never mongoengine (DESIGN 12.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, AsyncMongoClient, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect, BulkWriteError, ConnectionFailure, ExecutionTimeout, NetworkTimeout

from gateway.gathering import Gathering
from gateway.ledger import Client, Remembered, RequestRow
from gateway.people.mongo_people import MongoPeople
from gateway.settings import GatewaySettings
from lianxi.contracts import audit
from lianxi.contracts.operations import AuditPage, ListAudit
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
_DUPLICATE: Final = 11000


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
        self._database = database = self._connection[settings.database("gateway")]
        self._clients = database["clients"]
        self._idempotency = database["idempotency"]
        self._answers = database["answers"]
        self._requests = database["requests"]
        self.people = MongoPeople(database, _reaching_the_store)
        # An insert of many costs a tenth of as many inserts, and an update five times an insert: what is begun and what
        # is answered lie side by side under one key.
        self._beginning: Gathering[dict[str, Any], bool] = Gathering(lambda rows: _insert_new(self._idempotency, rows))
        self._finishing: Gathering[dict[str, Any], bool] = Gathering(lambda rows: _insert_new(self._answers, rows))

    async def open(self) -> None:
        """See that the indexes are there."""
        with _reaching_the_store():
            await self._idempotency.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0)
            await self._answers.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0)
            await self._requests.create_index([("at", ASCENDING)], expireAfterSeconds=self._audit_seconds)
            await self._requests.create_index([("actor", ASCENDING), ("at", ASCENDING)])
        await self.people.open()

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
                    "$set": {
                        "secret_sha256": each.secret_sha256,
                        "agency": each.agency,
                        "scopes": list(each.scopes),
                        "roles": list(each.roles),
                        "desks": list(each.desks),
                        "areas": list(each.areas),
                        "expires_at": each.expires_at,
                        "label": each.label,
                        "made_by": each.made_by,
                        "made_at": each.made_at,
                    },
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
        row = {"fingerprint": entry.fingerprint, "opened_at": entry.opened_at, "expires_at": entry.expires_at}
        if await self._beginning.put({"_id": entry.key, **row}):
            return None
        with _reaching_the_store():
            return await self._taken(entry, row, stale_before)

    async def _taken(self, entry: Remembered, row: dict[str, Any], stale_before: datetime) -> Remembered | None:
        found = await self._idempotency.find_one({"_id": entry.key})
        if found is None:
            # Forgotten in between: the other one did not happen, so this one may.
            return entry
        answer = await self._answers.find_one({"_id": entry.key, "opened_at": found["opened_at"]})
        known = _remembered(found, answer)
        # The database's own sweep of what has expired may be a minute late, so it is looked at here as well.
        is_over = known.expires_at <= self._clock.now()
        is_stale = answer is None and known.opened_at < stale_before and known.fingerprint == entry.fingerprint
        if is_over or is_stale:
            unchanged = {"_id": entry.key, "opened_at": found["opened_at"], "fingerprint": found["fingerprint"]}
            taken_over = await self._idempotency.update_one(unchanged, {"$set": row})
            if taken_over.modified_count:
                return None
        return known

    async def finish(self, entry: Remembered, status: int, answer: bytes) -> None:
        """Keep an answer."""
        row = {"status": status, "answer": answer, "opened_at": entry.opened_at, "expires_at": entry.expires_at}
        if not await self._finishing.put({"_id": entry.key, **row}):
            # What lies there answered an earlier write under the key, which is over.
            with _reaching_the_store():
                await self._answers.update_one({"_id": entry.key}, {"$set": row})

    async def forget(self, entry: Remembered) -> None:
        """Forget a write."""
        with _reaching_the_store():
            if await self._answers.find_one({"_id": entry.key, "opened_at": entry.opened_at}, {"_id": 1}) is None:
                await self._idempotency.delete_one({"_id": entry.key, "opened_at": entry.opened_at})

    async def note_audit(self, line: Mapping[str, Any]) -> None:
        """Keep a line for the audit's chain."""
        with _reaching_the_store():
            await self._database["audit_journal"].insert_one({"_id": line["entry_id"], **_without(line, "entry_id")})

    async def audit_page(self, request: ListAudit) -> AuditPage:
        """Read a stretch of the gateway's own chain."""
        within = {"_id": {"$gt": request.after, "$lte": request.after + request.limit}}
        with _reaching_the_store():
            rows = [row async for row in self._database["audit_chain"].find(within)]
        rows.sort(key=lambda row: int(row["_id"]))
        lines = tuple(audit.line_of({"sequence": row["_id"], **_without(row, "_id")}).decode() for row in rows)
        return AuditPage(lines=lines, next_after=rows[-1]["_id"] if rows else None)

    async def audit_heads(self) -> list[Mapping[str, Any]]:
        """Read the signed heads of all chains."""
        with _reaching_the_store():
            rows = [row async for row in self._database["audit_heads"].find({"_id": {"$gt": ""}})]
        return [_without(row, "_id") for row in sorted(rows, key=lambda row: str(row["_id"]))]

    async def add_requests(self, rows: Sequence[RequestRow]) -> None:
        """Keep rows."""
        with _reaching_the_store():
            await self._requests.insert_many([_row_of(row) for row in rows], ordered=False)

    async def requests_of(self, actor: str, since: datetime, at_most: int) -> list[RequestRow]:
        """Read what somebody has asked."""
        with _reaching_the_store():
            found = self._requests.find({"actor": actor, "at": {"$gt": since}}).sort("at", -1).limit(at_most)
            return [RequestRow(**_without(row, "_id")) async for row in found]


_ROW: Final = tuple(each.name for each in fields(RequestRow))


def _row_of(row: RequestRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _ROW}


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _client(row: dict[str, Any]) -> Client:
    return Client(
        client_id=row["_id"],
        secret_sha256=row["secret_sha256"],
        agency=row["agency"],
        scopes=tuple(row["scopes"]),
        roles=tuple(row["roles"]),
        desks=tuple(row.get("desks", ())),
        areas=tuple(row.get("areas", ())),
        expires_at=row.get("expires_at"),
        label=row.get("label", ""),
        made_by=row.get("made_by"),
        made_at=row.get("made_at"),
        revoked_at=row.get("revoked_at"),
    )


def _remembered(row: dict[str, Any], answer: dict[str, Any] | None) -> Remembered:
    return Remembered(
        key=row["_id"],
        fingerprint=row["fingerprint"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        status=None if answer is None else answer["status"],
        answer=None if answer is None else answer["answer"],
    )


async def _insert_new(collection: AsyncCollection[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> Sequence[bool]:
    """Insert rows in one write, and say of each whether it was new."""
    known: dict[int, int] = {}
    try:
        with _reaching_the_store():
            await collection.insert_many(rows, ordered=False)
    except BulkWriteError as error:
        known = {each["index"]: each["code"] for each in error.details["writeErrors"]}
        if set(known.values()) != {_DUPLICATE}:
            raise StoreDown("store.down", reason="write refused") from error
    return [place not in known for place in range(len(rows))]
