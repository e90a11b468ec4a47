"""Keys: what machines of an agency show at the door. A key never holds a right that whoever made it does not hold.

Clause: none; criterion 14.1. It takes over its maker's own roles, desks and villages, never borrowed ones, and not
those roles that a person must have in mind when using them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gateway.exchange import House
from gateway.ledger import Client
from gateway.people.accounts import Account
from gateway.principal import SCOPES
from gateway.refusals import NotAllowed
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Conflict, NotFound, Refused

LONGEST_DAYS: Final = 366
MOST_KEYS: Final = 20
FOR_PERSONS: Final = frozenset({"administrator", "custodian", "auditor", "leader"})
"""Roles that no machine takes over from a person."""
NOT_FOR_KEYS: Final = frozenset({"people:write"})


def make(
    account: Account, client_id: str, digest: str, label: str, scopes: Iterable[str], now: datetime, days: int
) -> Client:
    """Make a key that may do what its maker may, within some scopes, for some days.

    Raises:
        Refused: key.scope_unknown, key.no_roles.
    """
    wanted = set(scopes)
    unknown = sorted(wanted - (set(SCOPES) - NOT_FOR_KEYS))
    if unknown:
        raise Refused("key.scope_unknown", scopes=unknown[:10])
    roles = tuple(each for each in account.roles if each not in FOR_PERSONS)
    if not roles:
        raise Refused("key.no_roles")
    return Client(
        client_id=client_id,
        secret_sha256=digest,
        agency=account.agency,
        scopes=tuple(sorted(wanted)),
        roles=roles,
        desks=account.desks,
        areas=account.areas,
        expires_at=now + timedelta(days=days),
        label=label,
        made_by=account.account_id,
        made_at=now,
    )


def key_of(house: House, caller: Caller, client_id: str | None) -> Client:
    """Find a key of the caller's agency that counts; the one that asks when none is named.

    Raises:
        Refused: webhook.key_needed when a person names none.
        NotFound: key.not_found, also for another agency's.
        NotAllowed: key.not_yours when a machine names another than itself.
    """
    if client_id is None and caller.is_person:
        raise Refused("webhook.key_needed")
    if not caller.is_person and client_id not in (None, caller.actor):
        raise NotAllowed("key.not_yours")
    found = house.register.find(client_id or caller.actor)
    if found is None or found.agency != caller.agency:
        raise NotFound("key.not_found")
    return found


def check_revocable(found: Client | None, caller: Caller) -> Client:
    """Say that a key may be revoked here.

    Raises:
        NotFound: key.not_found, also for another agency's.
        Conflict: key.kept_by_deployment.
    """
    if found is None or found.agency != caller.agency:
        raise NotFound("key.not_found")
    if found.made_by is None:
        raise Conflict("key.kept_by_deployment")
    return found
