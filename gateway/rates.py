"""How often whom: known clients by their id, everybody else by a bucket that nobody can turn back into an address.

The key of the buckets is drawn at start, lives in memory only and is drawn anew every twelve hours.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import secrets
import time
from collections.abc import Callable
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import fast_lane, paths
from gateway.auth import Tokens
from gateway.people.sessions import Sessions
from gateway.principal import Principal
from gateway.problems import problem_of, written
from gateway.refusals import NotAllowed, NotKnown, TooMany
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import SystemClock
from lianxi.kernel.errors import StoreDown

KEY_LIVES_SECONDS: Final = 12 * 3600
BUCKETS: Final = 2**18
IPV6_NETWORK: Final = 64
_BEARER: Final = "bearer "


class Buckets:
    """Turns an address into one of many buckets, under a key that dies with the process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._draw()

    def _draw(self) -> None:
        self._key = secrets.token_bytes(32)
        self._drawn = self._now()

    def turn(self) -> bool:
        """Draw another key when this one is old; say whether."""
        is_old = self._now() - self._drawn > KEY_LIVES_SECONDS
        if is_old:
            self._draw()
        return is_old

    def of(self, scope: Scope) -> str:
        """Name the bucket of whoever asks; a whole IPv6 network shares one."""
        self.turn()
        host = (scope.get("client") or ("", 0))[0]
        digest = hmac.digest(self._key, _network(host).encode(), "sha256")
        return f"{int.from_bytes(digest[:8]) % BUCKETS:x}"


def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)


class Rates:
    """Counts in memory, per process."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._counts = MemoryStorage()
        self.client = RateLimitItemPerMinute(settings.gateway_client_requests_per_minute)
        self.public = RateLimitItemPerMinute(settings.gateway_public_requests_per_minute)
        self.rescue = RateLimitItemPerMinute(settings.gateway_rescues_per_minute)
        self.upload = RateLimitItemPerMinute(settings.gateway_public_uploads_per_minute)
        self.token = RateLimitItemPerMinute(settings.gateway_token_requests_per_minute)
        self._machine = SystemClock()  # the library counts by the machine's own time

    async def take(self, limit: RateLimitItem, *whose: str) -> dict[str, str]:
        """Count one request; answers the headers that say what is left.

        Raises:
            TooMany: rate.exceeded.
        """
        # A fixed window as the library's own strategy counts it, asked for count and end once instead of twice.
        key, window = limit.key_for(*whose), limit.get_expiry()
        count = await self._counts.incr(key, window)
        seconds = max(1, math.ceil(await self._counts.get_expiry(key) - self._machine.now().timestamp()))
        headers = {
            "RateLimit-Policy": f'"{whose[0]}";q={limit.amount};w={window}',
            "RateLimit": f'"{whose[0]}";r={max(0, limit.amount - count)};t={seconds}',
        }
        if count > limit.amount:
            refusal = TooMany("rate.exceeded", retry_after_seconds=seconds)
            refusal.headers.update(headers)
            raise refusal
        return headers

    async def forget(self) -> None:
        """Begin anew, when no bucket can be told from another any more."""
        await self._counts.reset()


class Doorkeeper:
    """Reads the token, writes down for the route whose it is, and counts the request."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, sessions: Sessions, rates: Rates, buckets: Buckets) -> None:
        self._app = app
        self._tokens = tokens
        self._sessions = sessions
        self._rates = rates
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not paths.is_counted(path):
            await self._app(scope, receive, send)
            return
        is_public = paths.is_public(path) or path.startswith(paths.TOKEN)
        scope["state"]["door"] = None if is_public else await self._who(scope)
        try:
            headers = await self._count(scope, path)
        except TooMany as error:
            refusal, receive = await self._unless_rescue(error, scope, receive)
            if refusal is not None:
                await written(problem_of(refusal), scope)(scope, receive, send)
                return
            headers = {}
        await self._app(scope, receive, _with(headers, send))

    async def _unless_rescue(self, refusal: TooMany, scope: Scope, receive: Receive) -> tuple[TooMany | None, Receive]:
        """Let a rescue in whose client has used up its requests, by a count of its own."""
        if not fast_lane.may_be_rescue(scope):
            return refusal, receive
        is_rescue, receive = await fast_lane.look(receive)
        if not is_rescue:
            return refusal, receive
        door = scope["state"]["door"]
        whose = door.client_id if isinstance(door, Principal) else self._buckets.of(scope)
        try:
            await self._rates.take(self._rates.rescue, "rescue", whose)
        except TooMany as error:
            return error, receive
        return None, receive

    async def _count(self, scope: Scope, path: str) -> dict[str, str]:
        door = scope["state"]["door"]
        if isinstance(door, Principal):
            return await self._rates.take(self._rates.client, "client", door.client_id)
        limit = self._rates.token if path.startswith(paths.TOKEN) else self._rates.public
        whose = "token" if limit is self._rates.token else "public"
        return await self._rates.take(limit, whose, self._buckets.of(scope))

    async def _who(self, scope: Scope) -> Principal | Exception:
        given = Headers(scope=scope).get("authorization", "")
        try:
            if given[: len(_BEARER)].lower() == _BEARER:
                return self._tokens.read(given[len(_BEARER) :].strip())
            return await self._sessions.admit(scope) or NotKnown("token.missing")
        except (NotKnown, NotAllowed, StoreDown) as error:
            return error


def _with(headers: dict[str, str], send: Send) -> Send:
    told = {name.lower().encode(): value.encode() for name, value in headers.items()}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = (each for each in message["headers"] if each[0] not in told)
            message["headers"] = [*kept, *told.items()]
        await send(message)

    return sending
