from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from lianxi.kernel.clock import SHANGHAI
from lianxi.kernel.errors import Refused
from lianxi.policy.policy import Policy

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"


@pytest.mark.criterion("2.9")
@pytest.mark.parametrize(
    ("on", "working_days", "row"),
    [
        (date(2015, 11, 1), 7, "T-01h"),
        (date(2019, 3, 31), 7, "T-01h"),
        (date(2019, 4, 1), 15, "T-01"),
        (date(2025, 5, 14), 15, "T-01"),
    ],
)
def test_l32_1_a_lead_is_verified_in_the_working_days_of_its_own_time(
    policy: Policy, on: date, working_days: int, row: str
) -> None:
    rule = policy.clock("T-01", on)

    assert (rule.id, rule.amount, rule.unit) == (row, working_days, "wd")


@pytest.mark.criterion("2.9")
def test_a_tip_keeps_the_limit_in_force_when_it_came_in(policy: Policy) -> None:
    delivered = datetime(2025, 5, 14, 10, tzinfo=SHANGHAI)

    assert policy.deadline("T-01", delivered) == datetime(2025, 6, 6, tzinfo=SHANGHAI)
    assert policy.deadline("T-01", delivered, came_in_on=date(2015, 11, 1)) == datetime(2025, 5, 24, tzinfo=SHANGHAI)
    assert policy.deadline("T-01", delivered).tzinfo is UTC


@pytest.mark.criterion("2.9")
@pytest.mark.parametrize("clock", ["T-02", "T-03", "T-04", "T-05", "T-06", "T-07"])
def test_the_limits_of_the_interim_measures_have_successors_from_their_last_day_on(policy: Policy, clock: str) -> None:
    before = policy.clock(clock, date(2026, 4, 14))
    after = policy.clock(clock, date(2026, 4, 15))

    assert before.effective_to == date(2026, 4, 14)
    assert before.id != after.id
    assert "暂行" in before.basis
    assert "暂行" not in after.basis
    assert not after.is_confirmed


def test_rows_of_one_limit_never_overlap_and_never_leave_a_gap(policy: Policy) -> None:
    for clock in {rule.clock for rule in policy.clocks}:
        rows = sorted((rule for rule in policy.clocks if rule.clock == clock), key=lambda rule: rule.effective_from)
        for earlier, later in pairwise(rows):
            assert earlier.effective_to is not None
            assert (later.effective_from - earlier.effective_to).days == 1, clock


# Criterion 1.2's clocks of a criminal referral: limit and article.
REFERRAL = [
    ("T-31", 3, "cd", "第五条"),
    ("T-32", 24, "h", "第五条"),
    ("T-33", 24, "h", "第七条"),
    ("T-34", 24, "h", "第一百八十条"),
    ("T-34s", 3, "cd", "第一百八十条"),
    ("T-35", 3, "cd", "第八条"),
    ("T-36", 3, "cd", "第九条"),
    ("T-36d", 3, "cd", "第九条"),
    ("T-36p", 3, "cd", "第九条"),
    ("T-37", 3, "cd", "第十二条"),
]


@pytest.mark.parametrize(("clock", "amount", "unit", "article"), REFERRAL)
def test_a_criminal_referral_has_its_statutory_clocks(
    policy: Policy, clock: str, amount: int, unit: str, article: str
) -> None:
    rule = policy.clock(clock, date(2026, 11, 23))

    assert (rule.amount, rule.unit) == (amount, unit)
    assert article in rule.basis


def test_three_days_end_at_the_last_midnight_and_24_hours_to_the_second(policy: Policy) -> None:
    start = datetime(2026, 9, 30, 22, 30, 15, tzinfo=SHANGHAI)

    assert policy.deadline("T-35", start) == datetime(2026, 10, 4, tzinfo=SHANGHAI)
    assert policy.deadline("T-32", start) == datetime(2026, 10, 1, 22, 30, 15, tzinfo=SHANGHAI)


def test_a_limit_that_nobody_knows_or_that_was_not_law_is_refused(policy: Policy) -> None:
    with pytest.raises(Refused) as unknown:
        policy.clock("T-99", date(2026, 1, 1))
    with pytest.raises(Refused) as early:
        policy.clock("T-02", date(2015, 11, 1))

    assert unknown.value.code == "clock.unknown"
    assert early.value.code == "clock.not_in_force"


def test_no_custody_clock_and_no_clock_without_a_name_in_both_languages(policy: Policy) -> None:
    assert "T-41" not in {rule.clock for rule in policy.clocks}
    for rule in policy.clocks:
        assert rule.name_zh
        assert rule.name_en
        assert rule.basis
        assert rule.is_confirmed or rule.note


@pytest.mark.criterion("2.9")
@pytest.mark.parametrize("clock", ["T-02", "T-03", "T-04"])
def test_an_item_that_came_in_on_the_last_day_keeps_the_old_row_and_the_next_days_has_the_new(
    policy: Policy, clock: str
) -> None:
    delivered = datetime(2026, 4, 20, 9, tzinfo=SHANGHAI)
    last, first = date(2026, 4, 14), date(2026, 4, 15)

    assert policy.clock(clock, last).effective_to == last
    assert policy.clock(clock, first).effective_from == first
    assert (policy.clock(clock, last).id, policy.clock(clock, first).id) == (clock, f"{clock}n")
    assert policy.deadline(clock, delivered, came_in_on=last) == policy.deadline(clock, delivered, came_in_on=first)


# Every limit of the law that is a deadline of ours, by its number; the rest is said to be elsewhere, and why.
OURS = {*range(1, 21), *range(22, 24), *range(30, 41), *range(42, 45), 46, 53}
ELSEWHERE = {21, 41, 45, 50, 51, 52, 60, 61, 62}


def test_every_limit_of_the_law_is_a_row_or_is_said_to_be_elsewhere(policy: Policy) -> None:
    written = {int(rule.id[2:4]) for rule in policy.clocks if rule.id.startswith("T-")}
    text = (SHIPPED / "dayong-2015" / "clocks.toml").read_text(encoding="utf-8").split("[[clock]]")[0]

    assert written == OURS
    assert all(f"T-{number}" in text for number in ELSEWHERE)
