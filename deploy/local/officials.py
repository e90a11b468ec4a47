"""The officials of one machine's town: made-up people with fresh passwords, so that every desk can be tried at once.

Real towns give the gateway one administrator an agency, who invites the others.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

import pyotp
from argon2 import PasswordHasher

from deploy.local.credentials import AGENCIES, Keys
from deploy.local.places import Places, read_json, write_private_json
from lianxi.kernel.ids import random_id

PASSWORD_BYTES: Final = 15
VILLAGES: Final = ("village/lotus-bay",)


@dataclass(frozen=True)
class Seat:
    """One made-up official."""

    name: str
    shown_name: str
    agency: str
    roles: tuple[str, ...]
    desks: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


POLICE: Final = ("police/command-centre", "police/criminal", "police/station")
CARRIERS: Final = ("telecom", "mobile", "unicom")
SEATS: Final = (
    *(Seat(f"{agency}-admin", "账号管理员", agency, ("administrator",), keeps=(agency,)) for agency in AGENCIES),
    *(
        Seat(f"{agency}-desk", "值班席位", agency, ("desk", "case_officer"), (f"{agency}/desk",))
        for agency in AGENCIES
        if agency not in ("office", "police")
    ),
    Seat("office-desk", "打传办值班", "office", ("office",), ("office/desk",)),
    Seat("office-chair", "召集人", "office", ("leader",)),
    Seat("office-auditor", "审计员", "office", ("auditor",)),
    Seat("office-operator", "运维", "office", ("operator",)),
    Seat("police-desk", "派出所值班", "police", ("desk", "case_officer"), POLICE),
    Seat("police-economic", "经侦民警", "police", ("desk", "case_officer"), ("police/economic",)),
    Seat("police-lead", "办案负责人", "police", ("desk", "case_officer", "case_lead"), (*POLICE, "police/economic")),
    Seat("market-lead", "办案负责人", "market", ("desk", "case_officer", "case_lead"), ("market/desk",)),
    Seat("governance-custodian", "保管人", "governance", ("custodian",)),
    Seat("governance-assessor", "考核员", "governance", ("assessor",)),
    Seat("tenancy-assistant", "协管员", "tenancy", ("assistant",), (), VILLAGES),
    Seat("publicity-lead", "审定人", "publicity", ("desk", "case_lead"), ("publicity/desk",)),
    *(Seat(f"carrier-{each}", "运营商联系人", "carrier", ("carrier",), (f"carrier/{each}",)) for each in CARRIERS),
    Seat("social-liaison", "联络员", "social", ("liaison",)),
)


def make_officials(places: Places, keys: Keys) -> list[dict[str, Any]]:
    """Every official's password and second factor; known ones stay, missing ones are made.

    Shape: `credentials.json` gets `people: [{name, password, totp_secret, account_id, …}]` for whoever tries the town;
    the gateway's list holds a hash in place of the password.
    """
    credentials = read_json(places.credentials_file) or {}
    kept = {row["name"]: row for row in credentials.get("people", [])}
    rows = [kept.get(seat.name) or _official(seat) for seat in SEATS]
    write_private_json(places.credentials_file, {**credentials, "people": rows})
    if not keys.people.exists() or len(kept) < len(rows):
        hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        write_private_json(keys.people, [_for_the_gateway(row, hasher) for row in rows])
    return rows


def _official(seat: Seat) -> dict[str, Any]:
    return {
        "account_id": random_id("account"),
        "name": seat.name,
        "shown_name": seat.shown_name,
        "agency": seat.agency,
        "roles": list(seat.roles),
        "desks": list(seat.desks),
        "areas": list(seat.areas),
        "keeps": list(seat.keeps),
        "password": secrets.token_urlsafe(PASSWORD_BYTES),
        "totp_secret": pyotp.random_base32(),
    }


def _for_the_gateway(row: dict[str, Any], hasher: PasswordHasher) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name != "password"}
    return {**told, "password_hash": hasher.hash(row["password"])}
