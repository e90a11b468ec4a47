"""Who asked what: a row per request of a known client, written in batches beside the answer, lost by no clean stop.

Rows hold no body, no address and no item. Of the public only the route and the hour are kept, and no correlation id.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from gateway.ledger import Ledger, RequestRow
from lianxi.kernel.errors import StoreDown
from lianxi.runtime.logs import get_log

log = get_log()
LARGEST_BATCH: Final = 500
MOST_WAITING: Final = 50_000


class RequestAudit:
    """Collects rows and writes them; while the database is away it holds on to the latest fifty thousand."""

    def __init__(self, ledger: Ledger, *, flush_seconds: float) -> None:
        self._ledger = ledger
        self._every = flush_seconds
        self._waiting: deque[RequestRow] = deque()
        self._dropped = 0
        self._stopping = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    def note(self, row: RequestRow) -> None:
        """Take a row; never waits."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append(row)

    async def open(self) -> None:
        """Start writing."""
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Write what is left."""
        self._stopping.set()  # not cancelled: a write that is under way would be done twice
        if self._keeping is not None:
            await self._keeping
        try:
            await self.flush()
        except StoreDown:
            log.warning("request_audit_lost", rows=len(self._waiting))

    async def flush(self) -> None:
        """Write everything that waits.

        Raises:
            StoreDown: the rows are kept for the next time.
        """
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(LARGEST_BATCH, len(self._waiting)))]
            await self._ledger.add_requests(batch)
            # Taken off only now: a write that failed leaves its rows where they were.
            for _ in batch:
                self._waiting.popleft()

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._stopping.wait()
            try:
                await self.flush()
            except StoreDown as error:
                log.warning("request_audit_waits", rows=len(self._waiting), dropped=self._dropped, reason=str(error))
