"""What operators' pages say, from the state of the town as the interface tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from gateway.console.drawing.lights import State, light
from gateway.console.drawing.sheet import Picture
from gateway.console.drawing.trends import sparkline
from gateway.console.sayings import say, sayings
from gateway.wording import Language
from lianxi.kernel.clock import SHANGHAI

MEGABYTE: Final = 1024 * 1024
POINTS: Final = 30
"""How many points a small picture has at most; each is the highest of the looks that it stands for."""
_LIGHTS: Final[Mapping[str, State]] = {"ready": "good", "waiting": "near", "away": "late"}


@dataclass(frozen=True, slots=True)
class TownTelling:
    """Tells the state of the town in one language."""

    language: Language

    def town(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Tell everything: what is wrong first, then processes, then desks."""
        every = int(told["every_seconds"])
        return {
            "alarms": [self._alarm(each) for each in told["alarms"]],
            "processes": [self._process(each, every) for each in told["processes"]],
            "desks": [self._desk(each) for each in told["desks"]],
            "pictures": {self._name(each["desk"]): self._unsent(each, every) for each in told["desks"]},
            "spool": told["spool_entries"],
            "every": every,
        }

    def _say(self, key: str, **facts: Any) -> str:
        return say(self.language, key, **facts)

    def _alarm(self, told: Mapping[str, Any]) -> dict[str, str]:
        rule = told["rule"]
        facts = {"about": self._name(told["about"]), "n": told["number"]}
        return {
            "rule": rule,
            "what": self._say(f"ops_alarm.{_key(rule)}", **facts),
            "to_do": self._say(f"ops_alarm.{_key(rule)}_to_do", **facts),
        }

    def _name(self, about: str) -> str:
        key = f"ops_process.{about}"
        return self._say(key) if key in sayings(self.language) else about

    def _process(self, told: Mapping[str, Any], every: int) -> dict[str, Any]:
        name, seen_at = self._name(told["name"]), datetime.fromisoformat(told["seen_at"])
        memory = [round(each / MEGABYTE) for each in told["memory_series"]]
        return {
            "name": name,
            "light": light(_LIGHTS[told["state"]], self._say(f"ops.state_{told['state']}")),
            "waits_for": ", ".join(f"{check}: {reason}" for check, reason in sorted(told["waits_for"].items())),
            "version": told["version"],
            "memory": round(told["memory_bytes"] / MEGABYTE),
            "cores": told["cores"],
            "letters": told["letters_per_minute"],
            "seen": f"{seen_at.astimezone(SHANGHAI):%H:%M:%S}",
            "memory_picture": self._spark("ops.memory_of", "ops.memory_of_head", name, memory, seen_at, every),
            "letters_picture": self._spark(
                "ops.letters_of", "ops.letters_of_head", name, told["letters_series"], seen_at, every
            ),
        }

    def _desk(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": self._name(told["desk"]),
            "pending": told["outbox_pending"],
            "oldest": told["outbox_oldest_seconds"],
            "parked": told["parked"],
            "deaf": ", ".join(told["deaf_handlers"]),
            "is_blocked": told["is_blocked"],
        }

    def _unsent(self, told: Mapping[str, Any], every: int) -> Picture:
        return self._spark(
            "ops.outbox_of", "ops.outbox_of_head", self._name(told["desk"]), told["outbox_series"], None, every
        )

    def _spark(
        self, key: str, head: str, name: str, series: Sequence[int], last_at: datetime | None, every: int
    ) -> Picture:
        heads = (self._say("ops.when"), self._say(head))
        told = thinned(series, POINTS)
        step = timedelta(seconds=every) * max(1, len(series)) / max(1, len(told))
        points = [(_when(last_at, step * (len(told) - 1 - at)), value) for at, value in enumerate(told)]
        return sparkline(self._say(key, name=name), heads, points)


def thinned(series: Sequence[int], most: int) -> list[int]:
    """Keep the highest of each few values, so that no peak is lost."""
    if len(series) <= most:
        return list(series)
    edges = [round(at * len(series) / most) for at in range(most + 1)]
    return [max(series[begin:end]) for begin, end in pairwise(edges)]


def _when(last_at: datetime | None, ago: timedelta) -> str:
    if last_at is None:
        return f"-{round(ago.total_seconds() / 60)} min"
    return f"{(last_at - ago).astimezone(SHANGHAI):%H:%M:%S}"


def _key(rule: str) -> str:
    """Write a rule's name as the files of words do: DeskDown is desk_down."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in rule).lstrip("_")
