"""The broker holds exactly the topology of the code, and lets each service do its own work and nothing else."""

from __future__ import annotations

import pika
import pytest

from lianxi.bus import topology
from lianxi.contracts.registry import SERVICES
from tests.support.sniffing import publish
from tests.support.town import Broker

ACCESS_REFUSED = 403


def refused(broker: Broker, user: str, exchange: str, key: str) -> bool:
    try:
        publish(broker.url_for(user), exchange, key, b"{}")
    except pika.exceptions.ChannelClosedByBroker as closed:
        return bool(closed.reply_code == ACCESS_REFUSED)
    return False


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_announces_its_own_events_only(broker: Broker, service: str) -> None:
    for other in SERVICES:
        key = f"{other}.thing.happened.v1"
        assert refused(broker, service, topology.EVENTS_EXCHANGE, key) is (other != service), key


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_cannot_ask_in_the_gateways_name(broker: Broker, service: str) -> None:
    for other in SERVICES:
        assert refused(broker, service, topology.RPC_EXCHANGE, f"{other}.get_tip")
    assert refused(broker, service, topology.INTAKE_EXCHANGE, topology.intake_queue("tips", "normal"))


def test_the_gateway_announces_nothing(broker: Broker) -> None:
    for service in SERVICES:
        assert refused(broker, topology.GATEWAY, topology.EVENTS_EXCHANGE, f"{service}.thing.happened.v1")


def test_nobody_reads_or_makes_a_foreign_queue(broker: Broker) -> None:
    for user, queue in (
        ("tips", "lx.cases.allow_reading"),
        ("cases", "lx.tips.intake.normal"),
        ("gateway", "lx.tips.parked"),
    ):
        with pika.BlockingConnection(pika.URLParameters(broker.url_for(user))) as connection:
            channel = connection.channel()
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as closed:
                channel.basic_get(queue)
            assert closed.value.reply_code == 403
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as closed:
                connection.channel().queue_declare("lx.somebody.else", durable=True)
            assert closed.value.reply_code == 403


def test_the_broker_holds_what_the_code_says(broker: Broker) -> None:
    """Declaring everything again with the code's own arguments is refused (406) where the broker's differ."""
    topology.declare(broker.url_for())
    with pika.BlockingConnection(pika.URLParameters(broker.url_for())) as connection:
        channel = connection.channel()
        for queue in topology.queues():
            channel.queue_declare(queue["name"], passive=True)
        for exchange in topology.exchanges():
            channel.exchange_declare(exchange["name"], passive=True)


def test_an_event_that_nobody_hears_is_kept(broker: Broker) -> None:
    publish(broker.url_for("tips"), topology.EVENTS_EXCHANGE, "tips.thing.unheard_of.v1", b"{}")
    kept = set()
    with pika.BlockingConnection(pika.URLParameters(broker.url_for())) as connection:
        channel = connection.channel()
        for _ in range(100):
            method, _, body = channel.basic_get(topology.UNROUTED, auto_ack=True)
            if method is None:
                break
            kept.add((method.routing_key, body))
    assert ("tips.thing.unheard_of.v1", b"{}") in kept
