"""The thread that reads files of registers: one, with an end to what waits, so that ten thousand lines hold nobody up.

Clause: none; criterion 15.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gateway.register_rows import RegisterFile, Villages, read_register
from gateway.settings import GatewaySettings
from gateway.sheets import Limits, read_lines
from lianxi.kernel.errors import TooBusy

T = TypeVar("T")


class Files:
    """The thread that reads files, and how many may wait for it."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._limits = Limits(settings.gateway_import_rows, settings.gateway_import_unpacked_bytes)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="registers")
        self._room = 1 + settings.gateway_imports_waiting
        self._inside = 0

    async def open(self) -> None:
        """Nothing is opened before a file comes."""

    async def close(self) -> None:
        """Let the thread go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def read(self, raw: bytes, profile: Mapping[str, str] | None, villages: Villages) -> RegisterFile:
        """Read a file as a register of rentals.

        Raises:
            TooBusy: imports.busy.
            Unusable: sheet.empty, sheet.unreadable, sheet.encoding, sheet.macros, sheet.old_format,
                import.columns_missing.
            TooLong: sheet.too_many_rows, sheet.too_many_columns, sheet.unpacks_too_large.
        """
        return await self.in_turn(lambda: read_register(read_lines(raw, self._limits), profile, villages))

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Do something in the thread.

        Raises:
            TooBusy: imports.busy.
        """
        if self._inside >= self._room:
            raise TooBusy("imports.busy")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1
