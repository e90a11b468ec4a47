"""Rewards on the real database: a payee lies in the vault alone, lists page, and two yeses at once are two."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import bson
import mongoengine
import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.rewards import ListRewards, PayReward, RewardState
from lianxi.kernel.errors import Refused
from lianxi.sdk.orders import open_order
from lianxi.store.envelope import KeyRing
from services.tips import documents, store
from services.tips.views import TipViews
from services.tips.views.rewards import RewardViews
from tests.support.town import Database
from tests.unit.tips.rewarding import CUSTODIAN, FINANCE, MARKET, NAME, OFFICE, PAYER, REFERENCE, RewardDesk

pytestmark = pytest.mark.integration
NAMED = "rewards_tips"


@pytest.fixture
def database_of_tips(database: Database) -> Iterator[Any]:
    client = mongoengine.connect(NAMED, alias="tips", host=database.url, tz_aware=True, uuidRepresentation="standard")
    client.drop_database(NAMED)
    for document in documents.DOCUMENTS:
        document.ensure_indexes()
    yield client[NAMED]
    mongoengine.disconnect("tips")


@pytest.fixture
def desk(database_of_tips: Any) -> RewardDesk:
    """The rewards of the tips desk with their real stores and views, on a clock that stands still."""
    desk = RewardDesk()
    desk.tips, desk.rewards = store.open_tips(desk.clock), store.open_rewards(desk.clock)  # type: ignore[assignment]
    desk.handlers = replace(desk.handlers, tips=desk.tips, receipts=store.ReceiptIndex(), running=store.RunningTips())
    vault = store.InformantVault(KeyRing(f"k1 {secrets.token_hex(32)}"))
    desk.rewarding = replace(
        desk.rewarding,
        tips=desk.tips,
        rewards=desk.rewards,
        payees=vault,
        find_tip=desk.handlers.find_tip_by_receipt,
    )
    desk.reward_views = RewardViews(desk.rewards, desk.book, desk.clock)
    desk.views = TipViews(desk.tips, desk.clock, reward=desk.reward_views.notice)
    return desk


def claimed(desk: RewardDesk, number: int = 1) -> str:
    tip_id = f"tip_{number:026d}"
    desk.true_tip(tip_id=tip_id, number=f"n-{number}", receipt_verifier=f"verifier-{number}")
    return desk.claim(f"verifier-{number}")


@pytest.mark.criterion("20.2")
def test_from_claim_to_payment_no_collection_holds_the_payee_in_clear(desk: RewardDesk, database_of_tips: Any) -> None:
    reward_id = claimed(desk)
    desk.propose(reward_id)
    desk.decide(reward_id, MARKET)
    desk.decide(reward_id, FINANCE)
    assert desk.read_payee(reward_id) == {"name": NAME, "reference": REFERENCE}
    assert open_order(desk.order(reward_id).sealed, PAYER._key.private_bytes_raw().hex()).payee.name == NAME
    desk.rewarding.pay_reward(PayReward(reward_id=reward_id, payment_reference="PZ-118"), FINANCE)

    rows = {name: list(database_of_tips[name].find()) for name in database_of_tips.list_collection_names()}
    assert {"tips", "rewards", "informants"} <= rows.keys()
    kept = {name: b"".join(map(bson.encode, found)) for name, found in rows.items()}
    assert not [name for name, found in kept.items() if NAME.encode() in found or REFERENCE.encode() in found]
    # The reward names a place in the vault; the vault names neither reward nor tip.
    (payee,) = rows["informants"]
    assert payee["_id"] == rows["rewards"][0]["payee_id"]
    assert rows["rewards"][0]["tip_id"].encode() not in kept["informants"]
    assert desk.status("verifier-1").reward.state is RewardState.PAID
    assert desk.rewards.get(reward_id).state.payee_read_at


@pytest.mark.criterion("20.2")
def test_two_persons_of_one_agency_who_say_yes_at_once_are_one_yes(desk: RewardDesk) -> None:
    reward_id = claimed(desk)
    desk.propose(reward_id)
    together = [replace(MARKET, actor=f"market-{number}") for number in range(6)]

    def approve(caller: Caller) -> str:
        try:
            return desk.decide(reward_id, caller).state.value
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        said = sorted(pool.map(approve, together))
    assert said == ["proposed", *["reward.same_agency"] * 5]
    assert len(desk.rewards.get(reward_id).state.approvals) == 1


def test_rewards_are_listed_by_who_may_know_of_them(desk: RewardDesk) -> None:
    ids = [claimed(desk, number) for number in range(1, 6)]
    desk.propose(ids[0])
    page = desk.reward_views.list_rewards(ListRewards(limit=3), OFFICE)
    rest = desk.reward_views.list_rewards(ListRewards(limit=3, cursor=page.next_cursor), CUSTODIAN)
    assert sorted(each.reward_id for each in (*page.items, *rest.items)) == sorted(ids)
    proposed = desk.reward_views.list_rewards(ListRewards(state=RewardState.PROPOSED), MARKET)
    assert [each.reward_id for each in proposed.items] == ids[:1]
    police = Caller(actor="p", agency="police", rows=("involved",))
    assert desk.reward_views.list_rewards(ListRewards(), police).items == ()
