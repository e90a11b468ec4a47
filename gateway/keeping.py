"""What a gateway does again and again beside its requests, from its opening to its closing."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress


class Keeper(ABC):
    """The root of such work; a subclass says in `_keep` what is done, in a loop of its own."""

    _keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin."""
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping

    @abstractmethod
    async def _keep(self) -> None:
        """Do it, again and again."""
