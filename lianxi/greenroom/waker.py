"""Wakes the relay when the desk has committed something; the relay's own looking makes a lost ring harmless."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import eventlet
from eventlet.semaphore import Semaphore
from kombu import Connection

from lianxi.bus import topology, wire
from lianxi.greenroom.consumer import AWAY, BACKOFF_SECONDS
from lianxi.greenroom.publishing import publish

PAUSE_SECONDS = 0.005


class Waker:
    """Sends one short ring for however many commits a moment holds."""

    def __init__(self, url: str, desk: str) -> None:
        self._url = url
        self._desk = desk
        self._rung = Semaphore(0)
        self._committed: dict[str, dict[str, None]] = {}

    def ring(self, collection: str, ids: Sequence[str]) -> None:
        """Note what was committed in a collection; never blocks."""
        self._committed.setdefault(collection, {}).update(dict.fromkeys(ids))
        if self._rung.balance <= 0:
            self._rung.release()

    def run(self) -> None:
        """Pass rings on for as long as the process lives."""
        tries = 0
        while True:
            try:
                with Connection(self._url, connect_timeout=5) as connection:
                    tries = 0
                    self._pass_on(connection.channel())
            except AWAY:
                eventlet.sleep(BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)])
                tries += 1

    def _pass_on(self, channel: Any) -> None:
        while True:
            self._rung.acquire()
            properties = {"delivery_mode": 1, "expiration": "1000"}
            rung, self._committed = self._committed, {}
            try:
                body = wire.ring_to_bytes({name: list(ids) for name, ids in rung.items()})
                publish(channel, body, exchange=topology.WAKE_EXCHANGE, key=self._desk, properties=properties)
            except AWAY:
                for name, ids in rung.items():
                    self.ring(name, list(ids))
                raise
            eventlet.sleep(PAUSE_SECONDS)
