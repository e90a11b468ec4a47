"""The ground all contenders run on: one broker and one database, those of a whole town, and the town's own processes.

The town's desks, relay and gateway are stopped while a peer runs, so that nothing but the contender is measured.
"""

from __future__ import annotations

import io
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx2
from pymongo import MongoClient

from bench import postgres
from deploy.local import assembly, processes
from deploy.local.children import Recipe
from deploy.local.places import Places
from deploy.local.ports import PortBook
from deploy.local.progress import Progress
from gateway.settings import GatewaySettings

ADMINISTRATOR: Final = "bench"
OURS: Final = (processes.GATEWAY, *processes.DESKS, processes.RELAY)
# Limits on one client are settings; here one client plays all agencies.
OPEN_GATES: Final = {
    "LIANXI_GATEWAY_CLIENT_REQUESTS_PER_MINUTE": "100000000",
    "LIANXI_GATEWAY_PUBLIC_REQUESTS_PER_MINUTE": "100000000",
    "LIANXI_GATEWAY_TOKEN_REQUESTS_PER_MINUTE": "100000000",
    # The step about overload closes this one again.
    "LIANXI_GATEWAY_TIPS_ALWAYS": "100000000",
    # A token outlives the run.
    "LIANXI_GATEWAY_TOKEN_SECONDS": "7200",
}


def fresh() -> str:
    """Make a name that was not used yet."""
    return secrets.token_hex(4)


class Ground:
    """A running town, whose own processes may be stopped, and whatever peers need beside."""

    def __init__(self, town: assembly.Town, book: PortBook, started_in: float = 0.0) -> None:
        self.town = town
        self.started_in = started_in
        self._book = book
        self._supervisor = town.supervisor
        self._postgres_port: int | None = None

    @property
    def mongo_url(self) -> str:
        """Where the database is."""
        return self.town.mongo_url

    @property
    def amqp_url(self) -> str:
        """Where the broker is, for a user who may do everything."""
        return self.town.amqp_urls[ADMINISTRATOR]

    @property
    def gateway_port(self) -> int:
        """Where the gateway listens."""
        assert self.town.ports is not None
        return self.town.ports.gateway

    def mongo(self) -> MongoClient[dict[str, Any]]:
        """Open the database."""
        return MongoClient(self.mongo_url, tz_aware=True)

    def pid(self, name: str) -> int:
        """Name the process of a part."""
        return self._supervisor.children[name].pid

    def is_up(self, name: str) -> bool:
        """Say whether a part runs."""
        return name in self._supervisor.children and self._supervisor.children[name].is_alive()

    def free_port(self) -> int:
        """Promise a port that is free."""
        return self._book.take(18_400)

    def start_town(self) -> None:
        """Start what is down of the town's own processes, side by side."""
        down = [name for name in reversed(OURS) if not self.is_up(name)]
        spawned = [self._supervisor.spawn(self._supervisor.children[name].recipe) for name in down]
        self._supervisor.await_ready(spawned)

    def stop_town(self) -> None:
        """Stop the town's own processes; broker and database stay."""
        for name in OURS:
            if self.is_up(name):
                self._supervisor.take_down(name)

    def start(self, recipes: Sequence[Recipe]) -> None:
        """Start processes of a peer, side by side, and wait until they are ready."""
        self._supervisor.start(list(recipes))

    def stop(self, names: Sequence[str]) -> None:
        """Stop processes of a peer."""
        for name in names:
            if self.is_up(name):
                self._supervisor.take_down(name)

    def kill_and_restart(self, name: str) -> float:
        """Kill a part of the town as a crash would, start it again, and tell how long it took to be ready.

        Units: seconds.
        """
        self._supervisor.shoot(name)
        began = time.monotonic()
        self._supervisor.bring_up(name)
        return time.monotonic() - began

    @contextmanager
    def as_shipped(self) -> Iterator[None]:
        """Let the gateway put tips off as it does in a town for as long as the block runs."""
        child = self._supervisor.children[processes.GATEWAY]
        open_to_all = child.recipe
        shipped = {"LIANXI_GATEWAY_TIPS_ALWAYS": str(GatewaySettings.model_fields["gateway_tips_always"].default)}
        child.recipe = replace(open_to_all, environment={**open_to_all.environment, **shipped})
        try:
            self.kill_and_restart(processes.GATEWAY)
            yield
        finally:
            child.recipe = open_to_all
            self.kill_and_restart(processes.GATEWAY)

    def postgres_port(self) -> int:
        """Start PostgreSQL unless it runs; answer its port."""
        if self._postgres_port is None:
            self._postgres_port = self.free_port()
            folder = self.town.places.root / "postgres"
            self._supervisor.start([postgres.recipe(folder, self._postgres_port)])
        return self._postgres_port

    def token(self, client_id: str) -> str:
        """Sign an agency in."""
        rows = json.loads(self.town.places.credentials_file.read_text(encoding="utf-8"))["clients"]
        secret = next(row["client_secret"] for row in rows if row["client_id"] == client_id)
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        answer = httpx2.post(f"{self.town.gateway_url}/oauth/token", data=form, timeout=20, trust_env=False)
        return str(answer.raise_for_status().json()["access_token"])


@contextmanager
def standing(extra: Mapping[str, str] | None = None) -> Iterator[Ground]:
    """A ground for as long as the block runs; its folder is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lianxi-bench-"))
    folder.chmod(0o755)  # PostgreSQL's keeper passes through
    book = PortBook(offset=1_000 + secrets.randbelow(80) * 50)
    options = assembly.Options(
        environment={},
        extra=dict(extra or {}),
        extra_for={processes.GATEWAY: OPEN_GATES},
        administrator=ADMINISTRATOR,
    )
    quiet = Progress(stream=io.StringIO(), environment={"LANG": "C"})
    town = assembly.Town(Places(folder), book, quiet, options)
    try:
        began = time.monotonic()
        town.start()
        yield Ground(town, book, time.monotonic() - began)
    finally:
        town.stop()
        shutil.rmtree(folder, ignore_errors=True)
