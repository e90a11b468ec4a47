"""Carrying a message to the outside: into a file, or by a signed request to whoever sends texts, calls or mail.

No carrier is shipped. Whatever goes wrong is `Unavailable`; the caller tries again under the same key, by which a
provider knows the message again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from lianxi.kernel.errors import Unavailable

SECONDS = 5.0
LARGEST_ANSWER = 65_536
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # how Standard Webhooks mark a secret
MESSAGE: Final = "lianxi.outside.message.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is carried: to whom, on which channel, in which words; `key` is the same at every try."""

    key: str
    receiver: str
    channel: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What whoever carries it says: its own number for the message, and whether it has arrived already."""

    reference: str
    arrived: bool = False


class Courier(Protocol):
    """Whoever carries a message to a receiver on a channel."""

    def carry(self, message: Outgoing) -> Taken:
        """Carry a message.

        Raises:
            Unavailable: courier.no_address, courier.unreachable, courier.refused.
        """
        ...


@dataclass(frozen=True)
class AddressBook:
    """Addresses by receiver and channel, and how each channel is carried. Read anew for each: duty changes.

    Shape: ``{"channels": {"sms": {"courier": "webhook", "url": "https://…", "secret": "whsec_…"}, "phone": {"courier":
    "file", "path": "…"}}, "receivers": {"duty-phone": {"sms": "…", "phone": "…"}}}``.
    """

    path: Path | None

    def look_up(self, receiver: str, channel: str) -> tuple[str, Mapping[str, Any]]:
        """Find an address and its channel.

        Raises:
            Unavailable: courier.no_address.
        """
        try:
            book = {} if self.path is None else json.loads(self.path.read_text("utf-8"))
            return str(book["receivers"][receiver][channel]), dict(book["channels"][channel])
        except (OSError, ValueError, LookupError, TypeError):
            raise Unavailable("courier.no_address", receiver=receiver, channel=channel) from None


@dataclass(frozen=True)
class Couriers:
    """The shipped couriers behind one address book."""

    book: AddressBook
    seconds: float = SECONDS

    def carry(self, message: Outgoing) -> Taken:
        """Carry a message by the courier of its channel."""
        address, how = self.book.look_up(message.receiver, message.channel)
        carriers: Mapping[str, Callable[[Outgoing, str, Mapping[str, Any]], Taken]] = {
            "file": into_file,
            "webhook": self._by_webhook,
        }
        try:
            return carriers[str(how["courier"])](message, address, how)
        except urllib.error.HTTPError as error:
            error.close()
            raise Unavailable("courier.refused", status=error.code) from None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Unavailable("courier.unreachable", reason=type(error).__name__) from None

    def _by_webhook(self, message: Outgoing, address: str, how: Mapping[str, Any]) -> Taken:
        told = {"to": address, "channel": message.channel, "text": message.text, "reference": message.key}
        body = json.dumps(
            {"type": MESSAGE, "timestamp": message.at.isoformat(), "data": told}, ensure_ascii=False
        ).encode()
        seconds = str(int(message.at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            "webhook-id": message.key,
            "webhook-timestamp": seconds,
            "webhook-signature": signature(str(how["secret"]), message.key, seconds, body),
        }
        url = str(how["url"])
        if not url.startswith(("https://", "http://")):
            raise ValueError("url")
        asked = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  # checked above
        with urllib.request.urlopen(asked, timeout=self.seconds) as answer:  # noqa: S310
            said = json.loads(answer.read(LARGEST_ANSWER))
        return Taken(reference=str(said["id"])[:200], arrived=said.get("delivered") is True)


def into_file(message: Outgoing, address: str, how: Mapping[str, Any]) -> Taken:
    """Write a message where it can be looked at instead of sending it: the mailbox of a demonstration or a drill.

    Shape: a line of JSON for each try, appended in one write.
    """
    line = {
        "key": message.key,
        "receiver": message.receiver,
        "channel": message.channel,
        "to": address,
        "text": message.text,
        "at": message.at.isoformat(),
    }
    descriptor = os.open(str(how["path"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, json.dumps(line, ensure_ascii=False).encode() + b"\n")
    finally:
        os.close(descriptor)
    return Taken(reference=f"file:{message.key}", arrived=True)


def signature(secret: str, key: str, seconds: str, body: bytes) -> str:
    """Sign a request as Standard Webhooks do.

    Raises:
        ValueError: when the secret is not `whsec_` and base64.
    """
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError("secret")
    try:
        known = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("secret") from error
    digest = hmac.new(known, f"{key}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
