"""M1–M14 as ratios of one run. A figure that was not measured is none, and says so."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.figures import Spread, ratio_of

FILE: Final = Path(__file__).with_name("aims.toml")
WANTED_AT_1: Final = 0.95
"""Of the texts of the hardest level, so many are to be found at one false alarm in a hundred: M13's moonshot."""
Steps = Mapping[str, Any]


@dataclass(frozen=True)
class Aim:
    """One aim as it was set, and the sentence about what stands in the way.

    `meant` is the size for which floor and moonshot were set, where a ratio grows with the size: a smaller run cannot
    reach them however good it is.
    """

    code: str
    what: str
    floor: float
    moonshot: float
    better: str
    way: str
    meant: str = ""

    @property
    def measured_as(self) -> str:
        """Say what the figure is, and at which size it was meant to be one."""
        return f"{self.what} (meant at {self.meant})" if self.meant else self.what

    def reaches(self, value: float, wanted: float) -> bool:
        """Say whether a figure is at least as good as wanted."""
        return value >= wanted if self.better == "more" else value <= wanted

    def share(self, value: float) -> float | None:
        """Say how far a figure is on the way to the moonshot: 1 is there."""
        if self.moonshot == 0:
            return 1.0 if value == 0 else 0.0
        if value <= 0:
            return None
        return value / self.moonshot if self.better == "more" else self.moonshot / value


@dataclass(frozen=True)
class Reached:
    """An aim's figure from one run; `note` says what else belongs to it.

    Against a peer it is that of two writes; `same_work` is that of a peer that writes as much as Lianxi does. `broken`
    names the condition of the aim that does not hold, whatever the figure, and `short` that of its moonshot.
    """

    value: float
    note: str = ""
    same_work: float | None = None
    broken: str = ""
    short: str = ""


def aims() -> list[Aim]:
    """Read the aims."""
    return [Aim(**row) for row in tomllib.loads(FILE.read_text(encoding="utf-8"))["aim"]]


def rates(steps: Steps, code: str) -> list[float]:
    """Tell a contender's end-to-end rates, turn by turn.

    Raises:
        LookupError: it was not measured, or lost something.
    """
    return [run["end_to_end_rate"] for run in steps["side_by_side"]["runs"][code]]


def against(steps: Steps, code: str) -> Spread:
    """Compare Lianxi's rate with a peer's, turn by turn.

    Raises:
        LookupError: one of them was not measured.
    """
    return ratio_of(rates(steps, "lianxi"), rates(steps, code))


def bare(steps: Steps, name: str, field: str = "rate") -> list[float]:
    """Tell a bare limit, turn by turn."""
    return [row[field] for row in steps["side_by_side"]["bare"][name]]


def _door(steps: Steps, limit: str) -> Reached:
    return Reached(ratio_of(bare(steps, "door alone"), bare(steps, limit)).middle)


def _peers(*codes: str) -> Callable[[Steps], Reached]:
    def reckon(steps: Steps) -> Reached:
        found = {code: against(steps, code).middle for code in codes if code in steps["side_by_side"]["runs"]}
        same = {code: against(steps, f"{code}=").middle for code in found}
        notes = [f"÷ {code}: {found[code]:.2g}, at the same work {same[code]:.2g}" for code in found]
        return Reached(min(found.values()), "; ".join(notes), min(same.values()))

    return reckon


def _database_share(steps: Steps) -> Reached:
    runs = steps["side_by_side"]["runs"]["lianxi"]
    return Reached(median(run["end_to_end_rate"] * run["cpu"]["database"] / 1e6 for run in runs))


def _cost(steps: Steps) -> Reached:
    runs = steps["side_by_side"]["runs"]["lianxi"]
    ours = [sum(used for name, used in run["cpu"].items() if name != "database") for run in runs]
    found = steps["side_by_side"]["bare"]
    anchors = [
        sum(put["cpu"].values()) + sum(taken["cpu"].values())
        for put, taken in zip(found["publish quorum"], found["take quorum"], strict=True)
    ]
    note = f"{median(ours):.0f} µs ÷ {median(anchors):.0f} µs"
    return Reached(ratio_of(ours, anchors).middle, note)


def _latency(steps: Steps) -> Reached:
    row = steps["latency"]
    trip = median(bare(steps, "round trip", "p99"))
    ours = median(run["end_p99"] for run in row["runs"])
    return Reached(ours / trip, f"{ours:.0f} ms at {row['per_second']:.0f}/s ÷ {trip:.1f} ms")


def _overload(steps: Steps) -> Reached:
    row = steps["overload"]
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(row["statuses"].items()))
    note = f"{row['offered']:.0f}/s offered, answers {answers}"
    return Reached(row["end_p99"] / 1000, note)


def _kills(steps: Steps) -> Reached:
    row = steps["kills"]
    return Reached(row["lost"] + row["doubled"], f"{row['tips']} tips, {row['killed']} processes killed")


def _plan(steps: Steps) -> Reached:
    row = [each for each in steps["plan"]["sizes"] if "list_ms" in each][-1]
    note = f"{row['list_ms']:.2g} ms against {row['scan_ms']:.0f} ms at {row['rentals']:,} rentals"
    largest = steps["plan"]["sizes"][-1]
    if largest["rentals"] > row["rentals"]:
        note += f"; a scan of {largest['rentals']:,} takes {largest['scan_ms']:,.0f} ms"
    broken = "" if all(each["is_exact"] for each in steps["plan"]["sizes"]) else "not exact"
    return Reached(row["scan_ms"] / row["list_ms"], note, broken=broken)


def _report(steps: Steps) -> Reached:
    row = steps["reports"]["sizes"][-1]
    note = f"{row['report_ms']:.2g} ms against {row['group_ms']:.0f} ms over {row['events']:,} events"
    return Reached(row["group_ms"] / row["report_ms"], note)


def _likeness(steps: Steps) -> Reached:
    row = steps["likeness"]["sizes"][-1]
    levels = ", ".join(
        f"{level} {ours['at_2']:.2f} ({theirs['at_2']:.2f})"
        for level, ours, theirs in zip(row["levels"], row["ours"], row["scan"], strict=True)
    )
    note = f"recall@1 at 2 % false alarms, ours (scan): {levels}; {row['texts']:,} texts"
    worse = [
        f"{level} {ours['first']:.2f} < {theirs['first']:.2f}"
        for level, ours, theirs in zip(row["levels"], row["ours"], row["scan"], strict=True)
        if ours["first"] < theirs["first"]
    ]
    broken = f"recall@1 whatever the alarms is worse: {', '.join(worse)}" if worse else ""
    found = row["ours"][-1]["at_1"]
    short = "" if found >= WANTED_AT_1 else f"recall@1 at 1 % false alarms {found:.2f} < {WANTED_AT_1:.2f} on L2"
    return Reached(row["scan_ms"] / row["ours_ms"], note, broken=broken, short=short)


def _projection(steps: Steps) -> Reached:
    events = steps["reports"]["counted_per_second"]
    made = median(rates(steps, "lianxi")) * steps["reports"]["events_of_one"]
    return Reached(events / made, f"{events:,.0f} events/s ÷ {made:,.0f} events/s")


RECKONING: Final[Mapping[str, Callable[[Steps], Reached]]] = {
    "M1": lambda steps: _door(steps, "publish classic"),
    "M2": lambda steps: _door(steps, "bare HTTP"),
    "M3": _peers("D"),
    "M4": _peers("A", "E"),
    "M5": _peers("F", "F2"),
    "M6": _database_share,
    "M7": _cost,
    "M8": _latency,
    "M9": _overload,
    "M10": _kills,
    "M11": _plan,
    "M12": _report,
    "M13": _likeness,
    "M14": _projection,
}


def reached(steps: Steps, code: str) -> Reached | None:
    """Reckon one aim; `None` when something it needs was not measured."""
    with suppress(LookupError, ValueError, ZeroDivisionError):
        return RECKONING[code](steps)
    return None
