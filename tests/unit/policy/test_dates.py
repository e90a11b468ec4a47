from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.calendar import in_calendar_window, occurrences
from lianxi.policy.dates import loosest, precision_of, resolve, stretch
from lianxi.policy.model import Wording
from lianxi.policy.policy import Policy


@pytest.mark.parametrize(
    ("written", "rule", "due"),
    [
        ("2015-12-mid", "before", date(2015, 12, 10)),
        ("2015-12-mid", "by_end_of", date(2015, 12, 20)),
        ("2015-12", "by_end_of", date(2015, 12, 31)),
        ("2015-12", "before", date(2015, 11, 30)),
        ("2015-10-early", "by_end_of", date(2015, 10, 10)),
        ("2015-11-late", "by_end_of", date(2015, 11, 30)),
        ("2015-11-late", "before", date(2015, 11, 20)),
        ("2016-02-late", "on", date(2016, 2, 29)),
        ("2015-02", "by_end_of", date(2015, 2, 28)),
        ("2015-11-30", "on", date(2015, 11, 30)),
        ("2015-12-01", "before", date(2015, 11, 30)),
        ("2016-01-early", "before", date(2015, 12, 31)),
    ],
)
def test_a_vague_date_becomes_a_day_by_its_rule(written: str, rule: Wording, due: date) -> None:
    assert resolve(written, rule) == due


@pytest.mark.parametrize(
    ("written", "precision"), [("2015-12", "month"), ("2015-12-mid", "ten_day_period"), ("2015-12-10", "day")]
)
def test_a_date_knows_how_exact_it_is(written: str, precision: str) -> None:
    assert precision_of(written) == precision


@pytest.mark.parametrize(
    "written", ["", "December", "2015", "2015-13", "2015-02-30", "2015-2", "2015-12-middle", "0000-01"]
)
def test_a_date_that_cannot_be_read_is_refused(written: str) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.date_unreadable"):
        stretch(written)


def test_x_05_the_strict_reading_is_taken(policy: Policy) -> None:
    rows = {row.id: row for row in policy.obligations if row.due_in}

    assert rows["L86.1"].due_on == (date(2015, 12, 10),)
    assert loosest(rows["L86.1"].due_in) == date(2015, 12, 20)
    assert rows["L86.2"].due_on == (date(2015, 12, 31),)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_the_three_parts_of_a_month_hold_each_of_its_days_once(on: date) -> None:
    names = [f"{on:%Y-%m}-{part}" for part in ("early", "mid", "late")]
    parts = [stretch(name) for name in names]

    assert sum(first <= on <= last for first, last in parts) == 1
    assert (parts[0][0], parts[2][1]) == stretch(f"{on:%Y-%m}")
    assert [resolve(name, "before").toordinal() + 1 for name in names] == [first.toordinal() for first, _ in parts]


@pytest.mark.parametrize(
    ("on", "period", "window"),
    [
        (date(2026, 2, 20), "P15D", (date(2026, 2, 16), date(2026, 2, 28))),
        (date(2026, 2, 15), "P15D", (date(2026, 2, 1), date(2026, 2, 15))),
        (date(2026, 2, 20), "P1M", (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2026, 2, 20), "P2M", (date(2026, 1, 1), date(2026, 2, 28))),
        (date(2026, 3, 1), "P2M", (date(2026, 3, 1), date(2026, 4, 30))),
        (date(2026, 12, 31), "P3M", (date(2026, 10, 1), date(2026, 12, 31))),
    ],
)
def test_a_calendar_window_is_half_a_month_a_month_or_several(on: date, period: str, window: tuple[date, date]) -> None:
    assert in_calendar_window(on, period) == window


@pytest.mark.parametrize("period", ["P5M", "P0M", "P7D", "P2W", "", "PM"])
def test_a_period_without_a_calendar_window_is_refused(period: str) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.period_unreadable"):
        in_calendar_window(date(2026, 1, 1), period)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(["P15D", "P1M", "P2M", "P3M", "P6M", "P12M"]))
def test_calendar_windows_hold_their_date_and_leave_no_gap(on: date, period: str) -> None:
    first, last = in_calendar_window(on, period)

    assert first <= on <= last
    after = date.fromordinal(last.toordinal() + 1)
    assert in_calendar_window(after, period)[0] == after


def test_l90_1_every_fortnight_gives_the_plans_four_dates(policy: Policy) -> None:
    assert occurrences(date(2015, 10, 15), date(2015, 11, 30), "P2W") == tuple(row.due_on for row in policy.returns)


def test_l62_2_and_l65_1_ninety_two_days_and_nine_sends(policy: Policy) -> None:
    owed = {row.code: row for row in policy.publicity}
    television, messages = owed["tv-daily"], owed["sms-monthly"]
    assert television.starts_on is not None
    assert television.ends_on is not None
    assert messages.starts_on is not None
    assert messages.ends_on is not None
    days = occurrences(television.starts_on, television.ends_on, television.cadence)
    months = occurrences(messages.starts_on, messages.ends_on, messages.cadence)

    assert len(days) == 92
    assert len([on for on in days if on >= policy.programme.issued_on]) == 74
    assert months == (date(2015, 10, 31), date(2015, 11, 30), date(2015, 12, 31))
    assert len(months) * len(messages.parties) == 9
    assert messages.approval == "A-04"


@pytest.mark.parametrize("period", ["", "P0D", "P0M", "PxM"])
def test_what_never_comes_back_is_refused(period: str) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.period_unreadable"):
        occurrences(date(2026, 1, 1), date(2026, 2, 1), period)
