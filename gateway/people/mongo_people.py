"""The officials in the gateway's own database (DESIGN 12.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from gateway.people.accounts import Account, Acting, HandOver, Session, changes


class MongoPeople:
    """Accounts and sessions in MongoDB; `reaching` turns the driver's errors into ours."""

    def __init__(
        self, database: AsyncDatabase[dict[str, Any]], reaching: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._accounts = database["accounts"]
        self._sessions = database["sessions"]
        self._hand_overs = database["hand_overs"]
        self._reaching = reaching

    async def open(self) -> None:
        """See that the indexes are there."""
        with self._reaching():
            await self._accounts.create_index([("name", ASCENDING)], unique=True)
            await self._accounts.create_index([("agency", ASCENDING), ("name", ASCENDING)])
            await self._accounts.create_index([("invitation", ASCENDING)], sparse=True)
            await self._sessions.create_index([("account_id", ASCENDING)])
            await self._sessions.create_index([("ends_at", ASCENDING)], expireAfterSeconds=0)

    async def put_missing(self, accounts: Sequence[Account]) -> None:
        """Add accounts that are not there."""
        if accounts:
            writes = [
                UpdateOne({"name": each.name}, {"$setOnInsert": _row(each, "account_id")}, upsert=True)
                for each in accounts
            ]
            with self._reaching():
                await self._accounts.bulk_write(writes, ordered=False)

    async def add(self, account: Account) -> bool:
        """Add an account, unless name or id is taken."""
        try:
            with self._reaching():
                await self._accounts.insert_one(_row(account, "account_id"))
        except DuplicateKeyError:
            return False
        return True

    async def named(self, name: str) -> Account | None:
        """Find an account by its name."""
        return await self._one_account({"name": name})

    async def account(self, account_id: str) -> Account | None:
        """Find an account by its id."""
        return await self._one_account({"_id": account_id})

    async def invited(self, digest: str) -> Account | None:
        """Find the account that an invitation is for."""
        return await self._one_account({"invitation": digest})

    async def accounts_of(self, agency: str | None) -> list[Account]:
        """List accounts by a range of an index."""
        where = {} if agency is None else {"agency": agency}
        with self._reaching():
            found = self._accounts.find(where).sort([("agency", ASCENDING), ("name", ASCENDING)])
            return [_account(row) async for row in found]

    async def change(self, before: Account, after: Account, *, ends_sessions: bool = False) -> bool:
        """Set what differs, by a compare-and-set."""
        told = {name: _plain(value) for name, value in changes(before, after).items()}
        if "acting" in told:
            told["acting"] = [asdict(each) for each in after.acting]
        with self._reaching():
            done = await self._accounts.update_one(
                {"_id": before.account_id, "revision": before.revision}, {"$set": told, "$inc": {"revision": 1}}
            )
            if done.matched_count and ends_sessions:
                # After the change, or a session could be opened with the old password in between and stay.
                await self._sessions.delete_many({"account_id": before.account_id})
        return bool(done.matched_count)

    async def use_step(self, account_id: str, step: int) -> bool:
        """Use up a time step, by a compare-and-set."""
        with self._reaching():
            done = await self._accounts.update_one(
                {"_id": account_id, "last_step": {"$lt": step}}, {"$set": {"last_step": step}}
            )
        return bool(done.modified_count)

    async def use_recovery(self, account_id: str, digest: str) -> bool:
        """Use up a recovery code, by a compare-and-set."""
        with self._reaching():
            done = await self._accounts.update_one(
                {"_id": account_id, "recovery": digest}, {"$pull": {"recovery": digest}}
            )
        return bool(done.modified_count)

    async def open_session(self, session: Session) -> None:
        """Keep a session."""
        with self._reaching():
            await self._sessions.insert_one(_row(session, "digest"))

    async def session(self, digest: str) -> Session | None:
        """Find a session."""
        with self._reaching():
            row = await self._sessions.find_one({"_id": digest})
        return None if row is None else Session(digest=row.pop("_id"), **row)

    async def touch(self, digest: str, at: datetime) -> None:
        """Note that a session was used."""
        with self._reaching():
            await self._sessions.update_one({"_id": digest}, {"$set": {"seen_at": at}})

    async def close_session(self, digest: str) -> None:
        """End a session."""
        with self._reaching():
            await self._sessions.delete_one({"_id": digest})

    async def keep_hand_over(self, hand_over: HandOver) -> None:
        """Keep a hand-over."""
        row = _row(hand_over, "hand_over_id")
        with self._reaching():
            await self._hand_overs.replace_one({"_id": row["_id"]}, row, upsert=True)

    async def hand_over(self, hand_over_id: str) -> HandOver | None:
        """Find a hand-over."""
        with self._reaching():
            row = await self._hand_overs.find_one({"_id": hand_over_id})
        return None if row is None else HandOver(hand_over_id=row.pop("_id"), **row)

    async def _one_account(self, where: Mapping[str, Any]) -> Account | None:
        with self._reaching():
            row = await self._accounts.find_one(where)
        return None if row is None else _account(row)


def _account(row: dict[str, Any]) -> Account:
    lists = {name: tuple(row[name]) for name in ("roles", "desks", "areas", "recovery", "keeps")}
    acting = tuple(Acting(**each) for each in row["acting"])
    account_id = row.pop("_id")
    return Account(**{**row, **lists, "acting": acting, "account_id": account_id})


def _row(kept: Account | Session | HandOver, id_field: str) -> dict[str, Any]:
    row = {name: _plain(value) for name, value in asdict(kept).items()}
    return {"_id": row.pop(id_field), **row}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
