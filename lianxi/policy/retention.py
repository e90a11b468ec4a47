"""How long things are kept: which row an item falls under, when its keeping ends, whether it is held, what was purged.

Plain rules over the rows of `retention.toml`. Days are the town's: an item is kept through the last day of its period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, PolicyBroken
from lianxi.policy.calendar import add_period
from lianxi.policy.rights import PurgeRule, RetentionRule

TIP_NOT_SUBSTANTIATED: Final = "tip-not-substantiated"
TIP_SUBSTANTIATED: Final = "tip-substantiated"
INFORMANT_IDENTITY: Final = "informant-identity"
REWARD_PAYEE: Final = "reward-payee"
VISIT: Final = "visit"
CASE: Final = "case"
CRIMINAL_REFERRAL: Final = "criminal-referral"
TRANSFER: Final = "transfer"
JOINT_OPERATION: Final = "joint-operation"

PURGED_BY: Final[Mapping[str, str]] = {
    INFORMANT_IDENTITY: "tips",
    TIP_NOT_SUBSTANTIATED: "tips",
    TIP_SUBSTANTIATED: "tips",
    REWARD_PAYEE: "tips",
    VISIT: "inspections",
    CASE: "cases",
    CRIMINAL_REFERRAL: "cases",
    TRANSFER: "cases",
    JOINT_OPERATION: "cases",
}
"""The rows that a run carries out, and the desk that does; the others are kept by other means or not kept here."""

EARLIEST: Final = date(2015, 1, 1)
_LONGEST_MONTH: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """That an item must not be purged, by whom and why; it lies on the item until it is lifted."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How an item stands to one row: from when its keeping is counted, whether it is held, which run has purged it.

    `since` is there while the period runs, and only then: before it nothing is counted, after a purge nothing is left.
    """

    rule: str | None = None
    since: datetime | None = None
    hold: Hold | None = None
    run_id: str | None = None
    purged_at: datetime | None = None

    @property
    def is_purged(self) -> bool:
        """Whether a run has been here."""
        return self.purged_at is not None


NOT_COUNTED: Final = Keeping()
"""How everything begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """One run as it reaches an item."""

    run_id: str
    at: datetime


def counted(keeping: Keeping, rule: str, since: datetime) -> Keeping:
    """Begin to count an item's period; what was purged stays so.

    Clause: pipl-47.
    """
    return keeping if keeping.is_purged else replace(keeping, rule=rule, since=since)


def held(keeping: Keeping, reason: str, by: str, at: datetime) -> Keeping:
    """Hold an item back from every run.

    Clause: pipl-47 (what the law wants kept longer is kept).
    Raises:
        Conflict: hold.already_set, hold.item_purged.
    """
    if keeping.is_purged:
        raise Conflict("hold.item_purged")
    if keeping.hold is not None:
        raise Conflict("hold.already_set")
    return replace(keeping, hold=Hold(reason=reason, by=by, at=at))


def lifted(keeping: Keeping) -> Keeping:
    """Let runs have an item again; its period was never stopped.

    Clause: pipl-47.
    Raises:
        Conflict: hold.not_set.
    """
    if keeping.hold is None:
        raise Conflict("hold.not_set")
    return replace(keeping, hold=None)


def purged(keeping: Keeping, purge: Purge) -> Keeping:
    """Note on an item that a run has been here.

    Clause: pipl-47.
    """
    return replace(keeping, since=None, run_id=purge.run_id, purged_at=purge.at)


def row_of(rows: Iterable[RetentionRule], code: str, on: date) -> RetentionRule | None:
    """Find the row in force on a day.

    Clause: pipl-47.
    """
    in_force = [row for row in rows if row.code == code and row.in_force(on)]
    return max(in_force, key=lambda row: row.effective_from, default=None)


def period_of(rows: Iterable[RetentionRule], code: str, on: date) -> str:
    """Say how long a kind of data is kept; what is kept with its case is kept as long as one. Empty is for ever.

    Clause: pipl-47.
    """
    listed = tuple(rows)
    row = row_of(listed, code, on)
    if row is not None and row.ending == "with_case":
        row = row_of(listed, CASE, on)
    return "" if row is None else row.keep


def last_kept_on(since: datetime, period: str) -> date | None:
    """Name the last day on which an item is kept; `None` is for ever.

    Clause: pipl-47.
    Raises:
        PolicyBroken: policy.period_unreadable.
    """
    return add_period(local_date(since), period) if period else None


def ended_before(period: str, today: date) -> datetime | None:
    """Name the instant such that whatever is counted from before it has been kept to its last day; `None` is for ever.

    Clause: pipl-47. It says the same as `last_kept_on`, for a search by a range of one index.
    Raises:
        PolicyBroken: policy.period_unreadable.
    """
    if not period:
        return None
    low, high = EARLIEST, today
    if add_period(low, period) >= today:
        return local_midnight(low)
    while high - low > timedelta(days=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if add_period(middle, period) < today else (low, middle)
    return local_midnight(high)


def next_run_on(purge: PurgeRule, last_run_on: date | None, today: date) -> date:
    """Say when the next run is due: on the first of a month that the policy names and in which none has begun.

    Clause: pipl-47.
    """
    first = today.replace(day=1)
    for _ in range(13):
        is_done = last_run_on is not None and last_run_on >= first
        if first.month in purge.months and not is_done:
            return first
        first = (first + timedelta(days=_LONGEST_MONTH)).replace(day=1)
    raise PolicyBroken("policy.purge_never")
