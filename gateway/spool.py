"""Where public tips wait, sealed, while the broker is away: one file each, on the disk before anybody is told so.

Clause: none; DESIGN 6 and 12.2. A process that is killed at any point leaves whole files or none; what was answered
with a receipt code is forwarded after the next start. Rescue first, then in the order of coming in.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from typing import Any, Final

from gateway.bus import Bus
from gateway.settings import GatewaySettings
from lianxi.contracts import codec
from lianxi.contracts.envelope import LANES, Cause, Command, Lane
from lianxi.contracts.registry import COMMANDS
from lianxi.kernel.errors import BrokerDown, ContractBroken, Unavailable
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log

log = get_log()
ENDING: Final = ".command"
UNREADABLE: Final = ".unreadable"
HALF: Final = ".half"
LOOK_SECONDS: Final = 0.5


class SpoolFull(Unavailable):
    """Nothing more can be kept."""

    retry_after_seconds = 60


class Spool:
    """The folder, and the task that empties it into the bus."""

    def __init__(self, settings: GatewaySettings, bus: Bus) -> None:
        self._folder = settings.gateway_spool_dir
        self._most = settings.gateway_spool_entries
        self._most_bytes = settings.gateway_spool_bytes
        self._bus = bus
        self._sizes: dict[str, int] = {}
        self._being_written = 0
        self._next = 0
        self._arrived = asyncio.Event()
        self._forwarding: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._sizes)

    async def open(self) -> None:
        """Look at what an earlier process left, and start forwarding."""
        await asyncio.to_thread(self._look)
        self._tell()
        self._forwarding = asyncio.create_task(self._forward())

    async def close(self) -> None:
        """Stop forwarding; what waits stays on the disk."""
        if self._forwarding is not None:
            self._forwarding.cancel()
            with suppress(asyncio.CancelledError):
                await self._forwarding

    async def keep(self, service: str, lane: Lane, command: Command, cause: Cause) -> None:
        """Put a command on the disk; returns when it would survive a power cut.

        Raises:
            SpoolFull: spool.full.
            Unavailable: spool.unwritable.
        """
        content = codec.to_bytes(
            {
                "service": service,
                "lane": lane,
                "key": command.KEY,
                "command": codec.as_plain(command),
                "cause": codec.as_plain(cause),
            }
        )
        held = sum(self._sizes.values()) + self._being_written
        if len(self._sizes) >= self._most or held + len(content) > self._most_bytes:
            raise SpoolFull("spool.full")
        name = f"{LANES.index(lane)}-{self._next:012d}{ENDING}"
        self._next += 1
        self._being_written += len(content)
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            log.warning("spool_unwritable", reason=error.strerror)
            raise Unavailable("spool.unwritable") from None
        finally:
            self._being_written -= len(content)
        self._sizes[name] = len(content)
        self._tell()
        self._arrived.set()

    def _look(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for half in self._folder.glob(f"*{HALF}"):
                half.unlink()  # nobody was ever told that it is kept
            self._sizes = {file.name: file.stat().st_size for file in self._folder.glob(f"*{ENDING}")}
        except OSError as error:
            log.warning("spool_unreadable", reason=error.strerror)
        self._next = 1 + max((int(name.split("-")[1].removesuffix(ENDING)) for name in self._sizes), default=-1)

    def _write(self, name: str, content: bytes) -> None:
        half = self._folder / f"{name}{HALF}"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.rename(self._folder / name)
        self._settle_folder()

    def _remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        self._settle_folder()

    def _settle_folder(self) -> None:
        # The name of a file lies in its folder, and is as easily lost in a power cut as its content.
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def _forward(self) -> None:
        while True:
            if not self._sizes:
                self._arrived.clear()
                await self._arrived.wait()
            if not await self._forward_one(min(self._sizes)):
                await asyncio.sleep(LOOK_SECONDS)

    async def _forward_one(self, name: str) -> bool:
        if not self._bus.is_connected:
            return False
        try:
            service, lane, command, cause = _read(await asyncio.to_thread((self._folder / name).read_bytes))
            await self._bus.hand_in(service, lane, command, cause)
            await asyncio.to_thread(self._remove, name)
        except BrokerDown:
            return False
        except FileNotFoundError:
            log.info("spool_entry_gone", file=name)  # another process of ours has sent it
        except (ContractBroken, OSError) as error:
            await self._set_aside(name, type(error).__name__)
        self._sizes.pop(name, None)
        self._tell()
        return True

    async def _set_aside(self, name: str, reason: str) -> None:
        log.error("spool_entry_unreadable", file=name, reason=reason)
        with suppress(OSError):
            file = self._folder / name
            await asyncio.to_thread(file.rename, file.with_suffix(UNREADABLE))

    def _tell(self) -> None:
        metrics.spool_entries.set(len(self._sizes))


def _read(content: bytes) -> tuple[str, Lane, Command, Cause]:
    try:
        plain: dict[str, Any] = json.loads(content)
        contract = COMMANDS[plain["key"]]
        command = codec.as_contract(contract, plain["command"])
        return plain["service"], plain["lane"], command, codec.as_contract(Cause, plain["cause"])
    except (ValueError, KeyError, TypeError):
        raise ContractBroken("spool.unreadable") from None
