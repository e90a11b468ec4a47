"""Listens to everything that crosses the broker, as someone who broke into it would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pika

from lianxi.bus import topology
from lianxi.contracts.registry import SERVICES


@dataclass(frozen=True)
class Overheard:
    """One letter as it lay on the broker."""

    exchange: str
    key: str
    properties: pika.BasicProperties
    body: bytes

    def everything(self) -> str:
        return f"{self.key} {self.properties} {self.body.decode('utf-8', 'replace')}"


@dataclass
class Tap:
    """What was overheard so far."""

    letters: list[Overheard] = field(default_factory=list)

    def events(self) -> list[Overheard]:
        return [each for each in self.letters if each.exchange == topology.EVENTS_EXCHANGE]


def _keys() -> Iterator[tuple[str, str]]:
    yield topology.EVENTS_EXCHANGE, "#"
    yield topology.RPC_EXCHANGE, "#"
    for service in SERVICES:
        yield topology.RECEIPTS_EXCHANGE, service
        yield topology.DEAD_EXCHANGE, service
        for lane in topology.INTAKE.get(service, {}):
            yield topology.INTAKE_EXCHANGE, topology.intake_queue(service, lane)


@contextmanager
def tapped(url: str) -> Iterator[Tap]:
    """Overhear everything for as long as the block runs."""
    tap = Tap()
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    for exchange, key in _keys():
        channel.queue_bind(queue, exchange, key)

    def heard(_channel: object, method: pika.spec.Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
        tap.letters.append(Overheard(method.exchange, method.routing_key, properties, body))

    channel.basic_consume(queue, heard, auto_ack=True)
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            connection.process_data_events(time_limit=0.1)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield tap
    finally:
        over.set()
        thread.join()
        connection.close()


def publish(url: str, exchange: str, key: str, body: bytes, properties: pika.BasicProperties | None = None) -> None:
    """Publish one letter with the broker's confirm."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, body, properties or pika.BasicProperties(delivery_mode=2))


def messages_waiting(url: str, queues: list[str]) -> int:
    """Count the letters that lie ready in queues."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        return sum(channel.queue_declare(queue, passive=True).method.message_count for queue in queues)
