"""The periods in which publicity is owed: each ends on a day that its cadence names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from lianxi.policy.appraisal import Activity
from lianxi.policy.calendar import add_months, occurrences
from lianxi.policy.policy import Policy

Period = tuple[date, date]
DAY = timedelta(days=1)
DAYS_IN_WEEK = 7


def periods_of(policy: Policy, row: Activity) -> Iterator[Period]:
    """Name the first and last day of each period of an activity; what has no cadence is owed once in its stretch.

    Clause: L62.2, L65.1.
    """
    phases = policy.programme.phases
    first = row.starts_on or min(phase.starts_on for phase in phases)
    last = row.ends_on or max(phase.ends_on for phase in phases)
    if not row.cadence:
        yield first, last
        return
    before = _one_back(first, row.cadence)
    for on in occurrences(first, last, row.cadence):
        yield before + DAY, on
        before = on


def _one_back(on: date, cadence: str) -> date:
    amount = int(cadence[1:-1])
    if cadence.endswith("M"):
        return add_months(on, -amount)
    return on - amount * (DAYS_IN_WEEK if cadence.endswith("W") else 1) * DAY
