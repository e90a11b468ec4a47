"""Dates as vaguely as a plan gives them, and the rule by which each becomes a day (X-05).

A stretch is written `2015-12` (a month), `2015-12-early`, `2015-12-mid`, `2015-12-late` (上旬, 中旬, 下旬) or
`2015-12-10` (a day). What is due *by the end of* a stretch (底前) is due on its last day; what is due *before* it
(前) is due on the day before its first: the strict reading.
"""

from __future__ import annotations

import calendar as gregorian
import re
from datetime import date, timedelta

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.model import Precision, Wording

_STRETCH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<part>early|mid|late|\d{2}))?")
_TEN_DAYS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}


def stretch(written: str) -> tuple[date, date]:
    """Name the first and last day of a stretch of time.

    Clause: L83.1, L84.1, L85.1.
    Raises:
        PolicyBroken: policy.date_unreadable.
    """
    found = _STRETCH.fullmatch(written)
    if found is None:
        raise PolicyBroken("policy.date_unreadable", date=written)
    year, month, part = int(found["year"]), int(found["month"]), found["part"]
    try:
        length = gregorian.monthrange(year, month)[1]
        first, last = _days(part, length)
        return date(year, month, first), date(year, month, last)
    except ValueError as wrong:
        raise PolicyBroken("policy.date_unreadable", date=written) from wrong


def precision_of(written: str) -> Precision:
    """Say how exactly a stretch is dated.

    Clause: L86.1.
    """
    stretch(written)
    part = written[len("2015-12-") :]
    if not part:
        return "month"
    return "ten_day_period" if part in _TEN_DAYS else "day"


def resolve(written: str, rule: Wording) -> date:
    """Turn a vague date into the day that counts.

    Clause: L86.1, L86.2 (X-05).
    Raises:
        PolicyBroken: policy.date_unreadable.
    """
    first, last = stretch(written)
    return first - timedelta(days=1) if rule == "before" else last


def loosest(written: str) -> date:
    """Say the latest day that a reader could take a vague date for.

    Clause: L86.1 (X-05).
    Raises:
        PolicyBroken: policy.date_unreadable.
    """
    return stretch(written)[1]


def _days(part: str | None, length: int) -> tuple[int, int]:
    if part is None:
        return 1, length
    if part in _TEN_DAYS:
        first, last = _TEN_DAYS[part]
        return first, min(last, length)
    return int(part), int(part)
