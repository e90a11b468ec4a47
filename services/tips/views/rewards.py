"""What the tips desk answers about rewards, to those who decide and pay, and to the informant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.rewards import (
    ApprovalView,
    GetReward,
    ListRewards,
    PaymentOrder,
    RewardNotice,
    RewardPage,
    RewardState,
    RewardView,
    SealedPayee,
)
from lianxi.kernel.clock import Clock
from lianxi.policy.book import PolicyBook
from lianxi.store.mapping import as_state
from lianxi.store.pages import newest_first
from lianxi.store.unit import Aggregates, Stored
from services.tips.documents import RewardDocument
from services.tips.domain.rewarding import (
    Reward,
    check_visible,
    claim_ends_at,
    decision_of,
    is_rewardable,
    reward_id_of,
    told_ground,
)
from services.tips.domain.tip import Tip

TOLD_AMOUNT = frozenset({RewardState.APPROVED, RewardState.PAID})


def rewards_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return RewardDocument._get_collection()


@dataclass(frozen=True)
class RewardViews:
    """The read-only answers; a payee only ever passes through them sealed."""

    rewards: Aggregates[Reward]
    policies: PolicyBook
    clock: Clock
    collection: Callable[[], Any] = rewards_collection

    def get_reward(self, request: GetReward, caller: Caller) -> RewardView:
        """Show a reward.

        Raises:
            NotFound: reward.not_found, also for one that the caller may not know of.
        """
        found = self.rewards.get(request.reward_id)
        check_visible(found.state, caller)
        return self.show(found)

    def list_rewards(self, request: ListRewards, caller: Caller) -> RewardPage:
        """List rewards, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        match: dict[str, Any] = {} if caller.sees_all else {"agency": caller.agency}
        if request.state is not None:
            match["state"] = request.state.value
        rows, cursor = newest_first(
            self.collection(), match, "claimed_at", now=self.clock.now(), cursor=request.cursor, limit=request.limit
        )
        found = [Stored(row["_version"], as_state(Reward, {**row, "id": row["_id"]})) for row in rows]
        return RewardPage(items=tuple(self.show(each) for each in found), next_cursor=cursor)

    def show(self, stored: Stored[Reward]) -> RewardView:
        """Show a reward; the gateway cuts it to its reader."""
        reward, proposal = stored.state, stored.state.proposal
        refusal, payment = reward.refusal, reward.payment
        ends = [each.at for each in (payment, refusal, *reversed(reward.approvals)) if each is not None]
        is_settled = reward.state not in (RewardState.CLAIMED, RewardState.PROPOSED)
        return RewardView(
            reward_id=reward.id,
            version=stored.version,
            state=reward.state,
            number=reward.number,
            scheme=reward.scheme,
            amount_yuan=_said(proposal, "amount_yuan"),
            budget_line=_said(proposal, "budget_line"),
            proposed_at=_said(proposal, "at"),
            approvals=tuple(ApprovalView(agency=each.agency, approved_at=each.at) for each in reward.approvals),
            approvals_needed=reward.approvals_needed,
            refusal_ground=_said(refusal, "ground"),
            settled_at=ends[0] if is_settled else None,
            payment_reference=_said(payment, "reference"),
            tip_id=reward.tip_id,
            lead=reward.lead,
            claimed_at=reward.claimed_at,
            is_late=reward.is_late,
            band=_said(proposal, "band"),
            persons_found=_said(proposal, "persons_found"),
            fine_yuan=_said(proposal, "fine_yuan"),
            grounds=_said(proposal, "grounds"),
            reasons=tuple(each.reason for each in (*reward.approvals, refusal) if each is not None),
        )

    def show_payee(self, reward: Reward, sealed: str) -> SealedPayee:
        """Show who is to be paid, as it was sealed to whoever asked."""
        number, amount = decision_of(reward)
        return SealedPayee(reward_id=reward.id, number=number, amount_yuan=amount, payee=sealed)

    def show_order(self, reward: Reward, sealed: str) -> PaymentOrder:
        """Show an order, as it was sealed to the payer."""
        number, amount = decision_of(reward)
        line = "" if reward.proposal is None else reward.proposal.budget_line
        return PaymentOrder(reward_id=reward.id, number=number, amount_yuan=amount, budget_line=line, sealed=sealed)

    def notice(self, tip: Tip) -> RewardNotice | None:
        """Say what an informant reads of a reward: nothing unless the tip was closed as true."""
        if not is_rewardable(tip):
            return None
        found = self.rewards.find(reward_id_of(tip))
        if found is None:
            return RewardNotice(state=RewardState.OPEN, claim_by=claim_ends_at(self.policies.current, tip))
        reward = found.state
        return RewardNotice(
            state=reward.state,
            number=reward.number,
            amount_yuan=decision_of(reward)[1] if reward.state in TOLD_AMOUNT else None,
            ground=told_ground(reward),
        )


def _said(part: object | None, name: str) -> Any:
    """Read a field of a part that may not be there yet."""
    return getattr(part, name, None)
