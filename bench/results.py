"""The raw results of one run as they are kept in `docs/performance.json`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from deploy.local.places import CHECKOUT

FILE: Final = CHECKOUT / "docs" / "performance.json"
PACKAGES: Final = (
    "nameko", "kombu", "eventlet", "pika", "fastapi", "starlette", "pydantic", "uvicorn", "uvloop", "pymongo",
    "mongoengine", "secantusdb", "faststream", "aio-pika", "flask", "celery", "django", "psycopg", "gunicorn",
    "rapidfuzz",
)  # fmt: skip


@dataclass
class Results:
    """What a run has found so far, written down after each step, so that a broken run leaves what it had."""

    is_short: bool
    path: Path = FILE
    machine: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, Any] = field(default_factory=dict)
    taken: dict[str, Any] = field(default_factory=dict)

    def go_on_from(self, before: Mapping[str, Any]) -> None:
        """Keep what was measured before, with when and how, because only a part is measured anew."""
        self.steps, self.taken = dict(before["steps"]), dict(before["taken"])

    def put(self, name: str, found: Any, *, load_before: float, seconds: float) -> None:
        """Keep what a step found, and on how busy a machine."""
        self.steps[name] = found
        self.taken[name] = {
            "measured_at": minute(),
            "commit": self.machine["commit"],
            "is_short": self.is_short,
            "load": [load_before, round(os.getloadavg()[0], 2)],
            "seconds": round(seconds),
        }
        whole = {"machine": self.machine, "steps": self.steps, "taken": self.taken}
        self.path.write_text(written(whole), encoding="utf-8")


def written(whole: Mapping[str, Any]) -> str:
    """Write results so that a review shows what has changed."""
    return json.dumps(rounded(whole), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def rounded(value: Any) -> Any:
    """Keep four significant digits: no more was measured."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [rounded(each) for each in value]
    return value


def read(path: Path = FILE) -> dict[str, Any]:
    """Read the results that are kept."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def minute() -> str:
    """Tell the time to the minute."""
    return datetime.now(UTC).isoformat(timespec="minutes")


def describe_machine() -> dict[str, Any]:
    """Say on what it was measured."""
    return {
        "measured_at": minute(),
        "commit": _output("git", "rev-parse", "--short=12", "HEAD"),
        "processors": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _output(*command: str) -> str:
    return subprocess.run(list(command), cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout.strip()
