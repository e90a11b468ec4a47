"""A register is taken over once, whatever comes twice or breaks off, and taken back only where nobody was since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lianxi.contracts.imports import (
    ColumnUse,
    CompareRows,
    GetImportProfile,
    ImportKind,
    ImportState,
    KeepImportProfile,
    RowOutcome,
)
from lianxi.contracts.inspections import GetRental, Grade, RentalRegistered, RentalWithdrawn
from lianxi.greenroom.entries import Accepted
from lianxi.kernel.errors import Conflict, Forbidden, NotFound
from tests.unit.inspections.desk import CODE, TENANCY, InspectionsInMemory, caller, visiting
from tests.unit.inspections.importing import ImportsInMemory, bad_line, beginning, cause, line, part

LINES = [line(number) for number in range(1, 7)]


@pytest.fixture
def desk(town: InspectionsInMemory) -> ImportsInMemory:
    return ImportsInMemory(town)


def stand(town: InspectionsInMemory) -> dict[str, Any]:
    return {each.id: (town.rentals.get(each.id).version, each) for each in town.rentals.all()}


class Killed(BaseException):
    """The process died here."""


@pytest.mark.criterion("15.1")
def test_what_lines_would_do_is_told_and_nothing_is_written(town: InspectionsInMemory, desk: ImportsInMemory) -> None:
    town.register("R-0001", address="荷湾一街 1 号")
    town.register("R-0002", address="荷湾一街 2 号")
    before = stand(town), len(town.announced()), desk.imports.all(), desk.parts.all()
    same = line(1, rooms=10, assistant="assistant-4")
    told = desk.desk.compare_rows(CompareRows(rows=(same, line(2, rooms=3, assistant=None), line(3))), TENANCY)

    assert [(each.row, each.outcome, each.fields) for each in told.items] == [
        (2, RowOutcome.UNCHANGED, ()),
        (3, RowOutcome.CHANGED, ("rooms",)),
        (4, RowOutcome.ADDED, ()),
    ]
    assert (stand(town), len(town.announced()), desk.imports.all(), desk.parts.all()) == before


@pytest.mark.criterion("15.2")
def test_a_file_is_taken_over_and_the_same_file_again_adds_nothing(
    town: InspectionsInMemory, desk: ImportsInMemory
) -> None:
    first = desk.run(LINES[:3], LINES[3:])
    after, announced = stand(town), len(town.announced())
    again = desk.run(LINES[:3], LINES[3:], batch_id="import_2")

    assert (first.state, first.added, first.rows_done) == (ImportState.DONE, 6, 6)
    assert (again.state, again.added, again.changed, again.unchanged) == (ImportState.DONE, 0, 0, 6)
    assert (stand(town), len(town.announced())) == (after, announced)
    assert [type(each) for each in town.announced()] == [RentalRegistered] * 6
    assert {each.lane for each in town.rentals.announced} == {"bulk"}


@pytest.mark.criterion("15.2")
def test_what_a_file_does_not_say_stays_as_it_is(town: InspectionsInMemory, desk: ImportsInMemory) -> None:
    town.register("R-0001", address="旧址")
    town.grade(Grade.KEY, "R-0001")
    view = desk.run([line(1, rooms=None, is_registered=None)])

    found = town.rental("R-0001")
    assert view.changed == 1
    assert (found.address, found.rooms, found.is_registered, found.assistant, found.grade) == (
        "荷湾一街 1 号",
        10,
        True,
        "assistant-4",
        Grade.KEY,
    )


@pytest.mark.criterion("15.2")
def test_bad_lines_are_kept_for_repair_and_good_ones_are_in(town: InspectionsInMemory, desk: ImportsInMemory) -> None:
    desk.desk.begin_import(beginning(rows=4, wrong=1), TENANCY)
    nowhere = line(3, village="village/nowhere")
    desk.hand_in(0, [line(1), line(2), nowhere], [bad_line(9)])

    view, (kept,) = desk.view(), desk.parts.all()
    assert (view.added, view.wrong, view.rows_done) == (2, 2, 4)
    assert [each.faults[0].reason for each in kept.bad] == ["village_unknown", "rental.village_unknown"]
    town.clock.advance(timedelta(days=31))
    desk.desk.forget_repairs()
    assert [each.cells for each in desk.parts.all()[0].bad] == [(), ()]


@pytest.mark.criterion("15.2")
@pytest.mark.parametrize("survives", [0, 1, 2])
def test_killed_between_two_writes_and_run_again_nothing_is_doubled(
    town: InspectionsInMemory, desk: ImportsInMemory, survives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the dwellings, between them, and before the part: delivered again, all is there once."""
    town.register("R-0001", address="旧址")
    desk.begin(LINES)
    die = Killed()
    add_many, change_many, add = town.rentals.add_many, town.rentals.change_many, desk.parts.add

    def dying(step: int, do: Any) -> Any:
        def call(*told: Any) -> Any:
            if step == survives:
                raise die
            return do(*told)

        return call

    monkeypatch.setattr(town.rentals, "add_many", dying(0, add_many))
    monkeypatch.setattr(town.rentals, "change_many", dying(1, change_many))
    monkeypatch.setattr(desk.parts, "add", dying(2, add))
    with pytest.raises(Killed):
        desk.hand_in(0, LINES)
    monkeypatch.undo()
    desk.hand_in(0, LINES)
    done = stand(town), len(town.announced()), desk.parts.all()
    desk.desk.import_parts([Accepted(part(0, LINES), cause())] * 2)

    view = desk.view()
    assert (view.state, view.added, view.changed, view.unchanged) == (ImportState.DONE, 5, 1, 0)
    assert (stand(town), len(town.announced()), desk.parts.all()) == done
    assert len([each for each in town.announced() if isinstance(each, RentalRegistered)]) == 6


@pytest.mark.criterion("15.2")
def test_begun_again_under_its_id_it_is_the_same_import_and_is_finished(
    town: InspectionsInMemory, desk: ImportsInMemory
) -> None:
    desk.begin(LINES[:3], LINES[3:])
    desk.hand_in(0, LINES[:3])
    assert (desk.view().state, desk.view().rows_done) == (ImportState.RUNNING, 3)
    view = desk.run(LINES[:3], LINES[3:])

    assert (view.state, view.added, len(desk.imports.all()), len(town.rentals.all())) == (ImportState.DONE, 6, 1, 6)


@pytest.mark.criterion("15.3")
def test_an_import_that_nobody_touched_is_taken_back_whole(town: InspectionsInMemory, desk: ImportsInMemory) -> None:
    town.register("R-0001", address="旧址")
    before = town.rental("R-0001")
    desk.run(LINES[:3], LINES[3:])
    town.desk.announce_missed()
    view = desk.undo()

    assert (view.state, view.undone, view.kept) == (ImportState.UNDONE, 6, 0)
    assert town.rental("R-0001") == before
    for each in LINES[1:]:
        with pytest.raises(NotFound):
            town.desk.get_rental(GetRental(rental_code=each.rental_code), TENANCY)
    assert len([each for each in town.announced() if isinstance(each, RentalWithdrawn)]) == 5
    assert desk.undo() == view


@pytest.mark.criterion("15.3")
@pytest.mark.parametrize("touch", ["register", "grade", "visit", "import"])
def test_after_a_touch_the_touched_dwellings_are_named_and_nothing_is_taken_back(
    town: InspectionsInMemory, desk: ImportsInMemory, touch: str
) -> None:
    desk.run(LINES[:3], LINES[3:])
    if touch == "register":
        town.register("R-0004", address="改过的地址")
    elif touch == "grade":
        town.grade(Grade.TRUSTED, "R-0004")
    elif touch == "visit":
        town.visit(visiting(code="R-0004", at=town.clock.now()))
    else:
        desk.run([line(4, rooms=9)], batch_id="import_2")
    before = stand(town)
    with pytest.raises(Conflict, match=r"import\.touched") as refused:
        desk.undo()

    assert refused.value.facts == {"count": 1, "rentals": ["R-0004"]}
    assert stand(town) == before
    assert desk.view().state is ImportState.DONE


@pytest.mark.criterion("15.3")
def test_a_missed_day_that_a_sweep_notes_touches_nothing(town: InspectionsInMemory, desk: ImportsInMemory) -> None:
    desk.run(LINES)
    town.wait(60)
    town.desk.announce_missed()

    assert desk.undo().undone == 6


@pytest.mark.criterion("15.3")
def test_what_is_touched_while_the_undo_runs_stays_and_is_counted(
    town: InspectionsInMemory, desk: ImportsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run(LINES)
    order = desk.desk._touched

    def raced(batch_id: str) -> Sequence[str]:
        found = order(batch_id)
        town.register("R-0002", address="刚刚改的")
        return found

    monkeypatch.setattr(type(desk.desk), "_touched", lambda _self, batch_id: raced(batch_id))
    view = desk.undo()

    assert (view.state, view.undone, view.kept) == (ImportState.UNDONE, 5, 1)
    assert town.rental("R-0002").address == "刚刚改的"


@pytest.mark.criterion("15.3")
def test_what_was_taken_back_can_be_taken_over_again(town: InspectionsInMemory, desk: ImportsInMemory) -> None:
    desk.run(LINES)
    desk.undo()
    again = desk.run(LINES, batch_id="import_2")
    town.register(CODE)

    assert again.added == 6
    assert town.rental("R-0001").is_standing
    assert desk.undo("import_2").undone == 6


@pytest.mark.criterion("15.3")
def test_an_unfinished_import_is_not_taken_back_before_it_is_given_up(
    town: InspectionsInMemory, desk: ImportsInMemory
) -> None:
    desk.begin(LINES[:3], LINES[3:])
    desk.hand_in(0, LINES[:3])
    with pytest.raises(Conflict, match=r"import\.unfinished"):
        desk.undo()
    town.clock.advance(timedelta(hours=1))

    assert desk.undo().undone == 3
    desk.hand_in(1, LINES[3:])
    assert [each.id for each in town.rentals.all() if each.is_standing] == []


def test_a_visit_to_a_withdrawn_dwelling_is_one_to_an_unknown_dwelling(
    town: InspectionsInMemory, desk: ImportsInMemory
) -> None:
    desk.run(LINES)
    desk.undo()
    town.visit(visiting(code="R-0001"))

    assert town.visits.get("visit_1").state.needs_attention == "rental.unknown"
    assert town.rental("R-0001").last_visit_at is None


def test_only_the_office_that_keeps_the_register_takes_one_over(
    town: InspectionsInMemory, desk: ImportsInMemory
) -> None:
    for agency in ("police", "market", "office"):
        with pytest.raises(Forbidden):
            desk.begin(LINES, by=caller(agency))
        with pytest.raises(Forbidden):
            desk.desk.compare_rows(CompareRows(rows=(line(1),)), caller(agency))
    desk.run(LINES)
    with pytest.raises(NotFound):
        desk.view(by=caller("police"))
    with pytest.raises(NotFound):
        desk.undo(by=caller("police"))


def test_a_profile_is_an_agencys_own_and_is_kept_on_the_version_that_was_seen(desk: ImportsInMemory) -> None:
    asked = KeepImportProfile(
        name="流管办台账", kind=ImportKind.RENTALS, columns=(ColumnUse(header="房号", field="rental_code"),)
    )
    first = desk.desk.keep_profile(asked, caller("tenancy", "command-1"))
    other = replace(asked, columns=(ColumnUse(header="门牌", field="address"),), expected_version=1)
    second = desk.desk.keep_profile(other, caller("tenancy", "command-2"))

    assert (first.version, second.version, second.columns[0].header) == (1, 2, "门牌")
    with pytest.raises(Conflict):
        desk.desk.keep_profile(other, caller("tenancy", "command-3"))
    with pytest.raises(NotFound):
        desk.desk.get_profile(GetImportProfile(name="流管办台账"), caller("police"))


def test_a_part_of_an_import_that_was_never_begun_is_not_taken_in(desk: ImportsInMemory) -> None:
    with pytest.raises(NotFound):
        desk.hand_in(0, LINES)
    assert desk.parts.all() == []
