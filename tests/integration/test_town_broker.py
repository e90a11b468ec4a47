"""The private broker: beside any other, on loopback only, and nothing left of it afterwards."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import re
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pika
import pika.exceptions
import psutil
import pytest

from deploy.local import assembly, children, install, questions
from deploy.local.given_broker import GivenBroker
from deploy.local.places import Places, plain_path
from deploy.local.ports import LOOPBACK, answers
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor
from deploy.local.trouble import TownError
from lianxi.bus import topology
from tests.support.town import ADMINISTRATOR, Broker, own_ports, quiet, running_broker
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def connect(url: str) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(url))


def is_gone(pid: int) -> bool:
    return children.start_time(pid) is None


def listeners(pid: int) -> set[tuple[str, int]]:
    process = psutil.Process(pid)
    rows = process.net_connections("tcp")
    return {(str(row.laddr[0]), int(row.laddr[1])) for row in rows if row.status == psutil.CONN_LISTEN}


def test_it_listens_on_loopback_only_and_on_its_own_ports(broker: Broker) -> None:
    found = listeners(broker.pid)
    assert found == {(LOOPBACK, broker.node.at.amqp), (LOOPBACK, broker.node.at.distribution)}
    assert broker.port != install.DEFAULT_AMQP_PORT


def test_every_queue_is_there_when_it_says_it_is_ready(broker: Broker) -> None:
    with connect(broker.url_for()) as connection:
        channel = connection.channel()
        for row in topology.definitions()["queues"]:
            channel.queue_declare(row["name"], passive=True)


def test_each_service_signs_in_with_its_own_password_and_no_other(broker: Broker) -> None:
    for user in broker.users:
        connect(broker.url_for(user)).close()
    stolen = broker.url_for("tips").replace("tips:", "cases:")
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        connect(stolen)
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        connect(re.sub(r"//.*@", "//guest:guest@", broker.url_for()))


def test_a_service_may_not_announce_for_another(broker: Broker) -> None:
    with connect(broker.url_for("tips")) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
            channel.basic_publish(topology.EVENTS_EXCHANGE, "cases.case.closed.v1", b"{}")
        assert refused.value.reply_code == 403


def test_a_letter_survives_a_crash_of_the_node(broker: Broker) -> None:
    queue = topology.parked_queue("tips")
    with connect(broker.url_for()) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        kept = pika.BasicProperties(delivery_mode=2)
        channel.basic_publish("", queue, b"still here", kept, mandatory=True)
    before = broker.pid
    broker.kill()
    assert not answers(broker.port)
    broker.start()
    assert broker.pid != before

    with connect(broker.url_for()) as connection:
        channel = connection.channel()
        body = wait_until(lambda: channel.basic_get(queue, auto_ack=True)[2], what="the letter")
    assert body == b"still here"


def test_in_a_path_with_chinese_and_spaces_it_keeps_its_letters_and_leaves_nothing(tmp_path: Path) -> None:
    folder, queue = tmp_path / "路径 有空格", topology.parked_queue("cases")
    with running_broker(folder) as running, connect(running.url_for()) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", queue, b"kept", pika.BasicProperties(delivery_mode=2), mandatory=True)
    with running_broker(folder) as running:
        at, pid = running.node.at, running.pid
        with connect(running.url_for()) as connection:
            channel = connection.channel()
            assert wait_until(lambda: channel.basic_get(queue, auto_ack=True)[2], what="the letter") == b"kept"
        ours = {process.pid for process in psutil.Process(pid).children(recursive=True)} | {pid}
    for number in ours:
        wait_until(partial(is_gone, number), what=f"process {number} to be gone")
    assert not any(answers(port) for port in (at.amqp, at.distribution, at.names))


def test_a_taken_port_is_a_sentence_and_not_forty_lines_of_erlang(tmp_path: Path, broker: Broker) -> None:
    program = install.find()
    assert program is not None
    book = own_ports()
    at = type(broker.node.at)(broker.port, book.take(25673), book.take(4673))
    definitions = topology.definitions()
    passwords = dict.fromkeys([row["name"] for row in definitions["users"]], "x")
    node = type(broker.node)(tmp_path / "broker", tmp_path / "broker.log", program, at, passwords)
    supervisor = Supervisor(tmp_path / "children.json", quiet())
    names, second = node.recipes(topology.with_passwords(definitions, passwords))
    try:
        supervisor.start([names])
        child = children.Child(second)
        child.start()
        child.await_end(60)
        out = io.StringIO()
        Progress(stream=out, environment={"LANG": "C"}).fail(child.did_not_start())
        assert "broker ended while starting" in out.getvalue()
        assert len(out.getvalue().splitlines()) <= 8
    finally:
        supervisor.kill_everything()


class Administered:
    """A broker of somebody else, with its management interface on."""

    def __init__(self, running: Broker) -> None:
        self.running = running
        self.management = f"http://{LOOPBACK}:{running.node.at.management}"
        password = running.node.passwords[ADMINISTRATOR]
        self.authorization = base64.b64encode(f"{ADMINISTRATOR}:{password}".encode()).decode()

    def ask(self, method: str, path: str) -> Any:
        assert self.running.node.at.management is not None
        connection = http.client.HTTPConnection(LOOPBACK, self.running.node.at.management, timeout=15)
        try:
            connection.request(method, path, headers={"Authorization": f"Basic {self.authorization}"})
            text = connection.getresponse().read()
        finally:
            connection.close()
        return json.loads(text) if text else None


@pytest.fixture(scope="module")
def administered(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_broker(tmp_path_factory.mktemp("given"), plugins=("rabbitmq_management",)) as running:
        wait_until(lambda: answers(running.node.at.management or 0), 60, "the management interface")
        yield Administered(running)


def begin_broker(folder: Path, settings: dict[str, str]) -> assembly.Town:
    town = assembly.Town(Places(folder), own_ports(), quiet(), assembly.Options(environment=settings))
    town.prepare()
    given = {"LIANXI_MONGO_URL": "mongodb://nowhere.invalid/"}
    assert not given.keys() & settings.keys()
    town._begin_broker()
    return town


def test_a_given_broker_gets_our_users_and_queues_from_its_administrator(
    tmp_path: Path, administered: Administered
) -> None:
    settings = {
        "LIANXI_AMQP_URL": administered.running.url_for(),
        "LIANXI_AMQP_MANAGEMENT_URL": administered.management,
    }
    town = begin_broker(tmp_path / "town", settings)
    assert town.private_broker is None
    assert set(town.amqp_urls) == {row["name"] for row in topology.definitions()["users"]}
    with connect(town.amqp_urls["tips"]) as connection:
        assert connection.is_open
    assert town.amqp_urls["tips"] != administered.running.url_for("tips"), "the password is this town's own"


def test_users_of_our_names_that_are_not_ours_are_left_alone(tmp_path: Path, administered: Administered) -> None:
    administered.ask("DELETE", "/api/vhosts/lianxi")
    settings = {
        "LIANXI_AMQP_URL": administered.running.url_for(),
        "LIANXI_AMQP_MANAGEMENT_URL": administered.management,
    }
    with pytest.raises(TownError, match="already has users named"):
        begin_broker(tmp_path / "town", settings)


def test_a_given_broker_without_management_says_what_to_do(tmp_path: Path, broker: Broker) -> None:
    unused = own_ports().take(15673)
    settings = {
        "LIANXI_AMQP_URL": broker.url_for(),
        "LIANXI_AMQP_MANAGEMENT_URL": f"http://{LOOPBACK}:{unused}",
    }
    with pytest.raises(TownError) as told:
        begin_broker(tmp_path / "town", settings)
    assert "LIANXI_AMQP_SINGLE_USER=1" in told.value.remedy


def test_one_user_for_all_is_possible_and_said(tmp_path: Path, broker: Broker) -> None:
    out = io.StringIO()
    settings = {"LIANXI_AMQP_URL": broker.url_for(), "LIANXI_AMQP_SINGLE_USER": "1"}
    told = Progress(stream=out, environment={"LANG": "C"})
    town = assembly.Town(Places(tmp_path / "town"), own_ports(), told, assembly.Options(environment=settings))
    town.prepare()
    town._begin_broker()
    assert set(town.amqp_urls.values()) == {broker.url_for()}
    assert "Warning: LIANXI_AMQP_SINGLE_USER=1" in out.getvalue()


def test_a_broker_that_is_not_there_is_told_at_once() -> None:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        url = f"amqp://a:b@{LOOPBACK}:{holder.getsockname()[1]}/lianxi"
        assert not questions.amqp_answers(holder.getsockname()[1])
        with pytest.raises(TownError, match="does not answer"):
            GivenBroker(url).check()


def test_a_private_folder_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"lianxi-{os.getuid()}").mkdir(mode=0o755)
    with pytest.raises(TownError, match="belongs to somebody else"):
        plain_path(tmp_path / "路径")
