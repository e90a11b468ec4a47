"""Carries what hooks are told: signed as Standard Webhooks are, to addresses that nobody can bend into our own network.

The name is looked up once, every address that it stands for is judged, and the connection goes to the one that was
judged. Redirects are answers like any other that is not 2xx; of an answer nothing but its status is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import SplitResult, urlsplit

from lianxi.kernel.errors import Refused, Unavailable
from lianxi.runtime.couriers import SECRET_PREFIX, signature

STEP_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 10.0
LARGEST_BODY: Final = 64 * 1024
LONGEST_ADDRESS: Final = 500
CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What is carried to a hook: where to, signed with which secrets, the newest first."""

    address: str
    event_id: str
    body: bytes
    secrets: Sequence[str]
    at: datetime


class HookCourier(Protocol):
    """Whoever carries an event to a hook."""

    def check(self, address: str) -> None:
        """Judge an address when it is registered.

        Raises:
            Refused: webhook.address_unfit, webhook.address_refused.
        """
        ...

    def carry(self, told: Outbound) -> int:
        """Carry an event; answers the receiver's status.

        Raises:
            Unavailable: webhook.unreachable, webhook.address_refused, webhook.answered with its `status`.
        """
        ...


@dataclass(frozen=True)
class Reach:
    """Which addresses hooks may be at: public ones by https, and what the deployment opens beside them."""

    networks: tuple[Network, ...] = ()
    is_loopback_open: bool = False

    def allows(self, address: Address, *, is_plain: bool) -> bool:
        """Say whether a hook may be at an address: without encryption only on this machine, in a rehearsal."""
        judged = getattr(address, "ipv4_mapped", None) or address
        if judged.is_loopback:
            return self.is_loopback_open
        if is_plain:
            return False
        is_opened = any(judged in network for network in self.networks if network.version == judged.version)
        return is_opened or (judged.is_global and not judged.is_multicast)


def networks_of(text: str) -> tuple[Network, ...]:
    """Read networks separated by commas.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


def secret_of(key: bytes, hook_id: str, generation: int) -> str:
    """Work a hook's secret out from the desk's key, so that it has to be kept nowhere."""
    digest = hmac.new(key, f"{hook_id}:{generation}".encode(), hashlib.sha256).digest()
    return f"{SECRET_PREFIX}{base64.b64encode(digest).decode()}"


@dataclass(frozen=True)
class HttpHookCourier:
    """Carries by HTTP."""

    reach: Reach
    step_seconds: float = STEP_SECONDS
    whole_seconds: float = WHOLE_SECONDS

    def check(self, address: str) -> None:
        """Judge an address when it is registered; a name that cannot be looked up now is judged at every try."""
        parts = _parts_of(address)
        with suppress(Unavailable):
            self._look_up(parts)

    def carry(self, told: Outbound) -> int:
        """Carry an event."""
        try:
            parts = _parts_of(told.address)
            place = self._look_up(parts)
        except Refused as error:
            raise Unavailable(error.code) from None
        try:
            status = self._post(parts, place, told)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("webhook.unreachable", reason=type(error).__name__) from None
        if not 200 <= status < 300:
            raise Unavailable("webhook.answered", status=status)
        return status

    def _look_up(self, parts: SplitResult) -> str:
        host, port = str(parts.hostname), _port_of(parts)
        try:
            found = {str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            raise Unavailable("webhook.unreachable", reason="name") from None
        places = sorted(found, key=lambda each: (":" in each, each))
        is_plain = parts.scheme == "http"
        if not places or not all(self.reach.allows(ipaddress.ip_address(each), is_plain=is_plain) for each in places):
            raise Refused("webhook.address_refused")
        return places[0]

    def _post(self, parts: SplitResult, place: str, told: Outbound) -> int:
        if len(told.body) > LARGEST_BODY:
            raise OSError("body")
        connection = _connection(parts, place, self.step_seconds)
        # A receiver that answers a byte at a time would outlast every timeout of a single step.
        watch = threading.Timer(self.whole_seconds, connection.cut_off)
        watch.daemon = True
        watch.start()
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, told.body, headers_of(told))
            status = connection.getresponse().status
            if connection.is_cut_off:
                raise OSError("slow")
            return status
        finally:
            watch.cancel()
            connection.close()


def headers_of(told: Outbound) -> dict[str, str]:
    """Write the headers of Standard Webhooks, with a signature for every secret that counts."""
    seconds = str(int(told.at.timestamp()))
    signed = " ".join(signature(each, told.event_id, seconds, told.body) for each in told.secrets)
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "lianxi-webhooks/1",
        "Connection": "close",
        "webhook-id": told.event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": signed,
    }


def _parts_of(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _port_of(parts)
    except ValueError:
        raise Refused("webhook.address_unfit") from None
    is_whole = parts.scheme in ("https", "http") and parts.hostname and not parts.fragment and "@" not in parts.netloc
    if not is_whole or len(address) > LONGEST_ADDRESS or not _is_plain_text(address):
        raise Refused("webhook.address_unfit")
    return parts


def _is_plain_text(address: Iterable[str]) -> bool:
    return all("!" <= letter <= "~" for letter in address)


def _port_of(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was judged, whatever the name says by now."""

    def __init__(self, host: str, port: int, place: str, seconds: float, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=seconds)
        self._place = place
        self._context = context
        self.is_cut_off = False

    def cut_off(self) -> None:
        """End it, whatever is under way."""
        self.is_cut_off = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.create_connection((self._place, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _connection(parts: SplitResult, place: str, seconds: float) -> _Pinned:
    context = ssl.create_default_context() if parts.scheme == "https" else None
    return _Pinned(str(parts.hostname), _port_of(parts), place, seconds, context)
