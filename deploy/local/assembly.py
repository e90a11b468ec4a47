"""The whole town put together: broker and database, relay and desks, gateway; `make run` and the tests use this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.local import broker, credentials, database, install, lan, mailbox, officials, ports, processes
from deploy.local.given_broker import GivenBroker
from deploy.local.places import CHECKOUT, Places, read_json, write_private_json
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor, Wishes
from deploy.local.trouble import TownError
from lianxi.bus import topology
from lianxi.kernel.clock import SystemClock, local_date
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.load import load_policy
from lianxi.policy.policy import shift_for
from lianxi.runtime.settings import RETRY_LADDER_MS

STOP_ORDER: Final[Sequence[Sequence[str]]] = (
    ("gateway",),
    processes.DESKS,
    ("relay",),
    ("database",),
    ("broker",),
    ("epmd",),
)


@dataclass
class Options:
    """What may differ between the town of `make run` and one of a test.

    `extra` goes into every process's environment, `extra_for` into one process's; `administrator` names a broker user
    with all rights.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    extra: Mapping[str, str] = field(default_factory=dict)
    extra_for: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    administrator: str | None = None
    plugins: Sequence[str] = ()
    shutdown_seconds: int = 20

    def setting(self, name: str) -> str | None:
        """One of the town's settings; an empty one counts as not given."""
        return self.extra.get(name) or self.environment.get(name) or None

    def ladder(self) -> Sequence[int]:
        """The steps of the retry ladder in milliseconds; short ones are for rehearsals only."""
        given = self.setting("LIANXI_RETRY_LADDER_MS")
        return tuple(int(step) for step in given.split(",")) if given else RETRY_LADDER_MS


class Town:
    """One town on this machine, from its empty folder to its last process stopped."""

    def __init__(
        self,
        places: Places,
        book: ports.PortBook,
        progress: Progress,
        options: Options | None = None,
        wishes: Wishes | None = None,
    ) -> None:
        self.places = places
        self.options = options or Options()
        self.keys = credentials.Keys(places.keys)
        self.supervisor = Supervisor(places.children_file, progress, wishes)
        self.amqp_urls: dict[str, str] = {}
        self.mongo_url = ""
        self.ports: processes.TownPorts | None = None
        self.private_broker: broker.PrivateBroker | None = None
        self.lan: lan.Lan | None = None
        self._book = book
        self._progress = progress

    @property
    def gateway_url(self) -> str:
        """The one address that the outside needs; known once ports are chosen."""
        if self.ports is None:
            raise LookupError("the town has no ports yet")
        return f"http://{ports.LOOPBACK}:{self.ports.gateway}"

    def prepare(self) -> list[dict[str, Any]]:
        """Make folders, keys and credentials; answer the clients with their secrets."""
        self.places.make()
        self.keys.make_missing()
        officials.make_officials(self.places, self.keys)
        mailbox.make_addresses(self.places)
        return credentials.make_clients(self.places, self.keys)

    def start_foundations(self) -> None:
        """Broker and database, side by side.

        Raises:
            TownError: when one cannot be had.
        """
        mine = [*self._begin_broker(), *self._begin_database()]
        waiting = [self.supervisor.children[name] for name in mine]
        finished: set[str] = set()

        def tell() -> None:
            for child in waiting:
                if child.was_ready and child.name not in finished:
                    finished.add(child.name)
                    self._progress.done(child.name)

        self.supervisor.await_ready(waiting, tell)

    def _begin_broker(self) -> list[str]:
        definitions = topology.definitions(self.options.ladder())
        if self.options.administrator is not None:
            definitions = broker.with_administrator(definitions, self.options.administrator)
        kept_file = self.places.broker / "passwords.json"
        passwords = broker.fresh_passwords(broker.users_of(definitions), read_json(kept_file))
        write_private_json(kept_file, passwords)
        given = self.options.setting("LIANXI_AMQP_URL")
        if given is not None:
            self._use_given_broker(given, definitions, passwords)
            return []
        self._start_private_broker(definitions, passwords)
        return ["broker"]

    def _start_private_broker(self, definitions: Mapping[str, Any], passwords: Mapping[str, str]) -> None:
        self._progress.begin("program")
        known = install.find()
        program = known or install.ensure(
            self.places.log / "install.log", self._progress, dict(self.options.environment)
        )
        self._progress.done("program", f"{program.version} {self._progress.word('there') if known else ''}".strip())
        at = broker.BrokerPorts(
            amqp=self._book.take(broker.AMQP_PORT),
            distribution=self._book.take(broker.DISTRIBUTION_PORT),
            names=self._book.take(broker.NAMES_PORT),
            management=self._book.take(broker.MANAGEMENT_PORT) if self.options.plugins else None,
        )
        log = self.places.log / "broker.log"
        self.private_broker = broker.PrivateBroker(
            self.places.broker, log, program, at, passwords, plugins=tuple(self.options.plugins)
        )
        self.amqp_urls = {user: self.private_broker.url_for(user) for user in passwords}
        neighbour = f" ({self._progress.word('neighbour')})" if ports.answers(install.DEFAULT_AMQP_PORT) else ""
        self._progress.begin("broker", f"{ports.LOOPBACK}:{at.amqp}{neighbour}")
        names, node = self.private_broker.recipes(topology.with_passwords(definitions, passwords))
        self.supervisor.start([names])
        self.supervisor.spawn(node)

    def _use_given_broker(self, url: str, definitions: Mapping[str, Any], passwords: Mapping[str, str]) -> None:
        given = GivenBroker(url, self.options.setting("LIANXI_AMQP_MANAGEMENT_URL"))
        self._progress.begin("broker", f"{given.host}:{given.port} (LIANXI_AMQP_URL)")
        given.check()
        if self.options.setting("LIANXI_AMQP_SINGLE_USER") == "1":
            self._progress.say("single_user")
            given.declare_as_single_user(self.places.log / "broker.log")
            self.amqp_urls = dict.fromkeys(passwords, url)
        else:
            given.load(topology.with_passwords(definitions, passwords))
            self.amqp_urls = {user: given.url_for(user, password) for user, password in passwords.items()}
        self._progress.done("broker")

    def _begin_database(self) -> list[str]:
        given = self.options.setting("LIANXI_MONGO_URL")
        if given is not None:
            self._progress.begin("database", "LIANXI_MONGO_URL")
            self._progress.done("database", f"LIANXI_MONGO_URL {database.check_given(given)}")
            self.mongo_url = given
            return []
        if self.options.setting("LIANXI_ENV") == "production":
            raise TownError("The database for trying out is not for production.", "Give LIANXI_MONGO_URL.")
        log = self.places.log / "database.log"
        own = database.PrivateDatabase(self.places.database, log, self._book.take(database.PREFERRED_PORT))
        self.mongo_url = own.url
        self._progress.begin("database", f"{ports.LOOPBACK}:{own.port} SecantusDB, {self._progress.word('trial')}")
        self.supervisor.spawn(own.recipe())
        return ["database"]

    def supplies(self) -> processes.Supplies:
        """All that the town's own processes need; ports are chosen at the first call."""
        if self.ports is None:
            self.ports = processes.TownPorts.choose(self._book)
            self.lan = lan.wanted(self.options.environment, self.places, self._book)
        return processes.Supplies(
            amqp_urls=self.amqp_urls,
            mongo_url=self.mongo_url,
            places=self.places,
            keys=self.keys,
            ports=self.ports,
            shift_days=shift_to_today(),
            extra=self.options.extra,
            extra_for=self.options.extra_for,
            shutdown_seconds=self.options.shutdown_seconds,
            lan={} if self.lan is None else self.lan.environment(),
        )

    def start_desks(self) -> None:
        """The relay and the five desks, side by side; the gateway begins to open too, for it needs none of them."""
        supplies = self.supplies()
        self.supervisor.spawn(processes.gateway(supplies))
        recipes = [processes.relay(supplies), *(processes.desk(supplies, name) for name in processes.DESKS)]
        self._progress.begin("desks", " ".join(processes.DESKS))
        self.supervisor.start(recipes, self._count_ready("desks", [recipe.name for recipe in recipes]))
        self._progress.done("desks", f"{len(recipes)}/{len(recipes)}")

    def start_gateway(self) -> None:
        """The gateway; from now on the town answers."""
        self._progress.begin("gateway", self.gateway_url)
        self.supervisor.await_ready([self.supervisor.children[processes.GATEWAY]])
        self._progress.done("gateway")
        self.write_addresses()

    def start(self) -> None:
        """Everything, in order.

        Raises:
            TownError: when a step fails.
        """
        self.prepare()
        self.start_foundations()
        self.start_desks()
        self.start_gateway()

    def write_addresses(self) -> None:
        """Tell the command line and the story where the town is."""
        health = self.supplies().ports.health
        write_private_json(
            self.places.town_file,
            {
                "gateway": self.gateway_url,
                "phones": None if self.lan is None else self.lan.setup,
                "fingerprint": None if self.lan is None else self.lan.papers.fingerprint(),
                "health": {name: f"http://{ports.LOOPBACK}:{port}" for name, port in health.items()},
                "credentials": str(self.places.credentials_file),
                "log": str(self.places.log),
                "pid": os.getpid(),
                "python": sys.version.split()[0],
                "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        )

    def stop(self) -> bool:
        """Everything, in reverse; say whether nothing had to be killed."""
        polite = self.supervisor.stop(STOP_ORDER)
        self.supervisor.kill_everything()
        self.places.town_file.unlink(missing_ok=True)
        return polite

    def _count_ready(self, key: str, names: Sequence[str]) -> Callable[[], None]:
        def tell() -> None:
            ready = [name for name in names if self.supervisor.children[name].was_ready]
            self._progress.note(key, f"{len(ready)}/{len(names)}", len(ready) / len(names))

        return tell


def shift_to_today(policy_folder: Path = CHECKOUT / "deploy" / "policy") -> int:
    """By how many days the demo programme is rolled, so that it does not show eleven years of red.

    Units: days, a multiple of seven.
    Raises:
        TownError: when the programme's files are not sound.
    """
    try:
        returns = load_policy(policy_folder).returns
    except PolicyBroken as error:
        raise TownError(f"The programme's files are not sound ({error}).", "`make policy-check` says where.") from None
    return shift_for(local_date(SystemClock().now()), returns)
