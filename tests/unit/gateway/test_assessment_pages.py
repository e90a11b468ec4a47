"""The assessment and bulletins on pages without a browser: proposals, deeds, the folder, the paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.console.desk_view import Telling
from gateway.console.record_names import event_name, item_name
from lianxi.contracts.assessment import (
    Board,
    DeductionPage,
    DeductionState,
    FindingView,
    Lead,
)
from lianxi.contracts.bulletins import BulletinPage, BulletinState, BulletinSummary
from lianxi.kernel.errors import RuleBroken
from tests.support.desk_door import OURS, asked, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, POLICY, Door
from tests.unit.gateway.test_assessment import BOARD, DEDUCTION, FOLDER
from tests.unit.gateway.test_bulletins import BULLETIN

AT = "/desk/deductions/deduction_1"
PROPOSED = replace(DEDUCTION, state=DeductionState.PROPOSED, statement=None, statement_due_at=NOON + timedelta(days=7))
LEAD = Lead(trigger="grave-harm", unit="office", about="tip/t1", facts=(), proof=(), wanting=("serious_effect",))
FINDING = FindingView(
    finding_id="finding_1", version=1, fact="exposed_by_media", unit="market", about="media/r", proof=("file/ab",),
    grounds="见报", found_by="o", found_at=NOON,
)  # fmt: skip


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_board", Board(as_of=NOON, items=(BOARD,)))
        opened.bus.says("list_deductions", DeductionPage(items=(PROPOSED,)))
        opened.bus.says("get_deduction", PROPOSED)
        yield opened


@pytest.mark.criterion("19.3")
def test_a_unit_reads_what_is_proposed_and_states_its_case_and_decides_nothing(door: Door) -> None:
    sign_in(door, "market")
    board = door.http.get("/desk/assessment")
    for words in ("工作不认真、被媒体曝光", "已提出，待单位陈述", "1.0 / 1.0", "阶段性工作情况 r1"):
        assert words in board.text, words
    assert "导出用途" not in board.text
    assert "认定一项事实" not in board.text
    page = door.http.get(AT)
    assert f'action="{AT}/state"' in page.text
    assert f'action="{AT}/apply"' not in page.text
    door.bus.says("state_on_deduction", DEDUCTION)
    assert send(door, page, "state", AT, text_statement="已补报").status_code == 303
    assert asked(door, "state_on_deduction")[0].request.statement == "已补报"
    assert door.http.get("/desk/assessment/folder.zip?purpose=看看").status_code == 403
    assert "Deductions proposed" in door.http.get("/desk/assessment?lang=en").text


def test_everything_that_can_keep_a_sentence_has_a_name() -> None:
    telling = Telling(POLICY, "en", NOON)
    kept_by = sorted({event for row in POLICY.obligations for event in row.kept_by})
    assert [each for each in kept_by if ".v1" in event_name(telling, each)] == []
    assert event_name(telling, "reporting.publicity.recorded.v1/schools").startswith("Publicity recorded · ")
    assert event_name(telling, "reporting.meeting.held.v1/opening") == "Meeting held · Opening meeting"
    assert event_name(telling, "reporting.upward_report.sent.v1/joint_operation").endswith(" · Joint operation")
    assert item_name(telling, "case/case_1BRENS4A8EBMFR5HYC8SGZE29J") == "Case GZE29J"
    assert item_name(telling, "media/r") == "media/r"


@pytest.mark.criterion("19.3")
def test_a_decision_is_offered_only_once_the_unit_was_heard_and_to_another(door: Door) -> None:
    sign_in(door, "office")
    early = door.http.get(AT)
    assert f'action="{AT}/apply"' not in early.text
    assert f'action="{AT}/withdraw"' in early.text
    door.bus.says("get_deduction", DEDUCTION)
    page = door.http.get(AT)
    assert "已补报&lt;b&gt;" in page.text
    assert "依据已不存在" in page.text
    door.bus.says("decide_deduction", RuleBroken("deduction.statement_pending", until="2026-01-01"))
    refused = send(door, page, "apply", AT, text_grounds="经核实")
    assert (refused.status_code, "经核实</textarea>" in refused.text) == (422, True)
    door.bus.says("decide_deduction", replace(DEDUCTION, state=DeductionState.DROPPED))
    assert send(door, refused, "drop", AT, text_grounds="情况属实").status_code == 303
    given = asked(door, "decide_deduction")[-1].request
    assert (given.apply, given.grounds) == (False, "情况属实")


@pytest.mark.criterion("19.4")
def test_who_assesses_sees_leads_records_facts_and_takes_the_folder_out(door: Door) -> None:
    other = replace(BOARD, unit="police")
    door.bus.says("get_board", Board(as_of=NOON, items=(BOARD, other), leads=(LEAD,)))
    door.bus.says("get_folder", FOLDER)
    door.bus.says("record_finding", FINDING)
    sign_in(door, "office")
    page = door.http.get("/desk/assessment")
    for words in ("还缺：", "造成严重影响", "导出用途", '/desk/assessment?unit=police"'):
        assert words in page.text, words
    filled = {"unit": "market", "fact": "exposed_by_media", "about": "media/r", "proof": "file/ab tip/t"}
    form = {**form_on(page, "/desk/assessment"), **filled, "text_grounds": "见报"}
    assert door.http.post("/desk/assessment", data=form, headers=OURS).status_code == 303
    assert asked(door, "record_finding")[0].request.proof == ("file/ab", "tip/t")
    wrong = door.http.post("/desk/assessment", data={**form, "about": ""}, headers=OURS)
    assert (wrong.status_code, "见报</textarea>" in wrong.text) == (422, True)
    packed = door.http.get("/desk/assessment/folder.zip?purpose=市级验收")
    assert (packed.status_code, packed.headers["content-type"]) == (200, "application/zip")
    assert any("assessment.export 市级验收" in str(each) for each in door.ledger.noted)


@pytest.mark.criterion("12.5")
def test_a_bulletin_is_drafted_issued_and_taken_as_a_paper(door: Door) -> None:
    line = BulletinSummary(
        bulletin_id="bulletin_1", version=1, kind=BULLETIN.kind, title="第一期", first_on=BULLETIN.first_on,
        last_on=BULLETIN.last_on, state=BulletinState.ISSUED, asked_at=NOON,
    )  # fmt: skip
    door.bus.says("list_bulletins", BulletinPage(items=(line,)))
    door.bus.says("get_bulletin", replace(BULLETIN, state=BulletinState.DRAFTED))
    door.bus.says("draft_bulletin", BULLETIN)
    door.bus.says("issue_bulletin", BULLETIN)
    sign_in(door, "office")
    page = door.http.get("/desk/bulletins")
    assert "第一期" in page.text
    filled = {"kind": "bulletin", "title": "第二期", "first_on": "2015-10-30", "last_on": "2015-11-12"}
    made = door.http.post("/desk/bulletins", data={**form_on(page, "/desk/bulletins"), **filled}, headers=OURS)
    assert (made.status_code, made.headers["Location"]) == (303, "/desk/bulletins/bulletin_1")
    one = door.http.get("/desk/bulletins/bulletin_1")
    assert "cases.case.opened.v1" in one.text
    assert send(door, one, "issue", "/desk/bulletins/bulletin_1").status_code == 303
    assert door.http.get("/desk/bulletins/bulletin_1.docx").content[:2] == b"PK"

    door.ledger.people.sessions.clear()
    sign_in(door, "market")
    assert "编一份" not in door.http.get("/desk/bulletins").text
