"""A tip runs under the version that it came in under, until somebody moves it: counted first, once, and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.contracts.tips import (
    AcceptTip,
    CloseTip,
    DispatchTip,
    TipRungReached,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import Forbidden, NotFound, PolicyBroken, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from tests.unit.tips.desk import NOW, TIP_ID, TipDesk, caller, shipped_policy, submission

OTHER_TIP = "tip_other456789ABCDEFGHJKMNPQRS"


def second() -> Policy:
    """Version 2: five working days for a lead, no way to pause, and a ladder of two rungs at other shares."""
    policy = shipped_policy()
    ladder = policy.ladder_for("T-01")
    early, late = ladder.rungs[0], ladder.rungs[-1]
    rungs = (replace(early, code="tenth", at_percent=10), late)
    return replace(
        policy,
        version=2,
        clocks=tuple(replace(row, amount=5) if row.clock == "T-01" else row for row in policy.clocks),
        ladders=tuple(replace(row, rungs=rungs) if row.code == ladder.code else row for row in policy.ladders),
        pause_reasons=(),
    )


def go_over(desk: TipDesk, read: Callable[[int], Policy] | None = None) -> None:
    """What a desk does when version 2 is put in force: the same tips, another book."""
    versions = {1: shipped_policy(), 2: second()}
    desk.handlers = replace(desk.handlers, policies=PolicyBook(versions[2], read or versions.__getitem__))


@pytest.fixture(name="desk")
def desk_with_an_old_tip_and_a_new_version() -> TipDesk:
    desk = TipDesk()
    desk.submit(submission(is_anonymous=False))
    go_over(desk)
    return desk


def migrate(desk: TipDesk, by: Caller | None = None, **more: object) -> MigrationResult:
    fields = {"from_version": 1, "to_version": 2, "dry_run": False, **more}
    return desk.handlers.migrate_items(MigrateItems(**fields), by or caller("office"))  # type: ignore[arg-type]


def days_of(desk: TipDesk, tip_id: str = TIP_ID) -> int:
    running = desk.tip(tip_id).clocks[0].running
    calendar = shipped_policy().calendar
    on = (running.started_at + timedelta(hours=8)).date()
    last = (running.due_at + timedelta(hours=8)).date() - timedelta(days=1)
    return next(days for days in range(1, 40) if calendar.working_day_after(on, days) == last)


@pytest.mark.criterion("7.3")
def test_a_clock_that_starts_later_runs_by_the_version_its_tip_came_in_under(desk: TipDesk) -> None:
    desk.submit(submission(tip_id=OTHER_TIP, receipt_verifier="v2", is_anonymous=False))
    for tip_id in (TIP_ID, OTHER_TIP):
        desk.deliver(desk.tip(tip_id))

    assert [desk.tip(tip_id).policy_version for tip_id in (TIP_ID, OTHER_TIP)] == [1, 2]
    assert (days_of(desk), days_of(desk, OTHER_TIP)) == (15, 5)
    assert desk.views.show(desk.tips.get(OTHER_TIP)).policy_version == 2


@pytest.mark.criterion("7.3")
def test_a_tip_climbs_the_ladder_of_its_version(desk: TipDesk) -> None:
    desk.submit(submission(tip_id=OTHER_TIP, receipt_verifier="v2", is_anonymous=False))
    for tip_id in (TIP_ID, OTHER_TIP):
        desk.deliver(desk.tip(tip_id))
    desk.pass_time(400 * 24 * 60)

    desk.handlers.climb_ladders()

    told = [(each.item, each.rung) for each in desk.announced(TipRungReached)]
    assert [rung for item, rung in told if item == TIP_ID] == ["half", "four-fifths", "over", "far-over"]
    assert [rung for item, rung in told if item == OTHER_TIP] == ["tenth", "far-over"]


@pytest.mark.criterion("7.5")
def test_an_old_tip_can_go_to_an_agency_that_came_later(desk: TipDesk) -> None:
    """Who exists is of today; the ladder of the old version then tells the new owner in its head's place."""
    market = second().agencies["market"]
    harbour = replace(market, code="harbour", desks=(replace(market.desks[0], code="harbour/desk", agency="harbour"),))
    newer = replace(second(), agencies={**second().agencies, "harbour": harbour})
    desk.handlers = replace(desk.handlers, policies=PolicyBook(newer, {1: shipped_policy()}.__getitem__))
    desk.handlers.dispatch_tip(DispatchTip(tip_id=TIP_ID, lead="harbour/desk", reason="r"), caller("office"))
    desk.deliver(desk.tip(), 2)
    desk.pass_time(400 * 24 * 60)

    desk.handlers.climb_ladders()

    assert desk.tip().policy_version == 1
    assert desk.announced(TipRungReached)[1].receivers == ("harbour/desk",)


@pytest.mark.criterion("7.3")
def test_a_dry_run_counts_and_changes_nothing(desk: TipDesk) -> None:
    before = desk.tips.get(TIP_ID)

    counted = migrate(desk, dry_run=True)

    assert counted == MigrationResult(from_version=1, to_version=2, dry_run=True, found=counted.found, moved=0, left=1)
    assert {each.state: each.items for each in counted.found} == {
        TipState.DISPATCHED: 1, TipState.ACCEPTED: 0, TipState.VERIFIED: 0,
    }  # fmt: skip
    assert desk.tips.get(TIP_ID) == before


@pytest.mark.criterion("7.3")
def test_a_migration_moves_once_says_so_and_keeps_the_end_that_was_told(desk: TipDesk) -> None:
    desk.deliver(desk.tip())
    due_at = desk.tip().clocks[0].due_at

    first, again = migrate(desk), migrate(desk)

    tip = desk.tip()
    assert (first.moved, first.left, again.moved, again.left) == (1, 0, 0, 0)
    assert tip.policy_version == 2
    assert tip.clocks[0].due_at == due_at
    lines = [(line.what, line.by, line.reference) for line in tip.timeline if line.what == "policy.migrated"]
    assert lines == [("policy.migrated", "office-clerk", "1→2")]
    # From now on it climbs the new ladder.
    running = tip.clocks[0].running
    assert tip.next_rung_at == running.started_at + (due_at - running.started_at) / 10


@pytest.mark.criterion("7.3")
def test_what_the_old_version_had_due_is_told_before_a_tip_is_moved(desk: TipDesk) -> None:
    desk.deliver(desk.tip())
    desk.pass_time(400 * 24 * 60)

    migrate(desk)
    desk.handlers.climb_ladders()

    told = [each.rung for each in desk.announced(TipRungReached)]
    assert told == ["half", "four-fifths", "over", "far-over", "tenth"]


@pytest.mark.criterion("7.3")
def test_a_migration_is_bounded_and_can_be_repeated(desk: TipDesk) -> None:
    desk.handlers = replace(desk.handlers, policies=PolicyBook(shipped_policy()))
    desk.submit(*[submission(tip_id=f"tip_{n:028}", receipt_verifier=f"r{n}", is_anonymous=False) for n in range(4)])
    go_over(desk)

    told = [migrate(desk, at_most=2) for _ in range(4)]

    assert [(each.moved, each.left) for each in told] == [(2, 3), (2, 1), (1, 0), (0, 0)]


@pytest.mark.criterion("7.3")
def test_what_is_closed_stays_under_the_version_it_ended_by(desk: TipDesk) -> None:
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
    request = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.INCONCLUSIVE)
    desk.handlers.verify_tip(request, caller("police"))
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢"), caller("police"))

    assert migrate(desk).moved == 0
    assert desk.tip().policy_version == 1


@pytest.mark.criterion("7.3")
def test_tips_can_be_moved_away_from_a_version_that_cannot_be_read_any_more(desk: TipDesk) -> None:
    def lost(number: int) -> Policy:
        raise PolicyBroken("policy.version_tampered", version=number)

    go_over(desk, lost)

    assert migrate(desk).moved == 1
    assert desk.tip().policy_version == 2


@pytest.mark.criterion("7.3")
def test_only_the_office_or_an_operator_moves_tips_and_only_to_what_there_is(desk: TipDesk) -> None:
    with pytest.raises(Forbidden, match=r"policy\.office_only"):
        migrate(desk, caller("police"))
    with pytest.raises(RuleBroken, match=r"policy\.same_version"):
        migrate(desk, to_version=1)

    def missing(number: int) -> Policy:
        raise PolicyBroken("policy.version_missing", version=number)

    go_over(desk, missing)
    with pytest.raises(NotFound, match=r"policy\.version_unknown"):
        migrate(desk, to_version=9)
    operator = Caller(actor="operator", agency="police", correlation_id="c", scopes=("ops:write",))
    assert migrate(desk, operator, dry_run=True).left == 1
    assert desk.clock.now() == NOW
