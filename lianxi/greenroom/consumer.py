"""The consumer of one queue: nameko's entrypoint, our own settling.

nameko's stock consumers acknowledge before they know, lose what fails and run work twice on every stop (ADR 0013).
This one takes what is waiting as a batch, hands it to a worker, puts what failed on the retry ladder or in the parked
queue with the broker's confirm, tells the senders, and only then acknowledges the whole batch at once. A connection
that breaks anywhere in between brings the batch again, which is harmless.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import eventlet
from eventlet.event import Event
from greenlet import GreenletExit
from kombu import Connection, Consumer, Queue
from kombu.exceptions import OperationalError
from kombu.transport.pyamqp import Transport
from nameko.extensions import Entrypoint

from lianxi.bus import topology, wire
from lianxi.contracts import codec
from lianxi.greenroom.publishing import publish
from lianxi.greenroom.work import Arrival, Outcome, Settled, Stopping
from lianxi.kernel.clock import Clock
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log

log = get_log()
BATCH = 200
LINGER_SECONDS = 0.0005
IDLE_SECONDS = 1.0
OUTDATED_SECONDS = 0.1
HEARTBEAT_SECONDS = 20
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
AWAY = (OperationalError, OSError, EOFError, *Transport.connection_errors, *Transport.channel_errors)


class QueueDoor(Entrypoint):
    """Brings the letters of one queue to one method of the desk."""

    def __init__(
        self,
        url: str,
        queue: str,
        ladder: Sequence[int],
        clock: Clock,
        desk: str,
        handler: str,
        opened: Callable[[Any], None],
        is_outdated: Callable[[], bool],
        gathers_seconds: float = 0.0,
    ) -> None:
        super().__init__()
        self._opened = opened
        self._is_outdated = is_outdated
        self._gathers_seconds = gathers_seconds
        self._url = url
        self._queue = queue
        self._ladder = tuple(ladder)
        self._clock = clock
        self._desk = desk
        self._handler = handler
        self._stopping = False
        self._thread: Any = None
        self._arrived: list[Arrival] = []
        self.is_connected = False

    def start(self) -> None:
        """Begin to take letters."""
        self._opened(self)
        self._thread = self.container.spawn_managed_thread(self._run, identifier=self._queue)

    def stop(self) -> None:
        """Finish the batch in hand, settle it, and end."""
        self._stopping = True
        self._thread.wait()

    def kill(self) -> None:
        """End at once; what is unsettled comes again."""
        self._stopping = True
        self._thread.kill()

    def is_stopping(self) -> bool:
        """Say whether the process is to stop."""
        return self._stopping

    def _run(self) -> None:
        tries = 0
        while not self._stopping:
            try:
                with Connection(
                    self._url,
                    heartbeat=HEARTBEAT_SECONDS,
                    connect_timeout=5,
                    transport_options={"confirm_publish": True},
                ) as connection:
                    self._serve(connection)
                    tries = 0
            except AWAY as error:
                log.warning("broker_away", queue=self._queue, reason=type(error).__name__)
            except Stopping:
                break
            finally:
                self._connected(False)
            if not self._stopping:
                eventlet.sleep(BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)])
                tries += 1

    def _serve(self, connection: Connection) -> None:
        self._arrived = []
        channel = connection.channel()
        consumer = Consumer(
            channel,
            [Queue(self._queue, no_declare=True)],
            on_message=self._take,
            auto_declare=False,
            prefetch_count=2 * BATCH,
        )
        consumer.consume()
        self._connected(True)
        while not self._stopping:
            if not self._arrived:
                self._drain(connection, IDLE_SECONDS)
            self._gather(connection)
            if self._arrived and self._is_outdated():
                # The desk is about to go over to another version of the policy: these letters come again, to that one.
                self._drain(connection, OUTDATED_SECONDS)
            elif self._arrived:
                batch, self._arrived = self._arrived[:BATCH], self._arrived[BATCH:]
                self._settle(channel, self._handle(connection, batch))
        with suppress(*AWAY):
            consumer.cancel()

    def _gather(self, connection: Connection) -> None:
        """Let others join the first letter: what is here already, and what comes while nobody waits for it."""
        until = time.monotonic() + self._gathers_seconds
        while self._arrived and len(self._arrived) < BATCH and not self._stopping:
            left = until - time.monotonic()
            if not self._drain(connection, max(LINGER_SECONDS, left)) and left <= LINGER_SECONDS:
                return

    def _connected(self, connected: bool) -> None:
        self.is_connected = connected
        metrics.consumer_connected.labels(self._desk, self._handler).set(int(connected))

    def _take(self, message: Any) -> None:
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        headers = dict(message.headers or {})
        self._arrived.append(Arrival(body, headers, dict(message.properties or {}), message.delivery_tag))

    def _drain(self, connection: Connection, seconds: float) -> bool:
        try:
            connection.drain_events(timeout=seconds)
        except TimeoutError:
            connection.heartbeat_check()
            return False
        return True

    def _handle(self, connection: Connection, batch: list[Arrival]) -> list[Settled]:
        """Let a worker handle the batch, keeping the connection alive for as long as it takes."""
        done = Event()

        def finished(_context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            if exc_info is None:
                done.send(result)
            else:
                done.send_exception(*exc_info)
            return result, exc_info

        metrics.in_flight.labels(self._desk).inc(len(batch))
        try:
            self.container.spawn_worker(self, (batch, self.is_stopping), {}, handle_result=finished)
            while not done.ready():
                with eventlet.Timeout(HEARTBEAT_SECONDS / 4, False):
                    done.wait()
                if not done.ready():
                    self._drain(connection, LINGER_SECONDS)
                    connection.heartbeat_check()
            settled: list[Settled] = done.wait()
            return settled
        finally:
            metrics.in_flight.labels(self._desk).dec(len(batch))

    def _settle(self, channel: Any, settled: list[Settled]) -> None:
        for each in settled:
            if each.outcome is not Outcome.DONE:
                self._put_aside(channel, each)
        self._tell_senders(channel, settled)
        channel.basic_ack(settled[-1].arrival.tag, multiple=True)

    def _put_aside(self, channel: Any, settled: Settled) -> None:
        attempt = settled.arrival.attempt
        parks = settled.outcome is Outcome.PARK or attempt >= len(self._ladder)
        headers = {
            **{
                name: value
                for name, value in settled.arrival.headers.items()
                if name.startswith(("x-lx-", "traceparent"))
            },
            wire.ATTEMPT: attempt + 1,
            wire.QUEUE: self._queue,
            wire.ERROR: settled.error,
            wire.FAILED_AT: wire.milliseconds(self._clock.now()),
        }
        if parks:
            metrics.parked_total.labels(self._desk, self._handler).inc()
            log.error("letter_parked", queue=self._queue, attempts=attempt + 1, error=settled.error)
            self._publish(channel, topology.DEAD_EXCHANGE, self._desk, settled.arrival, headers)
        else:
            metrics.retries_total.labels(self._desk, self._handler).inc()
            exchange = topology.retry_exchange(self._ladder[attempt])
            self._publish(channel, exchange, self._queue, settled.arrival, headers)

    def _publish(self, channel: Any, exchange: str, key: str, arrival: Arrival, headers: dict[str, Any]) -> None:
        kept = {
            name: value
            for name, value in arrival.properties.items()
            if name in ("content_type", "message_id", "type", "app_id", "correlation_id") and value is not None
        }
        publish(
            channel, arrival.body, exchange=exchange, key=key, headers=headers, properties={**kept, "delivery_mode": 2}
        )

    def _tell_senders(self, channel: Any, settled: list[Settled]) -> None:
        """Tell each sender which of its letters are settled or parked here: the far half of the delivery ledger."""
        now = self._clock.now().isoformat()
        told: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for each in settled:
            state = self._state(each)
            if each.envelope is not None and state is not None:
                receipt = {"event_id": each.envelope.id, "queue": self._queue, "state": state, "at": now}
                told[each.envelope.service].append(receipt)
        for sender, receipts in told.items():
            body = codec.to_bytes({"receipts": receipts})
            properties = {"content_type": "application/json", "delivery_mode": 2, "app_id": self._desk}
            publish(channel, body, exchange=topology.RECEIPTS_EXCHANGE, key=sender, properties=properties)

    def _state(self, settled: Settled) -> str | None:
        if settled.outcome is Outcome.DONE:
            return "delivered"
        parks = settled.outcome is Outcome.PARK or settled.arrival.attempt >= len(self._ladder)
        return "parked" if parks else None


def protects(method: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a worker raises from ending the process: nameko dies of a `BaseException`.

    The consumer takes it as a lost connection: the letters come again, and the broker parks what does it 20 times.
    """

    def protected(self: Any, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except (GreenletExit, Stopping):
            raise
        except BaseException as error:
            raise OSError("worker lost") from error

    protected.__name__ = method.__name__
    return protected
