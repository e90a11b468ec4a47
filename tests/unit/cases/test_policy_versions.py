"""Referrals and requests for assistance finish under the version of the policy that they began with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.cases import CaseRungReached
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from lianxi.store.mapping import as_fields, as_state
from services.cases.domain.referrals import CriminalReferral
from services.cases.policy import slice_of
from tests.unit.cases.desk import CasesInMemory, clock_of, shipped_rules

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
