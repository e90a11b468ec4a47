"""Who is measured: what is asked of every contender, and Lianxi as one of them. The others are in `bench.rivals`."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from bench import load, payload
from bench.ground import OURS, Ground

NOTICES_OF_ONE: Final = 3
FACTS_OF_ONE: Final = 6
HALF_A_DAY: Final = timedelta(hours=12)


@dataclass(frozen=True)
class Recorded:
    """What the last service has written down for each tip: how many records, and when the last.

    Units: seconds of the machine's clock.
    """

    counts: Counter[str]
    last_at: Mapping[str, float]


class Contender(Protocol):
    """Someone to measure."""

    @property
    def code(self) -> str:
        """Its letter."""

    @property
    def needed(self) -> int:
        """How many records one tip has at the end of the way."""

    @property
    def signals(self) -> int:
        """How many of them `finished` counts."""

    def start(self) -> None:
        """Start it, empty."""

    def stop(self) -> None:
        """Stop it."""

    @property
    def port(self) -> int:
        """Where it takes tips in."""

    def make(self, number: int) -> bytes:
        """Write a request."""

    def tip_of(self, answer: bytes) -> str:
        """Read from an answer which tip it is."""

    def finished(self, since: datetime) -> int:
        """Count the records at the end of the way, cheaply."""

    def recorded(self, since: datetime) -> Recorded:
        """Read the records at the end of the way."""

    def pids(self) -> dict[str, int]:
        """Name the families of processes that are its own, by role."""


@dataclass
class Lianxi:
    """The product, with every promise on."""

    ground: Ground
    code: str = "lianxi"
    needed: int = NOTICES_OF_ONE + FACTS_OF_ONE
    signals: int = FACTS_OF_ONE
    path: str = "/v1/tips"
    _token: str = ""
    _run: str = ""

    def start(self) -> None:
        """Start the town's processes that were stopped."""
        self.ground.start_town()
        self._token = self.ground.token("police")
        self._run = f"{time.monotonic_ns():x}"

    def stop(self) -> None:
        """Stop the town's processes, but not its broker and database."""
        self.ground.stop_town()

    @property
    def port(self) -> int:
        """The gateway's."""
        return self.ground.gateway_port

    def make(self, number: int) -> bytes:
        """An agency's tip under a key of its own."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": f"{self._run}-{number}"}
        return load.request(self.path, payload.tip_json(number), headers)

    def tip_of(self, answer: bytes) -> str:
        """The tip's id."""
        return str(json.loads(answer)["tip_id"])

    def finished(self, since: datetime) -> int:
        """Count facts by their index; the fact that a notice was delivered is kept after the notice."""
        with self.ground.mongo() as client:
            match = {"kept_at": {"$gte": since, "$lt": since + HALF_A_DAY}}
            return client.lianxi_reporting.facts.count_documents(match)

    def recorded(self, since: datetime) -> Recorded:
        """Read facts and notices of each tip; a fact's time is exact, a notice's is levelled to the hour."""
        with self.ground.mongo() as client:
            match = {"kept_at": {"$gte": since, "$lt": since + HALF_A_DAY}}
            facts = list(client.lianxi_reporting.facts.find(match))
            notices = list(client.lianxi_notifications.notices.find({}, {"about": 1}))
        tips = _tips_of(facts)
        counts = Counter(tips)
        last: dict[str, float] = {}
        for tip, fact in zip(tips, facts, strict=True):
            last[tip] = max(last.get(tip, 0.0), fact["kept_at"].timestamp())
        for row in notices:
            about = row["about"].partition("/")[2]
            if about in last:
                counts[about] += 1
        return Recorded(counts, last)

    def pids(self) -> dict[str, int]:
        """The town's own processes."""
        return {name: self.ground.pid(name) for name in OURS}


def _tips_of(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the tip that each fact follows from: a notice's fact shares its correlation with those of its tip."""
    subjects = [(row["correlation_id"], row["subject"]) for row in facts]
    tips = {correlation: subject for correlation, subject in subjects if subject.startswith("tip/")}
    return [tips.get(correlation, subject).partition("/")[2] for correlation, subject in subjects]
