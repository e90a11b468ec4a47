"""Carrying to hooks: which addresses are let through, and what an answer may be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lianxi.kernel.errors import Refused, Unavailable
from lianxi.runtime.hook_courier import HttpHookCourier, Outbound, Reach, networks_of, secret_of

SECRET = secret_of(b"k" * 32, "hook_1", 1)
OPEN = HttpHookCourier(Reach(is_loopback_open=True), step_seconds=1, whole_seconds=0.5)


def told(address: str, body: bytes = b"{}") -> Outbound:
    at = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    return Outbound(address=address, event_id="event-1", body=body, secrets=(SECRET,), at=at)


@contextmanager
def receiver(answers: Any) -> Iterator[str]:
    class Here(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answers(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Here)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/in"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.criterion("14.3")
@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/", "https://localhost:5672/", "https://10.1.2.3/", "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[fd00::1]/", "https://0.0.0.0/", "https://224.0.0.1/", "http://93.184.216.34/", "https://100.64.0.1/",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(address: str) -> None:
    courier = HttpHookCourier(Reach())
    with pytest.raises(Refused, match=r"webhook\.address_refused"):
        courier.check(address)
    with pytest.raises(Unavailable, match=r"webhook\.address_refused"):
        courier.carry(told(address))


@pytest.mark.criterion("14.3")
def test_a_network_that_the_deployment_opens_is_let_through_and_never_loopback() -> None:
    courier = HttpHookCourier(Reach(networks_of("10.20.0.0/16, 127.0.0.0/8")))
    courier.check("https://10.20.3.4/hooks")
    for address in ("https://10.21.0.1/", "https://127.0.0.1/", "http://10.20.3.4/"):
        with pytest.raises(Refused, match=r"webhook\.address_refused"):
            courier.check(address)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://93.184.216.34/",
        "https://",
        "https://u:p@93.184.216.34/",
        "https://93.184.216.34/#a",
        "https://93.184.216.34:99999/",
        "https://93.184.216.34/ä",
        "https://93.184.216.34/a b",
    ],
)
def test_addresses_that_are_none_are_refused(address: str) -> None:
    with pytest.raises(Refused, match=r"webhook\.address_unfit"):
        HttpHookCourier(Reach()).check(address)


@pytest.mark.criterion("14.3")
def test_the_address_that_was_judged_is_the_one_that_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def name(host: str, port: int, **_: Any) -> list[Any]:
        looked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", name)
    with pytest.raises(Unavailable, match=r"webhook\.address_refused"):
        HttpHookCourier(Reach()).carry(told("https://rebinding.example/"))
    assert looked == ["rebinding.example"]


@pytest.mark.criterion("14.3")
def test_a_redirect_is_not_followed_and_no_answer_but_2xx_counts() -> None:
    seen: list[str] = []

    def answers(here: Any) -> None:
        seen.append(here.path)
        status = {"/in": 204, "/in?to": 302, "/in?gone": 410, "/in?broken": 500}[here.path]
        here.send_response(status)
        here.send_header("Location", "/elsewhere")
        here.end_headers()

    with receiver(answers) as address:
        assert OPEN.carry(told(address)) == 204
        for path, status in (("?to", 302), ("?gone", 410), ("?broken", 500)):
            with pytest.raises(Unavailable, match=r"webhook\.answered") as caught:
                OPEN.carry(told(address + path))
            assert caught.value.facts["status"] == status
    assert seen == ["/in", "/in?to", "/in?gone", "/in?broken"]


@pytest.mark.criterion("14.3")
def test_a_receiver_that_drips_is_cut_off_and_what_is_too_large_is_not_sent() -> None:
    stop = threading.Event()

    def drips(here: Any) -> None:
        here.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.1):
            try:
                here.wfile.write(b"X: y\r\n")
                here.wfile.flush()
            except OSError:
                return

    with receiver(drips) as address:
        began = time.monotonic()
        with pytest.raises(Unavailable, match=r"webhook\.unreachable"):
            OPEN.carry(told(address))
        assert time.monotonic() - began < 3
        stop.set()
        with pytest.raises(Unavailable, match=r"webhook\.unreachable"):
            OPEN.carry(told(address, b"x" * 70_000))


def test_nobody_there_is_told_as_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match=r"webhook\.unreachable"):
        OPEN.carry(told(f"http://127.0.0.1:{port}/"))
