from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.clocks import AskClockChange, ChangeState, ClockChange, ClockChangeView, DecideClockChange
from lianxi.kernel.errors import Forbidden
from tests.support.gateway_fakes import NOON, Door
from tests.unit.gateway.test_agencies import TIP_ID, VIEW

CHANGE_ID = "change_0000000000000000000000001"
ASKED = ClockChangeView(
    change_id=CHANGE_ID,
    clock="T-01",
    change=ClockChange.PAUSE,
    reason="testing",
    asked_by="police-clerk",
    asked_at=NOON,
    state=ChangeState.ASKED,
)
PATH = f"/v1/tips/{TIP_ID}/clock-changes"
BODY = {"clock": "T-01", "change": "pause", "reason": "testing"}


def test_a_clock_change_is_asked_for_and_shown(door: Door) -> None:
    door.bus.says("ask_clock_change", replace(VIEW, clock_changes=(ASKED,)))
    headers = {**door.headers(key="k-1"), "If-Match": '"2"'}

    answers = [door.http.post(PATH, json=BODY, headers=headers) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    (shown,) = answers[0].json()["clock_changes"]
    assert (shown["change_id"], shown["asked_by"], shown["state"]) == (CHANGE_ID, "police-clerk", "asked")
    (asked,) = door.bus.asked
    assert asked.request == AskClockChange(
        item_id=TIP_ID, clock="T-01", change=ClockChange.PAUSE, reason="testing", expected_version=2
    )


def test_a_decision_names_the_request(door: Door) -> None:
    decided = replace(ASKED, state=ChangeState.APPROVED, decided_by="police-head", decided_at=NOON + timedelta(hours=1))
    door.bus.says("decide_clock_change", replace(VIEW, clock_changes=(decided,)))

    answer = door.http.post(f"{PATH}/{CHANGE_ID}/decide", json={"approve": True}, headers=door.headers(key="k-1"))

    assert (answer.status_code, answer.json()["clock_changes"][0]["decided_by"]) == (200, "police-head")
    assert door.bus.asked[0].request == DecideClockChange(item_id=TIP_ID, change_id=CHANGE_ID, approve=True)


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "change": "forget"},
        {**BODY, "reason": "x" * 61},
        {**BODY, "reason": ""},
        {**BODY, "approved_by": "me"},
        {"clock": "T-01"},
    ],
)
def test_what_is_no_request_is_not_asked(door: Door, body: dict[str, str]) -> None:
    answer = door.http.post(PATH, json=body, headers=door.headers(key="k-1"))

    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert door.bus.asked == []


@pytest.mark.criterion("3.2")
def test_who_approves_an_own_request_reads_why_not(door: Door) -> None:
    door.bus.says("decide_clock_change", Forbidden("clock.own_approval", clause="L81.2"))

    answer = door.http.post(f"{PATH}/{CHANGE_ID}/decide", json={"approve": True}, headers=door.headers(key="k-1"))

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["clause"]) == (403, "clock.own_approval", "L81.2")
    assert problem["detail"]
