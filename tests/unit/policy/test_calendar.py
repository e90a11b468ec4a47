from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.kernel.clock import SHANGHAI
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.calendar import Unit, WorkCalendar, add, add_months, add_period, half_month
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy

# Start and end in local time; the ends were worked out from the published notices of each year, not from the files.
CASES: list[tuple[str, int, Unit, str, str]] = [
    ("2024-02-01 09:00", 5, "wd", "2024-02-08 00:00", "over Spring Festival, make-up Sunday 4 February counts"),
    ("2024-02-03 09:00", 1, "wd", "2024-02-05 00:00", "to the make-up Sunday"),
    ("2024-02-09 17:00", 1, "wd", "2024-02-19 00:00", "last day before Spring Festival to the make-up Sunday after"),
    ("2024-02-10 00:00", 1, "wd", "2024-02-19 00:00", "in the holiday"),
    ("2024-02-17 23:59", 1, "wd", "2024-02-19 00:00", "last day of the holiday"),
    ("2024-02-16 10:00", 3, "wd", "2024-02-21 00:00", ""),
    ("2024-04-03 10:00", 1, "wd", "2024-04-08 00:00", "Qingming, make-up Sunday 7 April"),
    ("2024-04-06 10:00", 2, "wd", "2024-04-09 00:00", ""),
    ("2024-04-26 10:00", 2, "wd", "2024-04-30 00:00", "make-up Sunday before Labour Day"),
    ("2024-04-30 10:00", 1, "wd", "2024-05-07 00:00", "over Labour Day"),
    ("2024-05-10 10:00", 1, "wd", "2024-05-12 00:00", "make-up Saturday"),
    ("2024-05-10 10:00", 2, "wd", "2024-05-14 00:00", ""),
    ("2024-06-07 10:00", 1, "wd", "2024-06-12 00:00", "Dragon Boat"),
    ("2024-09-13 10:00", 1, "wd", "2024-09-15 00:00", "make-up Saturday"),
    ("2024-09-14 10:00", 1, "wd", "2024-09-19 00:00", "over Mid-Autumn"),
    ("2024-09-27 10:00", 15, "wd", "2024-10-24 00:00", "over National Day"),
    ("2024-09-28 10:00", 1, "wd", "2024-09-30 00:00", "make-up Sunday"),
    ("2024-10-11 18:00", 1, "wd", "2024-10-13 00:00", "make-up Saturday"),
    ("2024-12-31 10:00", 1, "wd", "2025-01-03 00:00", "over New Year"),
    ("2024-12-20 10:00", 15, "wd", "2025-01-14 00:00", "over the year's end"),
    ("2025-01-24 10:00", 1, "wd", "2025-01-27 00:00", "make-up Sunday"),
    ("2025-01-27 10:00", 1, "wd", "2025-02-06 00:00", "over Spring Festival"),
    ("2025-01-27 10:00", 4, "wd", "2025-02-09 00:00", "make-up Saturday 8 February counts"),
    ("2025-02-07 10:00", 1, "wd", "2025-02-09 00:00", "make-up Saturday"),
    ("2025-04-03 10:00", 1, "wd", "2025-04-08 00:00", "Qingming"),
    ("2025-04-26 10:00", 1, "wd", "2025-04-28 00:00", "make-up Sunday"),
    ("2025-04-30 10:00", 1, "wd", "2025-05-07 00:00", "over Labour Day"),
    ("2025-05-14 10:00", 15, "wd", "2025-06-06 00:00", "over Dragon Boat"),
    ("2025-05-30 10:00", 1, "wd", "2025-06-04 00:00", "Dragon Boat"),
    ("2025-09-27 10:00", 1, "wd", "2025-09-29 00:00", "make-up Sunday"),
    ("2025-09-30 10:00", 1, "wd", "2025-10-10 00:00", "over National Day and Mid-Autumn"),
    ("2025-09-30 10:00", 3, "wd", "2025-10-12 00:00", "make-up Saturday counts"),
    ("2025-12-31 10:00", 1, "wd", "2026-01-05 00:00", "over New Year, make-up Sunday"),
    ("2025-12-25 10:00", 7, "wd", "2026-01-07 00:00", ""),
    ("2026-01-03 10:00", 1, "wd", "2026-01-05 00:00", "make-up Sunday"),
    ("2026-02-13 10:00", 1, "wd", "2026-02-15 00:00", "make-up Saturday"),
    ("2026-02-14 10:00", 1, "wd", "2026-02-25 00:00", "over Spring Festival"),
    ("2026-02-14 10:00", 5, "wd", "2026-03-01 00:00", "make-up Saturday 28 February counts"),
    ("2026-02-27 10:00", 1, "wd", "2026-03-01 00:00", "make-up Saturday"),
    ("2026-04-03 10:00", 1, "wd", "2026-04-08 00:00", "Qingming"),
    ("2026-04-30 10:00", 4, "wd", "2026-05-10 00:00", "make-up Saturday 9 May counts"),
    ("2026-06-18 10:00", 1, "wd", "2026-06-23 00:00", "Dragon Boat"),
    ("2026-09-19 10:00", 1, "wd", "2026-09-21 00:00", "make-up Sunday"),
    ("2026-09-24 10:00", 15, "wd", "2026-10-23 00:00", "over Mid-Autumn and National Day"),
    ("2026-09-30 10:00", 1, "wd", "2026-10-09 00:00", "over National Day"),
    ("2026-10-09 10:00", 1, "wd", "2026-10-11 00:00", "make-up Saturday"),
    ("2026-11-20 10:00", 45, "wd", "2027-01-26 00:00", "over the year's end"),
    ("2027-02-04 10:00", 1, "wd", "2027-02-12 00:00", "over Spring Festival"),
    ("2027-04-02 10:00", 1, "wd", "2027-04-07 00:00", "Qingming"),
    ("2027-04-30 10:00", 1, "wd", "2027-05-06 00:00", "over Labour Day"),
    ("2027-09-30 10:00", 5, "wd", "2027-10-13 00:00", "over National Day"),
    ("2024-02-28 10:00", 3, "cd", "2024-03-03 00:00", "leap day"),
    ("2025-02-27 10:00", 3, "cd", "2025-03-03 00:00", "no leap day"),
    ("2026-02-14 23:59", 3, "cd", "2026-02-18 00:00", "holidays count"),
    ("2026-12-30 00:00", 3, "cd", "2027-01-03 00:00", "over the year's end"),
    ("2024-01-31 12:00", 30, "cd", "2024-03-02 00:00", ""),
    ("2026-09-30 10:00", 60, "cd", "2026-11-30 00:00", ""),
    ("2026-02-16 23:30", 24, "h", "2026-02-17 23:30", "hours run through holidays"),
    ("2024-02-28 20:00", 24, "h", "2024-02-29 20:00", "over a leap day"),
    ("2026-12-31 23:00", 24, "h", "2027-01-01 23:00", "over the year's end"),
    ("2025-10-01 00:00", 1, "h", "2025-10-01 01:00", ""),
    ("2026-10-03 23:55", 10, "min", "2026-10-04 00:05", "minutes run through nights"),
    ("2024-02-29 23:59", 1, "min", "2024-03-01 00:00", ""),
    ("2027-01-01 08:00", 0, "min", "2027-01-01 08:00", "at once"),
]


# Without a zone, as the strategy wants them; it adds the zone itself.
EARLIEST = datetime.fromisoformat("2024-01-01")
LATEST = datetime.fromisoformat("2027-11-01")


def local(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=SHANGHAI)


@pytest.mark.criterion("3.1")
@pytest.mark.parametrize(("start", "amount", "unit", "end", "why"), CASES)
def test_limits_end_where_the_published_calendar_says(
    policy: Policy, start: str, amount: int, unit: Unit, end: str, why: str
) -> None:
    ended = add(local(start), amount, unit, policy.calendar)

    assert ended == local(end), why
    assert ended.tzinfo is UTC


@pytest.mark.criterion("3.1")
def test_the_table_has_sixty_cases_over_four_years_and_every_unit() -> None:
    assert len(CASES) >= 60
    assert {start[:4] for start, *_ in CASES} == {"2024", "2025", "2026", "2027"}
    assert {unit for _, _, unit, _, _ in CASES} == {"min", "h", "cd", "wd"}


def test_a_day_starts_at_midnight_of_the_town_not_of_utc(policy: Policy) -> None:
    just_before = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    just_after = datetime(2026, 11, 23, 16, 0, 0, tzinfo=UTC)

    assert add(just_before, 3, "cd", policy.calendar) == local("2026-11-27 00:00")
    assert add(just_after, 3, "cd", policy.calendar) == local("2026-11-28 00:00")


@given(
    start=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    amount=st.integers(1, 30),
)
def test_working_days_never_end_before_calendar_days_nor_on_a_day_off(
    policy: Policy, start: datetime, amount: int
) -> None:
    ended = add(start, amount, "wd", policy.calendar)
    last = (ended.astimezone(SHANGHAI)).date().toordinal() - 1

    assert ended.astimezone(SHANGHAI).time().isoformat() == "00:00:00"
    assert policy.calendar.is_working_day(date.fromordinal(last))
    assert ended > start
    assert add(start, amount + 1, "wd", policy.calendar) > ended


@given(start=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)), amount=st.integers(0, 30))
def test_working_days_are_never_fewer_than_calendar_days(policy: Policy, start: datetime, amount: int) -> None:
    assert add(start, amount, "wd", policy.calendar) >= add(start, amount, "cd", policy.calendar)


@given(
    start=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    later=st.timedeltas(timedelta(0), timedelta(days=40)),
    amount=st.integers(0, 30),
    more=st.integers(0, 10),
    unit=st.sampled_from(["min", "h", "cd", "wd"]),
)
def test_a_later_start_and_a_longer_limit_never_end_earlier(
    policy: Policy, start: datetime, later: timedelta, amount: int, more: int, unit: Unit
) -> None:
    ended = add(start, amount, unit, policy.calendar)

    assert ended >= start
    assert add(start + later, amount, unit, policy.calendar) >= ended
    assert add(start, amount + more, unit, policy.calendar) >= ended


@given(st.dates(date(2024, 1, 1), date(2027, 10, 1)), st.integers(0, 15), st.integers(0, 15))
def test_working_days_add_up(policy: Policy, on: date, first: int, second: int) -> None:
    calendar = policy.calendar

    assert calendar.working_day_after(calendar.working_day_after(on, first), second) == calendar.working_day_after(
        on, first + second
    )


@pytest.mark.criterion("3.1")
def test_a_town_changes_its_own_days_by_a_file(copied: Path, policy: Policy) -> None:
    (copied / "dayong-2015" / "calendar.toml").write_text(
        '[[change]]\non = 2026-11-24\nis_working = false\nreason_zh = "台风"\nreason_en = "Typhoon"\n'
        '[[change]]\non = 2026-11-28\nis_working = true\nreason_zh = "调休"\nreason_en = "Made up for"\n',
        encoding="utf-8",
    )
    town = read_policy(copied)
    start = local("2026-11-23 10:00")

    assert not town.calendar.is_working_day(date(2026, 11, 24))
    assert town.calendar.is_working_day(date(2026, 11, 28))
    assert add(start, 1, "wd", policy.calendar) == local("2026-11-25 00:00")
    assert add(start, 1, "wd", town.calendar) == local("2026-11-26 00:00")
    assert add(start, 4, "wd", town.calendar) == local("2026-11-29 00:00")


@pytest.mark.criterion("3.1")
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_published_years_agree_with_the_library_they_were_made_from(policy: Policy, year: int) -> None:
    library = holidays.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(days=offset) for offset in range(366 if year % 4 == 0 else 365)]

    assert [on for on in days if policy.calendar.is_working_day(on) != library.is_working_day(on)] == []


def test_the_horizon_is_the_end_of_the_last_published_year(policy: Policy) -> None:
    assert policy.calendar.horizon == date(2026, 12, 31)
    assert WorkCalendar(years={}).horizon is None


def test_a_year_without_data_counts_mondays_to_fridays() -> None:
    empty = WorkCalendar(years={})

    assert empty.working_day_after(date(2031, 10, 3), 1) == date(2031, 10, 6)
    assert not empty.covers(date(2031, 10, 3))


def test_2027_is_known_to_be_unpublished(policy: Policy) -> None:
    assert policy.calendar.covers(date(2026, 12, 31))
    assert not policy.calendar.covers(date(2027, 1, 1))


def test_a_unit_that_nobody_knows_is_our_fault(policy: Policy) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.unit_unknown"):
        add(local("2026-01-01 00:00"), 1, "weeks", policy.calendar)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        (date(2015, 10, 31), 1, date(2015, 11, 30)),
        (date(2015, 12, 31), 2, date(2016, 2, 29)),
        (date(2014, 12, 31), 2, date(2015, 2, 28)),
        (date(2015, 11, 15), 2, date(2016, 1, 15)),
        (date(2015, 12, 1), 12, date(2016, 12, 1)),
    ],
)
def test_months_end_on_a_day_that_the_month_has(on: date, months: int, expected: date) -> None:
    assert add_months(on, months) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("P15D", date(2015, 11, 15)),
        ("P2W", date(2015, 11, 14)),
        ("P1M", date(2015, 11, 30)),
        ("P2M", date(2015, 12, 31)),
    ],
)
def test_periods_are_read_as_policy_files_write_them(period: str, expected: date) -> None:
    assert add_period(date(2015, 10, 31), period) == expected


@pytest.mark.parametrize("period", ["", "P", "PM", "P0D", "P1Y", "1M", "P-1D", "P٣D", "P1.5M"])
def test_a_period_that_cannot_be_read_is_refused(period: str) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.period_unreadable"):
        add_period(date(2015, 10, 31), period)


@given(st.dates())
def test_half_months_hold_their_date_and_leave_no_gap(on: date) -> None:
    first, last = half_month(on)

    assert first <= on <= last
    assert first.day in {1, 16}
    assert last.day == 15 or last == date.max or (last + timedelta(days=1)).day == 1
