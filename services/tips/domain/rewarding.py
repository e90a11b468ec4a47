"""A reward: claimed by code, proposed by a person, approved by two of two agencies, paid on a sealed order.

It knows its tip, so that tip, outcome and decision can be followed; it knows of its payee only where he lies sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.rewards import (
    Declared,
    RefusalGround,
    RewardClaimed,
    RewardDecided,
    RewardPaid,
    RewardProposed,
    RewardState,
)
from lianxi.contracts.tips import TipState, VerificationOutcome
from lianxi.contracts.vault import IdentityOpened, OpeningKind
from lianxi.kernel.clock import level_to_hour, local_date
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from lianxi.kernel.ids import derived_id
from lianxi.policy.appraisal import RewardScheme
from lianxi.policy.policy import Policy
from lianxi.policy.retention import NOT_COUNTED, REWARD_PAYEE, Keeping, Purge, counted, purged
from services.tips.domain import reward_tables as tables
from services.tips.domain.returning import CLOSED_LINE
from services.tips.domain.reward_tables import REWARD_CLAUSE, Found
from services.tips.domain.tip import Tip

CLAIM_CLOCK = "T-46c"
FINANCE = "finance"
RUNNING = (RewardState.CLAIMED, RewardState.PROPOSED)
CORRECTABLE = (*RUNNING, RewardState.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a person proposed: an amount of a band of the table, from a budget line, and why."""

    band: str
    persons_found: int | None
    fine_yuan: int | None
    amount_yuan: int
    budget_line: str
    grounds: str
    by: str
    agency: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes."""

    by: str
    agency: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A no, or a payment that was stopped."""

    by: str
    agency: str
    ground: RefusalGround
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """That it was paid, under which of the payer's own numbers."""

    by: str
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """A reward.

    `lead` led on the tip when the reward was claimed, and `agency` is whose desk that is. `scheme` and `policy_version`
    name the table that it was claimed under. `claimed_at` is the hour, and `payee_id` the place in the vault. `number`
    is the number of the decision, by which finance and the payer know it. `keeping` says how long the payee is kept.
    """

    id: str
    tip_id: str
    lead: str
    agency: str
    state: RewardState
    scheme: str
    policy_version: int
    approvals_needed: int
    payee_id: str
    claimed_at: datetime
    is_late: bool
    number: str | None = None
    proposal: Proposal | None = None
    approvals: tuple[Approval, ...] = ()
    refusal: Refusal | None = None
    payment: Payment | None = None
    payee_read_at: tuple[datetime, ...] = ()
    ordered_at: datetime | None = None
    keeping: Keeping = NOT_COUNTED

    def shown(self, instant: datetime) -> datetime:
        """Say when something happened as it may be told: the hour, as long as only the informant has acted."""
        return level_to_hour(instant) if self.state is RewardState.CLAIMED else instant


RewardDecision = tuple[Reward, Sequence[Event]]


def precedes(one: Tip, other: Tip) -> bool:
    """Say whether one tip of a group came before another: by its exact instant, then by what was drawn for it.

    Clause: L68.1 (criterion 20.3).
    """
    return (one.received_at, one.tie_break) < (other.received_at, other.tie_break)


def reward_id_of(tip: Tip) -> str:
    """Name the one reward that a tip may have.

    Clause: none.
    """
    return derived_id("reward", tip.id)


def claim_ends_at(policy: Policy, tip: Tip) -> datetime | None:
    """Say until when a reward should be claimed; nobody is turned away for being late, the office sees that it is.

    Clause: L68.1 (domain T-46c: the row in force when the tip came in; `None` when there is none).
    Units: working days; ends at 24:00 of the town's last day.
    """
    closed_at = next((line.at for line in tip.timeline if line.what == CLOSED_LINE), None)
    if closed_at is None:
        return None
    try:
        return policy.deadline(CLAIM_CLOCK, closed_at, came_in_on=local_date(tip.received_at))
    except Refused:
        return None


def is_rewardable(tip: Tip) -> bool:
    """Say whether an informant may claim a reward for a tip: it is closed, and what it told was true.

    Clause: L68.1.
    """
    return tip.state is TipState.CLOSED and tip.verification is VerificationOutcome.SUBSTANTIATED


def check_claimable(tip: Tip, scheme: RewardScheme, declared: Declared) -> None:
    """Refuse a claim that cannot lead to anything, before anything of it is kept.

    Clause: L68.1 (criteria 20.1, 20.2).
    Raises:
        Conflict: reward.tip_open.
        RuleBroken: reward.not_substantiated, reward.excluded.
    """
    if tip.state is not TipState.CLOSED:
        raise Conflict("reward.tip_open")
    if not is_rewardable(tip):
        raise RuleBroken("reward.not_substantiated", clause=REWARD_CLAUSE)
    because = tables.exclusion(scheme, declared, tip.is_anonymous)
    if because is not None:
        raise RuleBroken("reward.excluded", clause=scheme.clause, because=because)


def check_name(scheme: RewardScheme, name: str | None) -> None:
    """Refuse a claim without a name where the table wants one.

    Clause: L68.1 (criterion 20.1).
    Raises:
        RuleBroken: reward.name_needed.
    """
    if scheme.real_name_needed and not name:
        raise RuleBroken("reward.name_needed", clause=scheme.clause)


def claim(
    reward_id: str, tip: Tip, scheme: RewardScheme, policy_version: int, payee_id: str, is_late: bool, now: datetime
) -> RewardDecision:
    """Claim a reward for a tip.

    Clause: L68.1 (criterion 20.2).
    """
    reward = Reward(
        id=reward_id,
        tip_id=tip.id,
        lead=tip.lead,
        agency=tip.lead.partition("/")[0],
        state=RewardState.CLAIMED,
        scheme=scheme.code,
        policy_version=policy_version,
        approvals_needed=max(2, scheme.approvals_needed),
        payee_id=payee_id,
        claimed_at=level_to_hour(now),
        is_late=is_late,
    )
    return reward, (RewardClaimed(reward_id=reward_id, claimed_at=reward.claimed_at),)


def correct_payee(reward: Reward, payee_id: str) -> RewardDecision:
    """Let whoever claimed name another way to be paid, as long as no order has left for the payer.

    What was proposed and approved stays: whoever did so never knew who is paid.

    Clause: L68.1 (criterion 20.2).
    Raises:
        Conflict: reward.claimed.
    """
    if reward.state not in CORRECTABLE or reward.ordered_at is not None:
        raise Conflict("reward.claimed")
    return replace(reward, payee_id=payee_id), ()


def check_visible(reward: Reward, caller: Caller) -> None:
    """Refuse whoever neither has to do with rewards nor led on the tip, in the words for one that is not there.

    Clause: none (domain 5.4).
    Raises:
        NotFound: reward.not_found.
    """
    if not (caller.sees_all or caller.agency == reward.agency):
        raise NotFound("reward.not_found")


def propose(
    reward: Reward, scheme: RewardScheme, number: str, proposal: Proposal, has_earlier_reporter: bool
) -> RewardDecision:
    """Propose an amount, or another one as long as nobody has said yes; earlier words of whoever proposes fall away.

    Clause: L68.1 (criteria 20.1, 20.3).
    Raises:
        Conflict: reward.settled, reward.being_approved.
        RuleBroken: reward.not_first, reward.band_unknown, reward.band_does_not_fit, reward.outside_limits.
    """
    _check_running(reward)
    if reward.approvals:
        raise Conflict("reward.being_approved")
    _check_first(scheme, has_earlier_reporter)
    found = Found(persons=proposal.persons_found, fine_yuan=proposal.fine_yuan)
    tables.check_amount(scheme, proposal.band, found, proposal.amount_yuan)
    proposed = replace(
        reward, state=RewardState.PROPOSED, number=reward.number or number, proposal=proposal, approvals=()
    )
    event = RewardProposed(
        reward_id=reward.id,
        number=proposed.number or number,
        amount_yuan=proposal.amount_yuan,
        lead=reward.lead,
        proposed_at=proposal.at,
    )
    return proposed, (event,)


def approve(
    reward: Reward, scheme: RewardScheme, reason: str, has_earlier_reporter: bool, caller: Caller, now: datetime
) -> RewardDecision:
    """Say yes, as one of two persons of two agencies, neither of whom proposed the amount; the second yes decides.

    Clause: L68.1 (criteria 20.2, 20.3; domain A-09).
    Raises:
        Conflict: reward.not_proposed, reward.settled.
        Forbidden: reward.same_person, reward.same_agency.
        RuleBroken: reward.not_first, reward.finance_needed.
    """
    _check_running(reward)
    proposal = reward.proposal
    if proposal is None:
        raise Conflict("reward.not_proposed")
    _check_another(reward, caller)
    _check_first(scheme, has_earlier_reporter)
    yes = Approval(by=caller.actor, agency=caller.agency, reason=reason, at=now)
    approvals = (*reward.approvals, yes)
    if len(approvals) < reward.approvals_needed:
        return replace(reward, approvals=approvals), ()
    if tables.needs_finance(scheme, proposal.amount_yuan) and FINANCE not in {each.agency for each in approvals}:
        raise RuleBroken("reward.finance_needed", clause=scheme.clause)
    decided = replace(reward, approvals=approvals, state=RewardState.APPROVED)
    return decided, (_decided(decided, now),)


def refuse(reward: Reward, ground: RefusalGround | None, reason: str, caller: Caller, now: datetime) -> RewardDecision:
    """Say no to a claim or a proposal; one person's no is enough, and the informant reads its ground.

    Clause: L68.1.
    Raises:
        Conflict: reward.settled.
        RuleBroken: reward.ground_needed.
    """
    _check_running(reward)
    if ground is None:
        raise RuleBroken("reward.ground_needed", allowed=[each.value for each in RefusalGround])
    refusal = Refusal(by=caller.actor, agency=caller.agency, ground=ground, reason=reason, at=now)
    refused = _settled(replace(reward, refusal=refusal), RewardState.REFUSED, now)
    return refused, (_decided(refused, now),)


def stop(reward: Reward, ground: RefusalGround, caller: Caller, now: datetime) -> RewardDecision:
    """Stop an approved payment, as a custodian who has read who is to be paid; a ground is told and no word more.

    Clause: L68.1 (domain K-05).
    Raises:
        Conflict: reward.not_approved.
    """
    _check_approved(reward)
    refusal = Refusal(by=caller.actor, agency=caller.agency, ground=ground, reason="", at=now)
    stopped = _settled(replace(reward, refusal=refusal), RewardState.STOPPED, now)
    return stopped, (_decided(stopped, now),)


def read_payee(reward: Reward, caller: Caller, now: datetime) -> RewardDecision:
    """Note that a custodian reads who is to be paid: nobody who proposed or approved, and not before two said yes.

    Clause: none (criterion 20.2; domain A-10).
    Raises:
        Conflict: reward.not_approved.
        Forbidden: reward.same_person.
    """
    _check_approved(reward)
    if caller.actor in _deciders(reward):
        raise Forbidden("reward.same_person", clause=REWARD_CLAUSE)
    opened = _opened(reward, caller, now)
    return replace(reward, payee_read_at=(*reward.payee_read_at[-99:], now)), (opened,)


def order(reward: Reward, caller: Caller, now: datetime) -> RewardDecision:
    """Note that an order leaves for the payer, who can open it: the first time it counts as an opening.

    Clause: none (criterion 20.2).
    Raises:
        Conflict: reward.not_approved.
    """
    _check_approved(reward)
    if reward.ordered_at is not None:
        return reward, ()
    return replace(reward, ordered_at=now), (_opened(reward, caller, now),)


def pay(reward: Reward, reference: str, caller: Caller, now: datetime) -> RewardDecision:
    """Note that a reward has been paid, against its decision.

    Clause: L68.1 (criterion 20.2).
    Raises:
        Conflict: reward.not_approved.
    """
    _check_approved(reward)
    payment = Payment(by=caller.actor, reference=reference, at=now)
    paid = _settled(replace(reward, payment=payment), RewardState.PAID, now)
    number, amount = decision_of(paid)
    return paid, (RewardPaid(reward_id=reward.id, number=number, amount_yuan=amount, paid_at=now),)


def told_ground(reward: Reward) -> RefusalGround | None:
    """Say which ground an informant reads: never that somebody else came first, for that tells of another informant.

    Clause: none (criterion 10.5).
    """
    ground = None if reward.refusal is None else reward.refusal.ground
    return RefusalGround.OUTSIDE_TABLE if ground is RefusalGround.NOT_FIRST else ground


def without_payee(reward: Reward, purge: Purge) -> Reward:
    """Note that the payee is gone; number, amount and that it was paid stay.

    Clause: prohibition-6.
    """
    return replace(reward, keeping=purged(reward.keeping, purge))


def decision_of(reward: Reward) -> tuple[str, int]:
    """Name a decision: its number and its amount.

    Clause: L68.1.
    Raises:
        Conflict: reward.not_proposed.
    """
    if reward.number is None or reward.proposal is None:
        raise Conflict("reward.not_proposed")
    return reward.number, reward.proposal.amount_yuan


def _settled(reward: Reward, state: RewardState, now: datetime) -> Reward:
    """End a reward, and begin to count how long its payee is kept."""
    return replace(reward, state=state, keeping=counted(reward.keeping, REWARD_PAYEE, now))


def _decided(reward: Reward, now: datetime) -> RewardDecided:
    return RewardDecided(
        reward_id=reward.id,
        number=reward.number,
        amount_yuan=None if reward.proposal is None else reward.proposal.amount_yuan,
        is_approved=reward.state is RewardState.APPROVED,
        decided_at=now,
    )


def _opened(reward: Reward, caller: Caller, now: datetime) -> IdentityOpened:
    return IdentityOpened(
        request_id=reward.id, tip_id=reward.tip_id, kind=OpeningKind.REWARD, agency=caller.agency, opened_at=now
    )


def _deciders(reward: Reward) -> set[str]:
    proposed = set() if reward.proposal is None else {reward.proposal.by}
    return proposed | {each.by for each in reward.approvals}


def _check_another(reward: Reward, caller: Caller) -> None:
    if caller.actor in _deciders(reward):
        raise Forbidden("reward.same_person", clause=REWARD_CLAUSE)
    if caller.agency in {each.agency for each in reward.approvals}:
        raise Forbidden("reward.same_agency", clause=REWARD_CLAUSE)


def _check_first(scheme: RewardScheme, has_earlier_reporter: bool) -> None:
    if scheme.first_reporter_only and has_earlier_reporter:
        raise RuleBroken("reward.not_first", clause=scheme.clause)


def _check_running(reward: Reward) -> None:
    if reward.state not in RUNNING:
        raise Conflict("reward.settled", state=reward.state.value)


def _check_approved(reward: Reward) -> None:
    if reward.state is not RewardState.APPROVED:
        raise Conflict("reward.not_approved", state=reward.state.value)
