"""A month's plan, its coverage and its gaps, held against counts that are made another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts.coverage import GetCoverage, GetMonthPlan, ListMissedWindows, PlanLine
from lianxi.contracts.inspections import (
    DayPart,
    GetRental,
    Grade,
    RentalKind,
    RentalView,
    VisitOutcome,
)
from lianxi.contracts.rights import MASKED_BY, SHOWS
from lianxi.kernel.clock import FixedClock, local_date, local_midnight
from lianxi.kernel.errors import RuleBroken
from services.inspections.domain.rentals import Rental, another_time, register, visited
from services.inspections.domain.windows import closing_between, course_of, noted, windows_of
from services.inspections.policy import InspectionsPolicy
from services.inspections.views.coverage import CoverageViews, Dwelling
from tests.unit.inspections.desk import (
    CODE,
    TENANCY,
    TODAY,
    InspectionsInMemory,
    grading,
    registering,
    shipped_rules,
    visiting,
)

SEPTEMBER = date(2026, 9, 1)
LAST = date(2026, 9, 30)
DAY = timedelta(days=1)
Town = InspectionsInMemory
MIX = (Grade.TRUSTED,) * 6 + (Grade.ORDINARY,) * 3 + (Grade.KEY,)
PREMISES = 4_000


def noon(on: date) -> datetime:
    return local_midnight(on) + timedelta(hours=12)


def views(town: InspectionsInMemory) -> CoverageViews:
    return views_of(town.rentals.all(), town.clock)


def views_of(rentals: Sequence[Rental], clock: FixedClock) -> CoverageViews:
    def read(village: str | None) -> Iterable[Dwelling]:
        return [
            Dwelling(course_of(each), each.village, each.address, each.stewards)
            for each in rentals
            if village in {None, each.village}
        ]

    return CoverageViews(clock, shipped_rules().villages, read)


def whole_plan(months: CoverageViews, month: date, limit: int = 200) -> list[PlanLine]:
    found: list[PlanLine] = []
    cursor = None
    while True:
        page = months.get_month_plan(GetMonthPlan(month=month, cursor=cursor, limit=limit), TENANCY)
        found += page.items
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def by_calendar(rules: InspectionsPolicy) -> InspectionsPolicy:
    return replace(rules, grades={code: replace(each, window_mode="calendar") for code, each in rules.grades.items()})


def town_of(rules: InspectionsPolicy, count: int, began_on: date) -> Town:
    """Fill a register as an office would: filed and graded."""
    town = InspectionsInMemory()
    town.clock.advance(noon(began_on) - town.clock.now())
    town.desk = replace(town.desk, policy=rules)
    villages = sorted(rules.villages)[:7]
    for number in range(count):
        code, grade = f"R-{number:05}", MIX[number % len(MIX)]
        asked = registering(code, village=villages[number % len(villages)])
        town.desk.register_rental(replace(asked, assistant=f"assistant-{number % 20}"), TENANCY)
        town.desk.grade_rental(grading(grade, code, expires_on=began_on + 180 * DAY), TENANCY)
    return town


def filled(rules: InspectionsPolicy, count: int, began_on: date) -> list[Rental]:
    """Make a register by the domain alone, each dwelling visited once, on days spread as a town's are."""
    made = []
    for number in range(count):
        grade = MIX[number % len(MIX)]
        asked = registering(f"R-{number:05}", village=sorted(rules.villages)[number % 7])
        rental, _ = register(asked, noon(began_on), rules.due_on)
        on = SPREAD[grade][number // len(MIX) % len(SPREAD[grade])]
        rental, _ = visited(replace(rental, grade=grade), VisitOutcome.DONE, noon(on), rules.due_on)
        made.append(noted(rental, began_on, rules.grades[grade.value]))
    return made


def days_between(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


@pytest.mark.criterion("5.1")
def test_the_shipped_cadences_are_the_plans_and_either_way_of_counting_is_data() -> None:
    rules = shipped_rules()

    assert [rules.due_on(each, date(2026, 3, 10)) for each in Grade] == [
        date(2026, 5, 10),
        date(2026, 4, 10),
        date(2026, 3, 25),
    ]
    calendar = by_calendar(rules)
    assert [calendar.due_on(each, date(2026, 3, 5)) for each in Grade] == [
        date(2026, 4, 30),
        date(2026, 3, 31),
        date(2026, 3, 15),
    ]
    visited = date(2026, 3, 5)
    assert [calendar.due_on(each, visited, visited) for each in Grade] == [
        date(2026, 6, 30),
        date(2026, 4, 30),
        date(2026, 3, 31),
    ]


@pytest.mark.criterion("5.1")
def test_the_register_holds_what_a_visit_needs_and_masks_whom_to_ask() -> None:
    town = InspectionsInMemory()
    asked = replace(
        registering(), address_code="441900-017-0031", kind=RentalKind.ROOMS, owner="赵某 13800000000", agent="荷湾中介"
    )
    town.desk.register_rental(asked, TENANCY)
    town.grade(Grade.KEY)

    told = town.desk.get_rental(GetRental(rental_code=CODE), TENANCY)

    assert (told.address_code, told.kind, told.rooms, told.is_registered) == (
        "441900-017-0031",
        RentalKind.ROOMS,
        10,
        True,
    )
    assert (told.grade, told.grade_reason, told.grade_approved_by) == (Grade.KEY, "fire exits blocked", "tenancy:head")
    assert told.grade_expires_on == TODAY + 180 * DAY
    assert SHOWS[RentalView].groups["landlord"] == ("owner", "agent")
    assert [MASKED_BY["rental", "landlord"](each) for each in (told.owner, told.agent, "")] == ["赵＊", "荷＊", ""]


@pytest.mark.parametrize("field", ["owner", "agent", "address_code"])
def test_no_identity_number_comes_in_by_the_owner_or_agent(field: str) -> None:
    said: dict[str, Any] = {field: "11010519491231002X"}
    with pytest.raises(RuleBroken, match=r"rental\.identity_number"):
        InspectionsInMemory().desk.register_rental(replace(registering(), **said), TENANCY)


SPREAD = {
    Grade.TRUSTED: days_between(date(2026, 7, 7), date(2026, 7, 31))
    + days_between(date(2026, 8, 2), date(2026, 8, 26)),
    Grade.ORDINARY: days_between(date(2026, 8, 1), date(2026, 8, 31)),
    Grade.KEY: days_between(date(2026, 8, 17), date(2026, 8, 31)),
}
"""As many trusted dwellings were visited last in July as in August, so that half of them fall due in September."""


def oracle(last_visit: date, grade: Grade, month: date) -> list[date]:
    """Say on which days of a month a visit falls due, by plain counting and none of the desk's code."""
    due, found = last_visit, []
    while due < date(month.year + 1, 1, 1):
        if grade is Grade.KEY:
            due = due + timedelta(days=15)
        else:
            ahead = due.month - 1 + (2 if grade is Grade.TRUSTED else 1)
            year, place = due.year + ahead // 12, ahead % 12
            length = [31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][place]
            due = date(year, place + 1, min(due.day, length))
        if (due.year, due.month) == (month.year, month.month):
            found.append(due)
    return found


@pytest.mark.criterion("5.2")
def test_a_months_plan_of_four_thousand_dwellings_is_the_oracles_and_stays_when_made_again() -> None:
    rentals = filled(shipped_rules(), PREMISES, date(2026, 7, 1))
    months = views_of(rentals, FixedClock(noon(SEPTEMBER)))

    begun = perf_counter()
    plan = whole_plan(months, SEPTEMBER)
    assert perf_counter() - begun < 30

    wanted = Counter(
        (each.id, due)
        for each in rentals
        for due in oracle(local_date(each.last_visit_at or noon(SEPTEMBER)), each.grade, SEPTEMBER)
    )
    assert Counter((each.rental_code, each.due_on) for each in plan) == wanted
    assert len(plan) == 3_200
    assert Counter(each.grade for each in plan) == {Grade.TRUSTED: 1_200, Grade.ORDINARY: 1_200, Grade.KEY: 800}
    assert whole_plan(months, SEPTEMBER) == plan


@pytest.mark.criterion("5.2")
def test_by_the_calendar_two_months_owe_each_dwelling_exactly_its_visits() -> None:
    rules = by_calendar(shipped_rules())
    town = town_of(rules, 400, date(2026, 8, 31))
    months = views(town)

    plan = [*whole_plan(months, SEPTEMBER), *whole_plan(months, date(2026, 10, 1))]

    owed = Counter(each.rental_code for each in plan)
    grades = {each.id: each.grade for each in town.rentals.all()}
    assert {code: {Grade.TRUSTED: 1, Grade.ORDINARY: 2, Grade.KEY: 4}[grade] for code, grade in grades.items()} == owed
    assert len(plan) == 2 * 320
    assert all(each.opens_on <= each.due_on <= each.closes_on for each in plan)


@pytest.mark.criterion("5.2")
@pytest.mark.parametrize("mode", ["rolling", "calendar"])
def test_a_new_grade_plans_anew_from_its_day_and_leaves_what_was_before(mode: str) -> None:
    rules = shipped_rules() if mode == "rolling" else by_calendar(shipped_rules())
    town = town_of(rules, 1, date(2026, 8, 20))
    code = "R-00000"
    town.desk.grade_rental(grading(Grade.KEY, code), TENANCY)
    town.clock.advance(noon(date(2026, 9, 19)) - town.clock.now())
    before = whole_plan(views(town), SEPTEMBER)

    town.desk.grade_rental(grading(Grade.ORDINARY, code), TENANCY)

    after = [*whole_plan(views(town), SEPTEMBER), *whole_plan(views(town), date(2026, 10, 1))]
    changed_on = date(2026, 9, 19)
    assert [each for each in after if each.closes_on < changed_on] == [
        each for each in before if each.closes_on < changed_on
    ]
    assert all(
        each.grade is Grade.ORDINARY and each.opens_on >= changed_on for each in after if each.closes_on >= changed_on
    )
    assert [each.due_on for each in before if each.closes_on >= changed_on] != [
        each.due_on for each in after if each.closes_on >= changed_on
    ]


@pytest.mark.criterion("5.3")
def test_there_are_six_ways_in_which_a_visit_ends() -> None:
    assert {each.value for each in VisitOutcome} == {"done", "nobody_in", "refused", "vacant", "demolished", "merged"}


@pytest.mark.criterion("5.3")
def test_nobody_in_twice_leaves_the_window_open_and_proposes_another_time() -> None:
    town = InspectionsInMemory()
    town.register()
    due_on = town.rental().next_visit_due_on
    morning = local_midnight(TODAY) + timedelta(hours=9)
    town.wait(3)
    for number in range(2):
        assert town.desk.get_rental(GetRental(rental_code=CODE), TENANCY).propose is None
        town.visit(visiting(f"v-{number}", VisitOutcome.NOBODY_IN, at=morning + number * DAY))

    told = town.desk.get_rental(GetRental(rental_code=CODE), TENANCY)
    assert (told.tries, told.propose) == (2, DayPart.EVENING)
    assert (told.next_visit_due_on, told.last_visit_on) == (due_on, None)
    assert [each.visited_on for each in windows_of(course_of(town.rental()), TODAY)] == [None]

    town.visit(visiting("v-in", at=morning + 2 * DAY + timedelta(hours=10)))

    told = town.desk.get_rental(GetRental(rental_code=CODE), TENANCY)
    assert (told.tries, told.propose) == (0, None)
    assert next(windows_of(course_of(town.rental()), TODAY)).visited_on == TODAY + 2 * DAY


@pytest.mark.criterion("5.3")
@settings(max_examples=200, deadline=None)
@given(hours=st.lists(st.integers(0, 24 * 40), min_size=2, max_size=12))
def test_another_time_is_never_the_part_of_day_of_the_last_try(hours: list[int]) -> None:
    midnight = local_midnight(TODAY)
    tries = [midnight + timedelta(hours=each) for each in sorted(hours)]
    hour = sorted(hours)[-1] % 24
    last = DayPart.MORNING if hour < 12 else DayPart.AFTERNOON if hour < 18 else DayPart.EVENING

    assert another_time(tries) not in {None, last}


@pytest.mark.criterion("5.4")
@pytest.mark.parametrize("mode", ["rolling", "calendar"])
def test_coverage_is_what_a_plain_recount_counts(mode: str) -> None:
    rules = shipped_rules() if mode == "rolling" else by_calendar(shipped_rules())
    town = town_of(rules, 200, date(2026, 7, 1))
    chance = Random(54)
    seen: dict[str, set[date]] = {each.id: set() for each in town.rentals.all()}
    sent = []
    for number in range(1_200):
        code, on = chance.choice(sorted(seen)), date(2026, 7, 1) + chance.randrange(105) * DAY
        outcome = chance.choice(
            [*[VisitOutcome.DONE] * 4, VisitOutcome.VACANT, VisitOutcome.REFUSED, VisitOutcome.NOBODY_IN]
        )
        sent.append(visiting(f"seen-{number}", outcome, at=noon(on), code=code))
        if outcome in {VisitOutcome.DONE, VisitOutcome.VACANT}:
            seen[code].add(on)
    town.clock.advance(noon(date(2026, 10, 14)) - town.clock.now())
    chance.shuffle(sent)
    town.visit(*sent)

    for month, last in ((SEPTEMBER, LAST), (date(2026, 10, 1), date(2026, 10, 31))):
        told = views(town).get_coverage(GetCoverage(month=month), TENANCY)
        rows = [
            row for each in town.rentals.all() for row in recount(each, seen[each.id], mode, month, last, told.as_of)
        ]
        assert len(rows) == told.total.due > 0
        for place, lines in ((0, told.villages), (1, told.assistants), (2, told.grades)):
            assert {each.name: (each.due, each.visited, each.missed, each.open) for each in lines if each.due} == {
                name: (len(kept), kept.count("visited"), kept.count("missed"), kept.count("open"))
                for name in {row[place] for row in rows}
                for kept in [[row[3] for row in rows if row[place] == name]]
            }


Row = tuple[str, str, str, str]


def recount(rental: Rental, there: set[date], mode: str, first: date, last: date, today: date) -> list[Row]:
    """List a dwelling's windows of a month from its visits' days alone, walking the calendar day by day."""
    rows = []
    for opens, closes in (by_days if mode == "calendar" else rolling_days)(rental.grade, there, last):
        if first <= closes <= last:
            was_there = any(opens <= each <= closes for each in there)
            how = "visited" if was_there else "missed" if closes < today else "open"
            rows.append((rental.village, rental.assistant or "-", rental.grade.value, how))
    return rows


def by_days(grade: Grade, _visited: set[date], last: date) -> list[tuple[date, date]]:
    """Cut the days since the 1st of July where a window of the calendar begins."""
    begins = [
        each
        for each in days_between(date(2026, 7, 1), last + 70 * DAY)
        if (each.day == 1 and (grade is not Grade.TRUSTED or each.month % 2)) or (grade is Grade.KEY and each.day == 16)
    ]
    return [(one, following - DAY) for one, following in pairwise(begins)]


def rolling_days(grade: Grade, there: set[date], last: date) -> list[tuple[date, date]]:
    """Walk day by day from the filing: a window ends with its visit or its last day, and the next counts from there."""
    found, anchor, opens, ended = [], date(2026, 7, 1), date(2026, 7, 1), date(2026, 6, 30)
    closes = oracle_due(anchor, grade)
    for today in days_between(date(2026, 7, 1), last + 100 * DAY):
        if today in there and today <= ended:
            opens, closes = today + DAY, oracle_due(today, grade)
        elif today in there or today == closes:
            found.append((opens, closes))
            opens, ended, closes = today + DAY, closes, oracle_due(today, grade)
    return found


def oracle_due(on: date, grade: Grade) -> date:
    if grade is Grade.KEY:
        return on + timedelta(days=15)
    return oracle(on, grade, next_month(on, 2 if grade is Grade.TRUSTED else 1))[0]


def next_month(on: date, ahead: int) -> date:
    return date(on.year + (on.month - 1 + ahead) // 12, (on.month - 1 + ahead) % 12 + 1, 1)


@pytest.mark.criterion("5.4")
def test_a_missed_window_is_listed_on_the_first_day_after_it_and_not_before() -> None:
    town = InspectionsInMemory()
    town.register()
    town.grade(Grade.KEY)
    closes_on = town.rental().next_visit_due_on
    missed = []
    for _ in range(17):
        today = town.today()
        page = views(town).list_missed_windows(ListMissedWindows(since=today - DAY), TENANCY)
        missed += [(today, each.rental_code, each.closes_on) for each in page.items]
        town.wait(1)

    assert missed == [(closes_on + DAY, CODE, closes_on)]

    # A telephone that was away brings a visit of the window's last day: it was no miss.
    town.visit(visiting("late", at=noon(closes_on)))
    assert views(town).list_missed_windows(ListMissedWindows(since=TODAY), TENANCY).items == ()


@pytest.mark.criterion("5.4")
def test_who_had_the_dwelling_when_a_window_closed_answers_for_it() -> None:
    town = InspectionsInMemory()
    town.register()
    town.wait(40)
    town.desk.register_rental(replace(registering(), assistant="assistant-9"), TENANCY)

    told = views(town).get_coverage(GetCoverage(month=date(2026, 12, 1)), TENANCY)
    assert [(each.name, each.missed) for each in told.assistants] == [("assistant-4", 1)]
    told = views(town).get_coverage(GetCoverage(month=date(2027, 1, 1)), TENANCY)
    assert [(each.name, each.open) for each in told.assistants] == [("assistant-9", 1)]


def test_a_dwelling_that_is_gone_owes_no_more_visits() -> None:
    town = InspectionsInMemory()
    town.register()
    town.visit(visiting(outcome=VisitOutcome.DEMOLISHED, at=noon(TODAY)))

    assert closing_between(course_of(town.rental()), TODAY, TODAY + 400 * DAY) == []


def test_a_plan_reaches_a_year_ahead_and_no_further() -> None:
    with pytest.raises(RuleBroken, match=r"visit_plan\.too_far"):
        views(InspectionsInMemory()).get_month_plan(GetMonthPlan(month=TODAY + 400 * DAY), TENANCY)


def test_the_visits_of_a_village_are_a_part_of_the_towns() -> None:
    months = views_of(filled(shipped_rules(), 60, date(2026, 7, 1)), FixedClock(noon(SEPTEMBER)))
    village = sorted(shipped_rules().villages)[0]

    one = months.get_month_plan(GetMonthPlan(month=SEPTEMBER, village=village, limit=200), TENANCY)
    assert one.items == tuple(each for each in whole_plan(months, SEPTEMBER, limit=7) if each.village == village)
