"""What the tips desk is told and asked about rewards for informants, and what it announces of them.

Whoever is to be paid crosses every queue sealed: to the vault on the way in, to the custodian's one question or to the
payer's own key on the way out. No other answer and no event holds it; events hold ids, a decision number and an amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Len

from lianxi.contracts.envelope import Event

MOST_YUAN = 100_000_000

Yuan = Annotated[int, Ge(1), Le(MOST_YUAN)]


class RewardState(StrEnum):
    """Where a reward stands; *open* is a tip whose informant may claim one and has not."""

    OPEN = "open"
    CLAIMED = "claimed"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    STOPPED = "stopped"
    PAID = "paid"


class RefusalGround(StrEnum):
    """Why a reward is not paid; the informant is told this, and not the words.

    *Not first* is told as *outside table*: informants of merged tips never learn of one another.
    """

    NOT_FIRST = "not_first"
    EXCLUDED = "excluded"
    OUTSIDE_TABLE = "outside_table"
    PAYEE_UNUSABLE = "payee_unusable"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an informant says of the persons whom the tables may leave out."""

    is_official: bool
    has_duty_to_report: bool
    patrols_the_place: bool
    seeks_rescue_of_relative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReward:
    """Claim a reward, by whoever holds a receipt code; `payee` is a `Payee` sealed to the vault."""

    receipt_verifier: str
    payee: Annotated[str, Len(1, 20_000)]
    declared: Declared


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReward:
    """Propose an amount within the table's limits, and from which budget line; nothing proposes one by itself."""

    reward_id: str
    band: str
    amount_yuan: Yuan
    budget_line: Annotated[str, Len(1, 80)]
    grounds: Annotated[str, Len(1, 1000)]
    persons_found: Annotated[int, Ge(0)] | None = None
    fine_yuan: Annotated[int, Ge(0)] | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReward:
    """Say yes or no, as one of the persons who must agree; a no names its ground."""

    reward_id: str
    approve: bool
    reason: Annotated[str, Len(1, 1000)]
    ground: RefusalGround | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReward:
    """Stop an approved payment, as a custodian who finds that the payee may have none, or cannot be paid."""

    reward_id: str
    ground: RefusalGround
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayReward:
    """Note that a reward has been paid, and under which of the payer's own numbers."""

    reward_id: str
    payment_reference: Annotated[str, Len(1, 80)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReward:
    """Ask for one reward."""

    reward_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRewards:
    """Ask for a page of rewards, newest first."""

    state: RewardState | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPayee:
    """Ask who is to be paid, as a custodian; `answer_key` is the public key, as hex, that the answer is sealed to."""

    reward_id: str
    answer_key: Annotated[str, Len(64, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPaymentOrder:
    """Ask for the order of one payment, sealed to the payer."""

    reward_id: str


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who is to be paid, and where: a reference of the paying point, never the number of an account."""

    name: str | None = None
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """One of the two yeses."""

    agency: str
    approved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardView:
    """A reward; which of it a reader sees is for the permission table: finance sees no tip, nobody a payee."""

    reward_id: str
    version: int
    state: RewardState
    number: str | None
    scheme: str
    amount_yuan: int | None
    budget_line: str | None
    proposed_at: datetime | None
    approvals: tuple[ApprovalView, ...]
    approvals_needed: int
    refusal_ground: RefusalGround | None
    settled_at: datetime | None
    payment_reference: str | None
    tip_id: str
    lead: str
    claimed_at: datetime
    is_late: bool
    band: str | None
    persons_found: int | None
    fine_yuan: int | None
    grounds: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPage:
    """A page of rewards; `next_cursor` is absent on the last."""

    items: tuple[RewardView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPayee:
    """A payee as it crosses the broker, sealed to the question's key."""

    reward_id: str
    number: str
    amount_yuan: int
    payee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeView:
    """A payee as the custodian reads it. The desk never makes one of these; the gateway does, of what was sealed."""

    reward_id: str
    number: str
    amount_yuan: int
    payee: Payee


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """What finance hands on to the payer: number, amount, budget line, and a sealed order that only the payer opens."""

    reward_id: str
    number: str
    amount_yuan: int
    budget_line: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedOrder:
    """What a sealed order says to the payer: its number and amount stand under the seal too, so nobody swaps them."""

    number: str
    amount_yuan: int
    payee: Payee


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardNotice:
    """What an informant reads of a reward, under the receipt code. `claim_by` is when a claim should have come."""

    state: RewardState
    number: str | None = None
    amount_yuan: int | None = None
    ground: RefusalGround | None = None
    claim_by: datetime | None = None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardClaimed(Event):
    """An informant has claimed a reward; the hour is told, and no tip."""

    KEY: ClassVar[str] = "tips.reward.claimed.v1"

    reward_id: str
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardProposed(Event):
    """An amount has been proposed; two persons of two agencies decide (criterion 20.2)."""

    KEY: ClassVar[str] = "tips.reward.proposed.v1"

    reward_id: str
    number: str
    amount_yuan: int
    lead: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardDecided(Event):
    """A reward has been approved by all who must, or refused or stopped by one."""

    KEY: ClassVar[str] = "tips.reward.decided.v1"

    reward_id: str
    number: str | None
    amount_yuan: int | None
    is_approved: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPaid(Event):
    """A reward has been paid."""

    KEY: ClassVar[str] = "tips.reward.paid.v1"

    reward_id: str
    number: str
    amount_yuan: int
    paid_at: datetime
