"""Group commit: what waits while one write is under way goes together into the next; nobody waits for a timer.

An idle gateway writes at once. Under load a batch is whatever came in meanwhile, and each caller gets its own answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from lianxi.kernel.errors import LianxiError

Q = TypeVar("Q")
A = TypeVar("A")
LARGEST: Final = 200


class Gathering(Generic[Q, A]):
    """Gathers items for a write of many.

    Args:
        write: writes items in one go and answers each in its place; what it raises is raised to every caller of it.
    """

    def __init__(self, write: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._write = write
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def put(self, item: Q) -> A:
        """Have an item written, and wait for its answer."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await answer

    async def _write_all(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
            try:
                answers = await self._write([item for item, _ in batch])
            except LianxiError as error:
                for _, future in batch:
                    if not future.done():  # a caller that has gone away waits no more
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(batch, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)
