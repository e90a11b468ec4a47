"""Rewards for informants: proposed within a table's limits, approved by two agencies, paid to somebody unknown here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads
from gateway.reward_bodies import RewardDecision, RewardPayment, RewardProposal, RewardStop, opened_payee
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.rewards import (
    DecideReward,
    GetPayee,
    GetPaymentOrder,
    GetReward,
    ListRewards,
    PayeeView,
    PaymentOrder,
    PayReward,
    ProposeReward,
    RewardPage,
    RewardState,
    RewardView,
    SealedPayee,
    StopReward,
)
from lianxi.contracts.sealing import Opener

router = APIRouter(route_class=DoorRoute, tags=["rewards"])
SERVICE = "tips"


@router.get("/v1/rewards", response_model=RewardPage)
async def list_rewards(
    state: Annotated[RewardState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("reward.read"),
) -> Response:
    """Read rewards, newest first: numbers, amounts and budget lines; the tip only for those whose work it is."""
    asked = ListRewards(state=state, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_rewards", asked, RewardPage)


@router.get("/v1/rewards/{reward_id}", response_model=RewardView)
async def get_reward(reward_id: ItemPath, reading: Reading = reads("reward.read")) -> Response:
    """Read one reward."""
    return await reading.show(SERVICE, "get_reward", GetReward(reward_id=reward_id), RewardView)


@router.post("/v1/rewards/{reward_id}/propose", response_model=RewardView)
async def propose_reward(
    reward_id: ItemPath, body: RewardProposal, writing: Writing = decides("reward.create")
) -> Response:
    """Propose an amount within the table's limits, and the budget line; only the first reporter is proposed."""
    asked = body.contract(ProposeReward, reward_id=reward_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "propose_reward", asked, RewardView)


@router.post("/v1/rewards/{reward_id}/decide", response_model=RewardView)
async def decide_reward(
    reward_id: ItemPath, body: RewardDecision, writing: Writing = decides("reward.decide")
) -> Response:
    """Say yes or no: two persons of two agencies say yes, neither of whom proposed it; one no is enough."""
    asked = body.contract(DecideReward, reward_id=reward_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "decide_reward", asked, RewardView)


@router.get("/v1/rewards/{reward_id}/payee", response_model=PayeeView)
async def get_payee(reward_id: ItemPath, reading: Reading = reads("reward.unmask")) -> Response:
    """Read who is to be paid, as a custodian, once two have approved. It is journalled, and the informant is told."""
    mine = Opener.for_one_answer()
    asked = GetPayee(reward_id=reward_id, answer_key=mine.public_key)
    sealed = await reading.ask(SERVICE, "get_payee", asked, SealedPayee)
    answer = reading.answer(opened_payee(sealed, mine))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/v1/rewards/{reward_id}/stop", response_model=RewardView)
async def stop_reward(reward_id: ItemPath, body: RewardStop, writing: Writing = decides("reward.change")) -> Response:
    """Stop an approved payment, as a custodian who finds that the payee may have none or cannot be paid."""
    asked = body.contract(StopReward, reward_id=reward_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "stop_reward", asked, RewardView)


@router.get("/v1/rewards/{reward_id}/order", response_model=PaymentOrder)
async def get_payment_order(reward_id: ItemPath, reading: Reading = reads("reward.export")) -> Response:
    """Fetch the order for the paying point: number, amount and budget line, and the payee under the payer's seal."""
    return await reading.show(SERVICE, "get_payment_order", GetPaymentOrder(reward_id=reward_id), PaymentOrder)


@router.post("/v1/rewards/{reward_id}/pay", response_model=RewardView)
async def pay_reward(reward_id: ItemPath, body: RewardPayment, writing: Writing = decides("reward.close")) -> Response:
    """Note that it has been paid, and under which of the paying point's numbers."""
    asked = body.contract(PayReward, reward_id=reward_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "pay_reward", asked, RewardView)
