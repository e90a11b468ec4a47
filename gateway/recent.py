"""The ids that were accepted a moment ago: whoever asks for one waits briefly instead of getting a 404."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from lianxi.kernel.errors import NotFound

R = TypeVar("R")
MOST: Final = 50_000
KEPT_SECONDS: Final = 60.0
STEPS_SECONDS: Final = (0.02, 0.05, 0.1, 0.2)


class Recent:
    """Accepted ids of the last minute, in memory."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._accepted: OrderedDict[str, float] = OrderedDict()

    def accepted(self, item_id: str) -> None:
        """Remember an id."""
        self._accepted[item_id] = time.monotonic()
        while len(self._accepted) > MOST or self._is_old(next(iter(self._accepted.values()))):
            self._accepted.popitem(last=False)

    def forget(self, item_id: str) -> None:
        """Let go of an id that is known no more, so that nobody waits for it."""
        self._accepted.pop(item_id, None)

    async def patiently(self, item_id: str, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask, and ask again for a short while when a desk does not know an id that was only just accepted."""
        ends = time.monotonic() + self._patience
        tries = 0
        while True:
            try:
                return await ask()
            except NotFound:
                if item_id not in self._accepted or time.monotonic() >= ends:
                    raise
            await asyncio.sleep(STEPS_SECONDS[min(tries, len(STEPS_SECONDS) - 1)])
            tries += 1

    def _is_old(self, accepted_at: float) -> bool:
        return time.monotonic() - accepted_at > KEPT_SECONDS
