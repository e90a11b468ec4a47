"""How many tips may be under way at once, so that each that is taken in is dealt with in time; the others come later.

A tip is under way from the door until its clock runs: then it lies with its desk, its notices are in their trays and
its limit is reckoned. Two signs tell of a crowd, and nobody has to set either: more are under way than are dealt with
in time at the rate that is heard, or those at the head of a line that moves have waited as long as they may, which is
seen as soon as it is true, before any rate is known. When nothing is heard of for long although tips wait, desks or
broker are away: that is no crowd, and what comes waits in the broker as it always did.

A rescue is never asked to wait (criterion 17.3), and a repeated request is: it comes again and gets its first answer.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import fast_lane
from gateway.problems import problem_of, written
from gateway.refusals import TooMany
from lianxi.contracts import codec
from lianxi.contracts.envelope import LANES, Lane
from lianxi.contracts.tips import TipClockStarted
from lianxi.kernel.errors import ContractBroken
from lianxi.runtime import metrics

HEARD: Final = f"{TipClockStarted.KEY}.#"
RESCUE: Final = "rescue"
_BY_GEOREPORT: Final = ("/open311/v2/requests.json", "/open311/v2/requests.xml")
TAKES_IN: Final = frozenset({"/v1/tips", "/v1/public/tips", "/report/receipt", *_BY_GEOREPORT})
WINDOW_SECONDS: Final = 2.0
SHORTEST_SECONDS: Final = 1.0
AWAY_SECONDS: Final = 5.0
FORGOTTEN_SECONDS: Final = 10.0
FEW: Final = 4
"""So many may wait for longer than they should before it is taken for a line and not for bad luck."""
SHARE: Final = 4
"""A line is no crowd before it is this part of what may be under way in any case."""
STANDS_SECONDS: Final = 1.0
"""A line that has not moved for so long stands because a desk is away for a moment, not because it is long."""
OVERTAKEN_SECONDS: Final = 1.0
FADING: Final = 0.99
"""What a second leaves of the rate that was seen once, so that a quiet hour is not taken for what is possible."""


class Crowd:
    """Counts tips under way.

    Args:
        seconds: how long a tip may be under way.
        always: so many may be under way whatever is heard.
        now: the machine's own time.
    """

    def __init__(self, seconds: float, always: int, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._always = always
        self._now = now
        self._inside = 0
        self._lines: dict[Lane, dict[str, float]] = {lane: {} for lane in LANES if lane != RESCUE}
        self._done: deque[float] = deque()
        self._rate = 0.0
        self._rated_at = now()
        self._heard_at = -math.inf
        self._away = False

    @property
    def under_way(self) -> int:
        """How many are."""
        self._forget(self._now())
        return self._inside + sum(map(len, self._lines.values()))

    @property
    def most(self) -> int:
        """How many may be."""
        return max(self._always, int(self._seconds * self._rate_now()))

    def check(self) -> None:
        """See that there is room for one more.

        Raises:
            TooMany: intake.crowded.
        """
        under_way, most = self.under_way, self.most
        metrics.tips_under_way.set(under_way)
        if (under_way < most and not self._is_slow(under_way)) or self._is_away():
            return
        metrics.tips_put_off_total.inc()
        over = (under_way - most + 1) / max(1.0, self._rate)
        raise TooMany("intake.crowded", retry_after_seconds=max(1, math.ceil(over)))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count one that is being taken in."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def handing_in(self, tip_id: str, lane: Lane) -> None:
        """Count one that goes to the broker; a rescue has a lane of its own and is in nobody's way."""
        if lane != RESCUE:
            self._lines[lane][tip_id] = self._now()

    def heard(self, body: bytes) -> None:
        """Hear of a clock that runs."""
        try:
            subject = codec.from_bytes(body)["subject"]
        except (ContractBroken, KeyError, TypeError):
            return
        self.done(str(subject).rpartition("/")[2])

    def done(self, tip_id: str) -> None:
        """Count one as dealt with, whoever took it in."""
        for line in self._lines.values():
            if (since := line.pop(tip_id, None)) is not None:
                # What was handed in long before it is not in the line any more: it was known already, or failed.
                _drop(line, since - OVERTAKEN_SECONDS)
        self._away = False
        self._heard_at = self._now()
        self._done.append(self._heard_at)

    def _rate_now(self) -> float:
        now = self._now()
        while self._done and self._done[0] < now - WINDOW_SECONDS:
            self._done.popleft()
        seen = len(self._done) / max(SHORTEST_SECONDS, now - self._done[0]) if self._done else 0.0
        kept = 0.0 if self._is_behind(now) else self._rate * FADING ** (now - self._rated_at)
        self._rate = max(seen, kept)
        self._rated_at = now
        return self._rate

    def _is_behind(self, now: float) -> bool:
        """Say whether somebody waits for long: then desks do what they can, and what is seen is the rate."""
        firsts = (since for line in self._lines.values() for since in islice(line.values(), FEW, FEW + 1))
        return any(since < now - self._seconds / 2 for since in firsts)

    def _is_slow(self, under_way: int) -> bool:
        """Say whether there is a line that moves, and those at its head have waited for as long as a tip may."""
        now = self._now()
        if under_way * SHARE < self._always or self._heard_at < now - STANDS_SECONDS:
            return False
        heads = (since for line in self._lines.values() for since in islice(line.values(), FEW, FEW + 1))
        return any(since < now - self._seconds for since in heads)

    def _is_away(self) -> bool:
        """Say whether somebody has waited for long and nothing was heard meanwhile; it stays so until something is."""
        firsts = [since for line in self._lines.values() for since in islice(line.values(), 1)]
        if firsts and max(self._heard_at, min(firsts)) < self._now() - AWAY_SECONDS:
            self._away = True
        return self._away

    def _forget(self, now: float) -> None:
        """Forget what was never heard of again: it waits for a desk that is away, or was heard of while we were."""
        self._is_away()
        for line in self._lines.values():
            _drop(line, now - FORGOTTEN_SECONDS)


def _drop(line: dict[str, float], before: float) -> None:
    """Take out of a line who joined it before a time."""
    while line and next(iter(line.values())) < before:
        del line[next(iter(line))]


class Turnstile:
    """Asks whoever brings a tip to come again in a moment while too many are under way."""

    def __init__(self, app: ASGIApp, *, crowd: Crowd) -> None:
        self._app = app
        self._crowd = crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in TAKES_IN:
            await self._app(scope, receive, send)
            return
        try:
            self._crowd.check()
        except TooMany as error:
            is_rescue, receive = await fast_lane.look(receive)
            if not is_rescue:
                await written(problem_of(error), scope)(scope, receive, send)
                return
        with self._crowd.inside():
            await self._app(scope, receive, send)
