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
from lianxi.contracts.envelope import Envelope, Heard
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


@dataclass(frozen=True, slots=True)
class Read:
    """A letter that could be read: a command with its cause, or an event with its cause and its envelope."""

    arrival: Arrival
    item: Any
    envelope: Envelope | None = None

    def bound(self) -> dict[str, Any]:
        """What every line of the log says while it is dealt with alone."""
        if self.envelope is None:
            return {"attempt": self.arrival.attempt}
        return {
            "event_id": self.envelope.id,
            "event_type": self.envelope.type,
            "correlation_id": self.envelope.correlationid,
            "attempt": self.arrival.attempt,
        }


Call = Callable[[Sequence[Any]], None]
"""What deals with items, all of them or an error for the whole."""


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
        return self._handle(lambda heard: call(heard[0].event, heard[0].cause), arrivals, _read_event, together=False)

    def gathered(self, call: Callable[[Sequence[Heard]], None], arrivals: Sequence[Arrival]) -> list[Settled]:
        """Handle events as one batch; if that fails, one by one, so that a bad one fails alone."""
        return self._handle(call, arrivals, _read_event, together=True)

    def commands(self, call: Callable[[Sequence[Accepted]], None], arrivals: Sequence[Arrival]) -> list[Settled]:
        """Handle commands as one batch; if that fails, one by one, so that a bad one fails alone."""
        return self._handle(call, arrivals, _read_command, together=True)

    def _handle(
        self, call: Call, arrivals: Sequence[Arrival], read: Callable[[Arrival], Read], *, together: bool
    ) -> list[Settled]:
        settled: dict[int, Settled] = {}
        good: list[Read] = []
        for arrival in arrivals:
            try:
                good.append(read(arrival))
            except ContractBroken as error:
                settled[arrival.tag] = self._failed(arrival, error)
        if not (together and len(good) > 1 and self._is_done_together(call, good, settled)):
            settled |= {each.arrival.tag: self._alone(call, each) for each in good}
        for done in settled.values():
            metrics.events_handled_total.labels(self.desk, self.handler, done.outcome.value).inc()
        return [settled[arrival.tag] for arrival in arrivals]

    def _is_done_together(self, call: Call, good: Sequence[Read], settled: dict[int, Settled]) -> bool:
        started = time.perf_counter()
        whole = self._attempt(good[0].arrival, lambda: call([each.item for each in good]))
        if whole.outcome is not Outcome.DONE:
            return False
        seconds = (time.perf_counter() - started) / len(good)
        for each in good:
            settled[each.arrival.tag] = self._timed(each, Settled(each.arrival, Outcome.DONE), seconds)
        return True

    def _alone(self, call: Call, read: Read) -> Settled:
        with structlog.contextvars.bound_contextvars(**read.bound()):
            started = time.perf_counter()
            tried = self._attempt(read.arrival, lambda: call([read.item]))
        return self._timed(read, tried, time.perf_counter() - started)

    def _timed(self, read: Read, tried: Settled, seconds: float) -> Settled:
        """Measure how long one took, and, of an event whose instant is not levelled, how old it was."""
        metrics.handler_seconds.labels(self.desk, self.handler).observe(seconds)
        envelope = read.envelope
        if envelope is None:
            return tried
        if tried.outcome is Outcome.DONE and envelope.time.minute + envelope.time.second + envelope.time.microsecond:
            age = (self.clock.now() - envelope.time).total_seconds()
            metrics.event_age_seconds.labels(self.desk, self.handler).observe(max(0.0, age))
        return Settled(tried.arrival, tried.outcome, tried.error, envelope)

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


def _read_command(arrival: Arrival) -> Read:
    return Read(arrival, Accepted(*wire.command_from_bytes(arrival.body)))


def _read_event(arrival: Arrival) -> Read:
    envelope = codec.envelope_from_plain(codec.from_bytes(arrival.body))
    return Read(arrival, Heard(codec.open_event(envelope), envelope.cause()), envelope)
