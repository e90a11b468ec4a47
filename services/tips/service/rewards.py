"""The doors for rewards. Each method says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.rewards import (
    ClaimReward,
    DecideReward,
    GetPayee,
    GetPaymentOrder,
    GetReward,
    ListRewards,
    PaymentOrder,
    PayReward,
    ProposeReward,
    RewardPage,
    RewardView,
    SealedPayee,
    StopReward,
)
from lianxi.contracts.tips import TipStatusView
from lianxi.greenroom.entries import Desk, answers, shows
from lianxi.runtime.premises import Premises
from services.tips.handlers import TipHandlers
from services.tips.handlers.bonds import MergedReporters
from services.tips.handlers.rewards import RewardHandlers
from services.tips.store import BondIndex, InformantVault, open_rewards
from services.tips.views import TipViews
from services.tips.views.rewards import RewardViews


class RewardDoors(Desk):
    """What is told and asked about rewards."""

    rewarding: RewardHandlers
    rewards: RewardViews
    views: TipViews

    @answers
    def claim_reward(self, request: ClaimReward, caller: Caller) -> TipStatusView:
        """Claim a reward by receipt code."""
        return self.views.show_status(self.rewarding.claim_reward(request, caller))

    @shows("reward")
    def get_reward(self, request: GetReward, caller: Caller) -> RewardView:
        """Show a reward."""
        return self.rewards.get_reward(request, caller)

    @shows("reward")
    def list_rewards(self, request: ListRewards, caller: Caller) -> RewardPage:
        """List rewards."""
        return self.rewards.list_rewards(request, caller)

    @answers
    def propose_reward(self, request: ProposeReward, caller: Caller) -> RewardView:
        """Propose an amount."""
        return self.rewards.show(self.rewarding.propose_reward(request, caller))

    @answers
    def decide_reward(self, request: DecideReward, caller: Caller) -> RewardView:
        """Say yes or no."""
        return self.rewards.show(self.rewarding.decide_reward(request, caller))

    @answers
    def stop_reward(self, request: StopReward, caller: Caller) -> RewardView:
        """Stop an approved payment."""
        return self.rewards.show(self.rewarding.stop_reward(request, caller))

    @shows("payee")
    def get_payee(self, request: GetPayee, caller: Caller) -> SealedPayee:
        """Tell a custodian who is to be paid, sealed to the question."""
        return self.rewards.show_payee(*self.rewarding.get_payee(request, caller))

    @shows("payment_order")
    def get_payment_order(self, request: GetPaymentOrder, caller: Caller) -> PaymentOrder:
        """Give finance an order that only the payer opens."""
        return self.rewards.show_order(*self.rewarding.get_payment_order(request, caller))

    @answers
    def pay_reward(self, request: PayReward, caller: Caller) -> RewardView:
        """Note that a reward has been paid."""
        return self.rewards.show(self.rewarding.pay_reward(request, caller))


def open_rewarding(
    premises: Premises[Any], desk: TipHandlers, payees: InformantVault
) -> tuple[RewardHandlers, RewardViews]:
    """Put what rewards need together, beside the desk itself and over its vault."""
    rewards = open_rewards(premises.clock)
    handlers = RewardHandlers(
        tips=desk.tips,
        rewards=rewards,
        find_tip=desk.find_tip_by_receipt,
        payees=payees,
        reporters=MergedReporters(desk.tips, BondIndex()),
        opener=desk.opener,
        policies=premises.policies,
        clock=premises.clock,
        entropy=desk.entropy,
    )
    return handlers, RewardViews(rewards, premises.policies, premises.clock)
