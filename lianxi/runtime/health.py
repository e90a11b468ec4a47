"""Liveness and readiness: two different questions.

Alive: is this process worth keeping? Ready: can it do its work now? A process that waits for the broker is alive and
not ready.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Check = Callable[[], str | None]
"""Answers `None` when all is well, else a short reason."""


@dataclass
class Health:
    """The named checks of one process."""

    ready_checks: dict[str, Check] = field(default_factory=dict)
    alive_checks: dict[str, Check] = field(default_factory=dict)

    def readiness(self) -> dict[str, str]:
        """List what keeps the process from its work, by check; empty when it is ready."""
        return _failing(self.ready_checks)

    def liveness(self) -> dict[str, str]:
        """List why the process should be started anew, by check; empty when it is alive."""
        return _failing(self.alive_checks)


def _failing(checks: dict[str, Check]) -> dict[str, str]:
    answers = {name: check() for name, check in list(checks.items())}
    return {name: reason for name, reason in answers.items() if reason is not None}
