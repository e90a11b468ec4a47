"""Keys and secrets of one machine's town: made fresh on its first start, kept, for their owner's eyes only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from deploy.local.places import Places, read_json, write_private, write_private_json
from lianxi.contracts.receipts import public_key_of as verifying_key_of

AGENCIES: Final = (
    *("office", "police", "market", "governance", "tenancy", "food-drug", "social", "labour"),
    *("education", "transport", "publicity", "finance", "economy"),
)
OPERATOR: Final = "operator"
CUSTODIAN: Final = "custodian"
"""Who keeps the vault's second key: a client of its own, of an agency that leads no case."""
AGENCY_SCOPES: Final = (
    *("tips:read", "tips:write", "visits:read", "visits:write", "cases:read", "cases:write"),
    *("reports:read", "reports:write", "notices:read", "notices:write", "plan:read", "audit:read"),
    *("retention:read", "retention:write"),
    *("rewards:read", "rewards:write"),
)
EVERY_AGENCY: Final = ("desk", "case_officer", "case_lead")
MORE_ROLES: Final = {"governance": ("assessor",), "finance": ("finance",)}
OPERATOR_SCOPES: Final = ("ops:read", "ops:write", "audit:read")
AUDITOR: Final = "auditor"
AUDITOR_SCOPES: Final = ("audit:read", "plan:read", "retention:read", "retention:write")
KEY_BYTES: Final = 32
SECRET_BYTES: Final = 32


class Keys:
    """The files of the town's keys, one file per key, so that each process is given only its own.

    Shape: hexadecimal text of 32 bytes; in the files of the vault and of cases' persons an id stands before it, and
    older keys in lines below.
    """

    def __init__(self, folder: Path) -> None:
        self.tips_seal = folder / "tips-seal.key"
        self.tips_seal_public = folder / "tips-seal.pub"
        self.tips_vault = folder / "tips-vault.keys"
        self.inspections_seal = folder / "inspections-seal.key"
        self.inspections_seal_public = folder / "inspections-seal.pub"
        self.cases_seal = folder / "cases-seal.key"
        self.cases_seal_public = folder / "cases-seal.pub"
        self.cases_signing = folder / "cases-signing.key"
        self.cases_persons = folder / "cases-persons.keys"
        self.reporting_signing = folder / "reporting-signing.key"
        self.hooks = folder / "notifications-hooks.key"
        self.audit_signing = folder / "audit-signing.key"
        self.audit_public = folder / "audit-signing.pub"
        self.receipt = folder / "gateway-receipt.key"
        self.gateway_signing = folder / "gateway-signing.key"
        self.token = folder / "gateway-token.key"
        self.clients = folder / "clients.json"
        self.people = folder / "people.json"

    def make_missing(self) -> None:
        """Make what is not there; what is there stays, or yesterday's sealed tips and signed receipts would be lost."""
        once(self.tips_seal, lambda: X25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.tips_seal_public, lambda: public_of(self.tips_seal))
        once(self.tips_vault, lambda: f"{secrets.token_hex(4)} {secrets.token_hex(KEY_BYTES)}")
        once(self.inspections_seal, lambda: X25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.inspections_seal_public, lambda: public_of(self.inspections_seal))
        once(self.cases_seal, lambda: X25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.cases_seal_public, lambda: public_of(self.cases_seal))
        once(self.cases_persons, lambda: f"{secrets.token_hex(4)} {secrets.token_hex(KEY_BYTES)}")
        once(self.cases_signing, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.reporting_signing, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.audit_signing, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.audit_public, lambda: verifying_key_of(self.audit_signing.read_text(encoding="ascii")))
        once(self.hooks, lambda: secrets.token_hex(KEY_BYTES))
        once(self.receipt, lambda: secrets.token_hex(KEY_BYTES))
        once(self.gateway_signing, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        once(self.token, lambda: secrets.token_hex(KEY_BYTES))


def once(path: Path, make: Callable[[], str]) -> None:
    """Write a private file unless it exists."""
    if not path.exists():
        write_private(path, make() + "\n")


def public_of(private_file: Path) -> str:
    """The public half of a sealing key."""
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(private_file.read_text(encoding="ascii").strip()))
    public: X25519PublicKey = private.public_key()
    return public.public_bytes_raw().hex()


def client(name: str, scopes: Sequence[str], agency: str | None, roles: Sequence[str]) -> dict[str, Any]:
    """One client with a new secret."""
    return {
        "client_id": name,
        "client_secret": secrets.token_urlsafe(SECRET_BYTES),
        "agency": agency,
        "scopes": list(scopes),
        "roles": list(roles),
    }


def roles_of(agency: str) -> Sequence[str]:
    """What the machine of an agency may be; hosting the office gives an agency nothing."""
    return ("office",) if agency == "office" else (*EVERY_AGENCY, *MORE_ROLES.get(agency, ()))


def make_clients(places: Places, keys: Keys) -> list[dict[str, Any]]:
    """Every agency's and the operator's secret; known ones stay, missing ones are made.

    Shape: `credentials.json` holds `{"clients": [{client_id, client_secret, agency, scopes, roles}]}` for people and
    the story; the gateway's list holds a digest in place of the secret.
    """
    kept = {row["client_id"]: row for row in (read_json(places.credentials_file) or {}).get("clients", [])}
    wanted = [client(name, AGENCY_SCOPES, name, roles_of(name)) for name in AGENCIES]
    wanted.append(client(OPERATOR, OPERATOR_SCOPES, "office", (OPERATOR,)))
    wanted.append(client(AUDITOR, AUDITOR_SCOPES, "office", (AUDITOR,)))
    wanted.append(client(CUSTODIAN, AGENCY_SCOPES, "governance", (CUSTODIAN,)))
    rows = [row | {"client_secret": kept.get(row["client_id"], row)["client_secret"]} for row in wanted]
    write_private_json(places.credentials_file, {**(read_json(places.credentials_file) or {}), "clients": rows})
    write_private_json(keys.clients, [without_secret(row) for row in rows])
    return rows


def without_secret(row: dict[str, Any]) -> dict[str, Any]:
    """What the gateway may know of a client."""
    digest = hashlib.sha256(row["client_secret"].encode("utf-8")).hexdigest()
    return {
        "client_id": row["client_id"],
        "secret_sha256": digest,
        "agency": row["agency"],
        "scopes": row["scopes"],
        "roles": row["roles"],
    }
