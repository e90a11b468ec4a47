"""A connection to the broker for processes that are not green: pika, awaited.

Everything published is confirmed; a confirm may cover many (windowed confirms are 4 to 10 times as fast as one at a
time). While the broker is away every wait ends in `BrokerDown` at once, and `Link.stay` keeps trying until it is
back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel

from lianxi.kernel.errors import BrokerDown
from lianxi.runtime.logs import get_log

log = get_log()
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
OPEN_SECONDS = 10.0
Arrived = Callable[["Letter"], None]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came: body, properties and the tag that settles it."""

    body: bytes
    properties: pika.BasicProperties
    tag: int
    routing_key: str

    @property
    def headers(self) -> dict[str, Any]:
        """Its headers, never absent."""
        return dict(self.properties.headers or {})


class _WholeLetters(AsyncioConnection):  # type: ignore[misc]  # pika tells no types
    """Writes a letter in one piece: pika hands the socket its method, header and body one by one, three calls each."""

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        super()._output_marshaled_frames([b"".join(marshaled_frames)])


class Link:
    """One connection with one confirming channel to publish on, and a channel for each consumer.

    Args:
        url: whom to connect to, and as whom.
        name: shown in the broker's list of connections.
    """

    def __init__(self, url: str, name: str) -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.heartbeat = 20
        self._parameters.blocked_connection_timeout = 300
        self._parameters.client_properties = {"connection_name": name}
        self._connection: AsyncioConnection | None = None
        self._channel: Channel | None = None
        self._waiting: OrderedDict[int, asyncio.Future[None]] = OrderedDict()
        self._next_tag = 1
        self._closed: asyncio.Event = asyncio.Event()
        self._closed.set()
        self.is_blocked = False

    @property
    def is_open(self) -> bool:
        """Say whether letters can be published now."""
        return not self._closed.is_set()

    async def open(self) -> None:
        """Connect once.

        Raises:
            BrokerDown: broker.away, or broker.refused when it does not know us.
        """
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[AsyncioConnection] = loop.create_future()
        connection = _WholeLetters(
            self._parameters,
            on_open_callback=lambda each: _settle(opened, each),
            on_open_error_callback=lambda _each, error: _fail(opened, error),
            on_close_callback=self._connection_lost,
            custom_ioloop=loop,
        )
        self._connection = connection
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await opened
                self._channel = await self._open_channel()
                await self._confirm(self._channel)
        except TimeoutError:
            self._abandon(connection)
            raise BrokerDown("broker.away", reason="timeout") from None
        self._waiting.clear()
        self._next_tag = 1
        connection.add_on_connection_blocked_callback(lambda *_: self._block(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._block(False))
        self._closed.clear()

    async def stay(self, settle_in: Callable[[], Awaitable[None]]) -> None:
        """Stay connected until cancelled: connect, settle in, wait until the connection is lost, try again."""
        tries = 0
        while True:
            try:
                await self.open()
                await settle_in()
                tries = 0
                log.info("broker_connected", link=self._parameters.client_properties["connection_name"])
                await self._closed.wait()
            except BrokerDown as error:
                log.warning("broker_away", reason=str(error))
                await self.close()
            await asyncio.sleep(BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)])
            tries += 1

    async def close(self) -> None:
        """Close the connection, and fail whatever still waits for a confirm."""
        connection = self._connection
        if connection is not None and not (connection.is_closed or connection.is_closing):
            connection.close()
            await self._wait_closed(connection)
        self._lost(None)

    async def _wait_closed(self, connection: AsyncioConnection) -> None:
        try:
            async with asyncio.timeout(3):
                while not connection.is_closed:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            self._abandon(connection)

    def publish(
        self, exchange: str, key: str, body: bytes, properties: pika.BasicProperties, *, mandatory: bool = False
    ) -> asyncio.Future[None]:
        """Publish, and hand out a future that ends when the broker has confirmed.

        Raises (through the future):
            BrokerDown: broker.away, or broker.refused when the broker would not take it; nothing is known to be kept
            then.
        """
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._channel is None or not self.is_open:
            confirmed.set_exception(BrokerDown("broker.away"))
            return confirmed
        try:
            self._channel.basic_publish(exchange, key, body, properties, mandatory=mandatory)
        except (pika.exceptions.AMQPError, AttributeError) as error:
            confirmed.set_exception(BrokerDown("broker.away", reason=type(error).__name__))
            return confirmed
        self._waiting[self._next_tag] = confirmed
        self._next_tag += 1
        return confirmed

    async def consume(
        self, queue: str, arrived: Arrived, *, prefetch: int = 0, no_ack: bool = False, exclusive: bool = False
    ) -> Channel:
        """Consume a queue on a channel of its own, which settles the letters."""
        channel = await self._open_channel()
        if prefetch:
            channel.basic_qos(prefetch_count=prefetch)

        def hand_over(_channel: Channel, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
            arrived(Letter(body, properties, method.delivery_tag, method.routing_key))

        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        channel.basic_consume(
            queue, hand_over, auto_ack=no_ack, exclusive=exclusive, callback=lambda _frame: _settle(ready, None)
        )
        channel.add_on_close_callback(lambda _channel, error: _fail(ready, error))
        channel.add_on_cancel_callback(lambda _frame: self._drop("consumer cancelled"))
        await self._within(ready)
        return channel

    async def own_queue(self, prefix: str, exchange: str, key: str | None) -> str:
        """Make a queue that lives as long as the connection, bound by a key, or by its own name if that is `None`."""
        channel = await self._open_channel()
        declared: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        name = f"{prefix}{id(self):x}-{asyncio.get_running_loop().time():.6f}"
        channel.add_on_close_callback(lambda _channel, error: _fail(declared, error))
        channel.queue_declare(
            name, exclusive=True, auto_delete=True, callback=lambda frame: _settle(declared, frame.method.queue)
        )
        queue = str(await self._within(declared))
        bound: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        channel.add_on_close_callback(lambda _channel, error: _fail(bound, error))
        channel.queue_bind(queue, exchange, key if key is not None else queue, callback=lambda _: _settle(bound, None))
        await self._within(bound)
        return queue

    async def _within(self, future: asyncio.Future[Any]) -> Any:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                return await future
        except TimeoutError:
            raise BrokerDown("broker.away", reason="timeout") from None

    async def _open_channel(self) -> Channel:
        if self._connection is None or not self._connection.is_open:
            raise BrokerDown("broker.away")
        opened: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self._connection.channel(on_open_callback=lambda channel: _settle(opened, channel))
        channel = await opened
        channel.add_on_close_callback(lambda _channel, error: self._drop(str(error)))
        return channel

    async def _confirm(self, channel: Channel) -> None:
        selected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        channel.confirm_delivery(self._confirmed, callback=lambda _frame: _settle(selected, None))
        channel.add_on_return_callback(self._returned)
        await selected

    def _confirmed(self, frame: Any) -> None:
        method = frame.method
        kept = isinstance(method, pika.spec.Basic.Ack)
        last = method.delivery_tag
        tags = list(takewhile(lambda tag: tag <= last, self._waiting)) if method.multiple else [last]
        for tag in tags:
            future = self._waiting.pop(tag, None)
            if future is None or future.done():
                continue
            if kept:
                future.set_result(None)
            else:
                future.set_exception(BrokerDown("broker.refused"))

    def _returned(self, _channel: Channel, _method: Any, properties: pika.BasicProperties, _body: bytes) -> None:
        """Fail what found no queue; the broker's return comes before its confirm."""
        log.warning("letter_returned", correlation_id=properties.correlation_id)
        if properties.correlation_id and self.on_returned is not None:
            self.on_returned(properties.correlation_id)

    on_returned: Callable[[str], None] | None = None

    def _block(self, blocked: bool) -> None:
        self.is_blocked = blocked
        log.warning("broker_blocked" if blocked else "broker_unblocked")

    def _drop(self, reason: str) -> None:
        """Give up a connection one of whose channels has died: a new one is simpler than half an old one."""
        connection = self._connection
        if connection is not None and connection.is_open:
            log.warning("broker_channel_lost", reason=reason)
            connection.close()

    def _connection_lost(self, connection: AsyncioConnection, error: BaseException | None) -> None:
        if connection is self._connection:
            self._lost(error)

    def _lost(self, error: BaseException | None) -> None:
        self._closed.set()
        self._channel = None
        self.is_blocked = False
        waiting, self._waiting = self._waiting, OrderedDict()
        for future in waiting.values():
            _fail(future, error)

    @staticmethod
    def _abandon(connection: AsyncioConnection) -> None:
        if connection.is_open:
            connection.close()


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _fail(future: asyncio.Future[Any], error: BaseException | None) -> None:
    if not future.done():
        future.set_exception(BrokerDown("broker.away", reason=type(error).__name__))
