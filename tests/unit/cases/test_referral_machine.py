"""Whatever is done to a referral, by whom and when, its states and clocks keep their promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lianxi.contracts.cases import CaseRungReached, ClockBreached, ReferralState
from lianxi.kernel.errors import Conflict, NotFound
from services.cases.domain.limits import Limit
from services.cases.domain.referrals import CriminalReferral
from tests.unit.cases.desk import NOW, CasesInMemory, attached

S = ReferralState
NEXT: dict[ReferralState, frozenset[ReferralState]] = {
    S.AWAITING_DECISION: frozenset({S.APPROVED, S.NOT_TRANSFERRED}),
    S.APPROVED: frozenset({S.SENT}),
    S.SENT: frozenset({S.ACCEPTED, S.NOT_COMPETENT}),
    S.ACCEPTED: frozenset({S.SUPPLEMENTING, S.FILED, S.DECLINED, S.FORWARDED}),
    S.SUPPLEMENTING: frozenset({S.ACCEPTED, S.FILED, S.DECLINED, S.FORWARDED}),
    S.FILED: frozenset({S.HANDED_OVER}),
    S.NOT_COMPETENT: frozenset({S.FORWARDED}),
    S.DECLINED: frozenset({S.RECONSIDERING, S.SUPERVISED, S.TAKEN_BACK}),
    S.RECONSIDERING: frozenset({S.FILED, S.UPHELD}),
    S.UPHELD: frozenset({S.SUPERVISED, S.TAKEN_BACK}),
}
STEPS: dict[str, Callable[[CasesInMemory, str], object]] = {
    "approve": CasesInMemory.decide,
    "refuse": lambda town, one: town.decide(one, approve=False, reason="below the threshold"),
    "send": CasesInMemory.send,
    "accept": CasesInMemory.accept,
    "ask": CasesInMemory.ask,
    "supplement": lambda town, one: town.supplement(one, attached("test_results", "b")),
    "file": CasesInMemory.answer,
    "decline": CasesInMemory.decline,
    "complete": CasesInMemory.complete,
    "accept, not competent": lambda town, one: town.accept(one, is_competent=False),
    "forward": CasesInMemory.forward,
    "contest": CasesInMemory.contest,
    "uphold": CasesInMemory.reconsider,
    "file after all": lambda town, one: town.reconsider(one, filed=True),
    "suggest": CasesInMemory.suggest,
    "take back": CasesInMemory.take_back,
}
WAITS = st.one_of(
    st.integers(0, 4 * 86_400), st.sampled_from([1, 86_399, 86_400, 86_401, 3 * 86_400 - 1, 3 * 86_400 + 1])
)


class ReferralMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.town = CasesInMemory()
        self.id = self.town.draft(self.town.open(suspected_crime=True).case_id).referral_id
        self.before = self.stored()

    def stored(self) -> CriminalReferral:
        return self.town.referrals.get(self.id).state

    def take(self, step: str) -> None:
        STEPS[step](self.town, self.id)

    @rule(step=st.sampled_from(sorted(STEPS)))
    def try_a_step(self, step: str) -> None:
        state = self.stored().state
        try:
            self.take(step)
        except (Conflict, NotFound):
            assert self.stored() == self.before
        else:
            assert self.stored().state in NEXT[state]

    @precondition(lambda self: self.stored().state in NEXT)
    @rule(choice=st.integers(0, 3))
    def take_a_step_that_is_allowed(self, choice: int) -> None:
        allowed = {
            S.AWAITING_DECISION: ("approve", "approve", "refuse"),
            S.APPROVED: ("send",),
            S.SENT: ("accept", "accept", "accept, not competent"),
            S.ACCEPTED: ("ask", "file", "decline", "forward"),
            S.SUPPLEMENTING: ("supplement", "supplement", "file", "forward"),
            S.FILED: ("complete",),
            S.NOT_COMPETENT: ("forward",),
            S.DECLINED: ("contest", "contest", "suggest", "take back"),
            S.RECONSIDERING: ("uphold", "file after all"),
            S.UPHELD: ("suggest", "take back"),
        }[self.stored().state]
        try:
            self.take(allowed[choice % len(allowed)])
        except Conflict:
            raise AssertionError("an allowed step was refused") from None

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.town.wait(timedelta(seconds=seconds))

    @rule(times=st.integers(1, 3))
    def sweep(self, times: int) -> None:
        for _ in range(times):
            self.town.sweep()
        now = self.town.clock.now()
        assert not [each for each in self.stored().clocks if _is_running(each) and each.due_at <= now]

    @invariant()
    def it_moves_along_the_law_only(self) -> None:
        before, after = self.before.state, self.stored().state
        assert before == after or after in NEXT[before]

    @invariant()
    def clocks_only_grow(self) -> None:
        after = self.stored().clocks
        assert len(after) >= len(self.before.clocks)
        for old, new in zip(self.before.clocks, after, strict=False):
            assert (old.clock, old.owner, old.started_at, old.due_at) == (
                new.clock,
                new.owner,
                new.started_at,
                new.due_at,
            )
            assert old.breached_at in {None, new.breached_at}
            assert old.met_at is None or (new.met_at is not None and old.met_at <= new.met_at)
        self.before = self.stored()

    @invariant()
    def a_limit_is_marked_if_and_only_if_it_was_not_met_in_time(self) -> None:
        for each in self.stored().clocks:
            assert each.breached_at is None or each.breached_at >= each.due_at
            if each.met_at is not None:
                assert (each.breached_at is not None) == (each.met_at >= each.due_at)

    @invariant()
    def each_breach_is_announced_once(self) -> None:
        announced = Counter(
            (each.clock, each.due_at) for each in self.town.announced() if isinstance(each, ClockBreached)
        )
        marked = Counter((each.clock, each.due_at) for each in self.stored().clocks if each.breached_at is not None)
        assert announced == marked

    @invariant()
    def a_sweep_is_due_before_any_limit_ends(self) -> None:
        running = [each.due_at for each in self.stored().clocks if _is_running(each)]
        next_look = self.stored().next_rung_at
        assert not running or (next_look is not None and next_look <= min(running))

    @invariant()
    def each_rung_is_told_once_and_no_sooner_than_it_is_reached(self) -> None:
        told = [each for each in self.town.announced() if isinstance(each, CaseRungReached)]
        fired = [(each.clock, each.due_at, rung) for each in self.stored().clocks for rung in each.running.fired]
        assert not Counter((each.clock, each.due_at, each.rung) for each in told) - Counter(fired)
        assert all(each.reached_at <= self.town.clock.now() for each in told)

    @invariant()
    def there_is_one_receipt_from_acceptance_on(self) -> None:
        has_receipt = self.stored().receipt is not None
        is_accepted = self.stored().state not in {S.AWAITING_DECISION, S.NOT_TRANSFERRED, S.APPROVED, S.SENT}
        assert has_receipt == is_accepted == (len(self.town.receipts.rows) == 1)

    @invariant()
    def nothing_runs_at_an_end(self) -> None:
        if self.stored().state not in NEXT:
            assert self.stored().next_rung_at is None
        assert self.town.clock.now() >= NOW


def _is_running(clock: Limit) -> bool:
    return clock.met_at is None and clock.breached_at is None


TestReferralMachine = ReferralMachine.TestCase
TestReferralMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
