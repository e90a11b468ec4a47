"""The peers as contenders: how each is started on an empty database of its own, and looked into afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from pymongo.errors import PyMongoError

from bench import load, payload, postgres
from bench.contenders import Recorded
from bench.ground import Ground, fresh
from deploy.local import ports
from deploy.local.children import Recipe
from deploy.local.database import plain_environment
from deploy.local.places import CHECKOUT

Work = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Spec:
    """How a peer is made up: its processes by role, and what it is."""

    code: str
    processes: Mapping[str, Sequence[str]]
    needs_postgres: bool = False


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"bench.peers.{name}", *arguments)


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).parent / name), *arguments)


def _gunicorn(module: str) -> tuple[str, ...]:
    return _tool(
        "gunicorn", "-k", "gthread", "-w", "2", "--threads", "8", "-b", "127.0.0.1:{port}", "--keep-alive", "60",
        "--log-level", "warning", f"bench.peers.{module}:app",
    )  # fmt: skip


def _celery(module: str) -> tuple[str, ...]:
    return _tool(
        "celery", "-A", f"bench.peers.{module}:celery", "worker", "-c", "2", "--loglevel", "ERROR",
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip


FASTSTREAM: Final = {stage: _module("faststream_plain", stage) for stage in ("tips", "notices", "door")}
BATCHES: Final = {stage: _module("faststream_batches", stage) for stage in ("tips", "notices", "door")}
NAMEKO: Final = {stage: _module("nameko_desks", stage) for stage in ("tips", "notices")}
PEERS: Final = (
    Spec("D", FASTSTREAM),
    Spec("D+", BATCHES),
    Spec("A", {**NAMEKO, "door": _module("nameko_door")}),
    Spec("E", {**NAMEKO, "door": _module("nameko_desks", "http")}),
    Spec("F", {"notices": _celery("flask_celery"), "door": _gunicorn("flask_celery")}),
    Spec("F2", {"notices": _celery("django_celery"), "door": _gunicorn("django_celery")}, needs_postgres=True),
)


@dataclass
class Peer:
    """A peer, doing two writes for each tip, or the same work as Lianxi."""

    ground: Ground
    spec: Spec
    work: Work = field(default_factory=dict)
    needed: int = 1
    signals: int = 1
    _port: int = 0
    _run: str = ""

    @property
    def code(self) -> str:
        """Its letter, marked when it does the same work."""
        return f"{self.spec.code}=" if self.work else self.spec.code

    @property
    def name(self) -> str:
        """What its queues, collections and processes are called."""
        letters = self.code.lower().replace("+", "plus").replace("=", "same")
        return f"peer_{letters}"

    @property
    def database(self) -> str:
        """Its database: an empty one for each run, because the trial database takes minutes to drop one."""
        return self.name if self.spec.needs_postgres else f"{self.name}_{self._run}"

    @property
    def port(self) -> int:
        """Its door's."""
        return self._port

    def is_here(self) -> bool:
        """Say whether this machine can run it."""
        return not self.spec.needs_postgres or postgres.is_here()

    def start(self) -> None:
        """Start it on an empty database of its own."""
        self._port = self._port or self.ground.free_port()
        self._run = fresh()
        environment = self._environment()
        self._make_store(environment)
        recipes = [self._recipe(stage, command, environment) for stage, command in self.spec.processes.items()]
        self.ground.start(recipes)

    def stop(self) -> None:
        """Stop it."""
        self.ground.stop([f"{self.name}-{stage}" for stage in reversed(list(self.spec.processes))])

    def _environment(self) -> dict[str, str]:
        told = {
            "BENCH_AMQP_URL": self.ground.amqp_url,
            "BENCH_MONGO_URL": self.ground.mongo_url,
            "BENCH_DATABASE": self.database,
            "BENCH_PEER": self.name,
            "BENCH_PORT": str(self._port),
            "BENCH_WORK": json.dumps(self.work),
            "EVENTLET_NO_GREENDNS": "yes",
            "PYTHONUTF8": "1",
            "PYTHONWARNINGS": "ignore",
        }
        if self.spec.needs_postgres:
            told["BENCH_POSTGRES_PORT"] = str(self.ground.postgres_port())
        return plain_environment(os.environ) | told

    def _make_store(self, environment: Mapping[str, str]) -> None:
        if self.spec.needs_postgres:
            self._make_tables(environment)
            return
        with self.ground.mongo() as client:
            for stage, collections in self.work.items():
                for collection, (_, _, indexed) in collections.items():
                    for place in range(int(indexed)):
                        client[self.database][f"{stage}_{collection}"].create_index(f"key{place}")

    def _make_tables(self, environment: Mapping[str, str]) -> None:
        port = self.ground.postgres_port()
        with psycopg.connect(host="127.0.0.1", port=port, user=postgres.USER, dbname="postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone()
        if known is None:
            postgres.make_database(port, self.name)
        subprocess.run(list(_module("django_tables")), env=dict(environment), cwd=CHECKOUT, check=True)

    def _recipe(self, stage: str, command: Sequence[str], environment: Mapping[str, str]) -> Recipe:
        name = f"{self.name}-{stage}"
        return Recipe(
            name=name,
            command=[each.replace("{port}", str(self._port)) for each in command],
            environment=environment,
            folder=CHECKOUT,
            log=self.ground.town.places.log / f"{name}.log",
            is_ready=(lambda: ports.answers(self._port)) if stage == "door" else (lambda: True),
            start_seconds=60,
        )

    def make(self, number: int) -> bytes:
        """The same tip."""
        return load.request("/tips", payload.tip_json(number))

    def tip_of(self, answer: bytes) -> str:
        """The tip's id."""
        return str(json.loads(answer)["tip_id"])

    def _rows(self, columns: str) -> list[tuple[Any, ...]]:
        where = {"host": "127.0.0.1", "port": self.ground.postgres_port(), "user": postgres.USER, "dbname": self.name}
        query = "SELECT count(*)" if columns == "count" else "SELECT id, recorded_at"
        with psycopg.connect(**where) as connection:  # type: ignore[arg-type, unused-ignore]
            rows: list[tuple[Any, ...]] = connection.execute(f"{query} FROM bench_notification").fetchall()
        return rows

    def finished(self, since: datetime) -> int:
        """Count the notifications."""
        if self.spec.needs_postgres:
            return int(self._rows("count")[0][0])
        with self.ground.mongo() as client:
            try:
                return client[self.database].notifications.count_documents({})
            except PyMongoError:
                return 0

    def recorded(self, since: datetime) -> Recorded:
        """Read the notifications since a time."""
        begin = since.replace(tzinfo=UTC).timestamp()
        if self.spec.needs_postgres:
            rows = self._rows("rows")
        else:
            with self.ground.mongo() as client:
                rows = [(row["_id"], row["recorded_at"]) for row in client[self.database].notifications.find()]
        recent = [(tip, at) for tip, at in rows if at >= begin]
        return Recorded(Counter(tip for tip, _ in recent), dict(recent))

    def pids(self) -> dict[str, int]:
        """Its own processes."""
        return {stage: self.ground.pid(f"{self.name}-{stage}") for stage in self.spec.processes}
