"""A private RabbitMQ node as our child: own name, own ports, own files, on this machine's loopback address only.

It lives beside any broker the machine already has and never touches it. Two processes belong to it: `epmd`, the name
server of Erlang, and the node. Both run in the foreground, so that nothing is left when we are gone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.local import ports, questions
from deploy.local.children import Recipe
from deploy.local.database import plain_environment
from deploy.local.install import BrokerProgram
from deploy.local.places import plain_path, write_private, write_private_json
from deploy.local.ports import LOOPBACK

AMQP_PORT: Final = 5673
DISTRIBUTION_PORT: Final = 25673
NAMES_PORT: Final = 4673
MANAGEMENT_PORT: Final = 15673
VHOST: Final = "lianxi"
# A long name with an address needs neither /etc/hosts nor a resolver, which bare machines and containers may lack.
NODE_NAME: Final = f"lianxi@{LOOPBACK}"
# Measured on two cores: few schedulers and no busy waiting start 0.8 s sooner and take less memory and no idle CPU.
ERLANG_FLAGS: Final = "+S 2:2 +SDcpu 1:1 +SDio 4 +A 1 +sbwt none +sbwtdcpu none +sbwtdio none"
CONFIGURATION: Final = """\
# Written at every start; changes here are lost.
load_definitions = {folder}/definitions.json
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = {memory}
raft.wal_max_size_bytes = 33554432
log.console = false
log.file.level = warning
loopback_users.guest = true
"""


@dataclass(frozen=True)
class BrokerPorts:
    """Where the node listens: for clients, for other nodes (there are none), and its name server."""

    amqp: int = AMQP_PORT
    distribution: int = DISTRIBUTION_PORT
    names: int = NAMES_PORT
    management: int | None = None


@dataclass(frozen=True)
class PrivateBroker:
    """One RabbitMQ node with the files and ports of one town."""

    folder: Path
    log: Path
    program: BrokerProgram
    at: BrokerPorts
    passwords: Mapping[str, str]
    plugins: Sequence[str] = field(default=())
    memory: str = "512MB"

    def url_for(self, user: str) -> str:
        """The address by which one user of the broker connects."""
        return f"amqp://{user}:{self.passwords[user]}@{LOOPBACK}:{self.at.amqp}/{VHOST}"

    def recipes(self, definitions: Mapping[str, Any]) -> tuple[Recipe, Recipe]:
        """How the name server and the node are started, in this order; the node declares all its queues itself."""
        self._write_files(definitions)
        environment = self._environment()
        names = Recipe(
            name="epmd",
            command=[str(self.program.epmd), "-port", str(self.at.names), "-address", LOOPBACK],
            environment=environment,
            folder=Path("/"),  # the node asks where it is, and must not hear Chinese
            log=self.log.with_name("epmd.log"),
            is_ready=lambda: ports.answers(self.at.names),
            start_seconds=10,
            stop_seconds=5,
            hint=f"Something else may hold port {self.at.names}; start again.",
        )
        node = Recipe(
            name="broker",
            command=["sh", str(self.program.server)],
            environment=environment,
            folder=Path("/"),  # the node asks where it is, and must not hear Chinese
            log=self.log,
            is_ready=lambda: questions.amqp_answers(self.at.amqp),
            start_seconds=90,
            stop_seconds=30,
            orphaned="TERM",
            hint="If its data is damaged or of another version, `make reset` starts again with an empty town.",
        )
        return names, node

    def _write_files(self, definitions: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "home").mkdir(exist_ok=True)
        write_private_json(self.folder / "definitions.json", definitions)
        settings = CONFIGURATION.format(folder=plain_path(self.folder), memory=self.memory)
        if self.at.management is not None:
            settings += f"management.tcp.ip = {LOOPBACK}\nmanagement.tcp.port = {self.at.management}\n"
        write_private(self.folder / "rabbitmq.conf", settings)
        (self.folder / "enabled_plugins").write_text(f"[{','.join(self.plugins)}].\n", encoding="ascii")

    def _environment(self) -> dict[str, str]:
        inside = plain_path(self.folder)
        mine = {
            "HOME": inside / "home",  # the node makes its cookie there
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": inside / "rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": inside / "enabled_plugins",
            "RABBITMQ_GENERATED_CONFIG_DIR": inside / "generated",
            "RABBITMQ_LOG_BASE": inside / "log",
            "RABBITMQ_MNESIA_BASE": inside / "data",
            "RABBITMQ_PID_FILE": inside / "node.pid",
            "RABBITMQ_SCHEMA_DIR": inside / "schema",
            "RABBITMQ_NODENAME": NODE_NAME,
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": self.at.amqp,
            "RABBITMQ_DIST_PORT": self.at.distribution,
            "ERL_EPMD_PORT": self.at.names,
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{127,0,0,1}} {ERLANG_FLAGS}",
            # The start script then becomes the node instead of waiting for it: the number we know is the node's own.
            "RUNNING_UNDER_SYSTEMD": "true",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "LANG": "C.UTF-8",
        }
        kept = {name: value for name, value in plain_environment(os.environ).items() if name != "NOTIFY_SOCKET"}
        return kept | self.program.environment() | {name: str(value) for name, value in mine.items()}


def fresh_passwords(users: Sequence[str], kept: Mapping[str, str] | None) -> dict[str, str]:
    """A password for each user of the broker: the one this machine already has, else a new random one."""
    known = kept or {}
    return {user: known.get(user) or secrets.token_urlsafe(24) for user in users}


def users_of(definitions: Mapping[str, Any]) -> list[str]:
    """The broker users that the committed topology names."""
    return [str(user["name"]) for user in definitions["users"]]


def with_administrator(definitions: Mapping[str, Any], user: str) -> dict[str, Any]:
    """The topology with one more user who may see and do everything; only rehearsals and tests need one."""
    rights = {"user": user, "vhost": VHOST, "configure": ".*", "write": ".*", "read": ".*"}
    return {
        **definitions,
        "users": [*definitions["users"], {"name": user, "tags": "administrator"}],
        "permissions": [*definitions["permissions"], rights],
    }
