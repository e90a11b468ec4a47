"""Referrals and requests for assistance finish under the version of the policy that they began with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.cases import CaseRungReached
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.kernel.errors import Forbidden, NotFound, PolicyBroken, RuleBroken
from lianxi.policy.book import Migration, PolicyBook
from lianxi.policy.policy import Policy
from lianxi.store.mapping import as_fields, as_state
from services.cases.domain.assistance import OPEN
from services.cases.domain.referrals import RUNNING, CriminalReferral
from services.cases.handlers import MigrationDesk
from services.cases.policy import slice_of
from tests.support.running import MemoryRunning
from tests.unit.cases.desk import CasesInMemory, caller, clock_of, shipped_rules

CLOCKS = ("T-32", "T-42")


def first() -> Policy:
    return shipped_rules().rules.policy


def second() -> Policy:
    """Version 2: twice the time for T-32 and T-42, and ladders with one rung at the tenth of the way."""
    policy = first()
    ladders = {policy.ladder_for(clock).code for clock in CLOCKS}
    return replace(
        policy,
        version=2,
        clocks=tuple(replace(row, amount=row.amount * 2) if row.clock in CLOCKS else row for row in policy.clocks),
        ladders=tuple(
            replace(row, rungs=(replace(row.rungs[0], code="tenth", at_percent=10),)) if row.code in ladders else row
            for row in policy.ladders
        ),
    )


def go_over(town: CasesInMemory, read: Callable[[int], Policy] | None = None) -> None:
    """What a desk does when version 2 is put in force: the same items, another book."""
    versions = {1: first(), 2: second()}
    sliced = slice_of(PolicyBook(versions[2], read or versions.__getitem__))
    town.desk = replace(town.desk, policy=sliced)
    town.transfers = replace(town.transfers, policy=sliced)
    town.helping = replace(town.helping, policy=sliced)
    town.clocks = replace(town.clocks, policy=sliced)


def lost(number: int) -> Policy:
    raise PolicyBroken("policy.version_tampered", version=number)


def rungs_of(town: CasesInMemory, item: str) -> list[str]:
    return [each.rung for each in town.announced() if isinstance(each, CaseRungReached) and each.item == item]


def ladder_of(clock: str) -> list[str]:
    return [rung.code for rung in first().ladder_for(clock).rungs]


@pytest.mark.criterion("7.3")
def test_a_limit_that_starts_later_runs_by_the_version_its_referral_began_under(town: CasesInMemory) -> None:
    old = town.draft(town.open(suspected_crime=True).case_id).referral_id
    go_over(town)
    new = town.draft(town.open(suspected_crime=True).case_id).referral_id

    limits = [clock_of(town.decide(each), "T-32") for each in (old, new)]

    lengths = [each.due_at - each.started_at for each in limits]
    assert lengths == [timedelta(hours=24), timedelta(hours=48)]
    assert [town.referrals.get(each).state.policy_version for each in (old, new)] == [1, 2]


@pytest.mark.criterion("7.3")
def test_a_request_climbs_the_ladder_of_its_version(town: CasesInMemory) -> None:
    old = town.request_help().assistance_id
    go_over(town)
    new = town.request_help().assistance_id
    town.wait(timedelta(days=400))

    town.sweep()

    assert rungs_of(town, old) == ladder_of("T-42")
    assert rungs_of(town, new) == ["tenth"]
    assert [town.assistance.get(each).state.policy_version for each in (old, new)] == [1, 2]


@pytest.mark.criterion("7.3")
def test_what_a_referral_had_due_before_an_act_is_told_by_its_own_version(town: CasesInMemory) -> None:
    referral_id = town.draft(town.open(suspected_crime=True).case_id).referral_id
    town.decide(referral_id)
    go_over(town)
    town.wait(timedelta(days=400))

    town.send(referral_id)

    told = [each.rung for each in town.announced() if isinstance(each, CaseRungReached) and each.clock == "T-32"]
    assert told == ladder_of("T-32")


@pytest.mark.criterion("7.3")
def test_what_was_stored_before_versions_were_kept_runs_as_version_one(town: CasesInMemory) -> None:
    stored = as_fields(town.referrals.get(town.sent().referral_id).state)
    del stored["policy_version"]

    assert as_state(CriminalReferral, stored).policy_version == 1


@pytest.mark.criterion("7.3")
def test_a_version_that_cannot_be_read_holds_up_nothing_but_its_own_items(town: CasesInMemory) -> None:
    old = town.request_help().assistance_id
    go_over(town, lost)
    new = town.request_help().assistance_id
    town.wait(timedelta(days=400))

    with pytest.raises(PolicyBroken, match=r"policy\.version_tampered"):
        town.sweep()

    assert (rungs_of(town, old), rungs_of(town, new)) == ([], ["tenth"])


def migrate(town: CasesInMemory, by: Caller | None = None, **more: object) -> MigrationResult:
    fields = {"from_version": 1, "to_version": 2, "dry_run": False, **more}
    running = MemoryRunning(town.referrals, RUNNING), MemoryRunning(town.assistance, OPEN)
    desk = MigrationDesk(town.referrals, town.assistance, *running, town.clocks.policy, town.clock)
    return desk.migrate_items(MigrateItems(**fields), by or caller("office"))  # type: ignore[arg-type]


@pytest.mark.criterion("7.3")
def test_a_dry_run_counts_and_changes_nothing(town: CasesInMemory) -> None:
    town.sent()
    town.request_help()
    go_over(town)
    before = [*town.referrals.all(), *town.assistance.all()]

    counted = migrate(town, dry_run=True)

    assert (counted.moved, counted.left) == (0, 2)
    assert [(each.kind, each.state) for each in counted.found if each.items] == [
        ("referral", "sent"),
        ("assistance", "asked"),
    ]
    assert [*town.referrals.all(), *town.assistance.all()] == before


@pytest.mark.criterion("7.3")
def test_a_migration_moves_once_says_so_and_keeps_the_ends_that_were_told(town: CasesInMemory) -> None:
    referral_id = town.draft(town.open(suspected_crime=True).case_id).referral_id
    told = clock_of(town.seen(referral_id), "T-31").due_at
    help_id = town.request_help().assistance_id
    limit = town.assistance.get(help_id).state.limit
    go_over(town)

    results = [migrate(town), migrate(town)]

    assert [(each.moved, each.left) for each in results] == [(2, 0), (0, 0)]
    entry = Migration(from_version=1, to_version=2, by="client:office", at=town.clock.now())
    for item in (town.referrals.get(referral_id).state, town.assistance.get(help_id).state):
        assert (item.policy_version, item.migrations) == (2, (entry,))
    assert clock_of(town.seen(referral_id), "T-31").due_at == told
    helped = town.assistance.get(help_id).state
    assert helped.limit == limit
    assert helped.next_rung_at == limit.started_at + (limit.due_at - limit.started_at) / 10
    # A limit that starts from now on is the new version's.
    later = clock_of(town.decide(referral_id), "T-32")
    assert later.due_at - later.started_at == timedelta(hours=48)


@pytest.mark.criterion("7.3")
def test_what_the_old_version_had_due_is_told_before_an_item_is_moved(town: CasesInMemory) -> None:
    help_id = town.request_help().assistance_id
    go_over(town)
    town.wait(timedelta(days=400))

    migrate(town)
    town.sweep()

    assert rungs_of(town, help_id) == [*ladder_of("T-42"), "tenth"]


@pytest.mark.criterion("7.3")
def test_a_migration_is_bounded_over_both_kinds_and_can_be_repeated(town: CasesInMemory) -> None:
    for _ in range(2):
        town.sent()
        town.request_help()
    go_over(town)

    assert [(each.moved, each.left) for each in (migrate(town, at_most=3) for _ in range(3))] == [
        (3, 1),
        (1, 0),
        (0, 0),
    ]


@pytest.mark.criterion("7.3")
def test_what_has_ended_stays_under_its_version_and_what_is_lost_can_be_left(town: CasesInMemory) -> None:
    ended = town.request_help().assistance_id
    town.refuse_help(ended)
    running = town.request_help().assistance_id
    go_over(town, lost)

    assert migrate(town).moved == 1
    assert [town.assistance.get(each).state.policy_version for each in (ended, running)] == [1, 2]


@pytest.mark.criterion("7.3")
def test_only_the_office_or_an_operator_moves_items_and_only_to_what_there_is(town: CasesInMemory) -> None:
    go_over(town, lost)

    with pytest.raises(Forbidden, match=r"policy\.office_only"):
        migrate(town, caller("police"))
    with pytest.raises(RuleBroken, match=r"policy\.same_version"):
        migrate(town, from_version=2)
    with pytest.raises(NotFound, match=r"policy\.version_unknown"):
        migrate(town, to_version=3)
    assert migrate(town, replace(caller("police"), scopes=("ops:write",))).moved == 0
