"""How long things are kept: by day, by row, and for a search exactly as by item."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict
from lianxi.policy import retention
from lianxi.policy.policy import Policy
from lianxi.policy.retention import NOT_COUNTED, Keeping, Purge
from lianxi.policy.rights import PurgeRule

NOW = datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2015, 1, 2), datetime(2045, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(2016, 1, 1), date(2046, 1, 1))
PERIODS = st.builds("P{}{}".format, st.integers(1, 60), st.sampled_from("DWM"))
TWICE_A_YEAR = PurgeRule(clause="pipl-47", months=(1, 7))


@given(since=INSTANTS, today=DAYS, period=PERIODS)
def test_a_search_finds_exactly_what_has_been_kept_to_its_last_day(since: datetime, today: date, period: str) -> None:
    last = retention.last_kept_on(since, period)
    before = retention.ended_before(period, today)

    assert last is not None
    assert before is not None
    assert (since < before) == (last < today)


@given(since=INSTANTS, today=DAYS)
def test_what_is_kept_for_ever_never_ends(since: datetime, today: date) -> None:
    assert retention.last_kept_on(since, "") is None
    assert retention.ended_before("", today) is None


@given(today=DAYS, days_ago=st.integers(0, 800))
def test_a_run_is_due_in_a_month_that_the_policy_names_once(today: date, days_ago: int) -> None:
    last = today - timedelta(days=days_ago)
    due = retention.next_run_on(TWICE_A_YEAR, last, today)

    assert due.month in TWICE_A_YEAR.months
    assert due.day == 1
    assert due > last or due.month != last.month
    assert due <= today or due - today <= timedelta(days=184)
    assert retention.next_run_on(TWICE_A_YEAR, None, today) >= today.replace(day=1)


def test_the_shipped_rows_say_how_long(policy: Policy) -> None:
    today = date(2026, 11, 23)
    periods = {code: retention.period_of(policy.retention, code, today) for code in retention.PURGED_BY}

    assert periods == {
        "informant-identity": "P90D", "tip-not-substantiated": "P6M", "tip-substantiated": "P36M", "visit": "P24M",
        "reward-payee": "P90D", "case": "P36M", "criminal-referral": "P60M", "transfer": "P60M",
        "joint-operation": "P24M",
    }  # fmt: skip
    assert retention.period_of(policy.retention, "case", date(2015, 1, 1)) == ""


def test_the_row_in_force_counts(policy: Policy) -> None:
    (row,) = [each for each in policy.retention if each.code == "visit"]
    later = replace(row, keep="P12M", effective_from=date(2026, 1, 1))
    rows = (*policy.retention, later)

    assert retention.period_of(rows, "visit", date(2025, 12, 31)) == "P24M"
    assert retention.period_of(rows, "visit", date(2026, 1, 1)) == "P12M"


def test_an_item_is_counted_held_and_purged() -> None:
    counted = retention.counted(NOT_COUNTED, "visit", NOW)
    held = retention.held(counted, "复议", "office-clerk", NOW)
    assert held.since == NOW
    with pytest.raises(Conflict, match=r"hold\.already_set"):
        retention.held(held, "复议", "office-clerk", NOW)
    assert retention.lifted(held) == counted
    with pytest.raises(Conflict, match=r"hold\.not_set"):
        retention.lifted(counted)

    gone = retention.purged(counted, Purge(run_id="run_1", at=NOW))
    assert gone == Keeping(rule="visit", run_id="run_1", purged_at=NOW)
    assert retention.counted(gone, "visit", NOW) == gone
    with pytest.raises(Conflict, match=r"hold\.item_purged"):
        retention.held(gone, "复议", "office-clerk", NOW)
    assert local_date(NOW) == date(2026, 11, 23)
