"""Where a thing is, for whoever may read it: the whole way, who has it, and what proves each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.whereabouts import whereabouts_of
from lianxi.contracts import codec
from lianxi.contracts.cases import AssistanceState, CaseOutcome, CaseState, ReferralState, StatutoryClock
from lianxi.contracts.tips import DispatchView, TimelineEntry, TipState
from lianxi.kernel.errors import NotFound
from tests.support.desk_door import ADDRESS, CASE, HELP, NOTICE, REFERRAL, TIP_ID, VIEW, open_desk, sign_in
from tests.support.gateway_fakes import NOON, Door, open_door

pytestmark = pytest.mark.criterion("4.4")
HOUR = timedelta(hours=1)
STATION, MARKET = "police/station", "market/desk"


def dispatched(number: int, lead: str) -> DispatchView:
    at = NOON + number * HOUR
    return DispatchView(
        dispatch_id=f"dispatch_{number}",
        round=number,
        lead=lead,
        copies=(),
        reason="route",
        dispatched_at=at,
        delivered_at=at + HOUR / 2,
    )


def line(number: float, what: str, by: str) -> TimelineEntry:
    return TimelineEntry(at=NOON + number * HOUR, what=what, by=by)


TIP = replace(
    VIEW,
    state=TipState.VERIFIED,
    lead=STATION,
    next_owner=MARKET,
    case_id=CASE.case_id,
    dispatches=(dispatched(1, "transport/desk"), dispatched(3, STATION)),
    timeline=(
        line(0, "tip.received", "web"),
        line(1, "tip.dispatched", "tips"),
        line(2, "tip.returned", "transport/desk"),
        line(3, "tip.dispatched", "transport/desk"),
        line(4, "tip.accepted", STATION),
        line(5, "tip.verified", STATION),
        line(6, "case.opened", MARKET),
    ),
)
SENT = replace(
    REFERRAL,
    state=ReferralState.ACCEPTED,
    clocks=(
        StatutoryClock(clock="T-31", owner=MARKET, started_at=NOON, due_at=NOON + 72 * HOUR, met_at=NOON + HOUR),
        StatutoryClock(clock="T-35", owner=STATION, started_at=NOON + 3 * HOUR, due_at=NOON + 75 * HOUR),
    ),
    receipt={"number": "police/2026/000001", "received_at": (NOON + 3 * HOUR).isoformat(), "receiver": STATION},
)


def plain(view: Any) -> dict[str, Any]:
    found: dict[str, Any] = codec.as_plain(view)
    return found


def told(view: Any, kind: str) -> list[tuple[str, str | None, str | None]]:
    found = whereabouts_of(kind, "x", plain(view))
    assert [each.at for each in found.steps] == sorted(each.at for each in found.steps)
    return [(each.what, each.by, each.holder) for each in found.steps]


def test_a_tips_way_names_every_desk_that_had_it_with_its_delivery_and_whose_it_is_now() -> None:
    found = whereabouts_of("tip", TIP_ID, plain(TIP))

    assert [(each.what, each.holder) for each in found.steps if each.holder] == [
        ("tip.dispatched", "transport/desk"),
        ("tip.dispatched", STATION),
        ("case.opened", MARKET),
    ]
    assert [each.receipt for each in found.steps if each.receipt] == [
        each["delivered_at"] for each in plain(TIP)["dispatches"]
    ]
    assert (found.holder, found.since, found.is_ended) == (MARKET, plain(TIP)["timeline"][-1]["at"], False)
    assert len(found.steps) == len(TIP.timeline)

    before = replace(TIP, case_id=None, next_owner=None, timeline=TIP.timeline[:5])
    found = whereabouts_of("tip", TIP_ID, plain(before))
    assert (found.holder, found.since) == (STATION, plain(TIP)["dispatches"][1]["dispatched_at"])


def test_a_referrals_way_follows_whose_move_it_was_and_shows_the_signed_receipt() -> None:
    found = whereabouts_of("referral", "x", plain(SENT))

    assert (found.holder, datetime.fromisoformat(found.since or "")) == (STATION, NOON + 3 * HOUR)
    assert [each.receipt for each in found.steps if each.receipt] == ["police/2026/000001"]
    assert [each.what for each in found.steps] == ["clock.started", "clock.met", "clock.started", "referral.accepted"]


@pytest.mark.parametrize(
    ("state", "holder"),
    [
        (ReferralState.AWAITING_DECISION, MARKET),
        (ReferralState.SENT, STATION),
        (ReferralState.DECLINED, MARKET),
        (ReferralState.HANDED_OVER, STATION),
    ],
)
def test_without_a_running_limit_a_referral_lies_where_its_state_leaves_it(state: ReferralState, holder: str) -> None:
    assert whereabouts_of("referral", "x", plain(replace(REFERRAL, state=state, clocks=()))).holder == holder


def test_a_case_has_one_owner_whatever_was_sent_out_from_it() -> None:
    closed = replace(CASE, state=CaseState.CLOSED, closed_at=NOON + 9 * HOUR, outcome=CaseOutcome.TRANSFERRED_TO_POLICE)
    found = whereabouts_of("case", CASE.case_id, plain(closed), [("referral", plain(SENT))])

    assert (found.holder, found.is_ended) == (CASE.owner, True)
    assert [each.what for each in found.steps][-2:] == ["referral.accepted", "case.closed"]


def test_a_request_and_a_notice_say_who_has_them() -> None:
    answered = replace(HELP, state=AssistanceState.ANSWERED, settled_at=NOON + HOUR, reference="DY-7")
    seen = replace(NOTICE, seen_at=NOON + HOUR, acknowledged_at=NOON + 2 * HOUR, acknowledged_by="account_1")

    assert told(HELP, "assistance") == [("assistance.asked", MARKET, STATION)]
    assert told(answered, "assistance")[-1] == ("assistance.answered", STATION, MARKET)
    assert [each[0] for each in told(seen, "notice")] == ["notice.delivered", "notice.seen", "notice.acknowledged"]
    assert whereabouts_of("notice", "x", plain(seen)).is_ended


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_door(tmp_path) as opened:
        opened.bus.says("get_tip", TIP)
        opened.bus.says("get_referral", SENT)
        opened.bus.says("get_assistance", HELP)
        opened.bus.says("get_notice", NOTICE)
        opened.bus.says("get_case", replace(CASE, referral_ids=(SENT.referral_id,)))
        yield opened


@pytest.mark.parametrize(
    "item_id", [TIP_ID, CASE.case_id, SENT.referral_id, HELP.assistance_id, NOTICE.notice_id, "referral_lost"]
)
def test_it_is_answered_for_each_kind_by_one_question(door: Door, item_id: str) -> None:
    answer = door.http.get(f"/v1/where/{item_id}", headers=door.headers())

    assert answer.status_code == 200
    found = answer.json()
    assert (found["item_id"], found["kind"]) == (item_id, item_id.partition("_")[0])
    assert found["steps"]
    assert found["holder"]
    assert len(door.bus.asked) == (2 if found["kind"] == "case" else 1)


def test_whoever_may_not_read_the_thing_does_not_learn_where_it_is(door: Door) -> None:
    assert door.http.get(f"/v1/where/{TIP_ID}").status_code == 401
    assert door.http.get(f"/v1/where/{TIP_ID}", headers=door.headers("narrow")).json()["code"] == "scope.missing"
    assert door.http.get(f"/v1/where/{TIP_ID}", headers=door.headers("operator")).json()["code"] == "right.missing"
    door.bus.says("get_tip", NotFound("tip.not_found"))
    assert door.http.get(f"/v1/where/{TIP_ID}", headers=door.headers()).status_code == 404
    assert door.http.get("/v1/where/rental_1", headers=door.headers()).status_code == 404


def test_the_things_page_says_it_in_a_line_of_steps(tmp_path: Path) -> None:
    with open_desk(tmp_path) as door:
        door.bus.says("get_tip", replace(TIP, case_id=None, next_owner=None))
        sign_in(door, "lead")
        page = door.http.get(ADDRESS).text
    assert "现在在哪里" in page
    assert "经过（7 步）" in page
