"""What each process of the town is told: its command, its own environment, and how it is asked whether it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from deploy.local import questions
from deploy.local.children import Recipe
from deploy.local.credentials import Keys
from deploy.local.database import plain_environment
from deploy.local.places import CHECKOUT, Places
from deploy.local.ports import LOOPBACK, PortBook

DESKS: Final = ("tips", "inspections", "cases", "reporting", "notifications")
RELAY: Final = "relay"
GATEWAY: Final = "gateway"
GATEWAY_PORT: Final = 8000
FIRST_METRICS_PORT: Final = 9701
# What a person may set for the whole town by hand; everything else is decided here.
PASSED_ON: Final = (
    "LIANXI_LOG_FORMAT",
    "LIANXI_LOG_LEVEL",
    "LIANXI_REHEARSAL",
    "LIANXI_CLOCK_FILE",
    "LIANXI_RETRY_LADDER_MS",
)
STOP_MARGIN_SECONDS: Final = 5


@dataclass(frozen=True)
class TownPorts:
    """Where the gateway and each process's own health page listen."""

    gateway: int
    health: Mapping[str, int]

    @classmethod
    def choose(cls, book: PortBook) -> TownPorts:
        """The usual ports, or the next free ones."""
        health = {name: book.take(FIRST_METRICS_PORT + place) for place, name in enumerate((*DESKS, RELAY))}
        return cls(gateway=book.take(GATEWAY_PORT), health=health)


@dataclass(frozen=True)
class Supplies:
    """What the town's own processes need: broker users, database, keys, and the shift of the demo programme."""

    amqp_urls: Mapping[str, str]
    mongo_url: str
    places: Places
    keys: Keys
    ports: TownPorts
    shift_days: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)
    extra_for: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shutdown_seconds: int = 20
    lan: Mapping[str, str] = field(default_factory=dict)


def shared_environment(supplies: Supplies) -> dict[str, str]:
    """What every process of the town is told; nothing named LIANXI_ leaks in from the caller but what he may set."""
    settings = {
        "LIANXI_MONGO_URL": supplies.mongo_url,
        "LIANXI_POLICY_DIR": str(CHECKOUT / "deploy" / "policy"),
        "LIANXI_POLICY_VERSIONS_DIR": str(supplies.places.policy_versions),
        "LIANXI_PROGRAMME_SHIFT_DAYS": str(supplies.shift_days),
        "LIANXI_METRICS_HOST": LOOPBACK,
        "LIANXI_SHUTDOWN_SECONDS": str(supplies.shutdown_seconds),
    }
    ours = {
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "EVENTLET_NO_GREENDNS": "yes",
        "NO_PROXY": f"{LOOPBACK},localhost",
        "no_proxy": f"{LOOPBACK},localhost",
    }
    passed = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    return plain_environment(os.environ) | ours | passed | settings | dict(supplies.extra)


def desk(supplies: Supplies, name: str) -> Recipe:
    """One of the five services, with its own broker user and the key that only it holds."""
    own = {
        "LIANXI_AMQP_URL": supplies.amqp_urls[name],
        "LIANXI_METRICS_PORT": str(supplies.ports.health[name]),
    }
    if name == "tips":
        own["LIANXI_TIPS_SEAL_KEY_FILE"] = str(supplies.keys.tips_seal)
        own["LIANXI_TIPS_ATTACHMENTS_DIR"] = str(supplies.places.attachments)
        own["LIANXI_TIPS_VAULT_KEYS_FILE"] = str(supplies.keys.tips_vault)
    if name == "inspections":
        own["LIANXI_INSPECTIONS_SEAL_KEY_FILE"] = str(supplies.keys.inspections_seal)
        own["LIANXI_INSPECTIONS_ATTACHMENTS_DIR"] = str(supplies.places.attachments)
    if name == "cases":
        own["LIANXI_CASES_SIGNING_KEY_FILE"] = str(supplies.keys.cases_signing)
        own["LIANXI_CASES_SEAL_KEY_FILE"] = str(supplies.keys.cases_seal)
        own["LIANXI_CASES_PERSONS_KEYS_FILE"] = str(supplies.keys.cases_persons)
        own["LIANXI_CASES_ATTACHMENTS_DIR"] = str(supplies.places.attachments)
    if name == "reporting":
        own["LIANXI_REPORTING_SIGNING_KEY_FILE"] = str(supplies.keys.reporting_signing)
    if name == "notifications":
        own["LIANXI_NOTIFICATIONS_ADDRESSES_FILE"] = str(supplies.places.outside_addresses)
        own["LIANXI_NOTIFICATIONS_HOOKS_KEY_FILE"] = str(supplies.keys.hooks)
        own["LIANXI_NOTIFICATIONS_LINK"] = f"http://{LOOPBACK}:{supplies.ports.gateway}"
    return process(supplies, name, ["-m", "lianxi.greenroom", name], own, supplies.ports.health[name])


def relay(supplies: Supplies) -> Recipe:
    """The one relay of the town, with a connection per service: each event leaves under its sender's own rights."""
    own = {
        "LIANXI_AMQP_URL": supplies.amqp_urls[DESKS[0]],
        "LIANXI_RELAY_AMQP_URLS": ",".join(f"{name}={supplies.amqp_urls[name]}" for name in DESKS),
        "LIANXI_METRICS_PORT": str(supplies.ports.health[RELAY]),
        "LIANXI_RELAY_AUDIT_KEY_FILE": str(supplies.keys.audit_signing),
        "LIANXI_RELAY_AUDIT_HEADS_FILE": str(supplies.places.audit_heads),
    }
    return process(supplies, RELAY, ["-m", "lianxi.bus.relay"], own, supplies.ports.health[RELAY])


def gateway(supplies: Supplies) -> Recipe:
    """The one door."""
    own = {
        "LIANXI_AMQP_URL": supplies.amqp_urls[GATEWAY],
        "LIANXI_GATEWAY_HOST": LOOPBACK,
        "LIANXI_GATEWAY_PORT": str(supplies.ports.gateway),
        "LIANXI_GATEWAY_SEAL_PUBLIC_KEY_FILE": str(supplies.keys.tips_seal_public),
        "LIANXI_GATEWAY_CASES_SEAL_PUBLIC_KEY_FILE": str(supplies.keys.cases_seal_public),
        "LIANXI_GATEWAY_INSPECTIONS_SEAL_PUBLIC_KEY_FILE": str(supplies.keys.inspections_seal_public),
        "LIANXI_GATEWAY_RECEIPT_KEY_FILE": str(supplies.keys.receipt),
        "LIANXI_GATEWAY_SIGNING_KEY_FILE": str(supplies.keys.gateway_signing),
        "LIANXI_GATEWAY_TOKEN_KEY_FILE": str(supplies.keys.token),
        "LIANXI_GATEWAY_CLIENTS_FILE": str(supplies.keys.clients),
        "LIANXI_GATEWAY_PEOPLE_FILE": str(supplies.keys.people),
        "LIANXI_GATEWAY_MAILBOX_FILE": str(supplies.places.outside_mailbox),
        "LIANXI_GATEWAY_SPOOL_DIR": str(supplies.places.spool),
        "LIANXI_GATEWAY_ATTACHMENTS_DIR": str(supplies.places.attachments),
        "LIANXI_GATEWAY_PROCESSES": ",".join(
            f"{name}=http://{LOOPBACK}:{port}" for name, port in supplies.ports.health.items()
        ),
    }
    own |= supplies.lan
    return process(supplies, GATEWAY, ["-m", "gateway"], own, supplies.ports.gateway)


def process(supplies: Supplies, name: str, arguments: list[str], own: Mapping[str, str], port: int) -> Recipe:
    """A Python process of ours: it runs from the checkout and answers `/readyz` on its port."""
    return Recipe(
        name=name,
        command=[sys.executable, *arguments],
        # The test's own wishes come last, so that a rehearsal may replace an address by a faulty one.
        environment={**shared_environment(supplies), **own, **supplies.extra_for.get(name, {})},
        folder=CHECKOUT,
        log=log_of(supplies.places, name),
        is_ready=partial(questions.http_says_ready, port),
        start_seconds=60,
        stop_seconds=supplies.shutdown_seconds + STOP_MARGIN_SECONDS,
        hint="If the log does not tell, `make reset` starts again with an empty town.",
    )


def log_of(places: Places, name: str) -> Path:
    """The log of one process."""
    return places.log / f"{name}.jsonl"
