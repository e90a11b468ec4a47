"""Group commit: alone at once, together under load, each with its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.gathering import LARGEST, Gathering
from lianxi.kernel.errors import StoreDown


class Writer:
    """Notes every batch, and is slow enough for the next one to gather."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.is_away = False

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        await asyncio.to_thread(len, self.batches)
        if self.is_away:
            raise StoreDown("store.down")
        return [item * 2 for item in items]


def test_one_alone_is_written_at_once() -> None:
    writer = Writer()

    assert asyncio.run(Gathering(writer).put(1)) == 2
    assert writer.batches == [[1]]


def test_what_waits_is_written_together_and_each_gets_its_own_answer() -> None:
    writer = Writer()

    async def many() -> list[int]:
        gathering: Gathering[int, int] = Gathering(writer)
        return await asyncio.gather(*(gathering.put(number) for number in range(3 * LARGEST)))

    assert asyncio.run(many()) == [number * 2 for number in range(3 * LARGEST)]
    assert [len(each) for each in writer.batches] == [LARGEST] * 3


def test_a_failed_write_fails_its_own_batch_and_the_next_is_tried() -> None:
    writer = Writer()

    async def twice() -> int:
        gathering: Gathering[int, int] = Gathering(writer)
        writer.is_away = True
        found = await asyncio.gather(gathering.put(1), gathering.put(2), return_exceptions=True)
        assert all(isinstance(each, StoreDown) for each in found)
        writer.is_away = False
        return await gathering.put(3)

    assert asyncio.run(twice()) == 6


def test_a_caller_that_goes_away_takes_nobody_along() -> None:
    writer = Writer()

    async def left() -> int:
        gathering: Gathering[int, int] = Gathering(writer)
        first, second = asyncio.create_task(gathering.put(1)), asyncio.create_task(gathering.put(2))
        await asyncio.wait([first], timeout=0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    assert asyncio.run(left()) == 4
