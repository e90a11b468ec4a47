"""What the gateway keeps of an official: an opaque id for the town, and a name that never leaves this database.

`gateway.people.mongo_people.MongoPeople` is the real store, `gateway.people.fakes.MemoryPeople` its twin; both pass
the same suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A time in which an official stands in for an absent one of the same agency, with that one's roles."""

    acting_id: str
    stands_in_for: str
    begins_at: datetime
    ends_at: datetime
    reason: str
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One official. Password hash and second factor lie locked under the key that is kept outside the database.

    An account that was invited and has not been taken up yet has neither; `invitation` is then the digest of what its
    owner was handed. `keeps` are the machines whose secrets this official answers for.
    """

    account_id: str
    name: str
    shown_name: str
    agency: str
    roles: tuple[str, ...]
    desks: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    password: bytes = b""
    second_factor: bytes = b""
    last_step: int = 0
    recovery: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    acting: tuple[Acting, ...] = ()
    invitation: str | None = None
    invited_until: datetime | None = None
    departed_at: datetime | None = None
    revision: int = 1

    @property
    def is_taken_up(self) -> bool:
        """Say whether somebody signs in with it."""
        return bool(self.password and self.second_factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser, known by the SHA-256 of its token alone."""

    digest: str
    account_id: str
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What one official gave over to another, from the plan to the receipt.

    `receipt` is plain JSON, the same for both; its digest stands in the gateway's audit.
    """

    hand_over_id: str
    agency: str
    leaver: str
    successor: str
    begun_at: datetime
    receipt: Mapping[str, Any]
    finished_at: datetime | None = None


def changes(before: Account, after: Account) -> dict[str, Any]:
    """Name what differs between two states of an account."""
    told = ((each.name, getattr(after, each.name)) for each in fields(Account) if each.name != "revision")
    return {name: value for name, value in told if value != getattr(before, name)}


class People(Protocol):
    """The officials and their sessions. Every method raises `StoreDown` while the database is away."""

    async def put_missing(self, accounts: Sequence[Account]) -> None:
        """Add accounts that are not there; those that are there stay as they are."""

    async def add(self, account: Account) -> bool:
        """Add an account; `False` when its name, or its id, is taken."""

    async def named(self, name: str) -> Account | None:
        """Find the account that signs in under a name."""

    async def account(self, account_id: str) -> Account | None:
        """Find an account by its id."""

    async def invited(self, digest: str) -> Account | None:
        """Find the account that an invitation is for."""

    async def accounts_of(self, agency: str | None) -> list[Account]:
        """List the accounts of an agency, or of all, by name."""

    async def change(self, before: Account, after: Account, *, ends_sessions: bool = False) -> bool:
        """Set what differs; `False` when the account has been changed since. May end its sessions."""

    async def use_step(self, account_id: str, step: int) -> bool:
        """Use up a time step of the second factor; `False` when it, or a later one, has been used."""

    async def use_recovery(self, account_id: str, digest: str) -> bool:
        """Use up a recovery code; `False` when it is none, or has been used."""

    async def open_session(self, session: Session) -> None:
        """Keep a session."""

    async def session(self, digest: str) -> Session | None:
        """Find a session."""

    async def touch(self, digest: str, at: datetime) -> None:
        """Note that a session was used."""

    async def close_session(self, digest: str) -> None:
        """End a session."""

    async def keep_hand_over(self, hand_over: HandOver) -> None:
        """Keep a hand-over, in place of what was known of it."""

    async def hand_over(self, hand_over_id: str) -> HandOver | None:
        """Find a hand-over."""
