from __future__ import annotations

from typing import Any

import pytest

from lianxi.contracts.cases import AssistancePage, AssistanceState, AssistanceView, RequestAssistance
from lianxi.kernel.errors import RuleBroken
from tests.support.gateway_fakes import NOON, Door

PATH = "/v1/assistance"
ID = "assistance_00000000000000000000000001"
WANTED = {
    "case_id": "case_00000000000000000000000001",
    "receiver": "police/public-security",
    "what": "三名民警协助清查",
    "legal_ground": "《禁止传销条例》第十三条",
}
VIEW = AssistanceView(
    assistance_id=ID,
    version=2,
    case_id=WANTED["case_id"],
    asker="market/desk",
    receiver=WANTED["receiver"],
    what=WANTED["what"],
    legal_ground=WANTED["legal_ground"],
    is_urgent=True,
    state=AssistanceState.ASKED,
    asked_at=NOON,
    due_at=NOON,
    rungs=("half",),
    reason=None,
    reference=None,
)


@pytest.fixture
def desk(door: Door) -> Door:
    door.bus.says("list_assistance", AssistancePage(items=(VIEW,)))
    for method in (
        "request_assistance",
        "get_assistance",
        "accept_assistance",
        "refuse_assistance",
        "answer_assistance",
    ):
        door.bus.says(method, VIEW)
    return door


def test_a_request_is_made_once_and_says_where_it_is(desk: Door) -> None:
    headers = desk.headers("market", key="k-1")
    made = [desk.http.post(PATH, json={**WANTED, "is_urgent": True}, headers=headers) for _ in range(2)]

    assert [each.status_code for each in made] == [201, 201]
    assert made[0].headers["Location"] == f"{PATH}/{ID}"
    assert made[0].json()["is_urgent"] is True
    asked = [each for each in desk.bus.asked if isinstance(each.request, RequestAssistance)]
    assert [each.request.receiver for each in asked] == ["police/public-security"]


def test_requests_are_read_one_by_one_and_in_pages(desk: Door) -> None:
    one = desk.http.get(f"{PATH}/{ID}", headers=desk.headers())
    page = desk.http.get(PATH, headers=desk.headers())

    assert (one.status_code, one.headers["ETag"]) == (200, '"2"')
    assert [each["assistance_id"] for each in page.json()["items"]] == [ID]


@pytest.mark.parametrize(
    ("step", "body"), [("accept", None), ("refuse", {"reason": "没有警力"}), ("answer", {"reference": "GA-2026-0117"})]
)
def test_the_asked_desk_takes_its_steps(desk: Door, step: str, body: dict[str, Any] | None) -> None:
    done = desk.http.post(f"{PATH}/{ID}/{step}", json=body, headers=desk.headers(key=f"k-{step}"))

    assert done.status_code == 200


@pytest.mark.criterion("11.1")
@pytest.mark.parametrize("field", ["answer", "text", "result", "name", "phone", "attachment", "note"])
def test_there_is_no_field_for_the_answer(desk: Door, field: str) -> None:
    body = {"reference": "GA-2026-0117", field: "机主张三"}
    refused = desk.http.post(f"{PATH}/{ID}/answer", json=body, headers=desk.headers(key="k-1"))

    assert refused.status_code == 422
    assert not [each for each in desk.bus.asked if each.method == "answer_assistance"]


def test_a_refusal_of_the_desk_says_what_to_do(desk: Door) -> None:
    desk.bus.says("answer_assistance", RuleBroken("assistance.reference_not_a_number", clause="L37.1"))
    refused = desk.http.post(f"{PATH}/{ID}/answer", json={"reference": "张三"}, headers=desk.headers(key="k-1"))

    assert (refused.status_code, refused.json()["code"]) == (422, "assistance.reference_not_a_number")
    assert refused.json()["clause"] == "L37.1"
