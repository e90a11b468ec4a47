"""How the town's processes are, asked of each one directly: whoever looks sees it also while the bus is down.

Clause: none; criterion 24. What is kept is figures of the last hour in memory, for the pictures of one page; whoever
wants more has Prometheus. Nothing here knows an item or a person.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ssl import SSLContext
from typing import Final, Literal, Protocol

import httpx2

from gateway.keeping import Keeper
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken
from lianxi.runtime import metrics
from lianxi.runtime.health import Health

SELF: Final = "gateway"
KEPT: Final = 240
"""How many looks are kept of each process: an hour at the usual pace."""
ANSWER_SECONDS: Final = 2.0
OK: Final = 200
MEMORY: Final = "process_resident_memory_bytes"
CPU: Final = "process_cpu_seconds_total"
HANDLED: Final = "lianxi_events_handled_total"
READ: Final = (
    MEMORY,
    CPU,
    HANDLED,
    "lianxi_build_info",
    "lianxi_in_flight",
    "lianxi_outbox_pending",
    "lianxi_outbox_oldest_seconds",
    "lianxi_relay_holds_lease",
    "lianxi_parked_messages",
    "lianxi_broker_blocked",
    "lianxi_consumer_connected",
    "lianxi_spool_entries",
    "lianxi_audit_head_age_seconds",
    "lianxi_emergency_unacknowledged",
    "lianxi_outside_parked",
)
"""The only figures that are read; a process has thousands of lines."""
State = Literal["ready", "waiting", "away"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one process: whether it works, what it waits for, and its figures.

    Units: those that the figures name.
    """

    at: datetime
    state: State
    waits_for: Mapping[str, str]
    figures: Mapping[str, Mapping[metrics.Labels, float]]

    def total(self, name: str) -> float:
        """Add a figure up over all its labels; nothing when the process does not have it."""
        return sum(self.figures.get(name, {}).values())

    def by(self, name: str, label: str) -> dict[str, float]:
        """Add a figure up for each value of one label."""
        found: dict[str, float] = {}
        for labels, value in self.figures.get(name, {}).items():
            key = dict(labels).get(label, "")
            found[key] = found.get(key, 0.0) + value
        return found


class Ask(Protocol):
    """Fetches a page of a process; answers its status and text, or `None` when nobody answered."""

    def __call__(self, address: str) -> Awaitable[tuple[int, str] | None]:
        """Fetch."""


class Processes(Keeper):
    """Looks at every process again and again.

    Args:
        addresses: where each process answers `/readyz` and `/metrics`, by its name.
        every_seconds: the pause between two looks.
        own: the gateway's own figures.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        clock: Clock,
        *,
        every_seconds: float,
        ask: Ask | None = None,
        own: Callable[[], bytes] = metrics.exposition,
    ) -> None:
        self._addresses = addresses
        self.health = Health()
        """The gateway's own, which nobody has to ask for over a network."""
        self._clock = clock
        self.every_seconds = every_seconds
        self._ask = ask or ask_over_http
        self._own = own
        self._kept: dict[str, deque[Look]] = {name: deque(maxlen=KEPT) for name in (SELF, *addresses)}

    @property
    def looks(self) -> Mapping[str, tuple[Look, ...]]:
        """What was seen of each process, oldest first."""
        return {name: tuple(seen) for name, seen in self._kept.items()}

    async def _keep(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self.every_seconds)

    async def look(self) -> None:
        """Look at every process once, and keep what was seen."""
        for name, seen in (await self._look()).items():
            self._kept[name].append(seen)

    async def fresh(self) -> Mapping[str, tuple[Look, ...]]:
        """Look now, for whoever asks how things are now; what is kept stays evenly spaced."""
        return {name: (*self._kept[name], seen) for name, seen in (await self._look()).items()}

    async def _look(self) -> dict[str, Look]:
        asking = (self._look_at(address) for address in self._addresses.values())
        seen = dict(zip(self._addresses, await asyncio.gather(*asking), strict=True))
        return {SELF: self._look_at_myself(), **seen}

    async def _look_at(self, address: str) -> Look:
        ready, told = await asyncio.gather(self._ask(f"{address}/readyz"), self._ask(f"{address}/metrics"))
        now = self._clock.now()
        if ready is None:
            return Look(at=now, state="away", waits_for={}, figures={})
        figures = metrics.read(told[1], READ) if told is not None and told[0] == OK else {}
        state: State = "ready" if ready[0] == OK else "waiting"
        return Look(at=now, state=state, waits_for=_reasons(ready[1]), figures=figures)

    def _look_at_myself(self) -> Look:
        reasons = self.health.readiness()
        state: State = "waiting" if reasons else "ready"
        figures = metrics.read(self._own().decode(), READ)
        return Look(at=self._clock.now(), state=state, waits_for=reasons, figures=figures)


async def ask_over_http(address: str) -> tuple[int, str] | None:
    """Fetch one page of a process of our own town; a process that does not answer in two seconds is away."""
    try:
        async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False, verify=_trusted()) as client:
            answer = await client.get(address)
    except httpx2.HTTPError:
        return None
    return answer.status_code, answer.text


@cache
def _trusted() -> SSLContext:
    """Read whom to trust once: reading it for each question held every request up for half a second at each look."""
    return httpx2.create_ssl_context(trust_env=False)


def read_addresses(written: str) -> dict[str, str]:
    """Read `name=address,…` as the environment has it.

    Raises:
        Broken: settings.processes_unreadable.
    """
    found = {}
    for each in filter(None, (part.strip() for part in written.split(","))):
        name, is_there, address = each.partition("=")
        if not (is_there and name and address.startswith(("http://", "https://"))):
            raise Broken("settings.processes_unreadable", part=each)
        found[name] = address.rstrip("/")
    return found


def _reasons(text: str) -> dict[str, str]:
    try:
        told = json.loads(text).get("reasons", {})
    except (ValueError, AttributeError):
        return {}
    return {str(name): str(reason) for name, reason in told.items()} if isinstance(told, dict) else {}
