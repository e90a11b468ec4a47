"""Notices that another version of the policy has been put in force while a process runs."""

from __future__ import annotations

import time

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.policy import Policy
from lianxi.policy.published import Shelf
from lianxi.runtime.logs import get_log

log = get_log()
AGAIN_SECONDS = 15.0


class VersionWatch:
    """Compares what a process works by with what is in force.

    A version that cannot be used is said in the log and left alone for a while: the process goes on by the one it has.
    """

    def __init__(self, shelf: Shelf, again_seconds: float = AGAIN_SECONDS) -> None:
        self._shelf = shelf
        self._again_seconds = again_seconds
        self._refused_until = 0.0

    def is_outdated(self, version: int) -> bool:
        """Say whether another version than this one is in force and can be tried."""
        if time.monotonic() < self._refused_until:
            return False
        try:
            return self._shelf.current() != version
        except PolicyBroken as error:
            self.refuse(str(error))
            return False

    def newest(self) -> Policy | None:
        """Read the version in force; `None` when it cannot be used."""
        try:
            return self._shelf.read(self._shelf.current())
        except PolicyBroken as error:
            self.refuse(str(error))
            return None

    def read(self, version: int) -> Policy:
        """Read any version.

        Raises:
            PolicyBroken: when it is not there, not sound, or not what was published.
        """
        return self._shelf.read(version)

    def refuse(self, reason: str) -> None:
        """Leave the version in force alone for a while, and say why."""
        log.error("policy_version_refused", reason=reason)
        self._refused_until = time.monotonic() + self._again_seconds
