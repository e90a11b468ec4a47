"""Pages of joint operations, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lianxi.contracts.joint_operations import (
    ForceView,
    JointOperationPage,
    JointOperationState,
    JointOperationView,
    LogEntryKind,
    LogEntryView,
    PlaceKind,
    PlaceView,
    Results,
    ResultsView,
)
from lianxi.kernel.errors import NotFound, RuleBroken
from tests.support.desk_door import OURS, asked, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, Door

ROOT, AT = "/desk/joint-operations", "/desk/joint-operations/joint_operation_1"
COMMAND, ADDRESS = "police/public-security", "榕树头十一号"


def force(desk: str, asked_for: int, promised: int | None, arrived: int | None = None) -> ForceView:
    return ForceView(
        desk=desk,
        asked=asked_for,
        promised=promised,
        reason="",
        promised_at=None,
        arrived=arrived,
        arrived_at=None if arrived is None else NOON,
    )


PLANNED = JointOperationView(
    operation_id="joint_operation_1",
    version=2,
    asked_by="office/desk",
    commander=COMMAND,
    desks=("office/desk", COMMAND, "market/desk"),
    title="冬季联勤",
    state=JointOperationState.PLANNED,
    planned_at=NOON,
    starts_at=NOON + timedelta(hours=5),
    ends_at=NOON + timedelta(hours=9),
    officer=None,
    activated_at=None,
    stood_down_at=None,
    forces=(force(COMMAND, 8, None), force("market/desk", 4, 3)),
    log=(LogEntryView(what=LogEntryKind.PLANNED, at=NOON, by="account_office"),),
    plan="两组入场 <b>一组守门</b>",
    places=(
        PlaceView(
            kind=PlaceKind.VENUE,
            village="village/banyan",
            address=ADDRESS,
            legal_ground="第十四条",
            rental_code=None,
        ),
    ),
    results=None,
    corrections=(),
    follow_ups=(),
)
COUNTED = ResultsView(
    dens_closed=2, persons_rescued=1, persons_dispersed=23, persons_aided=9, at=NOON, by="account_lead"
)
ACTIVE = replace(PLANNED, state=JointOperationState.ACTIVE, activated_at=NOON, officer="account_lead")
ENDED = replace(ACTIVE, state=JointOperationState.STOOD_DOWN, results=COUNTED, follow_ups=("case_000000001",))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_joint_operation", PLANNED)
        opened.bus.says("list_joint_operations", JointOperationPage(items=(PLANNED,)))
        yield opened


@pytest.mark.criterion("11.2")
def test_the_office_plans_on_the_page_with_heads_for_each_desk(door: Door) -> None:
    sign_in(door, "market")
    assert f'action="{ROOT}"' not in door.http.get(ROOT).text
    door.http.cookies.clear()
    sign_in(door, "office")
    page = door.http.get(ROOT)
    assert page.text.count("冬季联勤") == 1
    filled = {
        "title": "夜查",
        "text_plan": "分两组",
        "place_kind": "venue",
        "village": "village/banyan",
        "text_address": f"{ADDRESS}\n\n西路二号 ",
        "text_legal_ground": "禁止传销条例第十四条",
        "commander": COMMAND,
        "starts_at": "2026-03-20T19:30",
        "ends_at": "2026-03-20T23:00",
        f"heads.{COMMAND}": "8",
        "heads.market/desk": "4",
        "heads.finance/desk": "0",
    }
    door.bus.says("plan_joint_operation", RuleBroken("joint_operation.commander_not_asked", clause="L37.1"))
    form = form_on(page, ROOT)
    back = door.http.post(ROOT, data={**form, **filled}, headers=OURS)
    assert (back.status_code, f"{ADDRESS}" in back.text, 'name="heads.market/desk" value="4"' in back.text) == (
        422,
        True,
        True,
    )
    door.bus.says("plan_joint_operation", PLANNED)
    sent = door.http.post(ROOT, data={**form, **filled, "key": "another-key-for-it"}, headers=OURS)
    assert (sent.status_code, sent.headers["Location"]) == (303, AT)
    said = asked(door, "plan_joint_operation")[-1].request
    assert [each.address for each in said.places] == [ADDRESS, "西路二号"]
    assert {(each.desk, each.heads) for each in said.forces} == {(COMMAND, 8), ("market/desk", 4)}


@pytest.mark.criterion("11.2")
def test_a_desk_promises_and_the_police_start_and_end_it_with_counts(door: Door) -> None:
    sign_in(door, "market")
    page = door.http.get(AT)
    assert ADDRESS in page.text
    assert "<b>一组" not in page.text
    assert deeds_on(page, AT) == {"promise"}
    door.bus.says("promise_force", PLANNED)
    assert send(door, page, "promise", AT, desk="market/desk", heads="3", text_reason="一人值班").status_code == 303
    said = asked(door, "promise_force")[0].request
    assert (said.desk, said.heads, said.reason) == ("market/desk", 3, "一人值班")

    door.http.cookies.clear()
    sign_in(door, "lead")
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"promise", "activate"}
    door.bus.says("activate_joint_operation", ACTIVE)
    assert send(door, page, "activate", AT).status_code == 303
    assert asked(door, "activate_joint_operation")[0].request.officer

    door.bus.says("get_joint_operation", ACTIVE)
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"arrive", "stand_down", "follow"}
    door.bus.says("stand_down", ENDED)
    counts = {"dens_closed": "2", "persons_rescued": "1", "persons_dispersed": "23", "persons_aided": "9"}
    assert send(door, page, "stand_down", AT, **counts).status_code == 303
    assert asked(door, "stand_down")[0].request.results == Results(
        dens_closed=2, persons_rescued=1, persons_dispersed=23, persons_aided=9
    )
    door.bus.says("get_joint_operation", ENDED)
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"follow", "correct"}
    assert 'href="/desk/cases/case_000000001"' in page.text


@pytest.mark.criterion("11.2")
def test_whoever_took_no_part_finds_nothing_and_later_counts_without_addresses(door: Door) -> None:
    sign_in(door, "finance")
    door.bus.says("get_joint_operation", NotFound("joint_operation.not_found"))
    assert door.http.get(AT).status_code == 404
    hidden = replace(ENDED.places[0], address=None, legal_ground=None)
    door.bus.says("get_joint_operation", replace(ENDED, plan=None, places=(hidden,), follow_ups=()))
    page = door.http.get(AT)
    assert (page.status_code, ADDRESS in page.text, "具体地址只有参加单位能看" in page.text) == (200, False, True)
    assert deeds_on(page, AT) == set()
