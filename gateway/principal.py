"""Who has come to the door, whether by a machine's token or by an official's session, and what the scopes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCOPES: Final = {
    "tips:read": "Read the tips that the agency's desks hold",
    "tips:write": "File tips and decide on those that the agency's desks hold",
    "visits:read": "Read rentals, the visit plan and visits",
    "visits:write": "Register and grade rentals, record visits",
    "cases:read": "Read the agency's cases and criminal referrals",
    "cases:write": "Open and lead cases, send and answer criminal referrals",
    "reports:read": "Read stage reports",
    "reports:write": "File stage reports",
    "rewards:read": "Read rewards: decision numbers, amounts, budget lines, and what else the role may see",
    "rewards:write": "Propose, approve and pay rewards, as far as the role may",
    "notices:read": "Read the notices to the agency's desks",
    "notices:write": "Acknowledge notices",
    "plan:read": "Read the plan's sentences, who owes them and what has kept them",
    "people:read": "Read the accounts of the agency's officials",
    "people:write": "Invite officials, give and take duties, hand over",
    "audit:read": "Read who has read what, and the audit's chains",
    "retention:read": "Read how long what is kept, what a purge would do, and its certificates",
    "retention:write": "Hold items back, propose and confirm runs that purge",
    "ops:read": "See parked letters and the delivery ledger",
    "ops:write": "Replay and bury parked letters",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a good token or session belongs to, and what it may do now; `client_id` is an account's id for a person."""

    client_id: str
    agency: str
    scopes: frozenset[str]
    roles: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    is_person: bool = False
