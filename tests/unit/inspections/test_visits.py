from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest

from lianxi.contracts.inspections import (
    SUSPICIONS,
    Finding,
    GetVisit,
    Grade,
    RecordVisit,
    SuspicionRaised,
    VisitOutcome,
    VisitRecorded,
)
from lianxi.contracts.tips import Channel
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import NotFound, RuleBroken, StoreDown
from services.inspections.domain.rentals import Rental
from tests.unit.inspections.desk import (
    CODE,
    NOW,
    TENANCY,
    InspectionsInMemory,
    caller,
    grading,
    tipped,
    visiting,
)


def recorded(town: InspectionsInMemory) -> list[VisitRecorded]:
    return [each for each in town.announced() if isinstance(each, VisitRecorded)]


@pytest.mark.parametrize(
    ("grade", "due_on"),
    [(Grade.TRUSTED, date(2027, 2, 3)), (Grade.ORDINARY, date(2027, 1, 3)), (Grade.KEY, date(2026, 12, 18))],
)
def test_l45_1_a_visit_that_counts_starts_the_cadence_anew(
    town: InspectionsInMemory, grade: Grade, due_on: date
) -> None:
    town.register()
    town.grade(grade)
    town.wait(10)
    town.visit(visiting(at=town.clock.now()))

    assert town.rental().next_visit_due_on == due_on
    assert [(each.counts, each.on_time, each.next_visit_due_on) for each in recorded(town)] == [(True, True, due_on)]


def test_l45_1_key_rental_is_due_after_fifteen_days(town: InspectionsInMemory) -> None:
    town.register()
    town.grade(Grade.KEY)

    assert town.rental().next_visit_due_on == date(2026, 12, 8)


def test_l45_1_a_visit_after_the_day_counts_and_is_late(town: InspectionsInMemory) -> None:
    town.register()
    town.wait(31)
    town.visit(visiting(at=town.clock.now()))

    assert [(each.counts, each.on_time) for each in recorded(town)] == [(True, False)]


@pytest.mark.parametrize("outcome", [VisitOutcome.NOBODY_IN, VisitOutcome.REFUSED])
def test_l45_1_nobody_in_and_refused_do_not_count(town: InspectionsInMemory, outcome: VisitOutcome) -> None:
    town.register()
    before = town.rental()
    town.visit(visiting("visit_1", outcome), visiting("visit_2", outcome, at=NOW + timedelta(hours=9)))

    assert replace(town.rental(), tries=()) == before
    assert [(each.counts, each.on_time) for each in recorded(town)] == [(False, False)] * 2


@pytest.mark.parametrize("grade", Grade)
def test_k_14_a_refusal_never_changes_a_grade(town: InspectionsInMemory, grade: Grade) -> None:
    town.register()
    town.grade(grade)
    before = town.rental()
    for count in range(20):
        town.visit(visiting(f"visit_{count}", VisitOutcome.REFUSED, at=NOW + timedelta(hours=count)))
    town.wait(400)
    town.desk.announce_missed()

    after = town.rental()
    assert (after.grade, after.grade_reason, after.next_visit_due_on) == (
        grade,
        before.grade_reason,
        before.next_visit_due_on,
    )


def test_vacant_counts_as_visited(town: InspectionsInMemory) -> None:
    town.register()
    town.wait(5)
    town.visit(visiting(outcome=VisitOutcome.VACANT, at=town.clock.now()))

    assert town.rental().next_visit_due_on == date(2026, 12, 28)


@pytest.mark.parametrize("outcome", [VisitOutcome.DEMOLISHED, VisitOutcome.MERGED])
def test_a_dwelling_that_is_gone_is_never_missed(town: InspectionsInMemory, outcome: VisitOutcome) -> None:
    town.register()
    town.visit(visiting(outcome=outcome))
    town.wait(100)
    town.desk.announce_missed()
    town.tip(tipped(at=town.clock.now()))

    assert not town.rental().is_standing
    assert town.rental().ended_because is outcome
    assert [each.next_visit_due_on for each in recorded(town)] == [None]
    assert len(town.announced()) == 2
    with pytest.raises(RuleBroken, match=r"rental\.ended"):
        town.desk.grade_rental(grading(Grade.KEY), TENANCY)


def test_a_visit_to_a_dwelling_that_was_gone_needs_attention(town: InspectionsInMemory) -> None:
    town.register()
    town.visit(
        visiting("visit_1", VisitOutcome.DEMOLISHED),
        visiting("visit_2", at=NOW + timedelta(hours=1)),
        visiting("visit_3", at=NOW - timedelta(hours=1)),
    )

    assert [each.needs_attention for each in town.visits.all()] == [None, "rental.ended", None]


def test_a_visit_to_an_unknown_rental_is_kept_and_needs_attention(town: InspectionsInMemory) -> None:
    town.visit(visiting(code="R-unknown", findings=(Finding.PERSON_HELD,)))

    kept = town.desk.get_visit(GetVisit(visit_id="visit_1"), TENANCY)
    assert (kept.needs_attention, kept.counts, kept.village) == ("rental.unknown", False, None)
    assert [type(each) for each in town.announced()] == [VisitRecorded, SuspicionRaised]


def test_a_visit_from_the_future_is_kept_and_moves_nothing(town: InspectionsInMemory) -> None:
    town.register()
    before = town.rental()
    far = visiting("visit_1", at=NOW + timedelta(days=1, seconds=1))
    town.visit(far)
    town.wait(3)
    town.visit(far)

    assert town.visits.get("visit_1").state.needs_attention == "visit.in_future"
    assert town.rental() == before
    town.visit(visiting("visit_2", at=town.clock.now() + timedelta(hours=23)))
    assert town.rental() != before


def test_findings_that_contradict_one_another_need_attention_and_count(town: InspectionsInMemory) -> None:
    town.register()
    town.visit(visiting(findings=(Finding.NOTHING_UNUSUAL, Finding.GATHERING)))

    kept = town.visits.get("visit_1").state
    assert (kept.needs_attention, kept.counts) == ("visit.findings_contradict", True)


@pytest.mark.parametrize("finding", Finding)
def test_l45_1_a_suspicion_goes_to_the_police_at_once_and_nothing_else_does(
    town: InspectionsInMemory, finding: Finding
) -> None:
    town.register()
    town.visit(visiting(outcome=VisitOutcome.REFUSED, findings=(finding,)))

    raised = [each for each in town.announced() if isinstance(each, SuspicionRaised)]
    assert [each.findings for each in raised] == ([(finding,)] if finding in SUSPICIONS else [])


@pytest.mark.parametrize("agency", ["market", "finance", "transport"])
def test_for_others_a_visit_does_not_exist(town: InspectionsInMemory, agency: str) -> None:
    town.register()
    town.visit(visiting())

    with pytest.raises(NotFound, match=r"visit\.not_found"):
        town.desk.get_visit(GetVisit(visit_id="visit_1"), caller(agency))


def test_what_was_kept_first_under_an_id_stays(town: InspectionsInMemory) -> None:
    town.register()
    town.visit(visiting("visit_1", VisitOutcome.NOBODY_IN))
    town.visit(visiting("visit_1", VisitOutcome.DONE, at=NOW + timedelta(hours=1)))

    assert town.visits.get("visit_1").state.outcome is VisitOutcome.NOBODY_IN
    assert town.rental().last_visit_at is None


def test_a_batch_that_was_cut_off_between_visit_and_rental_is_finished_by_the_next_try(
    town: InspectionsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.register()

    def fails(*_arguments: object, **_more: object) -> None:
        raise StoreDown("store.down")

    with monkeypatch.context() as patched:
        patched.setattr(town.rentals, "change", fails)
        with pytest.raises(StoreDown):
            town.visit(visiting(at=NOW + timedelta(hours=1)))
    assert town.rental().last_visit_at is None
    for _ in range(2):
        town.visit(visiting(at=NOW + timedelta(hours=1)))

    assert town.rental().last_visit_at == NOW + timedelta(hours=1)
    assert town.rentals.get(CODE).version == 2
    assert len(recorded(town)) == 1


def test_a_batch_knows_its_own_earlier_visits(town: InspectionsInMemory) -> None:
    town.register()
    town.wait(20)
    later = town.clock.now()
    town.visit(visiting("visit_1", at=later), visiting("visit_2", at=later - timedelta(days=1)))

    assert {each.next_visit_due_on for each in recorded(town)} == {town.rental().next_visit_due_on}


FEW: list[RecordVisit] = [
    visiting("visit_1", VisitOutcome.DONE, at=NOW + timedelta(days=2)),
    visiting("visit_2", VisitOutcome.REFUSED, at=NOW + timedelta(days=5)),
    visiting("visit_3", VisitOutcome.VACANT, at=NOW + timedelta(days=9)),
    visiting("visit_4", VisitOutcome.DONE, at=NOW + timedelta(days=7)),
]


def after(order: list[RecordVisit]) -> tuple[Rental, int]:
    town = InspectionsInMemory()
    town.register()
    town.wait(10)
    for each in order:
        town.visit(each)
    return town.rental(), len(recorded(town))


@pytest.mark.criterion("4.2")
def test_visits_in_any_order_leave_the_same_rental() -> None:
    expected = after(FEW)
    assert expected[0].next_visit_due_on == date(2027, 1, 2)

    for order in permutations(FEW):
        assert after(list(order)) == expected


@pytest.mark.criterion("4.2")
def test_visits_three_times_each_in_any_order_are_as_once() -> None:
    expected, chance = after(FEW), Random(11)

    for _ in range(100):
        order = FEW * 3
        chance.shuffle(order)
        assert after(order) == expected


def test_a_late_visit_of_an_earlier_day_does_not_turn_the_plan_back(town: InspectionsInMemory) -> None:
    town.register()
    town.wait(20)
    town.visit(visiting("visit_1", at=town.clock.now()))
    before = town.rental()
    town.visit(visiting("visit_2", at=NOW + timedelta(days=1)))

    days = (local_date(NOW) + timedelta(days=1), *before.visit_days)
    assert town.rental() == replace(before, visit_days=days)


@pytest.mark.criterion("5.5")
def test_a_visit_outside_its_sender_s_area_is_kept_for_a_person_to_look_at(town: InspectionsInMemory) -> None:
    town.register()
    village = town.rentals.get(CODE).state.village
    town.visit(
        replace(visiting("visit_here"), areas=(village,)), replace(visiting("visit_there"), areas=("village/x",))
    )
    kept = {each: town.visits.get(each).state for each in ("visit_here", "visit_there")}
    assert {each: visit.needs_attention for each, visit in kept.items()} == {
        "visit_here": None,
        "visit_there": "visit.foreign_area",
    }
    assert all(visit.counts for visit in kept.values())


@pytest.mark.criterion("5.6")
def test_a_finding_and_the_tip_it_became_lead_to_each_other(town: InspectionsInMemory) -> None:
    town.register()
    town.visit(visiting("visit_1", findings=(Finding.LECTURES,)))
    raised = [each for each in town.announced() if isinstance(each, SuspicionRaised)]
    tip = replace(tipped("tip_9"), channel=Channel.PATROL, visit_id=raised[0].visit_id)
    for _ in range(3):
        town.tip(tip)

    assert town.desk.get_visit(GetVisit(visit_id="visit_1"), TENANCY).tip_ids == ("tip_9",)
    town.tip(replace(tip, tip_id="tip_10", visit_id="visit_unknown"))
