"""Makes what a town in containers needs before its first start: keys, passwords, the broker's definitions with them.

``python -m deploy.docker.prepare`` writes `.lianxi/compose/` and `.env`. What is there already stays, for new keys
would lock away everything that was sealed with the old ones. Keep a copy of the folder in a safe place.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.credentials import Keys, make_clients, once
from deploy.local.officials import make_officials
from deploy.local.places import CHECKOUT, Places, write_private, write_private_json
from lianxi.bus import topology
from lianxi.contracts.registry import SERVICES

FOLDER: Final = CHECKOUT / ".lianxi" / "compose"
ENVIRONMENT: Final = CHECKOUT / ".env"
MONGO_USERS: Final = ("root", *SERVICES, "relay", topology.GATEWAY)
AMQP_USERS: Final = (*SERVICES, topology.GATEWAY)
PASSWORD_BYTES: Final = 24
# Containers read the files as users of their own; the folder around them is closed to everyone else on this machine.
READABLE_INSIDE: Final = 0o444


def password_names() -> list[str]:
    """Name every password that `docker-compose.yml` asks for."""
    return [
        *(f"AMQP_{user.upper()}_PASSWORD" for user in AMQP_USERS),
        *(f"MONGO_{user.upper()}_PASSWORD" for user in MONGO_USERS),
    ]


def read_environment(path: Path) -> dict[str, str]:
    """Read the passwords of an earlier time; none when there was none."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def write_environment(path: Path, folder: Path) -> dict[str, str]:
    """Write `.env`: known values stay, missing passwords are made."""
    known = read_environment(path)
    fresh = {name: secrets.token_hex(PASSWORD_BYTES) for name in password_names()}
    values = {"LIANXI_SECRETS": str(folder), **fresh, **known}
    write_private(path, "".join(f"{name}={value}\n" for name, value in values.items()))
    return values


def write_definitions(path: Path, values: Mapping[str, str]) -> None:
    """Write the broker's definitions with the passwords of its users."""
    passwords = {user: values[f"AMQP_{user.upper()}_PASSWORD"] for user in AMQP_USERS}
    path.unlink(missing_ok=True)
    write_private_json(path, topology.with_passwords(topology.definitions(), passwords))


def prepare(folder: Path, environment: Path) -> None:
    """Make what is missing and let the containers read it."""
    places = Places(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = Keys(folder)
    keys.make_missing()
    make_clients(places, keys)
    make_officials(places, keys)
    once(folder / "outside-addresses.json", lambda: '{"channels": {}, "receivers": {}}')
    once(folder / "mongo.key", lambda: secrets.token_hex(64))
    write_definitions(folder / "broker-definitions.json", write_environment(environment, folder))
    for path in folder.iterdir():
        if path.is_file() and path != places.credentials_file:
            path.chmod(READABLE_INSIDE)


def main() -> int:
    """Prepare this machine."""
    prepare(FOLDER, ENVIRONMENT)
    print(f"Keys are in {FOLDER}, passwords in {ENVIRONMENT}. Keep copies of both; then: docker compose up --build")
    return 0


if __name__ == "__main__":
    sys.exit(main())
