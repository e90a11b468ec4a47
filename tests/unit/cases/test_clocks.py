"""Each statutory limit: running one second before its end, breached one second after it, and announced once."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from lianxi.contracts.cases import CaseRungReached, ClockBreached, ReferralView
from lianxi.kernel.clock import FixedClock
from services.cases.domain.limits import Limit
from services.cases.service import Cases
from tests.unit.cases.desk import NOW, CasesInMemory, clock_of, shipped_rules

SECOND = timedelta(seconds=1)


RUNGS = {"half": 50, "four-fifths": 80, "over": 100, "far-over": 150}


class Stale:
    """Names an item whatever was done about it: a sweeper that was slow, or one that was started anew."""

    def __init__(self, referral_id: str) -> None:
        self.referral_id = referral_id

    def due_referrals(self, _now: datetime) -> list[str]:
        return [self.referral_id]

    def due_assistance(self, _now: datetime) -> list[str]:
        return []

    def breached_clocks(self, _now: datetime) -> dict[str, int]:
        return {}


def climbed(town: CasesInMemory, clock: str) -> list[CaseRungReached]:
    return [each for each in town.announced() if isinstance(each, CaseRungReached) and each.clock == clock]


def rungs(town: CasesInMemory, clock: str) -> list[tuple[str, datetime]]:
    return [(each.rung, each.reached_at) for each in climbed(town, clock)]


def drafted(town: CasesInMemory) -> ReferralView:
    return town.draft(town.open().case_id)


def approved(town: CasesInMemory) -> ReferralView:
    return town.decide(drafted(town).referral_id)


def asked(town: CasesInMemory) -> ReferralView:
    return town.ask(town.accepted().referral_id)


def filed(town: CasesInMemory) -> ReferralView:
    return town.answer(town.accepted().referral_id)


def not_competent(town: CasesInMemory) -> ReferralView:
    return town.accept(town.sent().referral_id, is_competent=False)


def declined(town: CasesInMemory) -> ReferralView:
    return town.decline(town.accepted().referral_id)


def contested(town: CasesInMemory) -> ReferralView:
    return town.contest(declined(town).referral_id)


def upheld(town: CasesInMemory) -> ReferralView:
    return town.reconsider(contested(town).referral_id)


Reach = Callable[[CasesInMemory], ReferralView]
LIMITS: list[tuple[str, Reach, str, datetime]] = [
    # Days end at the town's midnight, 16:00 UTC; the day on which a limit starts does not count.
    ("T-31", drafted, "market/desk", datetime(2026, 11, 26, 16, tzinfo=UTC)),
    ("T-32", approved, "market/desk", NOW + timedelta(hours=24)),
    ("T-33", not_competent, "police/economic", NOW + timedelta(hours=24)),
    ("T-34", CasesInMemory.sent, "police/economic", NOW + timedelta(hours=24)),
    ("T-34s", asked, "market/desk", datetime(2026, 11, 26, 16, tzinfo=UTC)),
    ("T-35", CasesInMemory.accepted, "police/economic", datetime(2026, 11, 26, 16, tzinfo=UTC)),
    ("T-36", declined, "market/desk", datetime(2026, 11, 26, 16, tzinfo=UTC)),
    ("T-36d", contested, "police/economic", datetime(2026, 11, 26, 16, tzinfo=UTC)),
    ("T-36p", upheld, "market/desk", datetime(2026, 11, 26, 16, tzinfo=UTC)),
    ("T-37", filed, "market/desk", datetime(2026, 11, 26, 16, tzinfo=UTC)),
]
EACH = pytest.mark.parametrize(("name", "reach", "owner", "due_at"), LIMITS, ids=[row[0] for row in LIMITS])


def breaches(town: CasesInMemory, clock: str) -> list[ClockBreached]:
    return [each for each in town.announced() if isinstance(each, ClockBreached) and each.clock == clock]


def stored_clock(town: CasesInMemory, referral_id: str, name: str) -> Limit:
    kept = town.referrals.get(referral_id).state
    return next(each for each in reversed(kept.clocks) if each.clock == name)


@EACH
def test_a_limit_ends_when_the_law_says(
    town: CasesInMemory, name: str, reach: Reach, owner: str, due_at: datetime
) -> None:
    clock = clock_of(reach(town), name)

    assert (clock.started_at, clock.due_at, clock.owner) == (NOW, due_at, owner)


@pytest.mark.criterion("1.2")
@EACH
def test_a_limit_runs_until_its_last_second_and_is_breached_once_after_it(
    town: CasesInMemory, name: str, reach: Reach, owner: str, due_at: datetime
) -> None:
    referral_id = reach(town).referral_id

    town.wait_until(due_at - SECOND)
    town.sweep()
    assert stored_clock(town, referral_id, name).breached_at is None
    assert breaches(town, name) == []

    town.wait_until(due_at + SECOND)
    for _ in range(3):
        town.sweep()

    assert stored_clock(town, referral_id, name).breached_at == due_at + SECOND
    assert [(each.owner, each.due_at) for each in breaches(town, name)] == [(owner, due_at)]


@pytest.mark.criterion("1.2")
@EACH
def test_two_sweepers_that_saw_the_same_limit_announce_it_once(
    town: CasesInMemory, name: str, reach: Reach, owner: str, due_at: datetime
) -> None:
    referral_id = reach(town).referral_id
    town.wait_until(due_at + SECOND)
    second = replace(town.clocks, due=Stale(referral_id), clock=FixedClock(due_at + 60 * SECOND))
    town.sweep()
    before, told = town.referrals.get(referral_id), town.announced()
    second.climb_ladders()

    assert town.referrals.get(referral_id) == before
    assert town.announced() == told
    assert len(breaches(town, name)) == 1


@pytest.mark.criterion("3.3")
@EACH
def test_a_limit_climbs_its_ladder_rung_by_rung_and_each_is_told_once(
    town: CasesInMemory, name: str, reach: Reach, owner: str, due_at: datetime
) -> None:
    referral_id = reach(town).referral_id
    whole = due_at - NOW
    told: list[tuple[str, datetime]] = []
    for rung, percent in RUNGS.items():
        town.wait_until(NOW + whole * percent / 100 - SECOND)
        town.sweep()
        assert rungs(town, name) == told
        town.wait(2 * SECOND)
        for _ in range(3):
            town.sweep()
        told.append((rung, NOW + whole * percent / 100))
        assert rungs(town, name) == told

    assert clock_of(town.seen(referral_id), name).rungs == tuple(sorted(RUNGS))
    receivers = {each.rung: each.receivers for each in climbed(town, name)}
    head = "police/command-centre" if owner == "police/economic" else "market/desk"
    assert receivers["half"] == (owner,)
    assert receivers["four-fifths"] == tuple(dict.fromkeys((owner, head)))
    assert receivers["over"] == (owner, "office/desk")
    assert receivers["far-over"] == ("office/desk",)


@pytest.mark.criterion("3.3")
def test_whatever_sweeps_come_in_whatever_order_each_rung_is_told_once() -> None:
    chance = random.Random(3)
    for _ in range(20):
        town = CasesInMemory()
        referral_id = drafted(town).referral_id
        hours = list(range(0, 200, 7))
        chance.shuffle(hours)
        for hour in hours:
            late = replace(town.clocks, due=Stale(referral_id), clock=FixedClock(NOW + timedelta(hours=hour)))
            late.climb_ladders()

        assert sorted(rung for rung, _ in rungs(town, "T-31")) == sorted(RUNGS)
        assert len(breaches(town, "T-31")) == 1


def test_a_limit_that_was_met_climbs_no_further(town: CasesInMemory) -> None:
    referral_id = drafted(town).referral_id
    town.wait(timedelta(days=2))
    town.decide(referral_id, approve=False, reason="below the threshold")
    told = rungs(town, "T-31")
    town.wait(timedelta(days=30))
    town.sweep()

    assert [rung for rung, _ in told] == ["half"]
    assert rungs(town, "T-31") == told
    assert town.referrals.get(referral_id).state.next_rung_at is None


def test_papers_named_in_time_after_signing_remind_nobody_of_the_time_between(town: CasesInMemory) -> None:
    referral_id = town.accepted().referral_id
    town.wait(timedelta(hours=23))
    town.ask(referral_id)
    town.sweep()

    assert rungs(town, "T-34") == []


def test_papers_named_late_tell_the_office(town: CasesInMemory) -> None:
    referral_id = town.accepted().referral_id
    town.wait(timedelta(hours=25))
    town.ask(referral_id)
    town.sweep()

    assert rungs(town, "T-34") == [("over", NOW + timedelta(hours=24))]


def test_nothing_can_pause_or_extend_a_limit_of_a_referral() -> None:
    words = {word for name in dir(Cases) for word in name.split("_")}

    assert not words & {"pause", "resume", "extend"}
    policy = shipped_rules().rules.policy
    for clock in {row[0] for row in LIMITS}:
        assert not [each.code for each in policy.pause_reasons if clock in each.clocks]
        assert not [each.code for each in policy.extension_reasons if clock in each.clocks]


def test_an_act_that_comes_late_marks_its_limit_before_any_sweep_does(town: CasesInMemory) -> None:
    referral_id = drafted(town).referral_id
    town.wait_until(LIMITS[0][3] + SECOND)
    decided = town.decide(referral_id)

    clock = clock_of(decided, "T-31")
    assert clock.breached_at == clock.met_at == town.clock.now()
    town.sweep()
    assert len(breaches(town, "T-31")) == 1


def test_what_was_late_stays_marked_when_it_is_done_at_last(town: CasesInMemory) -> None:
    referral_id = approved(town).referral_id
    town.wait(timedelta(hours=25))
    town.sweep()
    town.wait(timedelta(hours=1))

    clock = clock_of(town.send(referral_id), "T-32")
    assert clock.breached_at == NOW + timedelta(hours=25)
    assert clock.met_at == NOW + timedelta(hours=26)


def test_papers_named_in_time_after_signing_were_told_in_time(town: CasesInMemory) -> None:
    referral_id = town.accepted().referral_id
    town.wait(timedelta(hours=23))

    clock = clock_of(town.ask(referral_id), "T-34")
    assert (clock.met_at, clock.breached_at) == (NOW + timedelta(hours=23), None)


def test_papers_named_after_the_24_hours_were_told_late_although_signing_was_in_time(town: CasesInMemory) -> None:
    referral_id = town.accepted().referral_id
    town.wait(timedelta(hours=24))
    late = town.ask(referral_id)
    town.supplement(referral_id)
    town.ask(referral_id)

    assert clock_of(late, "T-34").breached_at == NOW + timedelta(hours=24)
    assert len(breaches(town, "T-34")) == 1


def test_asking_for_papers_does_not_stop_the_polices_own_three_days(town: CasesInMemory) -> None:
    referral = town.accepted()
    before = clock_of(referral, "T-35")

    assert clock_of(town.ask(referral.referral_id), "T-35") == before


def test_every_limit_names_the_desk_that_owns_it_and_none_runs_at_the_end(town: CasesInMemory) -> None:
    referral_id = filed(town).referral_id
    town.complete(referral_id)

    assert town.referrals.get(referral_id).state.next_rung_at is None


def test_the_gauge_counts_what_has_passed_and_is_still_unmet(town: CasesInMemory) -> None:
    referral_id = approved(town).referral_id

    def shown() -> float | None:
        return REGISTRY.get_sample_value("lianxi_clocks_breached", {"clock": "T-32"})

    town.wait(timedelta(hours=25))
    town.sweep()
    assert shown() == 1
    town.send(referral_id)
    town.sweep()
    assert shown() == 0


def test_a_limit_is_nobodys_to_move(town: CasesInMemory) -> None:
    referral = approved(town)
    started = {each.clock: (each.started_at, each.due_at) for each in referral.clocks}
    town.wait(timedelta(hours=2))
    sent = town.send(referral.referral_id)

    assert {each.clock: (each.started_at, each.due_at) for each in sent.clocks if each.clock in started} == started
