"""Tips from the door to the last service's record: how many, how late, at what cost, and none lost or doubled."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bench import load
from bench.contenders import Contender, Recorded
from bench.figures import percentile
from bench.ground import Ground
from bench.load import Sent
from bench.processes import Meter

CONNECTIONS: Final = 64
TAKEN: Final = (201, 202)
LEAST_PAUSE_SECONDS: Final = 0.3
PATIENCE_SECONDS: Final = 240.0
START_SECONDS: Final = 30.0


class Lost(AssertionError):
    """A run lost an item, or did one twice."""


@dataclass(frozen=True)
class Run:
    """What one run came to.

    Units: rates per second, times in milliseconds, cost in microseconds of processor time for each tip.
    """

    tips: int
    accepted_rate: float
    end_to_end_rate: float
    accept_p50: float
    accept_p99: float
    end_p50: float
    end_p99: float
    cpu: Mapping[str, float]
    generator_cpu: float
    refused: int
    statuses: Mapping[str, int]

    @property
    def whole_cpu(self) -> float:
        """All processor time for one tip, without the load generator's."""
        return sum(self.cpu.values())


def machine_time() -> datetime:
    """Read the machine's clock, by which records at the end of the way are stamped."""
    return datetime.now(UTC)


def run(
    ground: Ground, contender: Contender, send: Callable[[int], Sent], pids: Mapping[str, int] | None = None
) -> Run:
    """Send tips, wait until the last of them is recorded, compare the ids one by one, and reckon.

    Raises:
        Lost: an answered tip is missing at the end of the way, or was recorded twice.
    """
    since = machine_time()
    known = contender.finished(since)
    meter = Meter({**(contender.pids() if pids is None else pids), **_foundations(ground, contender)})
    offset = time.time() - time.monotonic()
    sent = send(contender.port)
    taken = sent.of(*TAKEN)
    answered = {contender.tip_of(each.body): each for each in taken}
    await_records(contender, since, known + len(answered) * contender.signals)
    cpu = meter.read()
    recorded = await_every_one(contender, since, set(answered))
    last = max(recorded.last_at[tip] for tip in answered)
    ends = [(recorded.last_at[tip] - each.due_at - offset) * 1000 for tip, each in answered.items()]
    accepts = [each.latency * 1000 for each in taken]
    return Run(
        tips=len(answered),
        accepted_rate=len(answered) / sent.seconds,
        end_to_end_rate=len(answered) / (last - sent.began_at - offset),
        accept_p50=percentile(accepts, 50),
        accept_p99=percentile(accepts, 99),
        end_p50=percentile(ends, 50),
        end_p99=percentile(ends, 99),
        cpu={name: seconds * 1e6 / len(answered) for name, seconds in cpu.items()},
        generator_cpu=sent.own_cpu * 1e6 / max(1, len(sent.answers)),
        refused=len(sent.answers) - len(taken),
        statuses=dict(Counter(str(each.status) for each in sent.answers)),
    )


def await_answers(contender: Contender, number: int) -> None:
    """Wait until a tip is taken in: a door may be open before those behind it are ready.

    Raises:
        Lost: it takes none.
    """
    until = time.monotonic() + START_SECONDS
    while not load.closed(contender.port, contender.make, range(number, number + 1), 1).of(*TAKEN):
        if time.monotonic() > until:
            raise Lost(f"{contender.code}: takes nothing in")
        number += 1
        time.sleep(0.2)


def saturated(ground: Ground, contender: Contender, numbers: range) -> Run:
    """Send as fast as answers come, over so many connections."""
    return run(ground, contender, lambda port: load.closed(port, contender.make, numbers, CONNECTIONS))


def scheduled(ground: Ground, contender: Contender, numbers: range, per_second: float) -> Run:
    """Send at fixed times, whatever comes back."""
    return run(ground, contender, lambda port: load.opened(port, contender.make, numbers, per_second))


def _foundations(ground: Ground, contender: Contender) -> dict[str, int]:
    names = ["broker", *(["postgres"] if ground.is_up("postgres") and contender.code.startswith("F2") else [])]
    return {name: ground.pid(name) for name in [*names, "database"]}


def await_records(contender: Contender, since: datetime, wanted: int) -> None:
    """Wait for as many records; looking takes at most a twentieth of the time.

    Raises:
        Lost: no more came for long.
    """
    before, changed_at = -1, time.monotonic()
    while True:
        began = time.monotonic()
        now = contender.finished(since)
        if now >= wanted:
            return
        if now != before:
            before, changed_at = now, began
        if began - changed_at > PATIENCE_SECONDS:
            raise Lost(f"{contender.code}: {now} of {wanted} records came")
        time.sleep(max(LEAST_PAUSE_SECONDS, 20 * (time.monotonic() - began)))


def await_every_one(contender: Contender, since: datetime, answered: set[str]) -> Recorded:
    """Compare ids; where unanswered requests were done too, the last of the answered may still be on its way.

    Raises:
        Lost: one stays missing, or was done twice.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        recorded = contender.recorded(since)
        missing = [tip for tip in answered if recorded.counts.get(tip, 0) < contender.needed]
        if not missing or time.monotonic() > until:
            check(contender, answered, recorded.counts)
            return recorded
        time.sleep(1.0)


def check(contender: Contender, answered: set[str], counts: Mapping[str, int]) -> None:
    """Compare ids, never totals.

    Raises:
        Lost: one is missing, doubled, or was never answered.
    """
    wrong = {tip: counts.get(tip, 0) for tip in answered if counts.get(tip, 0) != contender.needed}
    if wrong:
        raise Lost(
            f"{contender.code}: {len(wrong)} of {len(answered)} have other than {contender.needed}: {wrong!r:.300}"
        )
