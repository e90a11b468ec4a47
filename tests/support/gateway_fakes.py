"""A gateway with a bus that answers what a test says, for tests without a broker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from fastapi import FastAPI
from starlette.testclient import TestClient

from deploy.local.credentials import EVERY_AGENCY
from gateway.app import create_app
from gateway.exchange import House
from gateway.fakes import MemoryLedger
from gateway.principal import SCOPES
from gateway.settings import GatewaySettings
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller, Cause, Command, Lane
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import BrokerDown, NotFound
from lianxi.policy.load import load_policy

NOON = datetime(2026, 3, 2, 4, 17, 9, tzinfo=UTC)
POLICY = load_policy(Path(__file__).parents[2] / "deploy/policy")
AGENCY_OF_ROLE = "social"
"""The agency of the clients that have one single role each, and its name."""
TAKEN = {"office", "operator"}
SECRET = "a-made-up-secret-of-no-town"


@dataclass
class Asked:
    """One question that reached the bus."""

    service: str
    method: str
    request: Any
    caller: Caller


@dataclass
class FakeBus:
    """Keeps what it is handed, and answers by method name."""

    is_connected: bool = True
    asked: list[Asked] = field(default_factory=list)
    handed_in: list[tuple[str, Lane, Command, Cause]] = field(default_factory=list)
    answers: dict[str, Callable[[Any, Caller], Any]] = field(default_factory=dict)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def ask(self, service: str, method: str, request: Any, caller: Caller, *, timeout_seconds: float) -> Any:
        assert timeout_seconds > 0
        if not self.is_connected:
            raise BrokerDown("broker.away")
        self.asked.append(Asked(service, method, request, caller))
        if method not in self.answers:
            raise NotFound(f"{method}.nothing_here")
        return codec.as_plain(self.answers[method](request, caller))

    async def hand_in(self, service: str, lane: Lane, command: Command, cause: Cause) -> None:
        if not self.is_connected:
            raise BrokerDown("broker.away")
        self.handed_in.append((service, lane, command, cause))

    def says(self, method: str, answer: Any) -> None:
        """Always answer a method with this contract, or raise this error."""

        def tell(_request: Any, _caller: Caller) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.answers[method] = tell


def settings(folder: Path, **more: Any) -> GatewaySettings:
    private, cases, visits = (X25519PrivateKey.generate() for _ in range(3))
    keys = {
        "seal": private.public_key().public_bytes_raw().hex(),
        "seal-private": private.private_bytes_raw().hex(),
        "cases-seal": cases.public_key().public_bytes_raw().hex(),
        "cases-seal-private": cases.private_bytes_raw().hex(),
        "inspections-seal": visits.public_key().public_bytes_raw().hex(),
        "inspections-seal-private": visits.private_bytes_raw().hex(),
        "receipt": "11" * 32,
        "signing": "33" * 32,
        "token": "22" * 32,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in keys.items():
        if not (folder / name).exists():
            (folder / name).write_text(text + "\n", encoding="ascii")
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    clients = [
        {"client_id": name, "secret_sha256": digest, "agency": agency, "scopes": sorted(SCOPES), "roles": roles}
        for name, agency, roles in (
            ("police", "police", list(EVERY_AGENCY)),
            ("market", "market", list(EVERY_AGENCY)),
            ("tenancy", "tenancy", list(EVERY_AGENCY)),
            ("publicity", "publicity", list(EVERY_AGENCY)),
            ("office", "office", ["office"]),
            ("operator", "office", ["operator"]),
            *((role.code, AGENCY_OF_ROLE, [role.code]) for role in POLICY.permissions.roles if role.code not in TAKEN),
        )
    ]
    narrow = {"client_id": "narrow", "agency": "police", "scopes": ["plan:read"], "roles": ["desk"]}
    clients.append({**narrow, "secret_sha256": digest})
    carriers = {"secret_sha256": digest, "scopes": ["notices:read", "notices:write"], "roles": ["carrier"]}
    clients += [
        {**carriers, "client_id": code.replace("/", "-"), "agency": "carrier", "desks": [code]}
        for code in POLICY.desks_of("carrier")
    ]
    (folder / "clients.json").write_text(json.dumps(clients), encoding="utf-8")
    given: dict[str, Any] = {
        "amqp_url": "amqp://nobody@127.0.0.1:1/lianxi",
        "mongo_url": "mongodb://127.0.0.1:1/",
        "gateway_seal_public_key_file": folder / "seal",
        "gateway_cases_seal_public_key_file": folder / "cases-seal",
        "gateway_inspections_seal_public_key_file": folder / "inspections-seal",
        "gateway_receipt_key_file": folder / "receipt",
        "gateway_signing_key_file": folder / "signing",
        "gateway_token_key_file": folder / "token",
        "gateway_clients_file": folder / "clients.json",
        "gateway_spool_dir": folder / "spool",
        "gateway_attachments_dir": folder / "attachments",
        # Only the tests of receipt codes pay what production pays.
        "gateway_argon2_kibibytes": 64,
        "gateway_argon2_passes": 1,
        "gateway_recent_seconds": 0.2,
        "gateway_public_requests_per_minute": 1_000,
        "gateway_token_requests_per_minute": 1_000,
        "gateway_slowing_seconds": 0.0,
        # Nobody is behind this door whose clocks could be heard of.
        "gateway_tips_always": 1_000_000,
    }
    return GatewaySettings(**{**given, **more})


@dataclass
class Door:
    """A gateway under test, with everything it stands on."""

    app: FastAPI
    http: TestClient
    bus: FakeBus
    ledger: MemoryLedger
    clock: FixedClock
    settings: GatewaySettings

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    def token(self, client: str = "police") -> str:
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": SECRET}
        answer = self.http.post("/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self, client: str = "police", *, key: str | None = None) -> dict[str, str]:
        told = {"Authorization": f"Bearer {self.token(client)}"}
        return told if key is None else {**told, "Idempotency-Key": key}


def build(folder: Path, *, bus: FakeBus | None = None, ledger: MemoryLedger | None = None, **more: Any) -> Door:
    clock = FixedClock(NOON)
    bus = bus or FakeBus()
    ledger = ledger or MemoryLedger(clock)
    chosen = settings(folder, **more)
    app = create_app(chosen, bus, clock, ledger, POLICY)
    http = TestClient(app, raise_server_exceptions=True)
    return Door(app, http, bus, ledger, clock, chosen)


@contextmanager
def open_door(folder: Path, **more: Any) -> Iterator[Door]:
    door = build(folder, **more)
    with door.http:
        yield door
