"""What the ruler lays out for a day's list is made by the desk's own domain, so it has to keep up with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from bench.plans import BY_GRADE_DAYS, as_row, rentals, scan
from deploy.local.places import CHECKOUT
from lianxi.kernel.clock import local_date
from lianxi.policy.load import load_policy
from services.inspections.policy import slice_of

NOW = datetime(2015, 10, 20, 1, 0, tzinfo=UTC)


def test_made_up_dwellings_are_planned_by_their_grade_and_found_by_the_scan() -> None:
    rules = slice_of(load_policy(CHECKOUT / "deploy" / "policy"))

    made = rentals(300, rules, NOW, Random(3))
    assert {each.grade for each in made} == set(BY_GRADE_DAYS)
    assert all(each.next_visit_due_on == rules.due_on(each.grade, each.planned_from) for each in made)
    assert as_row(made[0])["_id"] == made[0].id

    overdue = scan(made, rules, local_date(NOW))
    in_time = scan(made, rules, local_date(NOW) + timedelta(days=70))
    assert 0 < sum(map(len, overdue.values())) < sum(map(len, in_time.values())) == 300
