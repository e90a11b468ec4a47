"""``python -m lianxi.bus.relay``: carries committed events to the broker, and what became of them back.

One process for the whole town; it serves each desk's database as that desk's own broker user. Per desk it

* sends pending events, rescue lane first, in order per aggregate, with publisher confirms in a window; writes each
  event's rows in the delivery ledger; only then takes it out of the outbox;
* notes what consumers report as settled or parked;
* drains the parked queue into the database, where operators see it.

It wakes when a desk rings and looks by itself as the truth. A lease keeps two relays from doubling the traffic.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from lianxi import __version__
from lianxi.bus import topology, wire
from lianxi.bus.desk_relay import DeskRelay
from lianxi.bus.heads import Heads, keep_books
from lianxi.bus.link import Letter, Link
from lianxi.bus.porch import serve_health
from lianxi.contracts.registry import SERVICES
from lianxi.kernel.errors import LianxiError
from lianxi.kernel.ids import random_id
from lianxi.runtime import metrics
from lianxi.runtime.health import Health
from lianxi.runtime.logs import get_log, set_up_logs
from lianxi.runtime.settings import Settings, read_key, read_settings
from lianxi.store.chain import Chain
from lianxi.store.connect import TIMEOUTS
from lianxi.store.parked import DELIVERIES, PARKED, SETTLEMENTS

log = get_log()
GATEWAY = "gateway"


class RelaySettings(Settings):
    """What the relay reads beside what every process reads."""

    relay_amqp_urls: str = ""
    relay_poll_seconds: float = 0.25
    relay_audit_key_file: Path | None = None
    relay_audit_heads_file: Path | None = None

    def relay_audit_key(self) -> str | None:
        """Read the key that signs the heads of the audit; without one they are not signed, and the relay says so."""
        return None if self.relay_audit_key_file is None else read_key(self.relay_audit_key_file)

    def url_of(self, service: str) -> str:
        """Say as whom to connect for a desk: its own user where one is given, else the one user for all."""
        given = dict(each.split("=", 1) for each in self.relay_amqp_urls.split(",") if each)
        return given.get(service, self.amqp_url.get_secret_value())


class Relay:
    """All desks' relays in one process."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            settings.mongo_url.get_secret_value(), tz_aware=True, **TIMEOUTS
        )
        clock, holder = settings.clock(), random_id("relay")
        self._desks = [
            DeskRelay(
                service,
                Link(settings.url_of(service), f"lianxi relay {service}"),
                self._client[settings.database(service)],
                clock,
                holder,
                settings.relay_poll_seconds,
            )
            for service in SERVICES
        ]
        self._gateway = Chain(GATEWAY, self._client[settings.database(GATEWAY)], clock)
        self._chains = (*(desk.chain for desk in self._desks), self._gateway)
        self._heads = Heads(self._chains, settings.relay_audit_key(), settings.relay_audit_heads_file, clock)
        self._bell = Link(settings.url_of(SERVICES[0]), "lianxi relay bell")
        self._health = Health(ready_checks={"broker": self._check_broker, "store": self._check_store})

    async def run(self) -> None:
        """Relay until SIGTERM or SIGINT; then send what is pending and give the leases back."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = await serve_health(self._settings.metrics_host, self._settings.metrics_port, self._health)
        await self._make_indexes_when_there(stop)
        tasks = [asyncio.create_task(desk.run(), name=desk.service) for desk in self._desks]
        tasks.append(asyncio.create_task(keep_books(self._gateway, self._heads), name="audit"))
        tasks.append(asyncio.create_task(self._bell.stay(self._listen_to_bell), name="bell"))
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        # Broker and database may be ending too: what cannot be finished in time lies in the outboxes and waits there.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_seconds / 2):
                await asyncio.gather(*(desk.finish() for desk in self._desks))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_seconds / 2):
                await self._close(tasks)
        server.close()
        for each in done - {stopping}:
            each.result()

    async def _close(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for desk in self._desks:
            await desk.release()
            await desk.link.close()
        await self._bell.close()
        await self._client.close()

    async def _make_indexes_when_there(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                for chain in self._chains:
                    await chain.open()
                for service in SERVICES:
                    database = self._client[self._settings.database(service)]
                    await database[DELIVERIES].create_index([("subject", 1)])
                    await database[DELIVERIES].create_index([("created_at", 1)])
                    await database[SETTLEMENTS].create_index([("events", 1)])
                    await database[SETTLEMENTS].create_index([("parked_at", 1)], sparse=True)
                    await database[PARKED].create_index([("state", 1)])
                return
            except PyMongoError as error:
                log.warning("store_away", reason=type(error).__name__)
                await asyncio.sleep(1)

    async def _listen_to_bell(self) -> None:
        desks = {desk.service: desk for desk in self._desks}

        def rung(letter: Letter) -> None:
            desk = desks.get(letter.routing_key)
            if desk is not None:
                desk.wake(wire.ring_from_bytes(letter.body))

        queue = await self._bell.own_queue("lx.wake-", topology.WAKE_EXCHANGE, "")
        await self._bell.consume(queue, rung, no_ack=True)
        for desk in self._desks:
            desk.wake()

    def _check_broker(self) -> str | None:
        away = [desk.service for desk in self._desks if not desk.link.is_open]
        return f"not connected for {', '.join(away)}" if away else None

    def _check_store(self) -> str | None:
        away = [desk.service for desk in self._desks if not desk.store_reached]
        return f"the database does not answer for {', '.join(away)}" if away else None


def main() -> None:
    """Relay until told to stop."""
    try:
        settings = read_settings(RelaySettings)
    except LianxiError as error:
        raise SystemExit(str(error)) from None
    set_up_logs("relay", level=settings.log_level, log_format=settings.log_format)
    metrics.build_info.labels(__version__, settings.programme, "relay").set(1)
    asyncio.run(Relay(settings).run())


if __name__ == "__main__":
    main()
