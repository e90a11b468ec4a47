"""The officials in memory: shipped with the code, held to the same suite as the real store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.people.accounts import Account, HandOver, Session, changes


class MemoryPeople:
    """Accounts and sessions in memory; `reach` fails as a stopped database would."""

    def __init__(self, reach: Callable[[], None]) -> None:
        self._reach = reach
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.hand_overs: dict[str, HandOver] = {}

    async def put_missing(self, accounts: Sequence[Account]) -> None:
        """Add accounts that are not there."""
        self._reach()
        names = {each.name for each in self.accounts.values()}
        self.accounts |= {each.account_id: each for each in accounts if each.name not in names}

    async def add(self, account: Account) -> bool:
        """Add an account."""
        self._reach()
        if account.account_id in self.accounts or any(each.name == account.name for each in self.accounts.values()):
            return False
        self.accounts[account.account_id] = account
        return True

    async def named(self, name: str) -> Account | None:
        """Find an account by its name."""
        self._reach()
        return next((each for each in self.accounts.values() if each.name == name), None)

    async def account(self, account_id: str) -> Account | None:
        """Find an account by its id."""
        self._reach()
        return self.accounts.get(account_id)

    async def invited(self, digest: str) -> Account | None:
        """Find the account that an invitation is for."""
        self._reach()
        return next((each for each in self.accounts.values() if each.invitation == digest), None)

    async def accounts_of(self, agency: str | None) -> list[Account]:
        """List accounts."""
        self._reach()
        found = [each for each in self.accounts.values() if agency in (None, each.agency)]
        return sorted(found, key=lambda each: each.name)

    async def change(self, before: Account, after: Account, *, ends_sessions: bool = False) -> bool:
        """Set what differs."""
        self._reach()
        known = self.accounts[before.account_id]
        if known.revision != before.revision:
            return False
        self.accounts[before.account_id] = replace(known, **changes(before, after), revision=before.revision + 1)
        if ends_sessions:
            self._end_sessions(before.account_id)
        return True

    async def use_step(self, account_id: str, step: int) -> bool:
        """Use up a time step."""
        self._reach()
        known = self.accounts[account_id]
        if known.last_step >= step:
            return False
        self.accounts[account_id] = replace(known, last_step=step)
        return True

    async def use_recovery(self, account_id: str, digest: str) -> bool:
        """Use up a recovery code."""
        self._reach()
        known = self.accounts[account_id]
        if digest not in known.recovery:
            return False
        left = tuple(each for each in known.recovery if each != digest)
        self.accounts[account_id] = replace(known, recovery=left)
        return True

    async def open_session(self, session: Session) -> None:
        """Keep a session."""
        self._reach()
        self.sessions[session.digest] = session

    async def session(self, digest: str) -> Session | None:
        """Find a session."""
        self._reach()
        return self.sessions.get(digest)

    async def touch(self, digest: str, at: datetime) -> None:
        """Note that a session was used."""
        self._reach()
        if digest in self.sessions:
            self.sessions[digest] = replace(self.sessions[digest], seen_at=at)

    async def close_session(self, digest: str) -> None:
        """End a session."""
        self._reach()
        self.sessions.pop(digest, None)

    async def keep_hand_over(self, hand_over: HandOver) -> None:
        """Keep a hand-over."""
        self._reach()
        self.hand_overs[hand_over.hand_over_id] = hand_over

    async def hand_over(self, hand_over_id: str) -> HandOver | None:
        """Find a hand-over."""
        self._reach()
        return self.hand_overs.get(hand_over_id)

    def _end_sessions(self, account_id: str) -> None:
        self.sessions = {key: each for key, each in self.sessions.items() if each.account_id != account_id}
