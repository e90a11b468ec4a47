"""A receiver of webhooks as an agency would write one: it verifies before it reads, as the specification says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether one of the signatures is of this secret (Standard Webhooks, "Verifying signatures")."""
    content = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(each, f"v1,{right}") for each in headers["webhook-signature"].split(" "))


@dataclass
class Receiver:
    """What has arrived, each with whether its signature held; `answers` chooses the status by how many came before."""

    answers: Callable[[int], int] = lambda _before: 200
    secret: str = ""
    seen: list[tuple[dict[str, Any], bool, int]] = field(default_factory=list)
    url: str = ""

    def ids(self, status: int = 200) -> list[str]:
        """Name the events that were answered with a status."""
        return [event["id"] for event, _, answered in self.seen if answered == status]

    def of(self, subject: str, status: int = 200) -> list[dict[str, Any]]:
        """The events about something that were answered with a status, in the order in which they came."""
        return [event for event, _, answered in self.seen if (event["subject"], answered) == (subject, status)]


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Let a receiver listen on this machine."""

    class Here(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.answers(len(receiver.seen))
            held = bool(receiver.secret) and is_signed(receiver.secret, headers, body)
            receiver.seen.append((json.loads(body), held, status))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
