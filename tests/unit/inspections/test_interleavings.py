"""Three devices correct one visit in every order that a link may make of it, and no value goes without a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest

from lianxi.contracts.conflicts import EditState, EditVisit, Fields
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome
from services.inspections.domain.correcting import corrected, decided, found
from services.inspections.domain.edits import Edit, edit_of, named
from services.inspections.domain.visits import Visit, record
from tests.unit.inspections.desk import NOW, visiting

INTERLEAVINGS, DEVICES, STEPS, SEED = 2_000, 3, 14, 640
DAY = timedelta(hours=24)
VALUES: dict[str, Sequence[object]] = {
    "outcome": tuple(VisitOutcome)[:3],
    "entry_basis": tuple(EntryBasis),
    "findings": ((), (Finding.GATHERING,), (Finding.NOT_REGISTERED,)),
    "note": ("", "one", "two", "three"),
}


@dataclass
class Device:
    """What a telephone has seen of a visit, and what it has made since."""

    base: int = 1
    own: list[str] = field(default_factory=list)
    sees: dict[str, object] = field(default_factory=dict)
    waiting: list[EditVisit] = field(default_factory=list)


@dataclass
class Town:
    chance: Random
    visit: Visit
    devices: list[Device]
    made: dict[str, EditVisit] = field(default_factory=dict)
    saw: dict[str, dict[str, object]] = field(default_factory=dict)

    def step(self) -> None:
        device = self.chance.choice(self.devices)
        {0: self.correct, 1: self.correct, 2: self.deliver, 3: self.deliver, 4: self.look}[self.chance.randrange(5)](
            device
        )

    def correct(self, device: Device) -> None:
        names = self.chance.sample(sorted(VALUES), self.chance.randint(1, 2))
        changes = {name: self.chance.choice(VALUES[name]) for name in names}
        edit = EditVisit(
            edit_id=f"edit_{len(self.made):04}",
            visit_id=self.visit.id,
            base=device.base,
            after=tuple(device.own),
            changes=Fields(**changes),  # type: ignore[arg-type]
            made_at=NOW,
            received_at=NOW,
        )
        self.made[edit.edit_id] = edit
        self.saw[edit.edit_id] = {name: device.sees[name] for name in names}
        device.own.append(edit.edit_id)
        device.sees.update(changes)
        device.waiting.append(edit)

    def deliver(self, device: Device) -> None:
        """Send something that waits, in whatever order, and sometimes twice."""
        if not device.waiting:
            return
        edit = self.chance.choice(device.waiting)
        for _ in range(self.chance.choice((1, 1, 2))):
            self.take(edit)
        if self.chance.random() < 0.8:
            device.waiting.remove(edit)

    def look(self, device: Device) -> None:
        """Hear from the server how the visit stands; what the device has made and not sent stays on top."""
        sent = [each for each in device.own if each in {one.edit_id for one in device.waiting}]
        device.base, device.own = self.visit.revision, sent
        device.sees = {name: getattr(self.visit, name) for name in VALUES}
        for each in sent:
            device.sees.update(
                {name: getattr(self.made[each].changes, name) for name in named(self.made[each].changes)}
            )

    def take(self, edit: EditVisit) -> None:
        before = self.visit
        self.visit = corrected(before, edit_of(edit, "somebody", NOW, DAY), NOW)
        check_step(before, self.visit)

    def finish(self) -> None:
        for device in self.devices:
            self.chance.shuffle(device.waiting)
            for each in device.waiting:
                self.take(each)


def check_step(before: Visit, after: Visit) -> None:
    """Whatever stood and does not stand any more was replaced by a correction that says so."""
    assert after.edits[: len(before.edits)] == before.edits or {each.id for each in before.edits} <= {
        each.id for each in after.edits
    }
    gained = sorted((each for each in standing(after) if (each.revision or 0) > before.revision), key=revision_of)
    values = {name: getattr(before, name) for name in VALUES}
    for each in gained:
        assert each.before is not None
        for name in named(each.changes):
            assert getattr(each.before, name) == values[name]
            values[name] = getattr(each.changes, name)
    assert values == {name: getattr(after, name) for name in VALUES}


def standing(visit: Visit) -> list[Edit]:
    return [each for each in visit.edits if each.state is EditState.APPLIED]


def revision_of(edit: Edit) -> int:
    assert edit.revision is not None
    return edit.revision


def fresh() -> Visit:
    return record(visiting("visit_1"), None, NOW, lambda _grade, day, _last=None: day)


def run(seed: int) -> Town:
    visit = fresh()
    seen = {name: getattr(visit, name) for name in VALUES}
    town = Town(Random(seed), visit, [Device(sees=dict(seen)) for _ in range(DEVICES)])
    for _ in range(STEPS):
        town.step()
    town.finish()
    return town


def check_end(town: Town) -> None:
    visit = town.visit
    # Nothing is lost and nothing is there twice.
    assert sorted(each.id for each in visit.edits) == sorted(town.made)
    assert EditState.WAITING not in {each.state for each in visit.edits}
    # The history is whole: revisions without a gap, and undoing them one by one leads back to what was sent first.
    assert sorted(revision_of(each) for each in standing(visit)) == list(range(2, visit.revision + 1))
    for each in sorted(standing(visit), key=revision_of):
        unseen = [
            one
            for one in standing(visit)
            if each.base < revision_of(one) < revision_of(each) and one.id not in each.after
        ]
        touched = {name for one in unseen for name in named(one.changes)}
        for name in touched & set(named(each.changes)):
            # Whoever did not see a value has not replaced it by another one.
            assert each.before is not None
            assert getattr(each.before, name) == getattr(each.changes, name), (each, unseen)
    for each in visit.edits:
        if each.state is EditState.CONTESTED:
            assert each.contested
            assert each.revision is None


@pytest.mark.criterion("6.4")
def test_in_2000_interleavings_of_3_devices_no_value_goes_without_a_record() -> None:
    contested = merged = early = 0
    for number in range(INTERLEAVINGS):
        town = run(SEED + number)
        check_end(town)
        edits = town.visit.edits
        contested += any(each.state is EditState.CONTESTED for each in edits)
        merged += any(each.is_merged for each in edits)
        early += any(each.was_early for each in edits)
    # They were no empty ones.
    assert min(contested, merged, early) > INTERLEAVINGS // 10, (contested, merged, early)


@pytest.mark.criterion("6.4")
def test_other_fields_merge_and_the_same_field_is_kept_beside_what_stands() -> None:
    visit = fresh()
    one, other = correction("edit_one", note="one"), correction("edit_two", outcome=VisitOutcome.REFUSED)
    third = correction("edit_three", note="three")

    for each in (one, other, third):
        visit = corrected(visit, each, NOW)

    assert (visit.note, visit.outcome, visit.revision) == ("one", VisitOutcome.REFUSED, 3)
    states = [(each.state, each.is_merged, each.contested) for each in visit.edits]
    assert states == [
        (EditState.APPLIED, False, ()),
        (EditState.APPLIED, True, ()),
        (EditState.CONTESTED, False, ("note",)),
    ]
    ruled = decided(visit, correction("decision", note="three"), "edit_three", NOW)
    last = found(ruled, "decision")
    assert last is not None
    assert last.before is not None
    assert (ruled.note, last.before.note, ruled.unsettled_at) == ("three", "one", None)


@pytest.mark.criterion("6.5")
def test_a_correction_before_its_base_waits_at_most_a_day_and_is_marked() -> None:
    visit = fresh()
    second = correction("edit_two", after=("edit_one",), note="two")
    visit = corrected(visit, second, NOW)
    assert (visit.note, visit.edits[0].state) == ("", EditState.WAITING)

    met = corrected(visit, correction("edit_one", note="one"), NOW + timedelta(hours=3))
    assert (met.note, [each.was_early for each in met.edits]) == ("two", [True, False])

    alone = corrected(visit, correction("edit_x", outcome=VisitOutcome.REFUSED), NOW + DAY)
    assert (alone.note, alone.edits[0].state, alone.edits[0].was_early) == ("two", EditState.APPLIED, True)


def correction(edit_id: str, *, after: tuple[str, ...] = (), **changes: object) -> Edit:
    request = EditVisit(
        edit_id=edit_id,
        visit_id="visit_1",
        base=1,
        after=after,
        changes=Fields(**changes),  # type: ignore[arg-type]
        made_at=NOW,
        received_at=NOW,
    )
    return edit_of(request, "somebody", NOW, DAY)
