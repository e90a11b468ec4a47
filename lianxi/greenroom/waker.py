"""Wakes the relay when the desk has committed something; the relay's own looking makes a lost ring harmless."""

from __future__ import annotations

from typing import Any

import eventlet
from eventlet.semaphore import Semaphore
from kombu import Connection

from lianxi.bus import topology
from lianxi.greenroom.consumer import AWAY, BACKOFF_SECONDS
from lianxi.greenroom.publishing import publish

PAUSE_SECONDS = 0.005


class Waker:
    """Sends one short ring for however many commits a moment holds."""

    def __init__(self, url: str, desk: str) -> None:
        self._url = url
        self._desk = desk
        self._rung = Semaphore(0)
        self._committed: set[str] = set()

    def ring(self, collection: str) -> None:
        """Note that something was committed in a collection; never blocks."""
        self._committed.add(collection)
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
            where, self._committed = self._committed, set()
            try:
                body = ",".join(sorted(where)).encode()
                publish(channel, body, exchange=topology.WAKE_EXCHANGE, key=self._desk, properties=properties)
            except AWAY:
                for each in where:
                    self.ring(each)
                raise
            eventlet.sleep(PAUSE_SECONDS)
