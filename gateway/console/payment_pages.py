"""Rewards on officials' pages: proposed within the table's limits, approved by two agencies, paid unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from gateway import reward_bodies
from gateway.console.deeds import Deed, Entry, Plain, Tried
from gateway.console.desk_view import Telling, Told, instant
from gateway.console.staff import StaffRoute, admitted, reading_for, staff_page
from gateway.console.things import ANYBODY, Choices, Move, Thing, telling_for
from gateway.exchange import house_of
from gateway.routes import rewards
from gateway.routes.parameters import ItemPath
from lianxi.contracts.rewards import RefusalGround, RewardState
from lianxi.policy.policy import Policy

router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
ROOT: Final = "/desk/rewards"
MOST: Final = 200
GROUNDS: Final = tuple(RefusalGround)


class Reward(Thing):
    """One reward."""

    noun: ClassVar[str] = "reward"
    template: ClassVar[str] = "desk_reward.html"
    root: ClassVar[str] = f"{ROOT}/"
    deeds: ClassVar[Mapping[str, Deed]] = {
        "propose": Deed(
            rewards.propose_reward,
            reward_bodies.RewardProposal,
            (
                Entry("band", "choice"),
                Entry("amount_yuan", "number"),
                Entry("budget_line", "line", most=80),
                Entry("grounds", most=200),
                Entry("persons_found", "number", needed=False),
                Entry("fine_yuan", "number", needed=False),
            ),
        ),
        "approve": Deed(
            rewards.decide_reward,
            reward_bodies.RewardDecision,
            (Entry("reason", most=200),),
            lambda _form, _me: {"approve": True},
        ),
        "refuse": Deed(
            rewards.decide_reward,
            reward_bodies.RewardDecision,
            (Entry("ground", "choice", codes=GROUNDS, words="ground"), Entry("reason", most=200)),
            lambda _form, _me: {"approve": False},
            is_quiet=True,
        ),
        "pay": Deed(rewards.pay_reward, reward_bodies.RewardPayment, (Entry("payment_reference", "line", most=80),)),
        "stop": Deed(
            rewards.stop_reward,
            reward_bodies.RewardStop,
            (Entry("ground", "choice", codes=GROUNDS, words="ground"),),
            is_quiet=True,
        ),
    }

    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""
        return await rewards.get_reward(item_id, await reading_for(request, rewards.get_reward))

    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """Proposed by the lead, decided by two of two agencies, paid by finance, stopped by a custodian."""
        del policy
        by_state = {
            RewardState.CLAIMED: ("propose",),
            RewardState.PROPOSED: ("approve", "refuse"),
            RewardState.APPROVED: ("pay", "stop"),
        }
        return [Move(each, (ANYBODY,), is_main=False) for each in by_state.get(RewardState(plain["state"]), ())]

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give the bands of the town's table with their limits."""
        del plain
        scheme = house_of(request).policy.rewards.current
        return {"band": [(each.code, telling.band(each)) for each in scheme.bands] if scheme else []}

    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell a reward."""
        del tried
        return {
            "title": telling.said(f"reward_is.{plain['state']}"),
            "number": plain.get("number") or "",
            "up": ROOT,
            "up_name": "reward.to_list",
            "reward": told_reward(telling, plain),
            "may_read_payee": await admitted(request, rewards.get_payee) is not None
            and plain["state"] == RewardState.APPROVED,
            "may_fetch_order": await admitted(request, rewards.get_payment_order) is not None
            and plain["state"] == RewardState.APPROVED,
        }


REWARD: Final = Reward()


def told_reward(telling: Telling, plain: Plain) -> dict[str, Any]:
    """Tell a reward, as far as its reader may see it."""
    approvals = plain.get("approvals") or ()
    more = {
        "lead": telling.name(plain.get("lead")),
        "claimed_at": instant(plain.get("claimed_at")),
        "proposed_at": instant(plain.get("proposed_at")),
        "settled_at": instant(plain.get("settled_at")),
        "approvals": [(telling.name(each["agency"]), instant(each["approved_at"])) for each in approvals],
    }
    return Told({**plain, **more})


@router.get("/desk/rewards")
async def list_rewards(request: Request) -> Response:
    """The rewards that I may see, newest first."""
    telling, state = telling_for(request), request.query_params.get("state", "")
    chosen = RewardState(state) if state in tuple(RewardState) else None
    reading = await reading_for(request, rewards.list_rewards)
    answer = await rewards.list_rewards(chosen, None, MOST, reading)
    rows = [told_reward(telling, each) for each in json.loads(bytes(answer.body))["items"]]
    facts: dict[str, Any] = {
        "rows": rows,
        "state": state if chosen else "",
        "states": tuple(RewardState)[1:],
        "here": ROOT,
    }
    return staff_page(request, "desk_rewards.html", **facts, kept=f"state={state}&" if chosen else "")


@router.get("/desk/rewards/{reward_id}")
async def show(reward_id: ItemPath, request: Request) -> Response:
    """One reward, and what I may do with it."""
    return await REWARD.page(request, reward_id)


@router.get("/desk/rewards/{reward_id}/payee")
async def show_payee(reward_id: ItemPath, request: Request) -> Response:
    """Who is to be paid, for a custodian; that it was read is kept, and the informant is told."""
    answer = await rewards.get_payee(reward_id, await reading_for(request, rewards.get_payee))
    facts: dict[str, Any] = {
        "told": json.loads(bytes(answer.body)),
        "reward_id": reward_id,
        "here": f"{ROOT}/{reward_id}/payee",
    }
    return staff_page(request, "desk_payee.html", **facts)


@router.post("/desk/rewards/{reward_id}/{deed}")
async def act(reward_id: ItemPath, deed: str, request: Request) -> Response:
    """Propose, decide, pay, stop."""
    return await REWARD.act(request, reward_id, deed)
