"""Tools of governance on pages without a browser: proposed, the unit heard, decided by another, ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lianxi.contracts.reporting import ToolPage, ToolState
from lianxi.kernel.errors import RuleBroken
from tests.support.desk_door import OURS, asked, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, Door
from tests.unit.gateway.test_supervision import TOOL

LIST = "/desk/tools"
AT = "/desk/tools/tool_1"
PROPOSED = replace(TOOL, proposed_by="account_governor", statement_due_at=NOON + timedelta(days=7))
STATED = replace(PROPOSED, state=ToolState.STATED, statement="已整改<b>", stated_at=NOON)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("list_tools", ToolPage(items=(PROPOSED,)))
        opened.bus.says("get_tool", PROPOSED)
        yield opened


@pytest.mark.criterion("3.5")
def test_a_unit_reads_what_is_proposed_and_states_its_case(door: Door) -> None:
    sign_in(door, "market")
    listed = door.http.get(LIST)
    assert "黄牌警告" in listed.text
    assert f'action="{LIST}"' not in listed.text
    page = door.http.get(AT)
    assert "已提出，待单位陈述" in page.text
    assert deeds_on(page, AT) == {"state"}
    door.bus.says("state_on_tool", STATED)
    assert send(door, page, "state", AT, text_statement="已整改").status_code == 303
    assert asked(door, "state_on_tool")[0].request.statement == "已整改"
    assert "Yellow card" in door.http.get(f"{LIST}?lang=en").text


@pytest.mark.criterion("3.5")
def test_another_than_who_proposed_decides_once_the_unit_was_heard_and_ends_it(door: Door) -> None:
    sign_in(door, "office")
    assert deeds_on(door.http.get(AT), AT) == set()
    door.bus.says("get_tool", replace(STATED, proposed_by="account_office"))
    assert deeds_on(door.http.get(AT), AT) == set()
    door.bus.says("get_tool", STATED)
    page = door.http.get(AT)
    assert "已整改&lt;b&gt;" in page.text
    door.bus.says("decide_tool", RuleBroken("tool.statement_pending", until="2026-01-01"))
    refused = send(door, page, "issue", AT, text_grounds="两次逾期")
    assert (refused.status_code, "两次逾期</textarea>" in refused.text) == (422, True)
    door.bus.says("decide_tool", replace(STATED, state=ToolState.DROPPED))
    assert send(door, refused, "drop", AT, text_grounds="情况属实").status_code == 303
    given = asked(door, "decide_tool")[-1].request
    assert (given.issue, given.grounds) == (False, "情况属实")
    issued = replace(STATED, state=ToolState.ISSUED, decided_at=NOON, grounds="两次逾期")
    door.bus.says("get_tool", issued)
    door.bus.says("end_tool", replace(issued, state=ToolState.ENDED))
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"end"}
    assert send(door, page, "end", AT, text_grounds="整改到位").status_code == 303


@pytest.mark.criterion("3.5")
def test_the_office_proposes_a_tool_by_a_form_that_loses_nothing(door: Door) -> None:
    sign_in(door, "office")
    page = door.http.get(LIST)
    filled = {"target": "market", "kind": "yellow_card", "trigger": "grave-harm", "proof": "tip/t case/c"}
    form = {**form_on(page, LIST), **filled}
    wrong = door.http.post(LIST, data=form, headers=OURS)
    assert (wrong.status_code, 'value="tip/t case/c"' in wrong.text) == (422, True)
    door.bus.says("propose_tool", PROPOSED)
    made = door.http.post(LIST, data={**form, "statement_due_on": "2026-03-20"}, headers=OURS)
    assert (made.status_code, made.headers["Location"]) == (303, AT)
    assert asked(door, "propose_tool")[0].request.proof == ("tip/t", "case/c")
