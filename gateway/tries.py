"""Guards the look-up by receipt code: guessing is made dear, nobody is shut out.

Clause: none; criterion 2.3, ADR 25. Wrong codes are counted in memory, by bucket (`gateway.rates.Buckets`) and overall.
A bucket with too many waits until they are old, or proves work. While there are too many overall, every try proves work
or waits for its turn in the slow lane, one place for each bucket. A try in flight counts as wrong until it is known to
be right, so that many at once are no way around.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.challenges import Challenges
from gateway.refusals import NoSuchThing, TooMany
from gateway.settings import GatewaySettings
from lianxi.contracts import proof
from lianxi.runtime import metrics

MINUTE_SECONDS: Final = 60
_OVERALL: Final = "overall"


class Wrongs:
    """Wrong tries of the last while, each gone when it is older: no window that begins anew for everything at once."""

    def __init__(self, most: int, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._seconds = seconds
        self._now = now
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, whose: str) -> None:
        """Count one; more than the limit need not be remembered."""
        self._times.setdefault(whose, deque(maxlen=self.most)).append(self._now())
        self._times.move_to_end(whose)

    def count(self, whose: str) -> int:
        """Say how many there were of late."""
        times = self._times.get(whose, deque())
        while times and self._is_old(times[0]):
            times.popleft()
        return len(times)

    def wait_seconds(self, whose: str) -> int:
        """Say after how many seconds there will be one fewer."""
        times = self._times.get(whose)
        return math.ceil(times[0] + self._seconds - self._now()) if times else 0

    def forget(self) -> None:
        """Let go of everybody whose last wrong try is old."""
        while self._times and self._is_old(next(iter(self._times.values()))[-1]):
            self._times.popitem(last=False)

    def __len__(self) -> int:
        return len(self._times)

    def _is_old(self, at: float) -> bool:
        return self._now() - at >= self._seconds


class SlowLane:
    """Lets tries without a proof through one by one; nobody has two places, so that one client cannot fill it."""

    def __init__(self, seconds: float, places: int) -> None:
        self._seconds = seconds
        self._places = places
        self._waiting: set[str] = set()
        self._turn = asyncio.Lock()

    async def pass_through(self, bucket: str) -> bool:
        """Wait for one's turn; `False` at once when there is no place."""
        if bucket in self._waiting or len(self._waiting) >= self._places:
            return False
        self._waiting.add(bucket)
        try:
            async with self._turn:
                await asyncio.sleep(self._seconds)
        finally:
            self._waiting.discard(bucket)
        return True


class Tries:
    """Everything that is known of tries."""

    def __init__(
        self, challenges: Challenges, settings: GatewaySettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.challenges = challenges
        self.wrong = Wrongs(settings.gateway_wrong_codes, settings.gateway_wrong_codes_window_seconds, now)
        self.overall = Wrongs(settings.gateway_wrong_codes_overall_per_minute, MINUTE_SECONDS, now)
        self.slow_lane = SlowLane(settings.gateway_slowing_seconds, settings.gateway_slow_lane_places)
        self._inside: Counter[str] = Counter()
        self._left = asyncio.Event()

    @asynccontextmanager
    async def one(self, bucket: str, given: str | None) -> AsyncIterator[None]:
        """Let one try happen, and count it when it was wrong.

        Args:
            bucket: who tries.
            given: the header with the proof, or the wish to wait.

        Raises:
            TooMany: receipt.proof_needed, with a challenge, and with when it goes without.
        """
        await self._admit(bucket, given)
        try:
            yield
        except NoSuchThing:
            metrics.receipt_tries_total.labels("wrong").inc()
            self.wrong.add(bucket)
            self.overall.add(_OVERALL)
            raise
        finally:
            self._leave(bucket)

    def forget(self) -> None:
        """Let go of everything that is old."""
        self.wrong.forget()
        self.overall.forget()
        self.challenges.forget()

    async def _admit(self, bucket: str, given: str | None) -> None:
        """Let a try in, or refuse it; whoever is let in has been counted when this comes back."""
        proven = False
        while not (proven or self._has_room(bucket)):
            if self._must_prove(bucket):
                proven = await self._prove(bucket, given)
            else:
                # Others of the same bucket are being looked up; their answers decide whether this one may try.
                await self._left.wait()
        self._inside[bucket] += 1

    def _has_room(self, bucket: str) -> bool:
        room = self.wrong.most - self.wrong.count(bucket) - self._inside[bucket]
        return room > 0 and not self._must_prove(bucket)

    def _must_prove(self, bucket: str) -> bool:
        return any(each.count(whose) >= each.most for each, whose in self._counts(bucket))

    def _counts(self, bucket: str) -> tuple[tuple[Wrongs, str], ...]:
        return (self.wrong, bucket), (self.overall, _OVERALL)

    async def _prove(self, bucket: str, given: str | None) -> bool:
        """Take a proof, or have the try wait.

        Raises:
            TooMany: receipt.proof_needed.
        """
        if given == proof.WAIT:
            own = self.wrong.count(bucket) < self.wrong.most
            passed = own and await self.slow_lane.pass_through(bucket)
        else:
            passed = given is not None and self.challenges.take(given)
        if passed:
            metrics.receipt_tries_total.labels("waited" if given == proof.WAIT else "proven").inc()
            return True
        metrics.receipt_tries_total.labels("refused").inc()
        challenge = self.challenges.new()
        raise TooMany(
            proof.NEEDED,
            retry_after_seconds=max((each.wait_seconds(whose) for each, whose in self._full(bucket)), default=1),
            challenge=challenge.text,
            bits=challenge.bits,
        )

    def _full(self, bucket: str) -> list[tuple[Wrongs, str]]:
        return [(each, whose) for each, whose in self._counts(bucket) if each.count(whose) >= each.most]

    def _leave(self, bucket: str) -> None:
        self._inside[bucket] -= 1
        if self._inside[bucket] <= 0:
            del self._inside[bucket]
        # Whoever waits looks again, and waits on the next event when there is still no room.
        self._left.set()
        self._left = asyncio.Event()
