"""Which ports are free on this machine's own loopback address."""

from __future__ import annotations

import socket
from collections.abc import Collection
from typing import Final

LOOPBACK: Final = "127.0.0.1"
LAST_PORT: Final = 65_535


def is_free(port: int) -> bool:
    """Say whether a server could listen here now; a port of another program, on whatever address, is not free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return not answers(port)


def answers(port: int, seconds: float = 0.2) -> bool:
    """Say whether anything accepts a connection on this port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=seconds):
            return True
    except OSError:
        return False


def next_free(preferred: int, taken: Collection[int] = ()) -> int:
    """The preferred port, or the next one above it that is free and not promised to somebody else.

    Raises:
        OSError: when no port above the preferred one is free.
    """
    for port in range(preferred, LAST_PORT):
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port from {preferred} upwards")


class PortBook:
    """Hands out free ports, never the same one twice, so that processes started together do not collide."""

    def __init__(self, offset: int = 0) -> None:
        self._offset = offset
        self._taken: set[int] = set()

    def take(self, preferred: int) -> int:
        """Promise a free port, the preferred one when possible."""
        port = next_free(preferred + self._offset, self._taken)
        self._taken.add(port)
        return port
