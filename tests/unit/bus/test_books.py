"""What a relay knows to be on its way: left out by looks, joined with what comes behind it, kept until written down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lianxi.bus import books as books_module
from lianxi.bus.books import Books
from lianxi.bus.outboxes import Pending, Sent

ENTRY = {"lane": "normal"}


class Written(Books):
    """Books that write into a list, or fail."""

    def __init__(self) -> None:
        super().__init__("tips", None, None)  # type: ignore[arg-type]
        self.batches: list[Sequence[Sent]] = []
        self.fails = False
        self.begun, self.let = asyncio.Event(), asyncio.Event()
        self.let.set()

    async def _write(self, sent: Sequence[Sent]) -> None:
        self.begun.set()
        await self.let.wait()
        if self.fails:
            raise ConnectionError
        self.batches.append(sent)


def waiting(version: int, *events: str, lines: Sequence[dict[str, Any]] = ()) -> Pending:
    return Pending("tips", "t1", version, 1, [{"id": each, **ENTRY} for each in events], lines)


def sent(pending: Pending, *, failed: bool = False, upto: int | None = None) -> Sent:
    return Sent(pending, list(pending.entries[:upto]), [], failed)


def ids(found: list[Pending]) -> list[list[str]]:
    return [[entry["id"] for entry in each.entries] for each in found]


def test_what_is_on_its_way_is_left_out_and_what_is_new_is_not() -> None:
    books = Written()
    books.note([sent(waiting(1, "a"))])
    assert books.unsent([waiting(1, "a")], {}) == []
    assert ids(books.unsent([waiting(2, "a", "b")], {})) == [["b"]]
    only_a_line = waiting(2, "a", lines=[{"entry_id": "x"}])
    (left,) = books.unsent([only_a_line], {})
    assert (left.entries, left.audit) == ([], only_a_line.audit), "a change without an event still has its line"


def test_what_the_broker_did_not_take_is_sent_again() -> None:
    books = Written()
    books.note([sent(waiting(1, "a", "b"), failed=True, upto=1)])
    assert ids(books.unsent([waiting(1, "a", "b")], {})) == [["b"]]
    books = Written()
    books.note([sent(waiting(1, "a"), failed=True, upto=0)])
    assert ids(books.unsent([waiting(1, "a")], {})) == [["a"]]


def test_what_was_written_down_during_a_look_is_known_to_it() -> None:
    async def look() -> None:
        books = Written()
        books.note([sent(waiting(1, "a"))])
        before = books.known()
        await books.keep()
        assert books.unsent([waiting(1, "a")], before) == []
        assert ids(books.unsent([waiting(1, "a")], books.known())) == [["a"]], "found later it waits really"

    asyncio.run(look())


def test_two_sendings_of_one_aggregate_are_written_down_as_one() -> None:
    async def send() -> None:
        books = Written()
        books.note([sent(waiting(1, "a")), sent(waiting(2, "b"))])
        await books.keep()
        ((one,),) = books.batches
        assert [entry["id"] for entry in one.entries] == ["a", "b"]
        assert one.pending.version == 2

    asyncio.run(send())


def test_what_could_not_be_written_down_waits_with_what_came_meanwhile() -> None:
    async def fail() -> None:
        books = Written()
        books.fails = True
        books.let.clear()
        books.note([sent(waiting(1, "a"))])
        keeping = asyncio.create_task(books.keep())
        await books.begun.wait()
        books.note([sent(waiting(2, "b"))])
        assert ids(books.unsent([waiting(3, "a", "b", "c")], {})) == [["c"]], "both are known while one is in hand"
        books.let.set()
        with pytest.raises(ConnectionError):
            await keeping
        books.fails = False
        await books.keep()
        ((one,),) = books.batches
        assert [entry["id"] for entry in one.entries] == ["a", "b"]

    asyncio.run(fail())


def test_many_are_written_down_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books_module, "MOST", 1)
    books = Written()
    assert not books.is_full
    books.note([sent(waiting(1, "a"))])
    assert books.is_full


def test_what_has_waited_for_long_enough_is_written_down_and_what_is_young_waits_on() -> None:
    async def wait() -> None:
        books, now = Written(), [100.0]
        books._now = lambda: now[0]
        books.note([sent(waiting(1, "a"))])
        now[0] += books_module.AGE_SECONDS
        books.note([sent(replace(waiting(1, "b"), aggregate_id="t2"))])
        now[0] += books_module.TOGETHER_SECONDS
        await books.keep_when_due()
        ((one,),) = books.batches
        assert one.pending.aggregate_id == "t1"
        assert [key for _, key in books.known()] == ["t2"]
        now[0] += books_module.AGE_SECONDS
        await books.keep_when_due()
        assert not books.known()

    asyncio.run(wait())
