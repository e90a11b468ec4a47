"""A tips desk in memory with rewards: one tip, closed as true, whose informant may claim."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.rewards import (
    ClaimReward,
    DecideReward,
    Declared,
    GetPayee,
    GetPaymentOrder,
    ProposeReward,
    RefusalGround,
)
from lianxi.contracts.sealing import PAYEE, PAYEE_ANSWER, Opener
from lianxi.contracts.tips import FindTipByReceipt, TipState, VerificationOutcome
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from services.tips.domain.returning import CLOSED_LINE
from services.tips.domain.rewarding import Reward, reward_id_of
from services.tips.domain.tip import Line, Tip, told
from services.tips.handlers.bonds import MergedReporters
from services.tips.handlers.rewards import RewardHandlers
from services.tips.store import REWARD_ANNOUNCER
from services.tips.views import TipViews
from services.tips.views.rewards import RewardViews
from tests.unit.tips.desk import TIP_ID, TipDesk, heard, keys, shipped_policy, submission
from tests.unit.tips.linking import Linking

NAME, REFERENCE = "欧阳明月", "代发点预约 7KQ2"
NOTHING = Declared(is_official=False, has_duty_to_report=False, patrols_the_place=False, seeks_rescue_of_relative=False)
OFFICE = Caller(actor="office-1", agency="office", rows=("all",))
MARKET = Caller(actor="market-lead", agency="market", rows=("involved",))
FINANCE = Caller(actor="finance-1", agency="finance", rows=("all",))
CUSTODIAN = Caller(actor="custodian-1", agency="governance", rows=("all",))
PAYER = Opener.for_one_answer()


@cache
def using(scheme: str) -> Policy:
    """The shipped policy with one of its two tables chosen, and a paying point: data alone."""
    policy = shipped_policy()
    chosen = replace(policy.rewards.chosen, scheme=scheme, payer_key=PAYER.public_key)
    return replace(policy, rewards=replace(policy.rewards, chosen=chosen))


@dataclass
class MemoryPayees:
    kept: dict[str, str] = field(default_factory=dict)

    def keep(self, contacts: Mapping[str, str], kept_at: datetime) -> None:
        assert (kept_at.minute, kept_at.second) == (0, 0)
        self.kept = {**contacts, **self.kept}

    def read(self, tip_id: str) -> str | None:
        return self.kept.get(tip_id)

    def erase(self, tip_id: str) -> None:
        self.kept.pop(tip_id, None)


class RewardDesk(TipDesk):
    def __init__(self, scheme: str = "national-2021", opener: Opener | None = None) -> None:
        super().__init__(PolicyBook(using(scheme)))
        self.book = PolicyBook(using(scheme))
        numbers = itertools.count(1)
        self.rewards: MemoryAggregates[Reward] = MemoryAggregates(
            REWARD_ANNOUNCER, self.clock, announced_at=Reward.shown
        )
        self.payees, self.linking = MemoryPayees(), Linking(self)
        self.rewarding = RewardHandlers(
            tips=self.tips,
            rewards=self.rewards,
            find_tip=self.handlers.find_tip_by_receipt,
            payees=self.payees,
            reporters=MergedReporters(self.tips, self.linking),
            opener=opener or keys()[1],
            policies=self.book,
            clock=self.clock,
            entropy=lambda bits: next(numbers) % 2**bits,
        )
        self.reward_views = RewardViews(self.rewards, self.book, self.clock, collection=lambda: None)
        self.views = TipViews(self.tips, self.clock, reward=self.reward_views.notice)

    def close_as(self, outcome: VerificationOutcome, tip_id: str = TIP_ID) -> Tip:
        """Bring a tip to its end, led by the market desk."""
        line = Line(at=self.clock.now(), what=CLOSED_LINE, by="market/desk")

        def end(tip: Tip) -> Any:
            led = replace(tip.dispatch, lead="market/desk")
            closed = replace(tip, state=TipState.CLOSED, verification=outcome, dispatches=(*tip.dispatches[:-1], led))
            return told(closed, line), ()

        return self.tips.change(tip_id, end, heard(f"closed-{tip_id}")).state

    def true_tip(self, **changed: Any) -> Tip:
        tip = self.submit(submission(**changed))
        return self.close_as(VerificationOutcome.SUBSTANTIATED, tip.id)

    def merge(self, one: str, other: str) -> str:
        """Have the office merge two tips; names the bond."""
        return self.linking.bind(self.tip(one), self.tip(other), OFFICE).bond_id

    def claim(self, verifier: str = "verifier-1", declared: Declared = NOTHING, **changed: Any) -> str:
        """Claim as an informant does, and name the reward."""
        command_id = changed.pop("command_id", None)
        payee = {"name": NAME, "reference": REFERENCE, **changed}
        request = ClaimReward(receipt_verifier=verifier, payee=keys()[0].seal(payee, PAYEE), declared=declared)
        caller = Caller(actor="public", agency="public", correlation_id="c1", command_id=command_id)
        return reward_id_of(self.rewarding.claim_reward(request, caller).state)

    def propose(self, reward_id: str, amount: int = 5000, caller: Caller = OFFICE, **changed: Any) -> Reward:
        fields: dict[str, Any] = {"band": "level-1", "budget_line": "2026-打传-03", "grounds": "查实窝点一处"}
        request = ProposeReward(reward_id=reward_id, amount_yuan=amount, **{**fields, **changed})
        return self.rewarding.propose_reward(request, caller).state

    def decide(self, reward_id: str, caller: Caller, *, ground: RefusalGround | None = None) -> Reward:
        request = DecideReward(reward_id=reward_id, approve=ground is None, reason="材料齐全", ground=ground)
        return self.rewarding.decide_reward(request, caller).state

    def approved(self, **changed: Any) -> str:
        reward_id = self.claim(**changed)
        self.propose(reward_id)
        self.decide(reward_id, MARKET)
        self.decide(reward_id, FINANCE)
        return reward_id

    def read_payee(self, reward_id: str, caller: Caller = CUSTODIAN) -> dict[str, Any]:
        mine = Opener.for_one_answer()
        request = GetPayee(reward_id=reward_id, answer_key=mine.public_key)
        view = self.reward_views.show_payee(*self.rewarding.get_payee(request, caller))
        return mine.open(view.payee, PAYEE_ANSWER)

    def order(self, reward_id: str, caller: Caller = FINANCE) -> Any:
        return self.reward_views.show_order(
            *self.rewarding.get_payment_order(GetPaymentOrder(reward_id=reward_id), caller)
        )

    def status(self, verifier: str = "verifier-1") -> Any:
        found = self.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier=verifier))
        return self.views.show_status(found)
