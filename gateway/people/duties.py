"""What an administrator may do with the accounts of the own agency: plain decisions, without database and clock.

Clause: pipl-51 (criteria 8.2, 8.6, 23). Nobody gives a role to oneself, no agency gives a role of another one, and
whoever has left has nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.people.accounts import Account, Acting
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.policy import Policy

LONGEST_ACTING: Final = timedelta(days=92)
ADMINISTRATION: Final = "pipl-51"


def check_visible(account: Account | None, caller: Caller) -> Account:
    """Let an administrator at an account of the own agency, an auditor at any; others do not exist.

    Raises:
        NotFound: account.not_found.
    """
    if account is None or not (caller.sees_all or account.agency == caller.agency):
        raise NotFound("account.not_found")
    return account


def check_changeable(account: Account, caller: Caller) -> None:
    """Refuse to change what is one's own, or whoever has left.

    Raises:
        Forbidden: account.own.
        Conflict: account.departed.
    """
    if account.account_id == caller.actor:
        raise Forbidden("account.own", clause=ADMINISTRATION)
    if account.departed_at is not None:
        raise Conflict("account.departed")


def check_duties(policy: Policy, agency: str, roles: Iterable[str], desks: Iterable[str], areas: Iterable[str]) -> None:
    """Refuse roles that officials of this agency cannot have, desks of others, and villages that are not.

    Raises:
        RuleBroken: account.role_not_here, account.desk_not_here, account.one_carrier, village.unknown.
    """
    is_member = agency in policy.agencies
    open_here = {
        role.code
        for role in policy.permissions.roles
        # Outside the conference only what is meant for there: a role for everybody is one for every agency.
        if role.may_be_held_in(agency) and (is_member or role.held_in is not None)
    }
    for role in roles:
        if role not in open_here:
            raise RuleBroken("account.role_not_here", clause=ADMINISTRATION, role=role, allowed=sorted(open_here))
    desks_here = set(policy.desks_of(agency))
    given = tuple(desks)
    if not is_member and len(given) != 1:
        raise RuleBroken("account.one_carrier", clause=ADMINISTRATION, allowed=sorted(desks_here))
    for desk in given:
        if desk not in desks_here:
            raise RuleBroken("account.desk_not_here", clause=ADMINISTRATION, desk=desk, allowed=sorted(desks_here))
    for area in areas:
        if area not in policy.villages:
            raise RuleBroken("village.unknown", village=area, allowed=sorted(policy.villages))


def stand_in(account: Account, absent: Account, acting: Acting, now: datetime) -> Account:
    """Let one official stand in for another of the same agency for some time, with a beginning and an end.

    Raises:
        RuleBroken: acting.same_person, acting.other_agency, acting.too_long, acting.is_past, acting.not_here.
    """
    if absent.account_id == account.account_id:
        raise RuleBroken("acting.same_person")
    if absent.agency != account.agency:
        raise RuleBroken("acting.other_agency")
    if absent.departed_at is not None or not account.is_taken_up:
        raise RuleBroken("acting.not_here")
    if not acting.begins_at < acting.ends_at <= acting.begins_at + LONGEST_ACTING:
        raise RuleBroken("acting.too_long", longest_days=LONGEST_ACTING.days)
    if acting.ends_at <= now:
        raise RuleBroken("acting.is_past")
    kept = tuple(each for each in account.acting if each.ends_at > now and each.acting_id != acting.acting_id)
    return replace(account, acting=(*kept, acting))


def end_acting(account: Account, acting_id: str) -> Account:
    """End a time of standing in before its time.

    Raises:
        NotFound: acting.not_found.
    """
    if all(each.acting_id != acting_id for each in account.acting):
        raise NotFound("acting.not_found")
    return replace(account, acting=tuple(each for each in account.acting if each.acting_id != acting_id))


def check_hand_over(leaver: Account, successor: Account) -> None:
    """Refuse a hand-over to oneself, to another agency, or to whoever is not there.

    Raises:
        RuleBroken: hand_over.same_person, hand_over.other_agency.
        Conflict: account.departed.
    """
    if leaver.account_id == successor.account_id:
        raise RuleBroken("hand_over.same_person")
    if leaver.agency != successor.agency:
        raise RuleBroken("hand_over.other_agency")
    if successor.departed_at is not None:
        raise Conflict("account.departed")


def left(leaver: Account, now: datetime, *, departs: bool) -> Account:
    """Take everything from whoever leaves a post; an account that departs never signs in again."""
    bare = replace(leaver, roles=(), desks=(), areas=(), keeps=(), acting=())
    return replace(bare, departed_at=now, invitation=None) if departs else bare


def followed(successor: Account, leaver: Account) -> Account:
    """Give a successor what the leaver had, beside what is there already."""
    added: dict[str, Any] = {
        field: tuple(dict.fromkeys((*getattr(successor, field), *getattr(leaver, field))))
        for field in ("roles", "desks", "areas", "keeps")
    }
    return replace(successor, **added)
