"""Ninety days of tips under two sweepers that are killed now and then: every rung once, within a minute."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from lianxi.contracts.clocks import AskClockChange, ClockChange, DecideClockChange
from lianxi.contracts.envelope import Caller, Cause, Lane
from lianxi.contracts.tips import AcceptTip, TipKind, TipRungReached, VerificationOutcome, VerifyTip
from lianxi.kernel.clock import FixedClock
from lianxi.policy.clockwork import rung_at, rungs_due
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.unit import CHANGED, Decide, Stored
from services.tips.domain.tip import Clock, Tip
from services.tips.policy import ladder_of
from services.tips.store import ANNOUNCER
from tests.chaos.sizes import FULL
from tests.unit.tips.desk import TipDesk, caller, shipped_policy, submission

ITEMS = 20_000 if FULL else 2_000
KILLS = 20
DAYS = 90
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
EVERY = timedelta(seconds=5)
AWAY = timedelta(seconds=30)
WITHIN = timedelta(seconds=60)


class Killed(Exception):
    """The sweeper's process is gone, wherever it was."""


class IndexedTips(MemoryAggregates[Tip]):
    """Tips in memory that know which of them is due without looking at all; a killer may stop a sweep between two."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(ANNOUNCER, clock, announced_at=Tip.shown)
        self.waiting: list[tuple[datetime, str]] = []
        self.lives: int | None = None

    def change(
        self,
        aggregate_id: str,
        decide: Decide[Tip],
        cause: Cause,
        *,
        expected_version: int | None = None,
        noted: str = CHANGED,
    ) -> Stored[Tip]:
        if self.lives is not None and self.lives == 0:
            raise Killed
        self.lives = None if self.lives is None else self.lives - 1
        stored = super().change(aggregate_id, decide, cause, expected_version=expected_version)
        if stored.state.next_rung_at is not None:
            heapq.heappush(self.waiting, (stored.state.next_rung_at, aggregate_id))
        return stored

    def next_rung_at(self) -> datetime | None:
        while self.waiting and self.get(self.waiting[0][1]).state.next_rung_at != self.waiting[0][0]:
            heapq.heappop(self.waiting)
        return self.waiting[0][0] if self.waiting else None

    def due(self, now: datetime, at_most: int) -> list[tuple[str, Lane]]:
        found: dict[str, datetime] = {}
        while (at := self.next_rung_at()) is not None and at <= now and len(found) < at_most:
            _, tip_id = heapq.heappop(self.waiting)
            found[tip_id] = at
        for tip_id, at in found.items():
            heapq.heappush(self.waiting, (at, tip_id))
        rows = [(tip_id, self.get(tip_id).state.lane) for tip_id in found]
        return sorted(rows, key=lambda row: row[1] != "rescue")


@dataclass
class Sweeper:
    """Comes every five seconds; one that was killed is started again half a minute later."""

    phase: timedelta
    back_at: datetime = START

    def comes_at(self, not_before: datetime) -> datetime:
        since = max(not_before, self.back_at) - START - self.phase
        return START + self.phase + EVERY * -(-since // EVERY)


@dataclass
class Town:
    """A desk with a calendar of what will be done to its tips."""

    chance: random.Random
    desk: TipDesk = field(default_factory=TipDesk)
    plan: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk.clock.instant = START
        self.tips = IndexedTips(self.desk.clock)
        self.desk.tips = self.tips
        self.desk.handlers = replace(self.desk.handlers, tips=self.tips, watch=self.tips)

    def at(self, when: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self.plan, (when, len(self.plan) + self.chance.randrange(10**9), act))

    def tip_comes_in(self, number: int) -> None:
        tip_id = f"tip_{number}"
        now = self.desk.clock.now()
        is_held = self.chance.random() < 0.02
        self.desk.submit(
            submission(
                tip_id=tip_id,
                receipt_verifier=f"v{number}",
                kind=self.chance.choice([TipKind.TIP, TipKind.TIP, TipKind.COMPLAINT]),
                category="person_held" if is_held else "rental_gathering",
                is_anonymous=False,
                received_at=now,
            )
        )
        due = self.desk.tip(tip_id).next_rung_at
        if due is not None:
            heapq.heappush(self.tips.waiting, (due, tip_id))
        self.at(now + self.later(seconds=90), lambda: self.desk.deliver(self.desk.tip(tip_id)))
        if self.chance.random() < 0.5:
            self.at(now + self.later(hours=24 * 40), lambda: self.finished(tip_id))
        if self.chance.random() < 0.15:
            self.at(now + self.later(hours=24 * 15), lambda: self.changed(tip_id))

    def later(self, **most: int) -> timedelta:
        milliseconds = timedelta(**most) // timedelta(milliseconds=1)
        return timedelta(minutes=2, milliseconds=self.chance.randrange(milliseconds))

    def finished(self, tip_id: str) -> None:
        self.desk.handlers.accept_tip(AcceptTip(tip_id=tip_id, officer="officer-3"), caller("police"))
        request = VerifyTip(tip_id=tip_id, outcome=VerificationOutcome.INCONCLUSIVE)
        self.desk.handlers.verify_tip(request, caller("police"))

    def changed(self, tip_id: str) -> None:
        clock = next((each for each in self.desk.tip(tip_id).clocks if each.clock == "T-01"), None)
        if clock is None or clock.stopped_at is not None or clock.due_at <= self.desk.clock.now():
            return
        change, reason = self.chance.choice(
            [(ClockChange.PAUSE, "testing"), (ClockChange.EXTEND, "head_extends_verification")]
        )
        asked = AskClockChange(item_id=tip_id, clock="T-01", change=change, reason=reason)
        change_id = self.desk.handlers.ask_clock_change(asked, caller("police")).state.clock_changes[-1].change_id
        decision = DecideClockChange(item_id=tip_id, change_id=change_id, approve=True)
        self.desk.handlers.decide_clock_change(decision, Caller(actor="police-head", agency="police"))

    def run(self) -> int:
        """Let everything happen in its time; what nobody would notice, a sweep of nothing, is left out."""
        sweepers = [Sweeper(timedelta(milliseconds=self.chance.randrange(5_000))) for _ in range(2)]
        kill_at = sorted(self.chance.sample(range(ITEMS // 4, ITEMS), KILLS))
        kills = sweeps = 0
        while True:
            sweep_at, sweeper = self.next_sweep(sweepers)
            if self.plan and self.plan[0][0] <= min(sweep_at, END):
                self.desk.clock.instant, _, act = heapq.heappop(self.plan)
                act()
                continue
            if sweep_at > END:
                return kills
            self.desk.clock.instant = sweep_at
            sweeps += 1
            is_killed = self.swept(is_doomed=kills < KILLS and sweeps >= kill_at[kills])
            kills += is_killed
            # Now and then the machine under both of them goes.
            for each in sweepers if self.chance.random() < 0.3 else [sweeper]:
                each.back_at = sweep_at + AWAY if is_killed else each.back_at

    def next_sweep(self, sweepers: list[Sweeper]) -> tuple[datetime, Sweeper]:
        """Say who comes first once something is due."""
        rung = self.tips.next_rung_at()
        not_before = END + EVERY if rung is None else max(rung, self.desk.clock.now())
        comings = [(each.comes_at(not_before), each) for each in sweepers]
        self.chance.shuffle(comings)
        return min(comings, key=lambda coming: coming[0])

    def swept(self, *, is_doomed: bool) -> bool:
        """Sweep, sometimes twice at once, sometimes only half; say whether the sweeper was killed."""
        self.tips.lives = self.chance.choice([0, 0, 1]) if is_doomed else None
        try:
            for _ in range(self.chance.choice([1, 1, 2])):
                self.desk.handlers.climb_ladders()
        except Killed:
            return True
        finally:
            self.tips.lives = None
        return False


def expected(clock: Clock, until: datetime) -> set[tuple[str, datetime]]:
    """Work out which rungs an undisturbed clock comes to, and when."""
    ladder = ladder_of(shipped_policy(), clock.running)
    moments = {(rung.code, rung_at(clock.running, rung)) for rung in ladder.rungs}
    return {(code, moment) for code, moment in moments if moment <= min(until, clock.stopped_at or until)}


@pytest.mark.criterion("3.3")
@pytest.mark.timeout(1800 if FULL else 120)
@pytest.mark.parametrize("seed", [3])
def test_every_rung_is_fired_exactly_once_and_within_a_minute_whoever_is_killed(seed: int) -> None:
    chance = random.Random(seed)
    town = Town(chance)
    for number in range(ITEMS):
        when = START + timedelta(milliseconds=chance.randrange(DAYS * 24 * 60 * 60 * 1000))
        town.at(when, partial(town.tip_comes_in, number))

    kills = town.run()

    letters = [each for each in town.tips.announced if each.type == TipRungReached.KEY]
    told = Counter((each.data["item"], each.data["clock"], each.data["rung"]) for each in letters)
    delays = [each.time - datetime.fromisoformat(each.data["reached_at"]) for each in letters]
    tips = town.tips.all()
    print(f"{len(tips)} items, {len(letters)} rungs, {kills} kills, longest delay {max(delays)}")
    assert (len(tips), kills) == (ITEMS, KILLS)
    assert len(letters) > ITEMS
    assert set(told.values()) == {1}
    assert (min(delays) >= timedelta(0), max(delays) <= WITHIN) == (True, True)
    reached: dict[tuple[str, str], set[tuple[str, datetime]]] = {}
    for each in letters:
        of_clock = reached.setdefault((each.data["item"], each.data["clock"]), set())
        of_clock.add((each.data["rung"], datetime.fromisoformat(each.data["reached_at"])))
    # What the last seconds brought may still be on its way.
    for tip in tips:
        for clock in tip.clocks:
            found = reached.get((tip.id, clock.clock), set())
            assert rungs_due(clock.running, ladder_of(shipped_policy(), clock.running), END - WITHIN) == ()
            if not clock.running.pauses and not clock.running.extensions:
                assert expected(clock, END - WITHIN) <= found <= expected(clock, END)
