"""What a desk is opened with: its settings, the time, and the versions of the town's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from lianxi.kernel.clock import Clock
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from lianxi.policy.published import Shelf
from lianxi.runtime.settings import Settings

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Premises(Generic[S]):
    """What a desk is opened with."""

    settings: S
    clock: Clock
    policies: PolicyBook

    @property
    def policy(self) -> Policy:
        """The version in force when the desk was opened."""
        return self.policies.current


def furnish(settings: S) -> Premises[S]:
    """Read the policy in force and choose the clock that the settings name.

    Raises:
        PolicyBroken: when the version in force is not there, not sound, or not what was published.
    """
    shelf = shelf_of(settings)
    return Premises(settings, settings.clock(), PolicyBook(shelf.read(shelf.current()), shelf.read))


def shelf_of(settings: Settings) -> Shelf:
    """Say where the versions of the policy stand."""
    return Shelf(
        shipped=settings.policy_dir,
        folder=settings.policy_versions_dir,
        programme=settings.programme,
        shift_days=settings.programme_shift_days,
    )
