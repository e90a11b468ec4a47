"""What the gateway says to the desks: questions by RPC on nameko's wire, and commands handed in on an intake lane."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pika

from lianxi.bus import topology, wire
from lianxi.bus.link import Letter, Link
from lianxi.contracts.envelope import Caller, Cause, Command, Lane
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import BrokerDown, LianxiError, TimedOut, TooBusy

QUESTIONS_AT_ONCE = 64


class BusClient:
    """One connection for all questions and commands of a process.

    Args:
        url: the broker, as the gateway's own user.
        clock: the time that deadlines are reckoned by.
        questions_at_once: how many questions one desk may be asked at a time; more are refused at once, not queued.
        overhears: which events to listen to, by the pattern of their keys, and who hears each letter's body. What is
            announced while there is no connection is not heard.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        questions_at_once: int = QUESTIONS_AT_ONCE,
        overhears: Mapping[str, Callable[[bytes], None]] | None = None,
    ) -> None:
        self._clock = clock
        self._link = Link(url, "lianxi gateway")
        self._link.on_returned = self._unanswerable
        self._reply_to = ""
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._asked: defaultdict[str, int] = defaultdict(int)
        self._at_once = questions_at_once
        self._overhears = dict(overhears or {})
        self._numbers = itertools.count()
        self._run = secrets.token_hex(6)
        self._staying: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Say whether the broker takes letters now."""
        return self._link.is_open and not self._link.is_blocked

    async def open(self) -> None:
        """Start connecting; returns at once, whether the broker is there or not."""
        if self._staying is None:
            self._staying = asyncio.create_task(self._link.stay(self._settle_in))

    async def close(self) -> None:
        """Stop, and fail whatever still waits."""
        if self._staying is not None:
            self._staying.cancel()
            with suppress(asyncio.CancelledError):
                await self._staying
            self._staying = None
        await self._link.close()

    async def ask(self, service: str, method: str, request: Any, caller: Caller, *, timeout_seconds: float) -> Any:
        """Ask a desk and wait for its answer.

        Returns:
            The plain JSON of the answer's contract.

        Raises:
            Refused: the desk's rules say no.
            Unavailable: BrokerDown, StoreDown, TooBusy, or TimedOut when whether it was done is not known.
            Broken: the desk failed.
        """
        if not self.is_connected:
            raise BrokerDown("broker.away")
        if self._asked[service] >= self._at_once:
            raise TooBusy("desk.busy", desk=service)
        self._asked[service] += 1
        correlation_id = f"{self._run}-{next(self._numbers)}"
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[correlation_id] = answer
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._send(service, method, request, caller, correlation_id, timeout_seconds)
                return await answer
        except TimeoutError:
            raise TimedOut("desk.silent", desk=service) from None
        finally:
            self._waiting.pop(correlation_id, None)
            self._asked[service] -= 1

    async def hand_in(self, service: str, lane: Lane, command: Command, cause: Cause) -> None:
        """Put a command on an intake lane; returns when the broker has confirmed that it keeps it.

        Raises:
            BrokerDown: it is not known to be kept.
        """
        if not self.is_connected:
            raise BrokerDown("broker.away")
        number = f"{self._run}-{next(self._numbers)}"
        properties = pika.BasicProperties(
            content_type="application/json", delivery_mode=2, type=command.KEY, app_id="gateway", correlation_id=number
        )
        queue = topology.intake_queue(service, lane)
        body = wire.command_to_bytes(command, cause)
        confirmed = self._link.publish(topology.INTAKE_EXCHANGE, queue, body, properties, mandatory=True)
        self._waiting[number] = confirmed
        try:
            async with asyncio.timeout(10):
                await confirmed
        except TimeoutError:
            raise BrokerDown("broker.away", reason="no confirm") from None
        finally:
            self._waiting.pop(number, None)

    async def _send(
        self, service: str, method: str, request: Any, caller: Caller, correlation_id: str, timeout_seconds: float
    ) -> None:
        deadline = self._clock.now() + timedelta(seconds=timeout_seconds)
        properties = pika.BasicProperties(
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=1,
            reply_to=self._reply_to,
            correlation_id=correlation_id,
            expiration=str(max(1, int(timeout_seconds * 1000))),
            headers={wire.DEADLINE: wire.milliseconds(deadline), "traceparent": caller.traceparent or ""},
        )
        body = wire.question_to_bytes(request, caller)
        await self._link.publish(topology.RPC_EXCHANGE, f"{service}.{method}", body, properties, mandatory=True)

    async def _settle_in(self) -> None:
        self._reply_to = await self._link.own_queue(topology.REPLY_PREFIX, topology.RPC_EXCHANGE, None)
        await self._link.consume(self._reply_to, self._answered, no_ack=True, exclusive=True)
        for pattern, hear in self._overhears.items():
            await self._overhear(pattern, hear)

    async def _overhear(self, pattern: str, hear: Callable[[bytes], None]) -> None:
        queue = await self._link.own_queue(topology.REPLY_PREFIX, topology.EVENTS_EXCHANGE, pattern)
        await self._link.consume(queue, lambda letter: hear(letter.body), no_ack=True, exclusive=True)

    def _answered(self, letter: Letter) -> None:
        waiting = self._waiting.get(letter.properties.correlation_id or "")
        if waiting is None or waiting.done():
            return
        try:
            waiting.set_result(wire.answer_from_bytes(letter.body))
        except LianxiError as error:
            waiting.set_exception(error)

    def _unanswerable(self, correlation_id: str) -> None:
        waiting = self._waiting.get(correlation_id)
        if waiting is not None and not waiting.done():
            waiting.set_exception(BrokerDown("desk.away"))
