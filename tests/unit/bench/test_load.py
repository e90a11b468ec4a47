"""The load generator against a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import cast

from bench import load
from bench.load import Generator, Sent


def served(answer: Callable[[int], bytes], ask: Callable[[Generator], Awaitable[Sent]]) -> Sent:
    """Serve answers by number of the request, each in two pieces, and send to it."""
    count = 0
    serving: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        serving.append(cast("asyncio.Task[None]", asyncio.current_task()))
        while head := await reader.read(4096):
            count += head.count(b"POST ")
            whole = answer(count)
            writer.write(whole[:20])
            await writer.drain()
            writer.write(whole[20:])
        writer.close()
        await writer.wait_closed()

    async def go() -> Sent:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            sent = await ask(Generator("127.0.0.1", port, lambda _: load.request("/tips", b"{}", {"N": "1"})))
            await asyncio.gather(*serving)
            return sent

    return asyncio.run(go())


def created(_number: int) -> bytes:
    return b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\ncontent-length: 12\r\n\r\n{"tip": "x"}'


def test_a_closed_run_answers_every_number_once() -> None:
    sent = served(created, lambda generator: generator.closed(range(10, 60), 4))

    assert sorted(each.number for each in sent.answers) == list(range(10, 60))
    assert {(each.status, each.body) for each in sent.answers} == {(201, b'{"tip": "x"}')}
    assert sent.seconds > 0


def test_an_open_run_counts_latency_from_when_a_request_was_due() -> None:
    sent = served(created, lambda generator: generator.open(range(20), 1_000.0, connections=2))

    assert sorted(each.number for each in sent.answers) == list(range(20))
    dues = [each.due_at for each in sorted(sent.answers, key=lambda each: each.number)]
    assert all(0.0009 < later - earlier < 0.0011 for earlier, later in pairwise(dues))
    assert all(each.latency > 0 for each in sent.answers)


def test_answers_are_picked_by_status() -> None:
    def busy(number: int) -> bytes:
        return created(number) if number % 2 else b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"

    sent = served(busy, lambda generator: generator.closed(range(10), 1))

    assert len(sent.of(201)) == 5
    assert len(sent.of(429)) == 5
