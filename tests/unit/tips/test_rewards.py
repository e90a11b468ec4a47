"""Rewards: two tables by one code, two yeses of two agencies, the first reporter alone, a payee nobody else knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lianxi.contracts.envelope import Caller
from lianxi.contracts.retention import HoldItem
from lianxi.contracts.rewards import (
    PayReward,
    RefusalGround,
    RewardClaimed,
    RewardDecided,
    RewardPaid,
    RewardProposed,
    RewardState,
    StopReward,
)
from lianxi.contracts.tips import VerificationOutcome
from lianxi.contracts.vault import IdentityOpened, OpeningKind
from lianxi.kernel.errors import Conflict, ContractBroken, Forbidden, NotFound, Refused, RuleBroken
from lianxi.sdk.orders import open_order
from lianxi.store.fakes import MemoryShelf
from services.tips.domain import reward_tables
from services.tips.domain.reward_tables import Found
from services.tips.handlers.retention import with_payees
from tests.unit.tips.desk import everything_said, submission
from tests.unit.tips.rewarding import (
    CUSTODIAN,
    FINANCE,
    MARKET,
    NAME,
    NOTHING,
    OFFICE,
    PAYER,
    REFERENCE,
    RewardDesk,
    using,
)
from tests.unit.tips.test_retention import Keeper

GUANGDONG, NATIONAL = "guangdong-2018", "national-2021"


def refusal(act: Any, *arguments: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        act(*arguments, **named)
    return refused.value


# --- two tables, one code


@pytest.mark.criterion("20.1")
@pytest.mark.parametrize(
    ("scheme", "band", "found", "limits"),
    [
        (GUANGDONG, "den-small", {"persons": 3}, (500, 500)),
        (GUANGDONG, "den-medium", {"persons": 30}, (800, 800)),
        (GUANGDONG, "den-large", {"persons": 31}, (1000, 1000)),
        (GUANGDONG, "case", {}, (2000, 300_000)),
        (NATIONAL, "level-1", {}, (5000, 5000)),
        (NATIONAL, "level-1", {"fine_yuan": 99_000}, (5000, 5000)),
        (NATIONAL, "level-1", {"fine_yuan": 2_000_000}, (5000, 100_000)),
        (NATIONAL, "level-1", {"fine_yuan": 900_000_000}, (5000, 1_000_000)),
        (NATIONAL, "level-3", {"fine_yuan": 300_050}, (1000, 3000)),
    ],
)
def test_each_table_sets_the_limits_and_a_person_the_amount(
    scheme: str, band: str, found: dict[str, int], limits: tuple[int, int]
) -> None:
    least, most = limits
    desk = RewardDesk(scheme)
    desk.true_tip(is_anonymous=False)
    reward_id = desk.claim()
    words: dict[str, Any] = {"persons_found": found.get("persons"), "fine_yuan": found.get("fine_yuan"), "band": band}
    for amount in {least - 1, most + 1}:
        refused = refusal(desk.propose, reward_id, amount, **words)
        assert (refused.code, refused.facts) == ("reward.outside_limits", {"least_yuan": least, "most_yuan": most})
    for amount in {least, most}:
        assert desk.propose(reward_id, amount, **words).state is RewardState.PROPOSED


@pytest.mark.criterion("20.1")
def test_the_same_informants_fare_by_the_table_that_the_town_has_chosen() -> None:
    official = replace(NOTHING, is_official=True)
    on_duty = replace(NOTHING, has_duty_to_report=True)
    patrols = replace(NOTHING, patrols_the_place=True)
    rescues = replace(NOTHING, seeks_rescue_of_relative=True)
    cases = [(NOTHING, False), (NOTHING, True), *((each, False) for each in (official, on_duty, patrols, rescues))]
    left_out = {
        scheme: [
            reward_tables.exclusion(reward_tables.named(using(scheme), scheme), declared, is_anonymous)
            for declared, is_anonymous in cases
        ]
        for scheme in (GUANGDONG, NATIONAL)
    }
    assert left_out == {
        GUANGDONG: [None, "anonymous", "official", None, "patrols_the_place", "relative_seeking_rescue"],
        NATIONAL: [None, None, "official", "duty_bearer", "patrols_the_place", None],
    }


@pytest.mark.criterion("20.1")
def test_an_anonymous_informant_is_left_out_or_paid_by_the_choice_of_table_alone() -> None:
    by_name, by_code = RewardDesk(GUANGDONG), RewardDesk(NATIONAL)
    for desk in (by_name, by_code):
        desk.true_tip()
    refused = refusal(by_name.claim)
    assert (refused.code, refused.facts["because"]) == ("reward.excluded", "anonymous")
    assert (by_name.payees.kept, by_name.rewards.all()) == ({}, [])
    by_code.claim(name=None)
    assert by_code.status().reward.state is RewardState.CLAIMED


@pytest.mark.criterion("20.1")
def test_a_table_counts_from_its_day_and_a_named_table_wants_a_name() -> None:
    named = RewardDesk(GUANGDONG)
    named.true_tip(is_anonymous=False)
    assert refusal(named.claim, name=None).code == "reward.name_needed"
    early = RewardDesk(NATIONAL)
    early.true_tip()
    early.clock.instant = early.clock.instant.replace(year=2021, month=11, day=30, hour=12)
    assert refusal(early.claim).code == "reward.no_table"


@pytest.mark.criterion("20.1")
def test_a_band_has_to_fit_what_was_found() -> None:
    scheme = reward_tables.named(using(GUANGDONG), GUANGDONG)
    for persons in (None, 2, 11):
        with pytest.raises(RuleBroken, match="does_not_fit"):
            reward_tables.limits(scheme, "den-small", Found(persons=persons))
    with pytest.raises(RuleBroken, match="band_unknown"):
        reward_tables.limits(scheme, "level-1", Found())


def test_the_largest_rewards_want_the_finance_department() -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.claim()
    desk.propose(reward_id, 500_000, fine_yuan=10_000_000)
    desk.decide(reward_id, replace(OFFICE, actor="office-2"))
    assert refusal(desk.decide, reward_id, MARKET).code == "reward.finance_needed"
    assert desk.decide(reward_id, FINANCE).state is RewardState.APPROVED


# --- from the claim to the payment


@pytest.mark.criterion("20.2")
def test_from_code_to_payment_nobody_but_custodian_and_payer_learns_who_is_paid() -> None:
    desk = RewardDesk()
    desk.true_tip()
    said: list[Any] = [desk.status()]
    reward_id = desk.claim()
    said.append(desk.status())
    desk.propose(reward_id)
    said.append(desk.reward_views.show(desk.rewards.get(reward_id)))
    desk.decide(reward_id, MARKET)
    desk.decide(reward_id, FINANCE)
    assert desk.read_payee(reward_id) == {"name": NAME, "reference": REFERENCE}
    order = desk.order(reward_id)
    opened = open_order(order.sealed, PAYER_KEY)
    assert (opened.number, opened.amount_yuan, opened.payee.name) == (order.number, 5000, NAME)
    desk.rewarding.pay_reward(PayReward(reward_id=reward_id, payment_reference="付-118"), FINANCE)
    said += [order, desk.reward_views.show(desk.rewards.get(reward_id)), desk.status()]

    reward = desk.status().reward
    assert (reward.state, reward.amount_yuan, reward.number) == (RewardState.PAID, 5000, order.number)
    assert [each.kind for each in desk.status().openings] == [OpeningKind.REWARD]
    out = everything_said([*desk.rewards.announced, *desk.tips.announced], *said)
    kept = repr([*desk.rewards.all(), *desk.tips.all(), *desk.payees.kept.values()])
    assert {word for word in (NAME, REFERENCE) if word in out + kept} == set()


PAYER_KEY = PAYER._key.private_bytes_raw().hex()


@pytest.mark.criterion("20.2")
def test_events_hold_ids_numbers_and_amounts_and_tell_the_hour_of_a_claim() -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.approved()
    desk.rewarding.pay_reward(PayReward(reward_id=reward_id, payment_reference="付-118"), FINANCE)
    told = {each.type: each for each in desk.rewards.announced}
    assert list(told) == [RewardClaimed.KEY, RewardProposed.KEY, RewardDecided.KEY, RewardPaid.KEY]
    assert all("tip_id" not in each.data and "grounds" not in each.data for each in told.values())
    claimed = told[RewardClaimed.KEY]
    assert (claimed.time.minute, claimed.data["claimed_at"][14:19]) == (0, "00:00")
    assert told[RewardPaid.KEY].data["amount_yuan"] == 5000


@pytest.mark.criterion("20.2")
@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (OFFICE, "reward.same_person"),
        (MARKET, "reward.same_person"),
        (replace(MARKET, actor="market-2"), "reward.same_agency"),
        (Caller(actor="p", agency="police", rows=("involved",)), "reward.not_found"),
    ],
)
def test_the_second_yes_is_another_persons_of_another_agency(caller: Caller, code: str) -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.claim()
    desk.propose(reward_id)
    desk.decide(reward_id, MARKET)
    assert refusal(desk.decide, reward_id, caller).code == code
    assert desk.rewards.get(reward_id).state.state is RewardState.PROPOSED
    assert desk.decide(reward_id, FINANCE).state is RewardState.APPROVED


@pytest.mark.criterion("20.2")
def test_nobody_reads_a_payee_before_both_yeses_and_no_decider_ever() -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.claim()
    desk.propose(reward_id)
    desk.decide(reward_id, MARKET)
    for ask in (desk.read_payee, desk.order):
        with pytest.raises(Conflict, match="not_approved"):
            ask(reward_id)
    desk.decide(reward_id, FINANCE)
    for decider in (OFFICE, MARKET, FINANCE):
        with pytest.raises(Forbidden, match="same_person"):
            desk.read_payee(reward_id, decider)
    assert desk.status().openings == ()
    desk.read_payee(reward_id)
    desk.read_payee(reward_id)
    assert len(desk.status().openings) == 1
    assert sum(each.type == IdentityOpened.KEY for each in desk.rewards.announced) == 2


def test_an_order_opens_with_the_paying_points_key_alone_and_is_not_made_without_one() -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.approved()
    with pytest.raises(ContractBroken, match="seal"):
        open_order(desk.order(reward_id).sealed, "11" * 32)
    chosen = replace(using(NATIONAL).rewards.chosen, payer_key="")
    policy = replace(using(NATIONAL), rewards=replace(using(NATIONAL).rewards, chosen=chosen))
    desk.rewarding = replace(desk.rewarding, policies=replace(desk.book, current=policy))
    with pytest.raises(RuleBroken, match="no_payer_key"):
        desk.order(reward_id)


def test_a_custodian_stops_what_must_not_be_paid_with_a_ground_and_no_words() -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.approved()
    desk.rewarding.stop_reward(StopReward(reward_id=reward_id, ground=RefusalGround.EXCLUDED), CUSTODIAN)
    reward = desk.status().reward
    assert (reward.state, reward.ground, reward.amount_yuan) == (RewardState.STOPPED, RefusalGround.EXCLUDED, None)
    assert desk.rewards.announced[-1].data["is_approved"] is False
    for act in (desk.order, desk.read_payee):
        assert refusal(act, reward_id).code == "reward.not_approved"


@pytest.mark.criterion("20.2")
def test_a_claim_is_made_once_by_whoever_holds_the_code_of_a_true_closed_tip() -> None:
    desk = RewardDesk()
    desk.submit(submission())
    assert desk.status().reward is None
    assert refusal(desk.claim).code == "reward.tip_open"
    with pytest.raises(NotFound, match="unknown"):
        desk.claim("verifier-of-nobody")
    desk.close_as(VerificationOutcome.SUBSTANTIATED)
    assert desk.status().reward.state is RewardState.OPEN
    first = desk.claim(command_id="k-1")
    assert desk.claim(command_id="k-1") == first
    assert len(desk.payees.kept) == len(desk.rewards.all()) == 1


def approve(desk: RewardDesk, reward_id: str) -> None:
    desk.propose(reward_id)
    desk.decide(reward_id, MARKET)
    desk.decide(reward_id, FINANCE)


@pytest.mark.criterion("20.2")
@pytest.mark.parametrize("approved", [False, True])
def test_a_payee_is_corrected_until_an_order_has_left_and_the_former_one_is_gone(approved: bool) -> None:
    desk = RewardDesk()
    desk.true_tip()
    reward_id = desk.claim(command_id="k-1", reference="代发点预约 错号")
    if approved:
        approve(desk, reward_id)
    was = desk.rewards.get(reward_id).state

    assert desk.claim(command_id="k-2") == reward_id
    assert desk.claim(command_id="k-1", reference="代发点预约 错号") == reward_id  # heard again: it changes nothing

    now = desk.rewards.get(reward_id).state
    assert (list(desk.payees.kept), was.payee_id in desk.payees.kept) == ([now.payee_id], False)
    assert replace(now, payee_id=was.payee_id) == was  # what was proposed and approved stays
    if not approved:
        approve(desk, reward_id)
    assert open_order(desk.order(reward_id).sealed, PAYER_KEY).payee.reference == REFERENCE
    assert refusal(desk.claim, command_id="k-3").code == "reward.claimed"
    assert list(desk.payees.kept) == [now.payee_id]


def test_what_was_not_found_true_earns_nothing() -> None:
    desk = RewardDesk()
    desk.submit(submission())
    desk.close_as(VerificationOutcome.NOT_SUBSTANTIATED)
    assert desk.status().reward is None
    assert refusal(desk.claim).code == "reward.not_substantiated"


def test_a_late_claim_is_taken_and_marked() -> None:
    desk = RewardDesk()
    desk.true_tip()
    by = desk.status().reward.claim_by
    desk.clock.instant = by - timedelta(seconds=1)
    assert not desk.rewards.get(desk.claim()).state.is_late
    late = RewardDesk()
    late.true_tip()
    late.clock.instant = by
    assert late.rewards.get(late.claim()).state.is_late


@pytest.mark.criterion("24")
@pytest.mark.parametrize("is_held", [False, True])
def test_a_payee_goes_ninety_days_after_the_end_and_what_was_decided_stays(is_held: bool) -> None:
    desk = RewardDesk()
    desk.true_tip(contact="sealed-contact")
    reward_id = desk.approved()
    keeper = Keeper(desk)
    keeper.retention = with_payees(keeper.retention, desk.rewards, MemoryShelf(desk.rewards), desk.payees)
    desk.clock.advance(timedelta(days=300))
    assert keeper.run("run_a").rows[-1].count == 0
    desk.rewarding.pay_reward(PayReward(reward_id=reward_id, payment_reference="付-118"), FINANCE)
    if is_held:
        keeper.retention.hold(HoldItem(item=f"reward/{reward_id}", reason="诉讼中"), OFFICE)
    desk.clock.advance(timedelta(days=92))
    told = keeper.run("run_b").rows[-1]
    assert (told.rule, told.count, len(desk.payees.kept)) == ("reward-payee", 1 - is_held, is_held)
    reward = desk.rewards.get(reward_id).state
    assert (reward.state, reward.number, reward.keeping.is_purged) == (RewardState.PAID, reward.number, not is_held)


# --- the first reporter


@pytest.mark.criterion("20.3")
def test_of_a_merged_group_only_the_first_reporter_is_proposed() -> None:
    desk = RewardDesk()
    ids = [f"tip_{letter}123456789ABCDEFGHJKMNPQRS" for letter in "ABC"]
    at = desk.clock.now()
    # The second and third came at one instant: what was drawn for them decides.
    for number, (tip_id, minutes) in enumerate(zip(ids, (0, 5, 5), strict=True)):
        desk.true_tip(
            tip_id=tip_id,
            number=f"n-{number}",
            receipt_verifier=f"verifier-{tip_id}",
            received_at=at - timedelta(hours=3) + timedelta(minutes=minutes),
        )
    rewards = [desk.claim(f"verifier-{tip_id}") for tip_id in ids]
    bond = desk.merge(ids[0], ids[2])
    desk.merge(ids[2], ids[1])
    assert [refusal(desk.propose, each).code for each in rewards[1:]] == ["reward.not_first"] * 2
    assert desk.propose(rewards[0]).state is RewardState.PROPOSED
    desk.linking.undo(desk.tip(ids[0]), bond, OFFICE)
    assert desk.propose(rewards[1]).state is RewardState.PROPOSED
    assert refusal(desk.propose, rewards[2]).code == "reward.not_first"
    desk.decide(rewards[2], OFFICE, ground=RefusalGround.NOT_FIRST)
    # Informants of merged tips never learn of one another.
    assert desk.status(f"verifier-{ids[2]}").reward.ground is RefusalGround.OUTSIDE_TABLE


@pytest.mark.criterion("20.3")
def test_a_group_that_is_merged_after_the_proposal_stops_the_yes() -> None:
    desk = RewardDesk()
    first, second = (f"tip_{letter}123456789ABCDEFGHJKMNPQRS" for letter in "AB")
    for tip_id, minutes in ((first, 9), (second, 3)):
        received_at = desk.clock.now() - timedelta(minutes=minutes)
        desk.true_tip(tip_id=tip_id, number=tip_id, receipt_verifier=tip_id, received_at=received_at)
    reward_id = desk.claim(second)
    desk.propose(reward_id)
    desk.decide(reward_id, MARKET)
    desk.merge(first, second)
    assert refusal(desk.decide, reward_id, FINANCE).code == "reward.not_first"


# --- any hand at any time


CALLERS = st.sampled_from(
    [Caller(actor=f"{agency}-{number}", agency=agency, rows=("all",)) for agency in ("office", "market", "finance")
     for number in (1, 2)]
)  # fmt: skip
GROUNDS = st.sampled_from(RefusalGround)
END = {RewardState.REFUSED, RewardState.STOPPED, RewardState.PAID}


class AnyOrder(RuleBasedStateMachine):
    """One reward, many hands."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = RewardDesk()
        self.desk.true_tip()
        self.reward_id = self.desk.claim()
        self.seen = [self.reward]

    @property
    def reward(self) -> Any:
        return self.desk.rewards.get(self.reward_id).state

    def attempt(self, act: Any, *arguments: Any, **named: Any) -> None:
        before = self.reward
        try:
            act(*arguments, **named)
        except Refused:
            assert self.reward == before, "a refusal changes nothing"
        self.seen.append(self.reward)

    @rule(amount=st.integers(1, 200_000), fine=st.integers(0, 3_000_000), caller=CALLERS)
    def propose(self, amount: int, fine: int, caller: Caller) -> None:
        self.attempt(self.desk.propose, self.reward_id, amount, caller, fine_yuan=fine)

    @rule(caller=CALLERS)
    def propose_the_least(self, caller: Caller) -> None:
        self.attempt(self.desk.propose, self.reward_id, 5000, caller)

    @rule(caller=CALLERS)
    def approve(self, caller: Caller) -> None:
        self.attempt(self.desk.decide, self.reward_id, caller)

    @rule(caller=CALLERS, ground=GROUNDS)
    def refuse(self, caller: Caller, ground: RefusalGround) -> None:
        if len(self.seen) > 4:
            self.attempt(self.desk.decide, self.reward_id, caller, ground=ground)

    @rule()
    def stop(self) -> None:
        if len(self.seen) > 8:
            request = StopReward(reward_id=self.reward_id, ground=RefusalGround.OTHER)
            self.attempt(self.desk.rewarding.stop_reward, request, CUSTODIAN)

    @rule()
    def read(self) -> None:
        self.attempt(self.desk.read_payee, self.reward_id)

    @rule()
    def order(self) -> None:
        self.attempt(self.desk.order, self.reward_id)

    @rule()
    def pay(self) -> None:
        request = PayReward(reward_id=self.reward_id, payment_reference="付-1")
        self.attempt(self.desk.rewarding.pay_reward, request, FINANCE)

    @invariant()
    def two_agencies_stand_behind_what_may_be_paid(self) -> None:
        reward = self.reward
        agencies = [each.agency for each in reward.approvals]
        persons = [reward.proposal and reward.proposal.by, *(each.by for each in reward.approvals)]
        assert len(set(agencies)) == len(agencies) <= 2
        assert len(set(persons)) == len(persons)
        if reward.state in (RewardState.APPROVED, RewardState.STOPPED, RewardState.PAID):
            assert len(agencies) == 2
        if reward.payee_read_at or reward.ordered_at:
            assert len(agencies) == 2

    @invariant()
    def what_has_ended_stays_and_amounts_keep_once_somebody_agreed(self) -> None:
        for before, after in zip(self.seen, self.seen[1:], strict=False):
            assert before.state not in END or before == after
            assert not before.approvals or before.proposal == after.proposal

    @invariant()
    def one_opening_is_told_if_anybody_could_read(self) -> None:
        reward = self.reward
        assert len(self.desk.tip().openings) == bool(reward.payee_read_at or reward.ordered_at)


AnyOrder.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnyOrder = AnyOrder.TestCase


@pytest.mark.criterion("20.1")
@given(
    scheme=st.sampled_from([GUANGDONG, NATIONAL]),
    place=st.integers(0, 3),
    persons=st.integers(0, 100),
    fine=st.integers(0, 10**9),
)
@settings(max_examples=150, deadline=None)
def test_limits_are_never_empty_and_never_above_the_cap(scheme: str, place: int, persons: int, fine: int) -> None:
    rows = reward_tables.named(using(scheme), scheme)
    band = rows.bands[place % len(rows.bands)]
    try:
        least, most = reward_tables.limits(rows, band.code, Found(persons=persons, fine_yuan=fine))
    except RuleBroken:
        assert band.persons_from is not None
        return
    assert band.yuan_from == least <= most <= rows.cap_yuan
