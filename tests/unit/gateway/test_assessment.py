"""The appraisal over the door: the board, deductions, and the inspection folder that is taken out with a purpose."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
from dataclasses import replace
from datetime import date
from zipfile import ZipFile

import pytest

from gateway.folders import pack
from lianxi.contracts.assessment import (
    Board,
    BoardItem,
    DeductionState,
    DeductionView,
    Folder,
    GetBoard,
    Lead,
    UnitBoard,
    Withdrawal,
)
from lianxi.contracts.reporting import ClauseView, StageReportState, StageReportView
from lianxi.kernel.errors import RuleBroken
from tests.support.gateway_fakes import NOON, POLICY, Door

DEDUCTION = DeductionView(
    deduction_id="deduction_1", version=2, unit="market", trigger="neglect-exposed", about="stage_report/r1",
    facts=("task_neglected",), proof=("stage_report/r1",), came_late=False, tenths=1, state=DeductionState.STATED,
    proposed_by="desk/reporting", proposed_at=NOON, statement_due_at=NOON, statement="已补报<b>",
    withdrawals=(Withdrawal(by="desk/reporting", at=NOON, reason="grounds_gone"),),
)  # fmt: skip
ITEM = BoardItem(
    code="stage_report/r1", clause="L90.1", state="filed", proofs=1, proof=("stage_report/r1",), missing=(),
)  # fmt: skip
BOARD = UnitBoard(
    unit="market", of_tenths=10, taken_tenths=0, standing_tenths=10, proposed_tenths=1, items=(ITEM,),
)  # fmt: skip
CLAUSE = ClauseView(
    clause="L90.1", sentence="每隔两周报送", resolved="-", lead=("market",), support=(), feature="f", status="runs",
    kept_by=("reporting.return.filed.v1",), proofs=3, last_proof_at=NOON, state="kept", next_due_on=None,
)  # fmt: skip
REPORT = StageReportView(
    report_id="r1", version=2, agency="market", due_on=date(2015, 10, 29), state=StageReportState.FILED, filed_at=NOON,
    practice="走访20户", results="一", problems="二", advice="三", figures={"tips_led": 7}, figures_sha256="ab" * 32,
    stated={"tips_led": 9}, remarks={"tips_led": "含上期2条"},
)  # fmt: skip
FOLDER = Folder(
    as_of=NOON, policy_version=1, period_from=date(2015, 10, 1), period_to=date(2015, 12, 10), board=(BOARD,),
    returns=(REPORT,), orders=(), tools=(), deductions=(DEDUCTION,), findings=(), clauses=(CLAUSE,),
    figures={"market": {"tips_led": 7}},
)  # fmt: skip
EXPORT = "/v1/assessment/folder.zip"


def opened(packed: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(packed)) as folder:
        assert folder.testzip() is None
        return {name: folder.read(name) for name in folder.namelist()}


@pytest.mark.criterion("19.2")
def test_the_board_shows_items_to_the_unit_and_leads_to_who_assesses(door: Door) -> None:
    lead = Lead(trigger="grave-harm", unit="office", about="tip/t", facts=(), proof=(), wanting=("serious_effect",))
    door.bus.says("get_board", Board(as_of=NOON, items=(BOARD,), leads=(lead,)))
    told = door.http.get("/v1/assessment", headers=door.headers("office")).json()

    assert told["items"][0]["items"][0]["proof"] == ["stage_report/r1"]
    assert told["leads"][0]["wanting"] == ["serious_effect"]
    door.http.get("/v1/assessment?unit=market", headers=door.headers("market"))
    assert [each.request for each in door.bus.asked] == [
        GetBoard(unit=None, with_leads=True),
        GetBoard(unit="market", with_leads=False),
    ]


@pytest.mark.criterion("19.3")
def test_a_deduction_is_stated_on_and_decided_over_the_door(door: Door) -> None:
    path = "/v1/assessment/deductions/deduction_1"
    door.bus.says("decide_deduction", RuleBroken("deduction.statement_pending", clause="L88.2", until="2026-01-01"))
    decision = {"apply": True, "grounds": "经核实"}
    early = door.http.post(f"{path}/decide", json=decision, headers=door.headers("office", key="k1"))
    assert (early.status_code, early.json()["code"]) == (422, "deduction.statement_pending")

    door.bus.says("state_on_deduction", DEDUCTION)
    stated = door.http.post(f"{path}/state", json={"statement": "已补报"}, headers=door.headers("market", key="k2"))
    assert (stated.status_code, stated.json()["statement"]) == (200, "已补报<b>")
    forbidden = door.http.post(f"{path}/decide", json=decision, headers=door.headers("market", key="k3"))
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "right.missing")


@pytest.mark.criterion("19.4")
def test_the_folder_is_one_indexed_file_with_hashes_and_its_export_is_a_right_and_is_kept(door: Door) -> None:
    door.bus.says("get_folder", FOLDER)
    answer = door.http.get(EXPORT, params={"purpose": "市级验收"}, headers=door.headers("office"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    files = opened(answer.content)

    manifest = json.loads(files["manifest.json"])
    assert (manifest["purpose"], manifest["made_by"] != "") == ("市级验收", True)
    listed = {each["path"]: each["sha256"] for each in manifest["files"]}
    assert listed == {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "manifest.json"}
    index = files["index.html"].decode()
    assert index.index("迎检材料目录") < index.index("Inspection folder")
    assert 'lang="zh-CN"' in index
    for name, body in files.items():
        links = re.findall(r'href="([^"]+)"', body.decode()) if name.endswith(".html") else []
        assert set(links) <= set(files), name
    led_to = set(re.findall(r'href="([^"]+)"', index))
    assert led_to | {"index.html", "manifest.json"} == set(files)
    assert "单位 9 / 系统 7(含上期2条)" in files["returns.html"].decode()
    assert "已补报&lt;b&gt;" in files["deductions.html"].decode()
    assert "grounds_gone" in files["deductions.html"].decode()
    assert "每隔两周报送" in files["clauses.html"].decode()
    assert json.loads(files["data/figures.json"]) == {"market": {"tips_led": 7}}
    assert any("assessment.export 市级验收" in str(each) for each in door.ledger.noted)

    refused = door.http.get(EXPORT, params={"purpose": "看看"}, headers=door.headers("market"))
    assert (refused.status_code, refused.json()["code"]) == (403, "right.missing")
    assert door.http.get(EXPORT, headers=door.headers("office")).status_code == 422


@pytest.mark.criterion("19.4")
def test_a_whole_programme_is_packed_in_seconds_and_twice_the_same() -> None:
    units = tuple(POLICY.agencies)
    items = tuple(replace(ITEM, code=f"sentence/{clause}", clause=clause) for clause in POLICY.clauses)
    long = "巡查出租屋并登记。" * 400
    folder = replace(
        FOLDER,
        board=tuple(replace(BOARD, unit=unit, items=items) for unit in units),
        returns=tuple(
            replace(REPORT, report_id=f"r{at}", agency=unit, practice=long, results=long, problems=long, advice=long)
            for at in range(8)
            for unit in units
        ),
        deductions=tuple(replace(DEDUCTION, deduction_id=f"d{at}", statement=long) for at in range(100)),
        clauses=tuple(replace(CLAUSE, clause=clause) for clause in POLICY.clauses),
        figures={unit: {f"figure_{at}": at for at in range(31)} for unit in units},
    )
    started = time.perf_counter()
    packed = pack(folder, POLICY, purpose="验收", by="clerk")

    assert time.perf_counter() - started < 20
    assert len(json.loads(opened(packed)["data/returns.json"])) == 8 * len(units)
    again = [pack(FOLDER, POLICY, purpose="验收", by="clerk") for _ in range(2)]
    assert again[0] == again[1]
