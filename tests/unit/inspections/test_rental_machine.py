"""Whatever is registered, graded, visited, tipped and missed, a rental's plan keeps its promises."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lianxi.contracts.inspections import Grade, RecordVisit, VisitMissed, VisitOutcome
from lianxi.contracts.tips import TipReceived
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import RuleBroken
from services.inspections.domain.rentals import COUNTING, ENDING, Rental
from tests.unit.inspections.desk import CODE, NOW, InspectionsInMemory, shipped_rules, tipped, visiting

HOURS_BACK = st.integers(0, 24 * 40)


class RentalMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.town = InspectionsInMemory()
        self.town.register()
        self.made = 0
        self.before = self.town.rental()
        self.sent: list[RecordVisit] = []
        self.told: list[TipReceived] = []

    def past(self, hours: int) -> datetime:
        return self.town.clock.now() - timedelta(hours=hours)

    def name(self, noun: str) -> str:
        self.made += 1
        return f"{noun}_{self.made}"

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        self.town.wait(days)

    @rule(outcome=st.sampled_from(sorted(set(VisitOutcome) - ENDING)), hours=HOURS_BACK)
    def visit(self, outcome: VisitOutcome, hours: int) -> None:
        self.sent.append(visiting(self.name("visit"), outcome, at=self.past(hours)))
        self.town.visit(self.sent[-1])

    @rule(outcome=st.sampled_from(sorted(ENDING)), hours=HOURS_BACK, chance=st.integers(0, 9))
    def end(self, outcome: VisitOutcome, hours: int, chance: int) -> None:
        if chance == 0:
            self.town.visit(visiting(self.name("visit"), outcome, at=self.past(hours)))

    @rule(hours=HOURS_BACK)
    def tip(self, hours: int) -> None:
        self.told.append(tipped(self.name("tip"), at=self.past(hours)))
        self.town.tip(self.told[-1])

    @rule(place=st.integers(0, 100))
    def deliver_again(self, place: int) -> None:
        before = self.town.rentals.get(CODE)
        announced = len(self.town.announced())
        if self.sent:
            self.town.visit(self.sent[place % len(self.sent)])
        if self.told:
            self.town.tip(self.told[place % len(self.told)])
        assert self.town.rentals.get(CODE) == before
        assert len(self.town.announced()) == announced

    @rule(grade=st.sampled_from(Grade))
    def grade(self, grade: Grade) -> None:
        today, before = self.town.today(), self.town.rental()
        try:
            self.town.grade(grade)
        except RuleBroken as refused:
            if refused.code != "rental.ended":
                raise
            return
        if before.next_visit_due_on < today:
            assert self.town.rental().next_visit_due_on <= before.next_visit_due_on

    @rule(times=st.integers(1, 3))
    def sweep(self, times: int) -> None:
        for _ in range(times):
            self.town.desk.announce_missed()
        rental, today = self.town.rental(), self.town.today()
        if rental.is_standing and rental.next_visit_due_on < today:
            assert rental.missed_announced_for is not None
            assert rental.missed_announced_for >= rental.next_visit_due_on

    @invariant()
    def the_day_follows_from_grade_and_calls(self) -> None:
        rental = self.town.rental()
        latest = shipped_rules().due_on(rental.grade, rental.planned_from)
        assert rental.next_visit_due_on == min([latest, *(each.due_on for each in rental.calls)])

    @invariant()
    def only_visits_that_count_are_the_last_visit(self) -> None:
        counting = [each.visited_at for each in self.sent if each.outcome in COUNTING]
        assert self.town.rental().last_visit_at == max(counting, default=None)

    @invariant()
    def what_only_grows_only_grows(self) -> None:
        before, after = self.before, self.town.rental()
        assert after.planned_from >= before.planned_from
        assert before.last_visit_at is None or (after.last_visit_at or NOW) >= before.last_visit_at
        assert before.is_standing or not after.is_standing
        self.before = after

    @invariant()
    def a_missed_day_is_announced_once(self) -> None:
        missed = Counter(each.due_on for each in self.town.announced() if isinstance(each, VisitMissed))
        assert not missed or missed.most_common(1)[0][1] == 1

    @invariant()
    def the_sweep_watches_what_is_not_yet_announced(self) -> None:
        rental = self.town.rental()
        announced = rental.missed_announced_for
        is_watched = rental.is_standing and (announced is None or rental.next_visit_due_on > announced)
        assert rental.watched_due_on == (rental.next_visit_due_on if is_watched else None)


TestRentalMachine = RentalMachine.TestCase
TestRentalMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)

VISITS = st.lists(st.tuples(st.sampled_from(sorted(set(VisitOutcome) - ENDING)), st.integers(0, 60 * 24)), max_size=5)
TIPS = st.lists(st.integers(0, 60 * 24), max_size=3)


@settings(max_examples=150, deadline=None)
@given(visits=VISITS, tips=TIPS, chance=st.randoms(use_true_random=False))
def test_visits_and_tips_in_any_order_and_thrice_leave_the_same_plan(
    visits: list[tuple[VisitOutcome, int]], tips: list[int], chance: object
) -> None:
    came: list[RecordVisit | TipReceived] = [
        visiting(f"visit_{place}", outcome, at=NOW + timedelta(hours=hours))
        for place, (outcome, hours) in enumerate(visits)
    ]
    came += [tipped(f"tip_{place}", at=NOW + timedelta(hours=hours)) for place, hours in enumerate(tips)]
    shuffled = came * 3
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert plan_after(shuffled) == plan_after(came)


def plan_after(came: list[RecordVisit | TipReceived]) -> tuple[date, Rental]:
    town = InspectionsInMemory()
    town.register()
    town.wait(61)
    for each in came:
        if isinstance(each, RecordVisit):
            town.visit(each)
        else:
            town.tip(each)
    assert local_date(town.clock.now()) == town.today()
    return town.rental().next_visit_due_on, town.rental()
