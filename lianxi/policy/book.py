"""The versions of one programme's policy that a process works with: the one in force, and those that items need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.policy import Policy

Read = Callable[[int], Policy]
"""How a version is fetched by its number."""


def _nothing_else(number: int) -> Policy:
    raise PolicyBroken("policy.version_missing", version=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """That an item was moved, as the item keeps it: from which version to which, by whom and when."""

    from_version: int
    to_version: int
    by: str
    at: datetime


@dataclass(frozen=True)
class PolicyBook:
    """The policy in force, and every version that an item which still runs came in under.

    Raises:
        PolicyBroken: by `version`, policy.version_missing, or what is wrong with that version's files.
    """

    current: Policy
    read: Read = _nothing_else
    _kept: dict[int, Policy] = field(default_factory=dict, init=False, repr=False, compare=False)

    def version(self, number: int) -> Policy:
        """Find a version by its number; each is read once, for no version ever changes.

        Clause: none (criterion 7.3).
        """
        if number == self.current.version:
            return self.current
        if number not in self._kept:
            self._kept[number] = self.read(number)
        return self._kept[number]
