from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.load import load_policy
from lianxi.policy.model import due_on
from lianxi.policy.policy import Policy, rolled, shift_for
from lianxi.policy.structure import structural_findings

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"


@pytest.mark.parametrize(
    ("grade", "last_visit_on", "due"),
    [
        ("trusted", date(2015, 10, 19), date(2015, 12, 19)),
        ("trusted", date(2015, 12, 31), date(2016, 2, 29)),
        ("ordinary", date(2015, 10, 31), date(2015, 11, 30)),
        ("ordinary", date(2026, 1, 31), date(2026, 2, 28)),
        ("key", date(2015, 10, 19), date(2015, 11, 3)),
        ("key", date(2026, 2, 20), date(2026, 3, 7)),
    ],
)
def test_l45_1_visits_fall_due_by_grade(policy: Policy, grade: str, last_visit_on: date, due: date) -> None:
    assert due_on(policy.grades[grade], last_visit_on) == due


def test_l45_1_three_grades_in_rolling_windows(policy: Policy) -> None:
    assert {code: (grade.cadence, grade.window_mode) for code, grade in policy.grades.items()} == {
        "trusted": ("P2M", "rolling"),
        "ordinary": ("P1M", "rolling"),
        "key": ("P15D", "rolling"),
    }
    assert policy.brought_forward_days == 3


def test_l90_1_four_returns_on_their_explicit_dates_from_eleven_agencies(policy: Policy) -> None:
    assert [row.due_on for row in policy.returns] == [
        date(2015, 10, 15),
        date(2015, 10, 29),
        date(2015, 11, 12),
        date(2015, 11, 26),
    ]
    assert {row.to for row in policy.returns} == {"office"}
    assert all(set(row.owed_by) == set(policy.members) - {"economy"} for row in policy.returns)
    assert (policy.summary.due_on, policy.summary.to) == (date(2015, 11, 30), "city/office")


def test_l79_2_a_report_has_exactly_four_parts(policy: Policy) -> None:
    assert [part.code for part in policy.report_parts] == ["practice", "results", "problems", "advice"]


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_the_second_return_is_rolled_to_three_to_nine_days_ahead(policy: Policy, today: date) -> None:
    shift = shift_for(today, policy.returns)
    ahead = (policy.returns[1].due_on + timedelta(days=shift) - today).days

    assert shift % 7 == 0
    assert 3 <= ahead <= 9


@given(st.integers(-600, 600))
def test_rolling_moves_the_programmes_dates_and_nothing_of_the_law(policy: Policy, weeks: int) -> None:
    by = timedelta(weeks=weeks)
    moved = rolled(policy, weeks * 7)

    assert [row.due_on - by for row in moved.returns] == [row.due_on for row in policy.returns]
    assert [row.due_on.weekday() for row in moved.returns] == [3, 3, 3, 3]
    assert moved.summary.due_on - by == policy.summary.due_on
    assert [(phase.starts_on - by, phase.ends_on - by) for phase in moved.programme.phases] == [
        (phase.starts_on, phase.ends_on) for phase in policy.programme.phases
    ]
    assert moved.programme.issued_on - by == policy.programme.issued_on
    assert [tuple(on - by for on in row.due_on) for row in moved.obligations] == [
        row.due_on for row in policy.obligations
    ]
    assert (moved.clocks, moved.grades, moved.routes, moved.notices, moved.calendar) == (
        policy.clocks,
        policy.grades,
        policy.routes,
        policy.notices,
        policy.calendar,
    )
    assert not structural_findings(moved)


def test_rolling_there_and_back_changes_nothing(policy: Policy) -> None:
    assert rolled(rolled(policy, 4046), -4046) == policy


@pytest.mark.parametrize("days", [1, -1, 6, 3650])
def test_a_shift_that_would_move_weekdays_is_refused(days: int) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.shift_not_whole_weeks"):
        load_policy(SHIPPED, shift_days=days)


def test_a_town_loads_its_policy_rolled(policy: Policy) -> None:
    loaded = load_policy(SHIPPED, "dayong-2015", shift_days=4046)

    assert loaded == rolled(policy, 4046)
    assert loaded.shift_days == 4046
