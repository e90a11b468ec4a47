"""Supervision orders, tools of governance and the policy in sentences, as they are asked for over the door."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.reporting import (
    IssueOrder,
    IssueOrdersToLate,
    ListNearDue,
    OrderPage,
    OrderState,
    OrderView,
    ToolKind,
    ToolState,
    ToolView,
)
from lianxi.contracts.tips import TipView
from lianxi.kernel.errors import NotFound
from tests.support.gateway_fakes import NOON, POLICY, Door
from tests.unit.gateway.test_agencies import TIP_ID, VIEW

ROUTING = Path(__file__).parents[3] / "deploy" / "policy" / "dayong-2015" / "routing.toml"
CLOCKS = ROUTING.with_name("clocks.toml")
ORDER = OrderView(
    order_id="supervision_order_1", number="DY-DB-2026-0000-0000", version=3, target="market/desk", about="tip/t",
    question="为何未核查", issued_by="office", issued_at=NOON, due_at=NOON, state=OrderState.ISSUED, answer=None,
    answered_at=None, remark=None, rounds=1, rungs=("half",),
)  # fmt: skip
TOOL = ToolView(
    tool_id="tool_1", version=1, target="market", kind=ToolKind.YELLOW_CARD, trigger="neglect-exposed",
    proof=("tip/t",), state=ToolState.PROPOSED, proposed_by="office", proposed_at=NOON, statement_due_at=NOON,
    statement=None, stated_at=None, decided_by=None, decided_at=None, grounds=None, ended_at=None,
)  # fmt: skip
ASKED = {"target": "market/desk", "question": "为何未核查", "due_on": "2026-03-10"}


def test_an_order_is_made_once_and_says_where_it_is(door: Door) -> None:
    door.bus.says("issue_order", ORDER)
    headers = door.headers("office", key="k")
    answers = [
        door.http.post("/v1/supervision-orders", json={**ASKED, "about": "tip/t"}, headers=headers) for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].headers["Location"] == "/v1/supervision-orders/supervision_order_1"
    assert answers[0].headers["ETag"] == '"3"'
    (asked,) = door.bus.asked
    assert asked.request == IssueOrder(
        target="market/desk", about="tip/t", question="为何未核查", due_on=date(2026, 3, 10)
    )


def test_an_order_about_a_tip_names_the_tip_and_needs_one(door: Door) -> None:
    path = f"/v1/tips/{TIP_ID}/supervision-orders"
    door.bus.says("issue_order", ORDER)
    door.bus.says("get_tip", NotFound("tip.not_found"))
    absent = door.http.post(path, json=ASKED, headers=door.headers("office", key="k1"))
    assert (absent.status_code, absent.json()["code"]) == (404, "tip.not_found")
    assert [each.method for each in door.bus.asked] == ["get_tip"] * len(door.bus.asked)

    assert isinstance(VIEW, TipView)
    door.bus.says("get_tip", VIEW)
    made = door.http.post(path, json=ASKED, headers=door.headers("office", key="k2"))
    assert made.status_code == 201
    assert door.bus.asked[-1].request.about == f"tip/{TIP_ID}"


@pytest.mark.parametrize("about", ["张三", "tip/", "Tip/t", "tip/张三", "tip/t t", ""])
def test_what_an_order_is_about_is_an_item_and_never_a_person(door: Door, about: str) -> None:
    answer = door.http.post(
        "/v1/supervision-orders", json={**ASKED, "about": about}, headers=door.headers("office", key="k")
    )
    assert (answer.status_code, door.bus.asked) == (422, [])


def test_all_who_are_late_are_asked_in_one_action(door: Door) -> None:
    door.bus.says("issue_orders_to_late", OrderPage(items=(ORDER,) * 13))
    body = {"report_due_on": "2026-02-26", "question": "为何逾期未报", "due_on": "2026-03-10"}
    answer = door.http.post("/v1/supervision-orders/to-late", json=body, headers=door.headers("office", key="k"))

    assert (answer.status_code, len(answer.json()["items"])) == (200, 13)
    assert isinstance(door.bus.asked[0].request, IssueOrdersToLate)
    assert door.bus.asked[0].caller.command_id


def test_near_due_is_a_list_and_no_order(door: Door) -> None:
    door.bus.says("list_near_due", OrderPage(items=(ORDER,)))
    answer = door.http.get("/v1/supervision-orders/near-due?within_days=3&limit=5", headers=door.headers())
    assert answer.status_code == 200
    assert door.bus.asked[0].request == ListNearDue(within_days=3, limit=5)
    assert door.http.get("/v1/supervision-orders/near-due?within_days=999", headers=door.headers()).status_code == 422


def test_decisions_carry_the_version_they_were_taken_on(door: Door) -> None:
    steps: list[tuple[str, str, str, dict[str, Any], Any]] = [
        ("market", "supervision-orders/o-1/answer", "answer_order", {"answer": "已核查"}, ORDER),
        ("office", "supervision-orders/o-1/review", "review_order",
         {"accept": False, "remark": "无", "new_due_on": "2026-03-20"}, ORDER),
        ("market", "accountability-tools/t-1/state", "state_on_tool", {"statement": "说明"}, TOOL),
        ("office", "accountability-tools/t-1/decide", "decide_tool", {"issue": True, "grounds": "两次逾期"}, TOOL),
        ("office", "accountability-tools/t-1/end", "end_tool", {"grounds": "已整改"}, TOOL),
    ]  # fmt: skip
    for client, path, method, body, answer in steps:
        door.bus.says(method, answer)
        told = door.http.post(f"/v1/{path}", json=body, headers={**door.headers(client, key=method), "If-Match": '"3"'})
        assert told.status_code == 200, told.text
        assert (door.bus.asked[-1].method, door.bus.asked[-1].request.expected_version) == (method, 3)


def test_tools_are_proposed_read_and_listed(door: Door) -> None:
    door.bus.says("propose_tool", TOOL)
    body = {
        "target": "market", "kind": "yellow_card", "trigger": "neglect-exposed", "proof": ["tip/t"],
        "statement_due_on": "2026-03-12",
    }  # fmt: skip
    made = door.http.post("/v1/accountability-tools", json=body, headers=door.headers("office", key="k"))
    assert (made.status_code, made.headers["Location"]) == (201, "/v1/accountability-tools/tool_1")
    wrong: list[dict[str, Any]] = [{"trigger": "张三"}, {"proof": ["张三"]}, {"proof": []}, {"kind": "blacklist"}]
    for number, each in enumerate(wrong):
        refused = door.http.post(
            "/v1/accountability-tools", json={**body, **each}, headers=door.headers("office", key=f"wrong-{number}")
        )
        assert refused.status_code == 422
    door.bus.says("get_tool", TOOL)
    assert (
        door.http.get("/v1/accountability-tools/tool_1", headers=door.headers("market")).json()["state"] == "proposed"
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_is_a_sentence_with_its_file_and_clause(door: Door, lang: str) -> None:
    told = door.http.get(f"/v1/plan/policy?lang={lang}", headers=door.headers()).json()
    ladders = door.http.get(f"/v1/plan/policy/ladders?lang={lang}", headers=door.headers()).json()

    assert told["programme"] == "dayong-2015"
    assert [each["text"] for each in told["items"]] == [each.text for each in POLICY.sentences(lang)]
    assert {each["file"] for each in ladders["items"]} == {"ladders"}
    assert all(each["clause"] for each in ladders["items"])
    unknown = door.http.get("/v1/plan/policy/harbour", headers=door.headers())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "policy.file_unknown")
    assert "ladders" in unknown.json()["facts"]["allowed"]


def simulated(door: Door, draft: dict[str, str], client: str = "office", key: str = "k") -> Any:
    tips = [
        {"category": POLICY.categories[0], "kind": "tip", "received_at": "2025-05-14T09:00:00+08:00"},
        {"category": "other", "kind": "complaint", "received_at": "2025-05-14T09:00:00+08:00"},
    ]
    return door.http.post(
        "/v1/plan/policy/simulate", json={"draft": draft, "tips": tips}, headers=door.headers(client, key=key)
    )


def test_a_draft_is_tried_on_past_items_and_changes_nothing(door: Door) -> None:
    lead = POLICY.route(POLICY.categories[0]).lead
    draft = ROUTING.read_text(encoding="utf-8").replace(f'lead = "{lead}"', 'lead = "office/desk"')
    before = ROUTING.read_bytes()

    same = simulated(door, {"routing.toml": ROUTING.read_text(encoding="utf-8")}, key="same").json()
    found = simulated(door, {"routing.toml": draft}).json()

    assert (same["items"], same["routes"], same["deadlines"]) == (2, [], [])
    assert [(each["old_lead"], each["new_lead"]) for each in found["routes"]] == [(lead, "office/desk")]
    assert ROUTING.read_bytes() == before
    assert door.house.policy.route(POLICY.categories[0]).lead == lead


def test_a_longer_limit_in_a_draft_is_seen_in_the_deadlines(door: Door) -> None:
    written = CLOCKS.read_text(encoding="utf-8")
    draft = written.replace('amount = 15\nunit = "wd"', 'amount = 20\nunit = "wd"')
    assert draft != written

    found = simulated(door, {"clocks.toml": draft}).json()

    assert [each["clock"] for each in found["deadlines"]] == ["T-01"]
    assert found["deadlines"][0]["new_due_at"] > found["deadlines"][0]["old_due_at"]


@pytest.mark.parametrize(
    ("draft", "status", "code"),
    [
        ({"routing.toml": "[["}, 422, "policy.draft_unreadable"),
        ({"routing.toml": "x = " + "[" * 5_000}, 422, "policy.draft_unreadable"),
        ({"routing.toml": "[[route]]\nlead = 3\n"}, 422, "policy.draft_unreadable"),
        ({"harbour.toml": ""}, 422, "policy.draft_file_unknown"),
        ({"../clauses.toml": ""}, 422, "request.invalid"),
    ],
)
def test_a_draft_that_is_no_policy_is_refused(door: Door, draft: dict[str, str], status: int, code: str) -> None:
    answer = simulated(door, draft)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_draft_that_does_not_hold_together_is_refused(door: Door) -> None:
    lead = POLICY.route(POLICY.categories[0]).lead
    nowhere = ROUTING.read_text(encoding="utf-8").replace(f'lead = "{lead}"', 'lead = "harbour/desk"')
    unsound = simulated(door, {"routing.toml": nowhere})
    endless = CLOCKS.read_text(encoding="utf-8").replace("amount = 15\n", "amount = 1500000000\n")
    too_long = simulated(door, {"clocks.toml": endless}, key="k2")

    for answer in (unsound, too_long):
        assert (answer.status_code, answer.json()["code"]) == (422, "policy.draft_unsound")


def test_only_the_office_tries_drafts(door: Door) -> None:
    answer = simulated(door, {"routing.toml": ""}, client="police")
    assert (answer.status_code, answer.json()["code"]) == (403, "policy.office_only")
