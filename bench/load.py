"""The load generator: plain HTTP/1.1 over kept-alive connections, written on asyncio's protocols to cost little itself.

Closed: each of some connections sends its next request when the last was answered. Open: requests are due at fixed
times whatever was answered, and their latency counts from the time they were due, not from when they could be sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"
PATIENCE_SECONDS: Final = 60.0

Maker = Callable[[int], bytes]


@dataclass(slots=True)
class Answered:
    """One request's answer.

    Units: seconds on the monotonic clock.
    """

    number: int
    due_at: float
    done_at: float
    status: int
    body: bytes

    @property
    def latency(self) -> float:
        """From when it was due to when the whole answer was there.

        Units: seconds.
        """
        return self.done_at - self.due_at


@dataclass(slots=True)
class Sent:
    """All answers of one run.

    Units: seconds on the monotonic clock.
    """

    began_at: float = 0.0
    ended_at: float = 0.0
    own_cpu: float = 0.0
    answers: list[Answered] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long sending took."""
        return self.ended_at - self.began_at

    def of(self, *statuses: int) -> list[Answered]:
        """Pick the answers with one of some statuses."""
        return [each for each in self.answers if each.status in statuses]


def request(path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """Write a POST of JSON."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bench",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + HEAD_END + body


class Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request under way."""

    def __init__(self, on_answer: Callable[[Connection, int, bytes], None]) -> None:
        self._on_answer = on_answer
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self.number = -1
        self.due_at = 0.0
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the other side has closed; whoever waits is told status 0."""
        self.is_open = False
        if self.number >= 0:
            self._on_answer(self, 0, b"")

    def send(self, number: int, due_at: float, data: bytes) -> None:
        """Send a request."""
        assert self._transport is not None
        self.number, self.due_at = number, due_at
        self._transport.write(data)

    def close(self) -> None:
        """End the connection."""
        self.number = -1
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Gather an answer until it is whole."""
        self._received += data
        head_end = self._received.find(HEAD_END)
        if head_end < 0:
            return
        head = bytes(self._received[:head_end]).lower()
        place = head.find(LENGTH)
        if place < 0:
            raise ValueError("an answer does not say how long it is")
        length = int(head[place + len(LENGTH) :].split(b"\r\n", 1)[0])
        end = head_end + len(HEAD_END) + length
        if len(self._received) < end:
            return
        body = bytes(self._received[head_end + len(HEAD_END) : end])
        self._received.clear()
        self._on_answer(self, int(head[9:12]), body)


class Generator:
    """Sends requests to one address and keeps every answer."""

    def __init__(self, host: str, port: int, make: Maker) -> None:
        self._host = host
        self._port = port
        self._make = make
        self._sent = Sent()
        self._idle: list[Connection] = []
        self._waiting: list[tuple[int, float]] = []
        self._numbers: Iterator[int] = iter(())
        self._expected = 0
        self._finished = asyncio.Event()

    async def closed(self, numbers: range, connections: int) -> Sent:
        """Send all of these, so many at a time."""
        self._numbers, self._expected = iter(numbers), len(numbers)
        opened = [await self._connect() for _ in range(min(connections, len(numbers)))]

        def begin() -> None:
            for each in opened:
                self._next(each)

        return await self._run(opened, begin)

    async def open(self, numbers: range, per_second: float, connections: int = 64) -> Sent:
        """Send all of these, each when it is due."""
        self._expected = len(numbers)
        opened = [await self._connect() for _ in range(connections)]
        self._idle = list(opened)
        loop = asyncio.get_running_loop()

        def begin() -> None:
            at, moment = loop.time(), time.monotonic()
            for place, number in enumerate(numbers):
                loop.call_at(at + place / per_second, self._due, number, moment + place / per_second)

        return await self._run(opened, begin)

    async def _run(self, opened: list[Connection], begin: Callable[[], object]) -> Sent:
        cpu = time.process_time()
        self._sent.began_at = time.monotonic()
        begin()
        last = -1
        while not self._finished.is_set():
            try:
                await asyncio.wait_for(self._finished.wait(), PATIENCE_SECONDS)
            except TimeoutError:
                if len(self._sent.answers) == last:
                    break
                last = len(self._sent.answers)
        self._sent.ended_at = time.monotonic()
        self._sent.own_cpu = time.process_time() - cpu
        for each in opened:
            each.close()
        await asyncio.sleep(0)  # let them end
        return self._sent

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Connection(self._answered), self._host, self._port)
        return made

    def _due(self, number: int, due_at: float) -> None:
        if self._idle:
            self._idle.pop().send(number, due_at, self._make(number))
        else:
            self._waiting.append((number, due_at))

    def _next(self, connection: Connection) -> None:
        number = next(self._numbers, None)
        if number is None:
            connection.number = -1
        else:
            connection.send(number, time.monotonic(), self._make(number))

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        now = time.monotonic()
        self._sent.answers.append(Answered(connection.number, connection.due_at, now, status, body))
        connection.number = -1
        if len(self._sent.answers) >= self._expected:
            self._finished.set()
        elif connection.is_open:
            self._go_on(connection)
        else:
            self._replace()

    def _go_on(self, connection: Connection) -> None:
        if self._waiting:
            number, due_at = self._waiting.pop(0)
            connection.send(number, due_at, self._make(number))
        elif self._idle:
            self._idle.append(connection)
        else:
            self._next_or_rest(connection)

    def _next_or_rest(self, connection: Connection) -> None:
        self._next(connection)
        if connection.number < 0:
            self._idle.append(connection)

    def _replace(self) -> None:
        """Open a new connection for one that the other side has closed."""
        task = asyncio.get_running_loop().create_task(self._connect_again())
        task.add_done_callback(lambda done: self._go_on(done.result()))

    async def _connect_again(self) -> Connection:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self._connect()
            except OSError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)


def closed(port: int, make: Maker, numbers: range, connections: int) -> Sent:
    """Send all of these from this process, so many at a time."""
    return asyncio.run(_closed(port, make, numbers, connections))


def opened(port: int, make: Maker, numbers: range, per_second: float) -> Sent:
    """Send all of these from this process, each when it is due."""
    return asyncio.run(_opened(port, make, numbers, per_second))


async def _closed(port: int, make: Maker, numbers: range, connections: int) -> Sent:
    return await Generator("127.0.0.1", port, make).closed(numbers, connections)


async def _opened(port: int, make: Maker, numbers: range, per_second: float) -> Sent:
    return await Generator("127.0.0.1", port, make).open(numbers, per_second)
