from __future__ import annotations

from datetime import date, timedelta

import pytest
from prometheus_client import REGISTRY

from lianxi.contracts.inspections import GetRental, Grade, RentalGraded, RentalRegistered, VisitAdvanced, VisitMissed
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from services.inspections.store import announced_at
from tests.unit.inspections.desk import (
    CODE,
    NOW,
    TENANCY,
    TODAY,
    InspectionsInMemory,
    caller,
    grading,
    registering,
    tipped,
    visiting,
)

MADE_UP_NUMBER = "11010519491231002X"
"""The worked example of the standard GB 11643; nobody's."""


def test_l46_1_a_new_rental_is_ordinary_and_due_in_a_month(town: InspectionsInMemory) -> None:
    rental = town.register()

    assert (rental.grade, rental.next_visit_due_on) == (Grade.ORDINARY, date(2026, 12, 23))
    assert [type(each) for each in town.announced()] == [RentalRegistered]


def test_registering_again_corrects_the_register_and_announces_nothing(town: InspectionsInMemory) -> None:
    town.register()
    town.grade(Grade.KEY)
    town.wait(3)
    corrected = town.desk.register_rental(registering(address="荷湾一街 5 号", rooms=12), caller("police"))

    assert (corrected.address, corrected.rooms, corrected.grade) == ("荷湾一街 5 号", 12, Grade.KEY)
    assert corrected.next_visit_due_on == TODAY + timedelta(days=15)
    assert [type(each) for each in town.announced()] == [RentalRegistered, RentalGraded]


@pytest.mark.parametrize("agency", ["office", "social", "market", "finance"])
def test_the_register_is_kept_by_tenancy_and_police(town: InspectionsInMemory, agency: str) -> None:
    with pytest.raises(Forbidden, match=r"rental\.not_your_register"):
        town.register(by=caller(agency))


@pytest.mark.parametrize("agency", ["tenancy", "police", "office", "social"])
def test_those_who_patrol_and_the_office_read_the_register(town: InspectionsInMemory, agency: str) -> None:
    town.register()

    assert town.desk.get_rental(GetRental(rental_code=CODE), caller(agency)).rental_code == CODE


@pytest.mark.parametrize("agency", ["market", "finance", "publicity", "economy"])
def test_for_others_a_rental_does_not_exist(town: InspectionsInMemory, agency: str) -> None:
    town.register()
    with pytest.raises(NotFound, match=r"rental\.not_found"):
        town.desk.get_rental(GetRental(rental_code=CODE), caller(agency))
    with pytest.raises(NotFound, match=r"rental\.not_found"):
        town.desk.grade_rental(grading(Grade.KEY), caller(agency))


def test_a_rental_stands_in_a_village_of_the_town(town: InspectionsInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"rental\.village_unknown"):
        town.desk.register_rental(registering(village="village/nowhere"), TENANCY)


@pytest.mark.parametrize("rooms", [-1, 10_001])
def test_a_rental_has_a_possible_number_of_rooms(town: InspectionsInMemory, rooms: int) -> None:
    with pytest.raises(RuleBroken, match=r"rental\.rooms_impossible"):
        town.desk.register_rental(registering(rooms=rooms), TENANCY)


@pytest.mark.criterion("5.7")
@pytest.mark.parametrize(
    "address",
    [
        MADE_UP_NUMBER,
        f"荷湾一街 3 号 租客{MADE_UP_NUMBER}",
        MADE_UP_NUMBER.lower(),
        "110105 1949 1231 002X",
        "110105-19491231-002X",
        "110105194912310025"[:17] + "x",
        "".join(chr(ord(each) + 0xFEE0) for each in MADE_UP_NUMBER),
        f"7{MADE_UP_NUMBER}",
    ],
)
def test_l46_1_no_identity_number_enters_the_register(town: InspectionsInMemory, address: str) -> None:
    with pytest.raises(RuleBroken, match=r"rental\.identity_number"):
        town.register(address=address)
    town.register()
    with pytest.raises(RuleBroken, match=r"rental\.identity_number"):
        town.desk.grade_rental(grading(Grade.KEY, reason=address), TENANCY)
    with pytest.raises(RuleBroken, match=r"rental\.identity_number"):
        town.register(address=address)


@pytest.mark.parametrize("text", ["荷湾一街 3 号", "110105194912310021", "13800000000", "1" * 17, ""])
def test_other_numbers_may_stand_in_an_address(text: str) -> None:
    assert not holds_identity_number(text)


@pytest.mark.parametrize(
    ("grade", "due_on"),
    [(Grade.TRUSTED, date(2027, 1, 23)), (Grade.ORDINARY, date(2026, 12, 23)), (Grade.KEY, date(2026, 12, 8))],
)
def test_l45_1_a_grade_plans_the_next_visit_from_today(town: InspectionsInMemory, grade: Grade, due_on: date) -> None:
    town.register()
    graded = town.grade(grade)

    assert (graded.grade, graded.next_visit_due_on) == (grade, due_on)
    announced = town.announced()[-1]
    assert isinstance(announced, RentalGraded)
    assert (announced.previous, announced.grade) == (Grade.ORDINARY, grade)


def test_l45_1_a_grade_needs_a_reason_another_approver_and_an_end(town: InspectionsInMemory) -> None:
    town.register()
    wrong = {
        "rental.grade_reason_missing": grading(Grade.KEY, reason=" "),
        "rental.approver_is_grader": grading(Grade.KEY, approved_by=TENANCY.actor),
        "rental.grade_expiry_past": grading(Grade.KEY, expires_on=TODAY),
    }
    for code, command in wrong.items():
        with pytest.raises(RuleBroken) as refused:
            town.desk.grade_rental(command, TENANCY)
        assert refused.value.code == code
    with pytest.raises(RuleBroken, match=r"rental\.approver_is_grader"):
        town.desk.grade_rental(grading(Grade.KEY, approved_by=" "), TENANCY)
    assert town.rental().grade is Grade.ORDINARY


def test_l45_1_what_is_overdue_is_not_graded_away(town: InspectionsInMemory) -> None:
    town.register()
    due_on = town.rental().next_visit_due_on
    town.wait(40)
    graded = town.grade(Grade.TRUSTED)
    assert graded.next_visit_due_on == due_on
    assert graded.brought_forward_because is None

    town.visit(visiting(at=town.clock.now()))
    assert town.rental().next_visit_due_on == date(2027, 3, 2)


def test_l75_1_a_tip_brings_the_visit_forward_by_policy(town: InspectionsInMemory) -> None:
    town.register()
    town.tip(tipped())

    rental = town.desk.get_rental(GetRental(rental_code=CODE), TENANCY)
    assert (rental.next_visit_due_on, rental.brought_forward_because) == (date(2026, 11, 26), "tip_1")
    announced = town.announced()[-1]
    assert isinstance(announced, VisitAdvanced)
    assert (announced.previous_due_on, announced.due_on) == (date(2026, 12, 23), date(2026, 11, 26))


def test_a_tip_that_moves_nothing_announces_nothing(town: InspectionsInMemory) -> None:
    town.register()
    town.tip(tipped("tip_1"))
    town.tip(tipped("tip_2", at=NOW + timedelta(days=1)))
    town.tip(tipped("tip_1"), "delivered-again-after-the-window")
    town.tip(tipped("tip_3", code="R-unknown"))
    town.tip(tipped("tip_4", code=None))

    assert [type(each) for each in town.announced()] == [RentalRegistered, VisitAdvanced]
    assert town.rental().next_visit_due_on == date(2026, 11, 26)


def test_a_visit_in_the_hour_of_a_tip_or_later_answers_it_and_one_before_does_not(town: InspectionsInMemory) -> None:
    town.register()
    town.tip(tipped(at=NOW))
    town.visit(visiting("visit_1", at=NOW - timedelta(hours=1)))
    assert town.rental().next_visit_due_on == date(2026, 11, 26)

    town.visit(visiting("visit_2", at=NOW + timedelta(minutes=5)))
    assert town.rental().next_visit_due_on == date(2026, 12, 23)
    town.tip(tipped("tip_late", at=NOW))
    assert town.rental().next_visit_due_on == date(2026, 12, 23)


def test_what_an_anonymous_tip_sets_off_is_told_by_the_hour_only(town: InspectionsInMemory) -> None:
    town.register()
    assert announced_at(town.rental(), NOW) == NOW
    town.tip(tipped())

    assert announced_at(town.rental(), NOW) == NOW.replace(minute=0, second=0, microsecond=0)


def test_l45_1_a_missed_day_is_announced_once_for_each_day(town: InspectionsInMemory) -> None:
    town.register()
    town.wait(30)
    town.desk.announce_missed()
    assert not [each for each in town.announced() if isinstance(each, VisitMissed)]

    for _ in range(3):
        town.wait(1)
        town.desk.announce_missed()
        town.desk.announce_missed()
    missed = [each for each in town.announced() if isinstance(each, VisitMissed)]
    assert [each.due_on for each in missed] == [date(2026, 12, 23)]
    assert REGISTRY.get_sample_value("lianxi_visits_overdue", {"grade": "ordinary"}) == 1

    town.visit(visiting(at=town.clock.now()))
    town.desk.announce_missed()
    assert REGISTRY.get_sample_value("lianxi_visits_overdue", {"grade": "ordinary"}) == 0
    town.wait(40)
    town.desk.announce_missed()
    assert len([each for each in town.announced() if isinstance(each, VisitMissed)]) == 2
