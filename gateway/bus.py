"""What the gateway needs of the bus; `lianxi.bus.client.BusClient` is the real one."""

from __future__ import annotations

from typing import Any, Protocol

from lianxi.contracts.envelope import Caller, Cause, Command, Lane


class Bus(Protocol):
    """Questions to desks, and commands handed in on their intake lanes."""

    @property
    def is_connected(self) -> bool:
        """Say whether the broker takes letters now."""

    async def open(self) -> None:
        """Start connecting, whether the broker is there or not."""

    async def close(self) -> None:
        """Stop."""

    async def ask(self, service: str, method: str, request: Any, caller: Caller, *, timeout_seconds: float) -> Any:
        """Ask a desk; answers the plain JSON of the answer's contract.

        Raises:
            Refused: the desk's rules say no.
            Unavailable: not now.
            Broken: the desk failed.
        """

    async def hand_in(self, service: str, lane: Lane, command: Command, cause: Cause) -> None:
        """Put a command on an intake lane; returns when the broker has confirmed that it keeps it.

        Raises:
            BrokerDown: it is not known to be kept.
        """
