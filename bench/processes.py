"""What processes cost: processor time and memory of each with all its children, from /proc."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import psutil


def family(pid: int) -> list[psutil.Process]:
    """Name a process and whatever it has started."""
    try:
        head = psutil.Process(pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """Add up the processor time of a family, with that of its dead children.

    Units: seconds.
    """
    total = 0.0
    for each in family(pid):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_megabytes(pid: int) -> float:
    """Add up what a family holds in memory; of what several processes share, its part.

    Units: MiB.
    """
    total = 0
    for each in family(pid):
        with suppress(psutil.NoSuchProcess):
            total += each.memory_full_info().pss
    return total / (1 << 20)


class Meter:
    """The processor time of named families since it was started."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}

    def read(self) -> dict[str, float]:
        """Tell by family what has been used.

        Units: seconds.
        """
        return {name: cpu_seconds(pid) - self._before[name] for name, pid in self._pids.items()}
