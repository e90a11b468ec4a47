"""A reward at the gateway, with a tips desk in memory behind it: what each role is told, from claim to payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.receipts import Verifiers
from lianxi.contracts import rewards as contracts
from lianxi.contracts.codec import as_contract, as_plain
from lianxi.contracts.sealing import PAYEE, Opener
from lianxi.sdk.orders import open_order
from tests.support.gateway_fakes import Door, open_door
from tests.unit.tips.desk import everything_said
from tests.unit.tips.rewarding import NAME, PAYER, REFERENCE, RewardDesk

CODE = "1234-5678-9012-3456"
CLAIM = {
    "name": NAME,
    "reference": REFERENCE,
    "is_official": False,
    "has_duty_to_report": False,
    "patrols_the_place": False,
    "seeks_rescue_of_relative": False,
}
PROPOSAL = {"band": "level-1", "amount_yuan": 5000, "budget_line": "2026-03", "grounds": "七号楼查实窝点一处"}
TIP_TEXT = "三楼每天晚上有人讲课"


class Town:
    """The gateway and the desk, and everything that either has said."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.desk = RewardDesk(opener=Opener((door.settings.gateway_spool_dir.parent / "seal-private").read_text()))
        self.answers: list[str] = []
        self.tokens: dict[str, dict[str, str]] = {}
        rules, views = self.desk.rewarding, self.desk.reward_views
        status = self.desk.views.show_status
        doors: dict[str, Callable[[Any, Any], Any]] = {
            "claim_reward": lambda asked, caller: status(rules.claim_reward(asked, caller)),
            "find_tip_by_receipt": lambda asked, _: status(self.desk.handlers.find_tip_by_receipt(asked)),
            "get_reward": views.get_reward,
            "propose_reward": lambda asked, caller: views.show(rules.propose_reward(asked, caller)),
            "decide_reward": lambda asked, caller: views.show(rules.decide_reward(asked, caller)),
            "stop_reward": lambda asked, caller: views.show(rules.stop_reward(asked, caller)),
            "get_payee": lambda asked, caller: views.show_payee(*rules.get_payee(asked, caller)),
            "get_payment_order": lambda asked, caller: views.show_order(*rules.get_payment_order(asked, caller)),
            "pay_reward": lambda asked, caller: views.show(rules.pay_reward(asked, caller)),
        }
        door.bus.answers.update(doors)
        self.number = 0

    async def file(self) -> None:
        """A tip that was closed as true, under the code."""
        verifiers: Verifiers = self.door.house.verifiers
        self.desk.true_tip(receipt_verifier=await verifiers.verifier(CODE))

    def public(self, method: str, path: str, body: Any = None, key: str = "claim-1") -> Any:
        headers = {"Lianxi-Receipt": CODE, "Idempotency-Key": key}
        answer = self.door.http.request(method, f"/v1/public/{path}", json=body, headers=headers)
        self.answers.append(answer.text)
        return answer

    def by(self, client: str, method: str, path: str, body: Any = None) -> Any:
        self.number += 1
        headers = {**self.token(client), "Idempotency-Key": f"{client}-{self.number}"}
        answer = self.door.http.request(method, f"/v1/rewards/{self.reward_id}{path}", json=body, headers=headers)
        self.answers.append(answer.text)
        return answer

    def token(self, client: str) -> dict[str, str]:
        if client not in self.tokens:
            self.tokens[client] = self.door.headers(client)
        return self.tokens[client]

    @property
    def reward_id(self) -> str:
        return self.desk.rewards.all()[0].id

    def to_the_yes(self) -> None:
        assert self.public("POST", "rewards", CLAIM).status_code == 200
        assert self.by("office", "POST", "/propose", PROPOSAL).status_code == 200
        for client in ("market", "finance"):
            assert self.by(client, "POST", "/decide", {"approve": True, "reason": "材料齐全"}).status_code == 200


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with open_door(tmp_path) as door:
        made = Town(door)
        assert door.http.portal is not None
        door.http.portal.call(made.file)
        yield made


@pytest.mark.criterion("20.2")
def test_from_the_code_to_the_payment_each_role_is_told_its_own_part(town: Town) -> None:
    assert town.public("GET", "tips/status").json()["reward"]["state"] == "open"
    town.to_the_yes()
    payee = town.door.http.get(f"/v1/rewards/{town.reward_id}/payee", headers=town.token("custodian"))
    order = town.by("finance", "GET", "/order").json()
    paid = town.by("finance", "POST", "/pay", {"payment_reference": "PZ-118"}).json()
    status = town.public("GET", "tips/status").json()

    assert payee.json()["payee"] == {"name": NAME, "reference": REFERENCE}
    assert payee.headers["Cache-Control"] == "no-store"
    assert open_order(order["sealed"], PAYER._key.private_bytes_raw().hex()).payee.reference == REFERENCE
    assert paid["state"] == "paid"
    assert status["reward"]["text"] == "奖励已发放"
    assert [each["kind"] for each in status["openings"]] == ["reward"]
    asked = repr([as_plain(each.request) for each in town.door.bus.asked])
    events = everything_said([*town.desk.rewards.announced, *town.desk.tips.announced])
    kept = repr([*town.door.ledger.remembered.values(), *town.door.ledger.noted, *town.desk.payees.kept.values()])
    for word in (NAME, REFERENCE):
        assert word not in "".join(town.answers) + asked + events + kept


@pytest.mark.criterion("20.2")
def test_finance_reads_number_amount_and_budget_line_and_no_tip_and_the_custodian_no_grounds(town: Town) -> None:
    town.to_the_yes()
    tip = {"tip_id", "lead", "claimed_at", "is_late"}
    grounds = {"band", "persons_found", "fine_yuan", "grounds", "reasons"}
    for client in ("finance", "custodian"):
        shown = town.by(client, "GET", "").json()
        assert not set(shown) & (tip | grounds)
        assert (shown["amount_yuan"], shown["budget_line"]) == (5000, "2026-03")
    order = town.by("finance", "GET", "/order").json()
    assert set(order) == {"reward_id", "number", "amount_yuan", "budget_line", "sealed"}
    assert tip | grounds <= set(town.by("office", "GET", "").json())
    assert town.desk.tip().id not in order["sealed"] + order["reward_id"]
    assert TIP_TEXT not in "".join(town.answers)


@pytest.mark.criterion("20.2")
def test_no_role_but_the_custodian_reads_a_payee(town: Town) -> None:
    town.to_the_yes()
    for client in ("office", "market", "finance", "auditor", "operator", "leader", "desk"):
        answer = town.by(client, "GET", "/payee")
        assert (answer.status_code, answer.json()["code"]) == (403, "right.missing")
    assert town.by("custodian", "GET", "/payee").status_code == 200


@pytest.mark.criterion("20.2")
@pytest.mark.parametrize(
    "number", ["6222 0202 0000 1234 567", "６２２２０２０２００００１２３４", "44010019800101123X", "12-34-56-78-90-12"]
)
def test_numbers_of_accounts_and_identity_cards_are_not_even_kept_sealed(town: Town, number: str) -> None:
    for body in ({**CLAIM, "reference": f"账号 {number}"}, {**CLAIM, "name": number}):
        answer = town.public("POST", "rewards", body)
        assert answer.status_code == 422
        assert number not in answer.text
    assert town.desk.payees.kept == {}


def test_a_claim_is_one_claim_however_often_it_is_sent(town: Town) -> None:
    first, again = (town.public("POST", "rewards", CLAIM) for _ in range(2))
    other = town.public("POST", "rewards", CLAIM, key="claim-2")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (other.status_code, other.json()["reward"]["state"]) == (first.status_code, "claimed"), (
        "it corrects the payee"
    )
    assert len(town.desk.payees.kept) == 1
    assert first.json()["reward"]["state"] == "claimed"


def test_a_payee_leaves_the_gateway_sealed_to_the_vault(town: Town) -> None:
    town.public("POST", "rewards", CLAIM)
    asked = next(each.request for each in town.door.bus.asked if each.method == "claim_reward")
    opened = town.desk.rewarding.opener.open(asked.payee, PAYEE)
    assert as_contract(contracts.Payee, opened) == contracts.Payee(name=NAME, reference=REFERENCE)


def test_without_a_code_or_with_another_nothing_is_claimed(town: Town) -> None:
    missing = town.door.http.post("/v1/public/rewards", json=CLAIM)
    wrong = town.door.http.post("/v1/public/rewards", json=CLAIM, headers={"Lianxi-Receipt": "0" * 16})
    assert (missing.status_code, missing.json()["code"]) == (400, "receipt.missing")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "receipt.not_found")
    assert town.desk.rewards.all() == []
