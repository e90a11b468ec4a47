"""What is done with a letter, whatever it is: call the desk, and say how it went.

Nothing that a desk raises gets past this file. A letter ends settled, on the retry ladder, or parked; only while the
database is away does it wait where it is, because that is nobody's fault and burns no retry.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import eventlet
import structlog
from greenlet import GreenletExit

from lianxi.bus import wire
from lianxi.contracts import codec
from lianxi.contracts.envelope import Envelope
from lianxi.greenroom.entries import Accepted
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, ContractBroken, LianxiError, StoreDown
from lianxi.runtime import metrics
from lianxi.runtime.logs import frames, get_log

log = get_log()
WAITS_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Outcome(Enum):
    """How handling a letter went."""

    DONE = "done"
    RETRY = "retry"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter as the greenroom's consumer took it from its queue."""

    body: bytes
    headers: dict[str, Any]
    properties: dict[str, Any]
    tag: int

    @property
    def attempt(self) -> int:
        """How many times it has been tried before."""
        attempt = self.headers.get(wire.ATTEMPT, 0)
        return attempt if isinstance(attempt, int) else 0


@dataclass(frozen=True, slots=True)
class Settled:
    """An arrival and how it went; `envelope` is there when it was an event that could be read."""

    arrival: Arrival
    outcome: Outcome
    error: str = ""
    envelope: Envelope | None = None


class Stopping(Exception):
    """The process is to stop while a letter waits for the database: it stays unsettled and comes again."""


@dataclass(frozen=True)
class Worker:
    """Handles the letters of one handler of one desk.

    Args:
        desk: its name.
        handler: its name in metrics and logs.
        clock: for the age of events.
        is_stopping: asked while waiting for the database.
    """

    desk: str
    handler: str
    clock: Clock
    is_stopping: Callable[[], bool]

    def events(self, call: Callable[[Any, Any], None], arrivals: Sequence[Arrival]) -> list[Settled]:
        """Handle events one by one."""
        return [self._event(call, arrival) for arrival in arrivals]

    def commands(self, call: Callable[[Sequence[Accepted]], None], arrivals: Sequence[Arrival]) -> list[Settled]:
        """Handle commands as one batch; if that fails, one by one, so that a bad one fails alone."""
        read = [self._read_command(arrival) for arrival in arrivals]
        good = [(arrival, each) for arrival, each in zip(arrivals, read, strict=True) if isinstance(each, Accepted)]
        settled = {
            arrival.tag: self._failed(arrival, each)
            for arrival, each in zip(arrivals, read, strict=True)
            if isinstance(each, BaseException)
        }
        if good:
            whole = self._attempt(good[0][0], lambda: call([each for _, each in good]))
            if whole.outcome is Outcome.DONE or len(good) == 1:
                settled |= {arrival.tag: Settled(arrival, whole.outcome, whole.error) for arrival, _ in good}
            else:
                settled |= {arrival.tag: self._alone(call, arrival, each) for arrival, each in good}
        self._count(settled.values())
        return [settled[arrival.tag] for arrival in arrivals]

    def _alone(self, call: Callable[[Sequence[Accepted]], None], arrival: Arrival, command: Accepted) -> Settled:
        return self._attempt(arrival, lambda: call([command]))

    def _event(self, call: Callable[[Any, Any], None], arrival: Arrival) -> Settled:
        try:
            envelope = codec.envelope_from_plain(codec.from_bytes(arrival.body))
            event = codec.open_event(envelope)
        except ContractBroken as error:
            settled = self._failed(arrival, error)
            self._count([settled])
            return settled
        with structlog.contextvars.bound_contextvars(
            event_id=envelope.id,
            event_type=envelope.type,
            correlation_id=envelope.correlationid,
            attempt=arrival.attempt,
        ):
            started = time.perf_counter()
            tried = self._attempt(arrival, lambda: call(event, envelope.cause()))
        metrics.handler_seconds.labels(self.desk, self.handler).observe(time.perf_counter() - started)
        if tried.outcome is Outcome.DONE and envelope.time.minute + envelope.time.second + envelope.time.microsecond:
            age = (self.clock.now() - envelope.time).total_seconds()
            metrics.event_age_seconds.labels(self.desk, self.handler).observe(max(0.0, age))
        settled = Settled(arrival, tried.outcome, tried.error, envelope)
        self._count([settled])
        return settled

    def _attempt(self, arrival: Arrival, call: Callable[[], None]) -> Settled:
        waits = iter(WAITS_SECONDS)
        while True:
            try:
                call()
                return Settled(arrival, Outcome.DONE)
            except StoreDown:
                log.warning("store_awaited", handler=self.handler)
                self._wait(next(waits, WAITS_SECONDS[-1]))
            except GreenletExit:
                raise
            except BaseException as error:
                return self._failed(arrival, error)

    def _wait(self, seconds: float) -> None:
        if self.is_stopping():
            raise Stopping
        eventlet.sleep(seconds)
        if self.is_stopping():
            raise Stopping

    def _failed(self, arrival: Arrival, error: BaseException) -> Settled:
        code = error.code if isinstance(error, LianxiError) else type(error).__name__
        if isinstance(error, LianxiError):
            log.warning("letter_failed", handler=self.handler, error=code)
        else:
            # The message of a foreign exception may hold anything, so only its kind and frames are kept.
            log.error("letter_failed", handler=self.handler, error=code, where=frames(error))
        outcome = Outcome.PARK if isinstance(error, Broken) else Outcome.RETRY
        return Settled(arrival, outcome, code)

    def _read_command(self, arrival: Arrival) -> Accepted | ContractBroken:
        try:
            return Accepted(*wire.command_from_bytes(arrival.body))
        except ContractBroken as error:
            return error

    def _count(self, settled: Any) -> None:
        for each in settled:
            metrics.events_handled_total.labels(self.desk, self.handler, each.outcome.value).inc()
