"""The slice of policy that the cases desk reads: the desks there are, how numbers begin, the law's time limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from lianxi.policy.policy import Policy

Deadline = Callable[[str, datetime, date], datetime]
"""Answers when a limit ends that starts at an instant, by the row in force on the date when the item came in."""

DECISION = "T-14"
SEIZURE = "T-19"
HEAD_DECIDES = "T-31"
TRANSFER = "T-32"
TELL_MISSING = "T-34"
SUPPLEMENT = "T-34s"
POLICE_DECIDE = "T-35"
HAND_OVER = "T-37"


@dataclass(frozen=True)
class CasesPolicy:
    """What the town's policy says to this desk."""

    desks: frozenset[str]
    number_series: str
    deadline: Deadline


def slice_of(policy: Policy) -> CasesPolicy:
    """Cut this desk's slice out of the town's policy.

    Clause: L31.1, L32.1.
    """

    def deadline(clock: str, start: datetime, came_in_on: date) -> datetime:
        return policy.deadline(clock, start, came_in_on=came_in_on)

    # AJ is 案件: a case's number is never mistaken for a tip's.
    return CasesPolicy(frozenset(policy.desks), f"{policy.programme.number_prefix}AJ", deadline)
