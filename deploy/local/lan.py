"""`make run LAN=1`: the town on the local network too, over HTTPS, so that a phone can try the patrol's pages.

Off unless asked for. `LAN=1` finds this machine's own address in a private network; `LAN=192.168.1.5` names it.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import segno

from deploy.local import certificates
from deploy.local.certificates import Papers
from deploy.local.places import Places
from deploy.local.ports import PortBook
from deploy.local.trouble import TownError

PORT: Final = 8443
OFF: Final = frozenset({"", "0"})
ANY: Final = "1"
NOWHERE: Final = ("192.0.2.1", 9)
"""An address of no network (RFC 5737): asking the way there sends nothing."""


@dataclass(frozen=True)
class Lan:
    """Where the town answers on the local network, and with which papers."""

    address: str
    port: int
    papers: Papers

    @property
    def url(self) -> str:
        """What a phone opens."""
        return f"https://{self.address}:{self.port}"

    @property
    def setup(self) -> str:
        """Where a phone begins."""
        return f"{self.url}/m/setup"

    def environment(self) -> dict[str, str]:
        """What the gateway is told."""
        return {
            "LIANXI_GATEWAY_SECURE_HOST": self.address,
            "LIANXI_GATEWAY_SECURE_PORT": str(self.port),
            "LIANXI_GATEWAY_CERTIFICATE_FILE": str(self.papers.certificate),
            "LIANXI_GATEWAY_CERTIFICATE_KEY_FILE": str(self.papers.key),
            "LIANXI_GATEWAY_AUTHORITY_FILE": str(self.papers.authority),
        }


def wanted(environment: Mapping[str, str], places: Places, book: PortBook) -> Lan | None:
    """Make ready what a town on the local network needs; `None` unless it is asked for.

    Raises:
        TownError: there is no such network here.
    """
    asked = environment.get("LAN", "")
    if asked in OFF:
        return None
    address = own_address() if asked == ANY else asked
    try:
        papers = certificates.make_missing(Papers(places.keys / "lan"), address)
    except ValueError as error:
        remedy = "Name this machine's own address in the local network: `make run LAN=192.168.1.5`."
        raise TownError(f"LAN: {error}.", remedy) from None
    return Lan(address, book.take(PORT), papers)


def own_address() -> str:
    """Find the address that this machine has where other machines are, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
        except OSError:
            return certificates.LOOPBACK
        return str(probe.getsockname()[0])


def picture(text: str) -> str:
    """Draw a QR code with the letters of a terminal."""
    drawn = io.StringIO()
    segno.make(text, error="m").terminal(drawn, compact=True)
    return drawn.getvalue()
