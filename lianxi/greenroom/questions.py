"""The door for questions: nameko's RPC wire, answered by our own guard.

A question without a return address, past its deadline, unreadable or unknown ends there; a failing desk answers a
value; an answer that cannot be sent is dropped, because the asker's deadline says what to do without one. Questions
are transient, so they are taken without acknowledgement: what a killed process had in hand, its asker asks again.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import eventlet
import structlog
from eventlet.queue import Empty, LightQueue
from greenlet import GreenletExit
from kombu import Connection, Consumer, Queue
from nameko.extensions import Entrypoint

from lianxi.bus import topology, wire
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.consumer import AWAY, BACKOFF_SECONDS, HEARTBEAT_SECONDS
from lianxi.greenroom.publishing import publish
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import ContractBroken, LianxiError, NotFound, Refused
from lianxi.runtime import metrics
from lianxi.runtime.logs import frames, get_log
from lianxi.store.journal import Journal

log = get_log()
IDLE_SECONDS = 1.0
ANSWERS_WAITING = 1_000

Question = tuple[Callable[[Any, Any, Caller], Any], Any]
"""A desk's method and the contract of what it is asked."""


def kept(method: str, noun: str, call: Callable[[Any, Any, Caller], Any], journal: Journal) -> Any:
    """Let a question be answered only when it is on record who asked it; also one that is refused."""

    def asked(desk: Any, request: Any, caller: Caller) -> Any:
        item = getattr(request, f"{noun}_id", None)
        named = f"{noun}/{item}" if isinstance(item, str) else ""
        try:
            answer = call(desk, request, caller)
        except Refused as error:
            journal.note("refused", f"{method} {error.code}", named, caller)
            raise
        journal.note("read", method, named, caller)
        return answer

    return asked


class QuestionDoor(Entrypoint):
    """Takes every question of one desk."""

    def __init__(self, url: str, desk: str, clock: Clock, opened: Callable[[Any], None]) -> None:
        super().__init__()
        self._opened = opened
        self._url = url
        self._desk = desk
        self._clock = clock
        self._stopping = False
        self._threads: list[Any] = []
        self._answers: LightQueue = LightQueue(ANSWERS_WAITING)
        self.is_connected = False

    def start(self) -> None:
        """Begin to take questions."""
        self._opened(self)
        self._threads = [
            self.container.spawn_managed_thread(self._listen, identifier=f"{self._desk} questions"),
            self.container.spawn_managed_thread(self._reply, identifier=f"{self._desk} answers"),
        ]

    def stop(self) -> None:
        """Take no more questions; those in hand are answered."""
        self._stopping = True
        self._threads[0].wait()
        self.container._worker_pool.waitall()
        self._threads[1].wait()

    def kill(self) -> None:
        """End at once."""
        self._stopping = True
        for thread in self._threads:
            thread.kill()

    def _listen(self) -> None:
        self._while_connected(self._take_questions)

    def _reply(self) -> None:
        self._while_connected(self._send_answers)

    def _while_connected(self, serve: Callable[[Connection], None]) -> None:
        tries = 0
        while not self._stopping:
            try:
                with Connection(self._url, heartbeat=HEARTBEAT_SECONDS, connect_timeout=5) as connection:
                    serve(connection)
                    tries = 0
            except AWAY as error:
                log.warning("broker_away", queue=topology.rpc_queue(self._desk), reason=type(error).__name__)
            if not self._stopping:
                eventlet.sleep(BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)])
                tries += 1

    def _take_questions(self, connection: Connection) -> None:
        queue = Queue(topology.rpc_queue(self._desk), no_declare=True)
        consumer = Consumer(connection.channel(), [queue], on_message=self._take, auto_declare=False, no_ack=True)
        consumer.consume()
        self.is_connected = True
        try:
            while not self._stopping:
                try:
                    connection.drain_events(timeout=IDLE_SECONDS)
                except TimeoutError:
                    connection.heartbeat_check()
            with suppress(*AWAY):
                consumer.cancel()
        finally:
            self.is_connected = False

    def _take(self, message: Any) -> None:
        reply_to, correlation_id = message.properties.get("reply_to"), message.properties.get("correlation_id")
        method = str((message.delivery_info or {}).get("routing_key", "")).partition(".")[2]
        deadline = (message.headers or {}).get(wire.DEADLINE)
        if not reply_to or not correlation_id:
            log.warning("question_without_address", method=method)
            return
        if isinstance(deadline, int) and wire.milliseconds(self._clock.now()) > deadline:
            metrics.rpc_expired_total.labels(self._desk).inc()
            return

        def answered(_context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            answer = result if exc_info is None else wire.failure_as_plain(RuntimeError())
            with suppress(eventlet.queue.Full):
                self._answers.put_nowait((reply_to, correlation_id, answer))
            return answer, None

        self.container.spawn_worker(self, (method, message.body), {}, handle_result=answered)

    def _send_answers(self, connection: Connection) -> None:
        channel = connection.channel()
        while not (self._stopping and self._answers.empty() and not self.container._worker_threads):
            try:
                reply_to, correlation_id, answer = self._answers.get(timeout=IDLE_SECONDS)
            except Empty:
                connection.heartbeat_check()
                with suppress(socket.timeout):
                    connection.drain_events(timeout=0.001)
                continue
            properties = {
                "content_type": "application/json",
                "content_encoding": "utf-8",
                "correlation_id": correlation_id,
            }
            publish(
                channel,
                codec.to_bytes(answer),
                exchange=topology.RPC_EXCHANGE,
                key=reply_to,
                properties={**properties, "delivery_mode": 1},
            )


def answer_question(desk: Any, questions: Mapping[str, Question], method: str, body: bytes | str) -> dict[str, Any]:
    """Answer one question; whatever goes wrong becomes a value."""
    started = time.perf_counter()
    outcome = "ok"
    try:
        call, contract = _known(questions, method)
        plain, caller = wire.question_from_bytes(body.encode() if isinstance(body, str) else bytes(body))
        with structlog.contextvars.bound_contextvars(correlation_id=caller.correlation_id, method=method):
            return wire.answer_as_plain(call(desk, codec.as_contract(contract, plain), caller))
    except LianxiError as error:
        outcome = type(error).__name__
        if isinstance(error, ContractBroken):
            log.warning("question_unreadable", method=method, error=str(error))
        return wire.failure_as_plain(error)
    except GreenletExit:
        raise
    except BaseException as error:
        outcome = type(error).__name__
        log.error("question_failed", method=method, error=outcome, where=frames(error))
        return wire.failure_as_plain(error)
    finally:
        known = method if method in questions else "unknown"
        metrics.rpc_seconds.labels(desk.name, known, outcome).observe(time.perf_counter() - started)


def _known(questions: Mapping[str, Question], method: str) -> Question:
    if method not in questions:
        raise NotFound("question.unknown")
    return questions[method]
