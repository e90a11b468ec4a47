"""A private broker, a private database, or a whole town for tests: the same code as `make run`, elsewhere.

Ports are free ones and the folder is temporary. Fixtures: `broker`, `database`, `town`, each started once per session
and handed out running; for a town with other settings ask `make_town`, which stops it when the test ends. Everything
runs as children; pytest itself is never patched.
"""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local import assembly, broker, database, install, processes
from deploy.local.children import Child
from deploy.local.places import Places, read_json
from deploy.local.ports import LOOPBACK, PortBook
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor
from deploy.local.trouble import last_lines
from lianxi.bus import topology
from lianxi.runtime.settings import RETRY_LADDER_MS
from tests.support.answers import held_to_its_word
from tests.support.turns import lane

ADMINISTRATOR = "tester"
APART = 51
SHORT_LADDER_MS = (50, 100, 200)
SHORT_LADDER = ",".join(map(str, SHORT_LADDER_MS))
# Limits are settings, and only their own tests use production values: here one address plays every client and resident.
OPEN_GATES = {
    "LIANXI_GATEWAY_CLIENT_REQUESTS_PER_MINUTE": "10000000",
    "LIANXI_GATEWAY_PUBLIC_REQUESTS_PER_MINUTE": "10000000",
    "LIANXI_GATEWAY_PUBLIC_UPLOADS_PER_MINUTE": "10000000",
    "LIANXI_GATEWAY_TOKEN_REQUESTS_PER_MINUTE": "10000000",
    "LIANXI_GATEWAY_TIPS_ALWAYS": "10000000",
    "LIANXI_GATEWAY_WRONG_CODES": "10000000",
    "LIANXI_GATEWAY_WRONG_CODES_OVERALL_PER_MINUTE": "10000000",
}
REHEARSAL = {"LIANXI_REHEARSAL": "1", "LIANXI_RETRY_LADDER_MS": SHORT_LADDER}


def own_ports() -> PortBook:
    """Free ports in a range of this run's own, below the ones the kernel lends to clients.

    Two lanes never ask for the same ones, and their databases keep to different cores.
    """
    return PortBook(offset=random.SystemRandom().randrange(1_000, 5_000, 100) + APART * (lane() or 0))


def quiet() -> Progress:
    """A start that prints nothing."""
    return Progress(stream=io.StringIO(), environment={"LANG": "C"})


class Part:
    """One child that a test may stop, kill and start again."""

    def __init__(self, supervisor: Supervisor, name: str) -> None:
        self._supervisor = supervisor
        self.name = name

    @property
    def child(self) -> Child:
        return self._supervisor.children[self.name]

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def log(self) -> Path:
        return self.child.recipe.log

    def is_alive(self) -> bool:
        return self.child.is_alive()

    def start(self) -> None:
        """Start again after `stop` or `kill`, and wait until ready."""
        self._supervisor.bring_up(self.name)

    def stop(self) -> None:
        """End politely."""
        self._supervisor.take_down(self.name)

    def kill(self) -> None:
        """End as a crash would (SIGKILL)."""
        self._supervisor.shoot(self.name)

    def restart(self) -> None:
        self.stop()
        self.start()

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(last_lines(self.log, lines))


class Broker(Part):
    """A private RabbitMQ node with the town's whole topology, on both the production ladder and a short one."""

    def __init__(self, supervisor: Supervisor, node: broker.PrivateBroker) -> None:
        super().__init__(supervisor, "broker")
        self.node = node

    @property
    def port(self) -> int:
        return self.node.at.amqp

    @property
    def users(self) -> list[str]:
        return list(self.node.passwords)

    def url_for(self, user: str = ADMINISTRATOR) -> str:
        """The address for a service's own user, or for one who may do everything."""
        return self.node.url_for(user)


class Database(Part):
    """A private SecantusDB."""

    def __init__(self, supervisor: Supervisor, own: database.PrivateDatabase) -> None:
        super().__init__(supervisor, "database")
        self.own = own

    @property
    def port(self) -> int:
        return self.own.port

    @property
    def url(self) -> str:
        return self.own.url


@contextmanager
def running_broker(
    folder: Path, ladder: tuple[int, ...] = (*SHORT_LADDER_MS, *RETRY_LADDER_MS), plugins: tuple[str, ...] = ()
) -> Iterator[Broker]:
    """A broker for as long as the block runs."""
    program = install.find()
    assert program is not None, "RabbitMQ is missing; `make test` fetches it"
    book = own_ports()
    definitions = broker.with_administrator(topology.definitions(ladder), ADMINISTRATOR)
    passwords = broker.fresh_passwords(broker.users_of(definitions), None)
    at = broker.BrokerPorts(
        book.take(broker.AMQP_PORT),
        book.take(broker.DISTRIBUTION_PORT),
        book.take(broker.NAMES_PORT),
        book.take(broker.MANAGEMENT_PORT) if plugins else None,
    )
    node = broker.PrivateBroker(folder / "broker", folder / "broker.log", program, at, passwords, plugins)
    supervisor = Supervisor(folder / "children.json", quiet())
    try:
        for recipe in node.recipes(topology.with_passwords(definitions, passwords)):
            supervisor.start([recipe])
        yield Broker(supervisor, node)
    finally:
        supervisor.stop([["broker"], ["epmd"]])
        supervisor.kill_everything()


@contextmanager
def running_database(folder: Path) -> Iterator[Database]:
    """A database for as long as the block runs."""
    own = database.PrivateDatabase(folder / "database", folder / "database.log", own_ports().take(27117))
    supervisor = Supervisor(folder / "children.json", quiet())
    try:
        supervisor.start([own.recipe()])
        yield Database(supervisor, own)
    finally:
        supervisor.stop([["database"]])
        supervisor.kill_everything()


class RunningTown:
    """A running town: broker, database, relay, five desks and gateway."""

    def __init__(self, town: assembly.Town) -> None:
        self.town = town
        self.services = processes.DESKS

    @property
    def gateway_url(self) -> str:
        return self.town.gateway_url

    @property
    def places(self) -> Places:
        return self.town.places

    @property
    def mongo_url(self) -> str:
        return self.town.mongo_url

    def part(self, name: str) -> Part:
        """A process by name: `broker`, `database`, `relay`, `gateway`, or a desk."""
        return Part(self.town.supervisor, name)

    def pid(self, name: str) -> int:
        return self.part(name).pid

    def log(self, name: str) -> Path:
        return self.part(name).log

    def start(self, name: str) -> None:
        self.part(name).start()

    def stop(self, name: str) -> None:
        self.part(name).stop()

    def kill(self, name: str) -> None:
        self.part(name).kill()

    def restart(self, name: str) -> None:
        self.part(name).restart()

    def amqp_url(self, user: str = ADMINISTRATOR) -> str:
        return self.town.amqp_urls[user]

    def health_url(self, name: str) -> str:
        """Where a process answers /healthz, /readyz and /metrics."""
        if name == processes.GATEWAY:
            return self.gateway_url
        assert self.town.ports is not None
        return f"http://{LOOPBACK}:{self.town.ports.health[name]}"

    def secret(self, client_id: str) -> str:
        """A client's secret, as `credentials.json` has it."""
        rows = read_json(self.places.credentials_file)["clients"]
        return str(next(row["client_secret"] for row in rows if row["client_id"] == client_id))

    def token(self, client_id: str, scopes: str | None = None) -> str:
        """An access token of an agency (`police`, `market` …) or of `operator`."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": self.secret(client_id)}
        if scopes is not None:
            form["scope"] = scopes
        answer = httpx2.post(f"{self.gateway_url}/oauth/token", data=form, timeout=10, trust_env=False)
        assert answer.status_code == httpx2.codes.OK, answer.text
        return str(answer.json()["access_token"])

    @contextmanager
    def http(self, client_id: str | None = None, **more: Any) -> Iterator[httpx2.Client]:
        """An HTTP client of the gateway, signed in as an agency or as nobody; answers are held to their description."""
        headers = {} if client_id is None else {"Authorization": f"Bearer {self.token(client_id)}"}
        hooks = {"response": [held_to_its_word(self.gateway_url)]}
        options = {"timeout": 15, "trust_env": False, "event_hooks": hooks, **more}
        with httpx2.Client(base_url=self.gateway_url, headers=headers, **options) as client:
            yield client

    @contextmanager
    def set_otherwise(self, name: str, settings: Mapping[str, str]) -> Iterator[None]:
        """Have a process run with other settings for as long as the block runs."""
        child = self.part(name).child
        usual = child.recipe
        child.recipe = replace(usual, environment={**usual.environment, **settings})
        try:
            self.restart(name)
            yield
        finally:
            child.recipe = usual
            self.restart(name)

    def all_logs(self) -> str:
        """Everything that any process has written."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.places.log.iterdir()))

    def move_clock(self, seconds: float) -> None:
        """Shift the clock of every process; only in a rehearsal."""
        (self.places.root / "clock").write_text(f"{seconds}\n", encoding="ascii")


@contextmanager
def running_town(
    folder: Path,
    extra: Mapping[str, str] | None = None,
    extra_for: Mapping[str, Mapping[str, str]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[RunningTown]:
    """A whole town for as long as the block runs.

    `extra` goes to every process; the default is a rehearsal with a short retry ladder and a clock that can be moved.
    """
    settings = {**REHEARSAL, "LIANXI_CLOCK_FILE": str(folder / "clock")} if extra is None else extra
    given = dict(extra_for or {})
    gates = given | {processes.GATEWAY: OPEN_GATES | dict(given.get(processes.GATEWAY, {}))}
    options = assembly.Options(
        environment=environment or {}, extra=settings, extra_for=gates, administrator=ADMINISTRATOR
    )
    town = assembly.Town(Places(folder), own_ports(), quiet(), options)
    try:
        town.start()
        yield RunningTown(town)
    finally:
        town.stop()


@pytest.fixture(scope="session")
def broker_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(name="broker")
def broker_that_runs(broker_node: Broker) -> Broker:
    """The session's broker, started again when the test before left it down."""
    if not broker_node.is_alive():
        broker_node.start()
    return broker_node


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with running_database(tmp_path_factory.mktemp("database")) as running:
        yield running


@pytest.fixture(name="database")
def database_that_runs(database_server: Database) -> Database:
    """The session's database, started again when the test before left it down."""
    if not database_server.is_alive():
        database_server.start()
    return database_server


@pytest.fixture(scope="session")
def whole_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    with running_town(tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture
def town(whole_town: RunningTown) -> RunningTown:
    """The session's town, with whatever the test before left down started again and the clock back in its place."""
    (whole_town.places.root / "clock").unlink(missing_ok=True)
    for name, child in whole_town.town.supervisor.children.items():
        if not child.is_alive():
            whole_town.start(name)
    return whole_town


@pytest.fixture
def make_town(tmp_path: Path) -> Iterator[Callable[..., RunningTown]]:
    """Makes a town with settings of its own; it is stopped when the test ends."""
    with ExitStack() as opened:
        numbers = itertools.count()

        def make(**options: Any) -> RunningTown:
            return opened.enter_context(running_town(tmp_path / f"town-{next(numbers)}", **options))

        yield make
