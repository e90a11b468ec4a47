"""What a desk is opened with: its settings, the time, and the town's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from lianxi.kernel.clock import Clock
from lianxi.policy.load import load_policy
from lianxi.policy.policy import Policy
from lianxi.runtime.settings import Settings

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Premises(Generic[S]):
    """What a desk is opened with."""

    settings: S
    clock: Clock
    policy: Policy


def furnish(settings: S) -> Premises[S]:
    """Read the policy and choose the clock that the settings name."""
    policy = load_policy(settings.policy_dir, settings.programme, shift_days=settings.programme_shift_days)
    return Premises(settings, settings.clock(), policy)
