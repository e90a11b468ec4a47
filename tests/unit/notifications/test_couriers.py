"""The shipped couriers: a file that can be looked at, and a signed request; both say what went wrong and go on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from deploy.local.mailbox import addresses, make_addresses
from deploy.local.places import Places
from lianxi.kernel.errors import Unavailable
from lianxi.policy.policy import Policy
from lianxi.runtime.couriers import AddressBook, Couriers, Outgoing

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
KNOWN = b"a secret of the town"
SECRET = f"whsec_{base64.b64encode(KNOWN).decode()}"
MESSAGE = Outgoing(key="delivery_1", receiver="duty-phone", channel="sms", text="请签收", at=NOON)


class Provider(BaseHTTPRequestHandler):
    """A provider that keeps what it was sent and answers what the test wants."""

    seen: list[tuple[Any, bytes]]
    answers: tuple[int, bytes]

    def do_POST(self) -> None:
        type(self).seen.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
        status, body = type(self).answers
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[tuple[str, type[Provider]]]:
    class Mine(Provider):
        answers = (200, b'{"id": "sms-7", "delivered": true}')

    Mine.seen = []
    with HTTPServer(("127.0.0.1", 0), Mine) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/send", Mine
        server.shutdown()
        thread.join()


def couriers(folder: Path, how: dict[str, str]) -> Couriers:
    book = folder / "addresses.json"
    book.write_text(json.dumps({"channels": {"sms": how}, "receivers": {"duty-phone": {"sms": "line-1"}}}))
    return Couriers(AddressBook(book), seconds=2)


def test_a_webhook_is_signed_and_says_the_providers_number(
    tmp_path: Path, provider: tuple[str, type[Provider]]
) -> None:
    url, mine = provider
    taken = couriers(tmp_path, {"courier": "webhook", "url": url, "secret": SECRET}).carry(MESSAGE)

    assert (taken.reference, taken.arrived) == ("sms-7", True)
    headers, body = mine.seen[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(KNOWN, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "delivery_1"
    assert json.loads(body)["data"] == {"to": "line-1", "channel": "sms", "text": "请签收", "reference": "delivery_1"}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((503, b""), "courier.refused"),
        ((200, b"no json"), "courier.unreachable"),
        ((200, b"{}"), "courier.unreachable"),
    ],
)
def test_what_a_provider_does_not_take_is_told(
    tmp_path: Path, provider: tuple[str, type[Provider]], answers: tuple[int, bytes], code: str
) -> None:
    url, mine = provider
    mine.answers = answers

    with pytest.raises(Unavailable) as refused:
        couriers(tmp_path, {"courier": "webhook", "url": url, "secret": SECRET}).carry(MESSAGE)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "how",
    [
        {"courier": "webhook", "url": "http://127.0.0.1:9/", "secret": SECRET},
        {"courier": "webhook", "url": "file:///etc/passwd", "secret": SECRET},
        {"courier": "webhook", "url": "http://127.0.0.1:9/", "secret": "plain"},
        {"courier": "webhook", "url": "http://127.0.0.1:9/", "secret": "whsec_%"},
        {"courier": "pigeon"},
        {"courier": "file", "path": "/nowhere/at/all"},
    ],
)
def test_a_channel_that_cannot_be_used_is_told(tmp_path: Path, how: dict[str, str]) -> None:
    with pytest.raises(Unavailable, match=r"courier\.unreachable"):
        couriers(tmp_path, how).carry(MESSAGE)


def test_without_an_address_nothing_is_said_to_be_sent(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"courier\.no_address"):
        Couriers(AddressBook(None)).carry(MESSAGE)
    with pytest.raises(Unavailable, match=r"courier\.no_address"):
        Couriers(AddressBook(tmp_path / "not-there.json")).carry(MESSAGE)


def test_a_town_for_trying_out_keeps_every_message_in_a_file(tmp_path: Path, policy: Policy) -> None:
    places = Places(tmp_path)
    make_addresses(places)
    written = places.outside_addresses.read_text("utf-8")
    make_addresses(places)
    book = Couriers(AddressBook(places.outside_addresses))
    for receiver in policy.outside.receivers:
        for channel in receiver.channels:
            assert book.carry(
                Outgoing(key="delivery_1", receiver=receiver.code, channel=channel, text="请签收", at=NOON)
            ).arrived

    lines = [json.loads(line) for line in places.outside_mailbox.read_text("utf-8").splitlines()]
    assert len(lines) == sum(len(each.channels) for each in policy.outside.receivers) == 15
    assert lines[0] == {
        "key": "delivery_1", "receiver": "command-centre", "channel": "sms", "to": "command-centre/sms",
        "text": "请签收", "at": NOON.isoformat(),
    }  # fmt: skip
    assert json.loads(written) == addresses(policy.outside, str(places.outside_mailbox))
