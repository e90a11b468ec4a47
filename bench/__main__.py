"""`make bench`: one run, one table. `python -m bench [short] [only=NAME,NAME]`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final

from bench import page, plans, reports, side_by_side, sizes, texts, town
from bench.ground import Ground, standing
from bench.results import Results, describe_machine, read

Step = Callable[[Any, sizes.Sizes, Callable[[str], None]], Any]
PLAIN: Final = frozenset({"likeness"})
"""What needs neither broker nor database."""

STEPS: Final[Mapping[str, Step]] = {
    "rest": town.rest,
    "start": town.start,
    "side_by_side": side_by_side.measure,
    "batches": town.batches,
    "latency": town.latency,
    "hundred": town.hundred,
    "public": town.public,
    "fanout": town.fanout,
    "overload": town.overload,
    "kills": town.kills,
    "plan": plans.measure,
    "likeness": texts.measure,
    "reports": reports.measure,
    "rescue": town.rescue,
}


class Progress:
    """One line for each step, with the time since the beginning."""

    def __init__(self) -> None:
        self._began_at = time.monotonic()

    def __call__(self, said: str) -> None:
        """Say something."""
        print(f"bench {time.monotonic() - self._began_at:6.0f} s  {said}", flush=True)


def chosen(arguments: Sequence[str]) -> list[str]:
    """Choose the steps; all of them unless some are named.

    Raises:
        SystemExit: there is no such step.
    """
    named = [name for each in arguments if each.startswith("only=") for name in each[5:].split(",")]
    if unknown := set(named) - set(STEPS):
        raise SystemExit(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    return named or list(STEPS)


def main(arguments: Sequence[str]) -> int:
    """Measure, write down, write the page; 1 when a step failed or items were lost or doubled."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    is_short = "short" in arguments
    names = chosen(arguments)
    tell, results = Progress(), Results(is_short, machine=describe_machine())
    if len(names) < len(STEPS):
        # A part measured anew joins what is there; the page says of the whole when it was last measured.
        results.go_on_from(read())
    tell(f"{'short' if is_short else 'full'} size; load average {os.getloadavg()[0]:.1f}")
    with standing() if set(names) - PLAIN else nullcontext() as ground:
        for name in names:
            busy, began = round(os.getloadavg()[0], 2), time.monotonic()
            tell(f"- {name}, load average {busy}")
            found = found_by(STEPS[name], ground, sizes.SHORT if is_short else sizes.FULL, tell)
            results.put(name, found, load_before=busy, seconds=time.monotonic() - began)
    page.write(read())
    tell(f"written: {page.PAGE}")
    return int(has_failed(results.steps))


def found_by(step: Step, ground: Ground | None, size: sizes.Sizes, tell: Callable[[str], None]) -> Any:
    """Take one step; whatever goes wrong is written in its place, and the others are still measured."""
    try:
        return step(ground, size, tell)
    except Exception as error:  # noqa: BLE001 -- it is told, written down, and decides how the run ends
        tell(f"FAILED: {type(error).__name__}: {error}")
        return {"failed": f"{type(error).__name__}: {error}"}


def has_failed(steps: Mapping[str, Any]) -> bool:
    """Say whether a step failed, or a contender lost or doubled something."""
    runs = steps.get("side_by_side", {}).get("runs", {})
    return any("failed" in step for step in steps.values()) or any(
        "lost" in run for row in runs.values() for run in row
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
