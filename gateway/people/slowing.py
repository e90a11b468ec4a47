"""Wrong passwords slow down whoever tries them, and nobody else: there is no lock that a stranger could turn.

Clause: none; criterion 23. Counted are (name, bucket), the bucket, and the device; never the name alone. A device that
has signed in before carries a signed cookie and is counted by itself. Only who already has the right password can slow
an account's unknown devices down by wrong codes.
"""

from __future__ import annotations

import hmac
import math
import secrets
from typing import Final

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from gateway.outside_key import OutsideKey
from gateway.refusals import TooMany
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import SystemClock

DEVICE_COOKIE: Final = "lianxi_device"
DEVICE_SECONDS: Final = 180 * 24 * 3600
BUCKET_FACTOR: Final = 10


class Devices:
    """Signs and knows devices from which an account has signed in."""

    def __init__(self, key: OutsideKey) -> None:
        self._key = key

    def make(self, account_id: str) -> str:
        """Make the cookie of a device."""
        number = secrets.token_hex(16)
        return f"{number}.{self._sign(number, account_id)}"

    def known(self, cookie: str, account_id: str) -> str | None:
        """Say which device of an account a cookie names; `None` when none of this account's."""
        number, _, signature = cookie.partition(".")
        right = hmac.compare_digest(signature.encode(), self._sign(number, account_id).encode())
        return number if right else None

    def _sign(self, number: str, account_id: str) -> str:
        return self._key.derive("device", number, account_id).hex()


class Slowing:
    """Counts failures in memory, per process."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._strategy = FixedWindowRateLimiter(MemoryStorage())
        window = settings.gateway_wrong_codes_window_seconds
        few = settings.gateway_wrong_codes
        self._few = RateLimitItemPerSecond(few, window)
        self._many = RateLimitItemPerSecond(few * BUCKET_FACTOR, window)
        self._machine = SystemClock()  # the library counts by the machine's own time

    async def admit(self, name: str, bucket: str, device: str | None) -> None:
        """Let a try go on.

        Raises:
            TooMany: sign_in.slowed.
        """
        for limit, whose in self._counts(name, bucket, device):
            await self._admit(limit, whose)

    async def failed(self, name: str, bucket: str, device: str | None, account_id: str | None) -> None:
        """Count a failure; `account_id` is given when the password was right and the code was not."""
        for limit, whose in self._counts(name, bucket, device):
            await self._strategy.hit(limit, *whose)
        if account_id is not None and device is None:
            await self._strategy.hit(self._many, "codes", account_id)

    async def admit_code(self, account_id: str, device: str | None) -> bool:
        """Say whether a code may still be tried from a device that is not known."""
        return device is not None or await self._strategy.test(self._many, "codes", account_id)

    def _counts(self, name: str, bucket: str, device: str | None) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        if device is not None:
            return [(self._few, ("device", device))]
        return [(self._few, ("name", name, bucket)), (self._many, ("bucket", bucket))]

    async def _admit(self, limit: RateLimitItem, whose: tuple[str, ...]) -> None:
        if not await self._strategy.test(limit, *whose):
            reset, _ = await self._strategy.get_window_stats(limit, *whose)
            raise TooMany("sign_in.slowed", retry_after_seconds=math.ceil(reset - self._machine.now().timestamp()))
