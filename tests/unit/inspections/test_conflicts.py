"""Conflicts at the inspections desk: raised once, decided by a person, carried out, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from lianxi.contracts.codec import open_event
from lianxi.contracts.conflicts import (
    AskAboutVisit,
    ConflictDecided,
    ConflictKind,
    ConflictRaised,
    ConflictState,
    DecideConflict,
    EditState,
    EditVisit,
    Fields,
    GetConflict,
    Verdict,
)
from lianxi.contracts.inspections import Finding, RecordVisit, SuspicionRaised, VisitOutcome
from lianxi.greenroom.entries import Accepted
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.store.fakes import MemoryAggregates
from services.inspections.domain.conflicts import VisitConflict, side_sent
from services.inspections.domain.correcting import found
from services.inspections.domain.visits import Visit
from services.inspections.handlers.conflicts import ConflictDesk
from services.inspections.store import CONFLICTS
from tests.unit.inspections.desk import NOW, TENANCY, InspectionsInMemory, caller, cause_of, visiting

DAY = timedelta(hours=24)
ASSISTANT = replace(TENANCY, actor="account_assistant")


@dataclass
class MemoryDocket:
    conflicts: MemoryAggregates[VisitConflict]
    visits: MemoryAggregates[Visit]

    def of_visit(self, visit_id: str) -> Sequence[VisitConflict]:
        return [each for each in self.conflicts.all() if each.visit_id == visit_id]

    def waiting(self) -> Sequence[VisitConflict]:
        return [each for each in self.conflicts.all() if each.state is ConflictState.WAITING or not each.is_carried]

    def unsettled(self) -> Sequence[str]:
        return [each.id for each in self.visits.all() if each.unsettled_at is not None]


class ConflictsInMemory:
    def __init__(self, town: InspectionsInMemory) -> None:
        self.town = town
        self.kept: MemoryAggregates[VisitConflict] = MemoryAggregates(CONFLICTS, town.clock)
        docket = MemoryDocket(self.kept, town.visits)
        self.desk = ConflictDesk(town.visits, self.kept, docket, town.desk, town.clock, DAY)

    def visit(self, *commands: RecordVisit) -> None:
        self.town.visit(*commands)
        self.desk.take_corrections_of([Accepted(each, cause_of(each)) for each in commands])

    def edit(self, edit_id: str, **changes: object) -> EditState:
        base = changes.pop("base", 1)
        request = EditVisit(
            edit_id=edit_id,
            visit_id="visit_1",
            base=base,  # type: ignore[arg-type]
            after=(),
            changes=Fields(**changes),  # type: ignore[arg-type]
            made_at=NOW,
            received_at=self.town.clock.now(),
        )
        return self.desk.edit_visit(request, ASSISTANT).state

    def decide(self, conflict_id: str, verdict: Verdict, reason: str = "", **other: object) -> VisitConflict:
        wanted = Fields(**other) if other else None  # type: ignore[arg-type]
        self.desk.decide_conflict(
            DecideConflict(conflict_id=conflict_id, verdict=verdict, reason=reason, other=wanted), TENANCY
        )
        return self.kept.get(conflict_id).state

    def one(self) -> Visit:
        return self.town.visits.get("visit_1").state

    def raised(self) -> list[str]:
        events = [open_event(each) for each in self.kept.announced]
        return [each.conflict_id for each in events if isinstance(each, ConflictRaised)]


@pytest.fixture
def desk(town: InspectionsInMemory) -> ConflictsInMemory:
    town.register()
    return ConflictsInMemory(town)


def contradict(desk: ConflictsInMemory) -> str:
    desk.visit(visiting("visit_1", VisitOutcome.NOBODY_IN))
    assert desk.edit("edit_one", note="one") is EditState.APPLIED
    assert desk.edit("edit_two", note="two") is EditState.CONTESTED
    return "conflict-edit_two"


@pytest.mark.criterion("6.4")
def test_a_contradiction_opens_one_task_and_changes_nothing(desk: ConflictsInMemory) -> None:
    conflict_id = contradict(desk)
    desk.edit("edit_two", note="two")
    desk.desk.look_after()

    assert desk.raised() == [conflict_id]
    conflict = desk.kept.get(conflict_id).state
    assert (conflict.kind, conflict.contested) == (ConflictKind.EDIT, ("note",))
    assert conflict.theirs is not None
    assert conflict.changes is not None
    assert (conflict.theirs.note, conflict.changes.note, desk.one().note) == ("one", "two", "one")


@pytest.mark.criterion("6.4")
@pytest.mark.parametrize(
    ("verdict", "reason", "other", "note"),
    [
        (Verdict.MINE, "", {}, "two"),
        (Verdict.THEIRS, "", {}, "one"),
        (Verdict.OTHER, "both were there", {"note": "3"}, "3"),
    ],
)
def test_a_decision_stands_is_recorded_and_told(
    desk: ConflictsInMemory, verdict: Verdict, reason: str, other: dict[str, object], note: str
) -> None:
    conflict_id = contradict(desk)
    after = desk.decide(conflict_id, verdict, reason, **other)

    visit = desk.one()
    assert (visit.note, visit.unsettled_at, after.is_carried) == (note, None, True)
    assert (after.verdict, after.decided_by, after.reason) == (verdict, TENANCY.actor, reason)
    ruled = found(visit, f"decided-{conflict_id}")
    assert (None if ruled is None or ruled.before is None else ruled.before.note) == (None if note == "one" else "one")
    decided = [each for each in map(open_event, desk.kept.announced) if isinstance(each, ConflictDecided)]
    assert [each.verdict for each in decided] == [verdict]
    told = desk.desk.get_conflict(GetConflict(conflict_id=conflict_id), ASSISTANT)
    assert (told.state, told.verdict) == (ConflictState.DECIDED, verdict)
    with pytest.raises(Conflict, match=r"conflict\.not_open"):
        desk.decide(conflict_id, Verdict.MINE)


def test_a_third_version_needs_its_reason_and_something_that_stands(desk: ConflictsInMemory) -> None:
    conflict_id = contradict(desk)
    with pytest.raises(RuleBroken, match=r"conflict\.reason_missing"):
        desk.decide(conflict_id, Verdict.OTHER, note="3")
    with pytest.raises(RuleBroken, match=r"conflict\.nothing_named"):
        desk.decide(conflict_id, Verdict.OTHER, "because")
    with pytest.raises(Forbidden, match=r"rental\.not_your_register"):
        desk.desk.decide_conflict(DecideConflict(conflict_id=conflict_id, verdict=Verdict.MINE), caller("social"))
    with pytest.raises(NotFound, match=r"conflict\.not_found"):
        desk.desk.get_conflict(GetConflict(conflict_id=conflict_id), caller("market"))


@pytest.mark.criterion("6.4")
def test_a_decision_that_a_crash_cut_off_is_carried_out_by_the_sweep(desk: ConflictsInMemory) -> None:
    conflict_id = contradict(desk)
    desk.decide(conflict_id, Verdict.MINE)
    again = ConflictsInMemory(desk.town)
    decided = replace(desk.kept.get(conflict_id).state, is_carried=False)
    again.kept.add(decided, (), cause_of(visiting()))

    again.desk.look_after()

    assert again.kept.get(conflict_id).state.is_carried
    assert again.one().revision == desk.one().revision


@pytest.mark.criterion("6.2")
def test_the_same_visit_id_with_other_content_keeps_both_and_asks_a_person(desk: ConflictsInMemory) -> None:
    first, second = visiting("visit_1", VisitOutcome.NOBODY_IN), visiting("visit_1", VisitOutcome.REFUSED)
    desk.visit(first)
    desk.visit(replace(first, received_at=NOW + timedelta(hours=1)))
    assert desk.kept.all() == []
    desk.visit(second)
    desk.visit(second)

    [conflict] = desk.kept.all()
    assert (conflict.kind, conflict.contested) == (ConflictKind.OTHER_CONTENT, ("outcome",))
    assert (conflict.mine, desk.one().outcome) == (side_sent(second), VisitOutcome.NOBODY_IN)
    desk.edit("edit_one", note="corrected since")
    desk.decide(conflict.id, Verdict.MINE)
    assert (desk.one().outcome, desk.one().note) == (VisitOutcome.REFUSED, "corrected since")
    # The first comes once more: it is known still, whatever it has been corrected to.
    desk.visit(first)
    assert len(desk.kept.all()) == 1


@pytest.mark.criterion("6.2")
def test_two_visits_under_one_id_become_two_when_both_are_right(desk: ConflictsInMemory) -> None:
    desk.visit(visiting("visit_1"))
    desk.town.register("R-2", address="荷湾二街 4 号")
    desk.visit(visiting("visit_1", code="R-2"))
    [conflict] = desk.kept.all()

    desk.decide(conflict.id, Verdict.MINE)

    assert sorted(each.rental_code for each in desk.town.visits.all()) == ["R-1", "R-2"]


@pytest.mark.criterion("6.3")
def test_somebody_asked_becomes_the_same_task_and_what_is_let_in_is_a_visit(desk: ConflictsInMemory) -> None:
    sent = visiting("visit_1", VisitOutcome.REFUSED)
    asked = AskAboutVisit(visit_id="visit_1", side=side_sent(sent), problem="visit.other_content")
    told = desk.desk.ask_about_visit(asked, ASSISTANT)
    assert desk.desk.ask_about_visit(asked, ASSISTANT) == told
    assert desk.raised() == [told.conflict_id]

    desk.decide(told.conflict_id, Verdict.MINE)

    assert (desk.one().outcome, desk.one().submitted_by) == (VisitOutcome.REFUSED, ASSISTANT.actor)
    with pytest.raises(RuleBroken, match=r"visit\.identity_number"):
        desk.desk.ask_about_visit(replace(asked, side=replace(asked.side, note="11010519491231002X")), ASSISTANT)


@pytest.mark.criterion("6.5")
def test_a_correction_before_its_visit_waits_and_is_applied_and_marked(desk: ConflictsInMemory) -> None:
    assert desk.edit("edit_one", note="early") is EditState.WAITING
    assert desk.raised() == []
    desk.town.clock.advance(timedelta(hours=5))
    desk.visit(visiting("visit_1"))

    edit = found(desk.one(), "edit_one")
    assert edit is not None
    assert (desk.one().note, edit.state, edit.was_early) == ("early", EditState.APPLIED, True)
    assert [each.state for each in desk.kept.all()] == [ConflictState.DISSOLVED]


@pytest.mark.criterion("6.5")
def test_a_correction_whose_visit_never_comes_is_shown_to_a_person_after_a_day(desk: ConflictsInMemory) -> None:
    desk.edit("edit_one", note="early")
    desk.town.clock.advance(DAY - timedelta(seconds=1))
    desk.desk.look_after()
    assert desk.raised() == []
    desk.town.clock.advance(timedelta(seconds=1))
    desk.desk.look_after()
    desk.desk.look_after()

    assert desk.raised() == ["conflict-edit_one"]
    desk.visit(visiting("visit_1"))
    assert (desk.one().note, desk.kept.all()[0].state) == ("early", ConflictState.DISSOLVED)


@pytest.mark.criterion("6.5")
def test_a_correction_before_its_base_is_applied_by_the_sweep_after_a_day(desk: ConflictsInMemory) -> None:
    desk.visit(visiting("visit_1"))
    assert desk.edit("edit_two", base=9, note="late") is EditState.WAITING
    desk.town.clock.advance(DAY)
    desk.desk.look_after()

    edit = found(desk.one(), "edit_two")
    assert edit is not None
    assert (desk.one().note, edit.state, edit.was_early) == ("late", EditState.APPLIED, True)


def test_what_a_correction_observes_goes_to_the_police_and_what_counts_counts(desk: ConflictsInMemory) -> None:
    desk.visit(visiting("visit_1", VisitOutcome.NOBODY_IN, at=NOW))
    due = desk.town.rental().next_visit_due_on
    desk.town.wait(3)
    desk.edit("edit_one", outcome=VisitOutcome.DONE, findings=(Finding.GATHERING,))

    events = [open_event(each) for each in desk.town.visits.announced]
    assert [each.findings for each in events if isinstance(each, SuspicionRaised)] == [(Finding.GATHERING,)]
    assert desk.one().counts
    assert desk.town.rental().next_visit_due_on >= due
    assert desk.town.rental().last_visit_at == NOW


@pytest.mark.criterion("24")
def test_both_sides_of_a_conflict_go_with_their_visit(desk: ConflictsInMemory) -> None:
    conflict_id = contradict(desk)
    desk.desk.forget_those_of(desk.one())

    gone = desk.kept.get(conflict_id).state
    assert (gone.mine, gone.theirs, gone.changes, gone.raised_by) == (None, None, None, "")
